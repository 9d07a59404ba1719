#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Becomes an nginx on 127.0.0.1, on a port that the system chooses.

  nginx.py DIRECTORY

DIRECTORY holds chain.pem and leaf.key and takes nginx's own files. nginx can't ask for any port, so
the socket is made here and inherited, in the way in which nginx hands its sockets to its successor.
"""
import os
import socket
import sys

CONFIGURATION = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path nginx.tmp;
  proxy_temp_path nginx.tmp;
  fastcgi_temp_path nginx.tmp;
  uwsgi_temp_path nginx.tmp;
  scgi_temp_path nginx.tmp;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate chain.pem;
    ssl_certificate_key leaf.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      default_type text/plain;
      return 200 "nginx $nginx_version speaks $ssl_protocol with $ssl_cipher\\n";
    }}
  }}
}}
"""


def main(directory):
    directory = os.path.abspath(directory)
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.set_inheritable(True)
    with open(f"{directory}/nginx.conf", "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(port=server.getsockname()[1]))
    nginx = "/usr/sbin/nginx"  # not on everybody's PATH
    os.execve(
        nginx,
        [nginx, "-p", directory, "-c", f"{directory}/nginx.conf", "-e", "stderr"],
        {**os.environ, "NGINX": f"{server.fileno()};"},
    )


main(sys.argv[1])
