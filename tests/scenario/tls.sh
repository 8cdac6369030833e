#!/usr/bin/env bash
# MLLP over TLS: both sides with certificates, by name and by fingerprint; and HTTPS under the site's own authority.
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip "needs openssl"
"$HOLDFAST" init site --shares 1/1 --shares-dir . 2>/dev/null
openssl verify -CAfile site/tls/ca.crt site/tls/web.crt site/tls/mllp.crt >/dev/null || fail "the site's certificates"
grep -rls "PRIVATE KEY" site/tls | sort | tr '\n' ' ' >keys
same "$(cat keys)" "site/tls/mllp.key site/tls/web.key " "private keys in the clear"

# partners: one authority, a certificate for the laboratory, one for somebody else; another authority; a certificate that signed itself
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null; }
authority() { key "$1"; openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.crt" 2>/dev/null; }
signed() { # name authority extension
	key "$1"
	openssl req -new -key "$1.key" -subj "/CN=$1" 2>/dev/null | openssl x509 -req -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 30 -extfile <(echo "$3") -out "$1.crt" 2>/dev/null
}
authority partners
authority strangers
signed lab partners "subjectAltName=DNS:lab.example"
signed nameonly partners "basicConstraints=CA:FALSE"
signed billing partners "subjectAltName=DNS:billing.example"
signed fake strangers "subjectAltName=DNS:lab.example"
authority monitor
authority forger
print=$(openssl x509 -in monitor.crt -noout -fingerprint -sha256 | cut -d= -f2)
cp partners.crt site/tls/
p1=$(free_port) p2=$(free_port) p3=$(free_port)
cat >>site/site.ini <<INI
[listener lab]
address = 127.0.0.1:$p1
tls = yes
ca = tls/partners.crt
allow = lab.example, nameonly
[listener monitor]
address = 127.0.0.1:$p2
tls = yes
allow = sha256:$print
[listener open]
address = 127.0.0.1:$p3
tls = yes
INI
sed -i "s/^address = 127.0.0.1:2575/address = 127.0.0.1:$(free_port)/" site/site.ini
http=$(free_port)
"$HOLDFAST" serve --site site --http 127.0.0.1:$http 2>>serve.log &
daemon=$!
for _ in $(seq 200); do grep -q 'ready:' serve.log && break; sleep 0.05; done

curl -sf --cacert site/tls/ca.crt "https://localhost:$http/healthz" >/dev/null || fail "https by name"
curl -sf --cacert site/tls/ca.crt "https://127.0.0.1:$http/healthz" >/dev/null || fail "https by address"
curl -sf "https://localhost:$http/healthz" >/dev/null 2>&1 && fail "an unknown authority was believed"
# only what is authenticated and has a key of the moment; nothing before TLS 1.2
agrees() { openssl s_client -connect "127.0.0.1:$http" "$@" </dev/null 2>/dev/null | grep -q 'Cipher is [A-Z].*[0-9]'; }
agrees -tls1_3 || fail "TLS 1.3"
agrees -tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384 || fail "TLS 1.2 with GCM"
agrees -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0 && fail "CBC with SHA-1 was agreed on"
agrees -tls1_1 -cipher ALL:@SECLEVEL=0 && fail "TLS 1.1 was agreed on"
python3 "$here/tls.py" "$p1" "$p2" "$p3" || fail "tls"
sleep 0.5 # figures are told ten times a second
same "$(entries site hl7v2)" 5 "messages of those who may"
"$HOLDFAST" ledger list --site site --json | grep -c '"mllp/monitor"' | grep -qx 1 || fail "the source is the listener's name"
"$HOLDFAST" status --site site --json >s.json
python3 - <<'PY' || fail "refused handshakes are counted"
import json
l = {x["name"]: x for x in json.load(open("s.json"))["listeners"]}
assert l["lab"]["refusedTls"] >= 5 and l["lab"]["tls"] and l["lab"]["clientCert"], l
PY
stop
# settings that would let patients' data out, or mean nothing, are refused with the line or the listener
bad() { cp site/site.ini kept.ini; printf '%b' "$1" >>site/site.ini; set +e; "$HOLDFAST" serve --site site --http 127.0.0.1:$http 2>err; r=$?; set -e; cp kept.ini site/site.ini; [ $r -ne 0 ] && grep -q "$2" err || fail "accepted: $1 ($(cat err))"; }
bad '[listener x]\naddress = 0.0.0.0:1\ntls = no\n' "unencrypted = accept"
bad '[listener x]\naddress = 127.0.0.1:1\ntls = no\nallow = a\n' "mean nothing"
bad '[listener x]\nadress = 127.0.0.1:1\n' "site.ini:"
bad '[listener x]\naddress = 127.0.0.1:1\nca = tls/web.key\n' "cannot be read"
set +e; "$HOLDFAST" serve --site site --plain --http 0.0.0.0:$http 2>err; [ $? -ne 0 ] && grep -q loopback err || fail "plain HTTP to the network"; set -e
echo "who may, may; nobody else"
