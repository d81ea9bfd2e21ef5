#!/bin/sh
# Makes all certificates and keys of this folder anew. Usage: sh generate.sh, with OpenSSL 3.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

cat > "$work/ca.conf" <<EOF
[ca]
default_ca = test
[test]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
EOF
: > "$work/index.txt"

# certificate <name> <last day, YYYYMMDD> <common name> <authority, or - for one that signs itself> <extension>...
certificate() {
  name=$1 end=$2 subject=$3 authority=$4
  shift 4
  printf '%s\n' "$@" > "$work/extensions"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name-key.pem" -out "$work/request" \
    -subj "/CN=$subject"
  if [ "$authority" = - ]; then
    set -- -selfsign -keyfile "$name-key.pem"
  else
    set -- -keyfile "$authority-key.pem" -cert "$authority.pem"
  fi
  openssl ca -batch -notext -config "$work/ca.conf" -extfile "$work/extensions" -in "$work/request" -out "$name.pem" \
    -startdate 20200101000000Z -enddate "${end}000000Z" "$@"
}

for authority in ca other-ca; do
  certificate $authority 21200101 "topicwise test $authority" - \
    basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash
done
certificate server 21200101 localhost ca extendedKeyUsage=serverAuth \
  subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
certificate server-elsewhere 21200101 broker.example ca extendedKeyUsage=serverAuth subjectAltName=DNS:broker.example
certificate server-expired 20200201 localhost ca extendedKeyUsage=serverAuth subjectAltName=DNS:localhost,IP:127.0.0.1
certificate client 21200101 client ca extendedKeyUsage=clientAuth
certificate client-expired 20200201 client ca extendedKeyUsage=clientAuth
certificate client-stranger 21200101 client other-ca extendedKeyUsage=clientAuth
openssl pkey -in client-key.pem -aes256 -passout pass:open-sesame -out client-key-encrypted.pem
rm ca-key.pem other-ca-key.pem
