#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a chain of three certificates: root, intermediate, and a leaf for localhost, 127.0.0.1 and
# ::1, all of EC P-256 and valid for two days.
#   make_chain.sh DIRECTORY
# Leaves root.pem (to trust), chain.pem (leaf and intermediate, for a server) and leaf.key in it.
set -euo pipefail
mkdir -p "$1"
cd "$1"

new_key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
}

issue() {  # name, subject, issuer, extensions
  new_key "$1"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -days 2 -sha256 \
    -set_serial "0x$(openssl rand -hex 8)" -extfile <(printf '%s\n' "${@:4}") -out "$1.pem" \
    2>/dev/null
}

umask 077
new_key root
openssl req -x509 -new -key root.key -subj "/O=Trestle examples/CN=Root" -days 2 -sha256 \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
  -out root.pem
issue intermediate "/O=Trestle examples/CN=Intermediate" root \
  "basicConstraints=critical,CA:TRUE,pathlen:0" "keyUsage=critical,keyCertSign,cRLSign" \
  "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid"
issue leaf "/O=Trestle examples/CN=localhost" intermediate \
  "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
  "extendedKeyUsage=serverAuth,clientAuth" "subjectKeyIdentifier=hash" \
  "authorityKeyIdentifier=keyid" "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
cat leaf.pem intermediate.pem >chain.pem
rm -f ./*.csr
