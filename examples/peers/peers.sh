# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# To be sourced: starts TLS servers that others wrote, with the chain of make_chain.sh, on loopback
# and on ports that the system chooses; and ends them.
#
#   start_peer NAME DIRECTORY    NAME: openssl, gnutls or nginx. Leaves its port in PEER_PORT.
#   stop_peers                   ends every peer that was started here, and nothing else.

PEER_NAMES=(openssl gnutls nginx)
PEER_PIDS=()
peer_scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

peer_command() {  # name: what to run, in the directory of the certificates
  case $1 in
    openssl) echo exec openssl s_server -accept 127.0.0.1:0 -www -quiet -cert leaf.pem \
      -cert_chain intermediate.pem -key leaf.key ;;
    gnutls) echo exec gnutls-serv --quiet --http --port 0 --disable-client-cert \
      --x509certfile chain.pem --x509keyfile leaf.key ;;
    nginx) echo exec "$peer_scripts/nginx.py" . ;;
    *) echo "no such peer: $1" >&2; return 1 ;;
  esac
}

start_peer() {
  local command
  command=$(peer_command "$1") || return
  (cd "$2" && eval "$command") </dev/null >"$2/$1.log" 2>&1 &
  PEER_PIDS+=($!)
  if ! PEER_PORT=$("$peer_scripts/listening_port.py" $!); then
    echo "$1 did not start:" >&2
    sed 's/^/    /' "$2/$1.log" >&2
    return 1
  fi
}

stop_peers() {
  local pid
  for pid in "${PEER_PIDS[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  PEER_PIDS=()
}
