#!/usr/bin/env bash
# TLS on partner links, against openssl's own client and server: with the right certificates messages and bytes pass; a wrong fingerprint, another authority, another name, no certificate and a plain client are refused, counted and
# said; a cut refuses before any handshake; plain links are as they were.
# A far side that asks for a certificate of ours is shown that of the link; without one, or with one that it does not take, it is said who refused whom; the key lies in the site's keys and nowhere else.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
command -v openssl >/dev/null || skip "openssl is not here"
peer="python3 $here/gate_peer.py"
pids=
quit() { set +e; for p in $pids; do kill "$p" 2>/dev/null; done; return 0; }
trap 'quit; cleanup' EXIT

# ---- certificates: a partner's authority, what it signed, and a stranger's ----
made() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$1.key" -out "$1.crt" -subj "/CN=$1" "${@:2}" 2>/dev/null; }
made authority
made stranger -addext "subjectAltName=IP:127.0.0.1"
signed() { # NAME SAN
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -out "$1.crt" -extfile <(echo "subjectAltName=$2") 2>/dev/null
}
signed far IP:127.0.0.1
signed named DNS:lab.example
signed partner DNS:partner.example
signed ours DNS:hospital.example
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key -out old.csr -subj "/CN=old" 2>/dev/null
openssl x509 -req -in old.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days -1 -out old.crt -extfile <(echo "subjectAltName=IP:127.0.0.1") 2>/dev/null
openssl pkey -in ours.key -aes128 -passout pass:x -out locked.key 2>/dev/null
pin() { openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2; }

# The far side, behind TLS: openssl's bytes come from and go to a plain peer of ours.
far=$(free_port) farecho=$(free_port) tfar=$(free_port) tnamed=$(free_port) techo=$(free_port)
$peer recv $far got & pids="$pids $!"
$peer echo $farecho & pids="$pids $!"
wrap() { python3 "$here/gate_tls_far.py" "$1" "$2" "$3" & pids="$pids $!"; } # PORT TO CERTIFICATE
wrap $tfar $far far
wrap $tnamed $far named
wrap $techo $farecho far
tasks=$(free_port) told=$(free_port) sasks=$(free_port)
GATE_TLS_ASKS=authority.crt wrap $tasks $far far
wrap $told $far old
openssl s_server -accept 127.0.0.1:$sasks -cert far.crt -key far.key -CAfile authority.crt -Verify 3 -verify_return_error -tls1_2 -rev -quiet >/dev/null 2>&1 & pids="$pids $!"
sserver=$(free_port)
openssl s_server -accept 127.0.0.1:$sserver -cert far.crt -key far.key -rev -quiet >/dev/null 2>&1 & pids="$pids $!"

hf init site --name Ward --shares-dir shares >/dev/null 2>&1
start site
n=0
add() { port=$(free_port); hf gate add "$1" --listen 127.0.0.1:$port --site site "${@:2}" || fail "add $1"; eval "$(tr - _ <<<"$1")=$port"; }
add plain --to 127.0.0.1:$far --protocol mllp
add open --to 127.0.0.1:$far --protocol mllp --tls-listen
add pinned --to 127.0.0.1:$far --protocol mllp --tls-listen --tls-client-pin "$(pin partner.crt)"
add signed --to 127.0.0.1:$far --protocol mllp --tls-listen --tls-client-ca authority.crt
add to-pin --to 127.0.0.1:$tfar --protocol mllp --tls-to --tls-pin "sha256:$(pin far.crt)"
add to-ca --to 127.0.0.1:$tfar --protocol mllp --tls-to --tls-ca authority.crt
add to-name --to 127.0.0.1:$tnamed --protocol mllp --tls-to --tls-ca authority.crt --tls-name lab.example
add to-wrong-pin --to 127.0.0.1:$tfar --protocol mllp --tls-to --tls-pin "$(pin stranger.crt)"
add to-wrong-ca --to 127.0.0.1:$tfar --protocol mllp --tls-to --tls-ca stranger.crt
add to-wrong-name --to 127.0.0.1:$tnamed --protocol mllp --tls-to --tls-ca authority.crt
add to-plain --to 127.0.0.1:$farecho --protocol mllp --tls-to --tls-pin "$(pin far.crt)"
add out --to 127.0.0.1:$tfar --protocol mllp --direction out --tls-listen --tls-to --tls-pin "$(pin far.crt)"
add bytes --to 127.0.0.1:$techo --protocol tcp --tls-listen --tls-to --tls-pin "$(pin far.crt)"
add rev --to 127.0.0.1:$sserver --protocol tcp --tls-to --tls-pin "$(pin far.crt)"
add to-old --to 127.0.0.1:$told --protocol mllp --tls-to --tls-ca authority.crt
add to-asks --to 127.0.0.1:$tasks --protocol mllp --tls-to --tls-ca authority.crt --tls-cert ours.crt --tls-key ours.key
add to-asks-out --to 127.0.0.1:$tasks --protocol mllp --direction out --tls-to --tls-ca authority.crt --tls-cert ours.crt --tls-key ours.key
add to-asks-none --to 127.0.0.1:$tasks --protocol mllp --tls-to --tls-ca authority.crt
add to-asks-stranger --to 127.0.0.1:$tasks --protocol mllp --tls-to --tls-ca authority.crt --tls-cert stranger.crt --tls-key stranger.key
add rev-asks --to 127.0.0.1:$sasks --protocol tcp --tls-to --tls-ca authority.crt --tls-cert ours.crt --tls-key ours.key
add rev-asks-none --to 127.0.0.1:$sasks --protocol tcp --tls-to --tls-ca authority.crt
file=$(free_port)
mkdir -p config/certs && cp authority.crt ours.crt ours.key config/certs/
printf '[link from-file]\nlisten = 127.0.0.1:%s\nto = 127.0.0.1:%s\nprotocol = mllp\ntls-listen = yes\ntls-client = ca certs/authority.crt\ntls-to = ca certs/authority.crt\ntls-cert = certs/ours.crt\ntls-key = certs/ours.key\n' $file $tasks >config/links
hf gate add --config config/links --site site || fail "a file with certificates"
new="gate add x --listen 127.0.0.1:1025 --to 127.0.0.1:1026 --protocol mllp --site site --tls-to --tls-ca authority.crt"
refused 2 "go together" $new --tls-cert ours.crt
refused 2 "not the key" $new --tls-cert ours.crt --tls-key partner.key
refused 2 "passphrase" $new --tls-cert ours.crt --tls-key locked.key
refused 2 "has expired" $new --tls-cert old.crt --tls-key old.key
refused 2 "say --tls-to" gate add x --listen 127.0.0.1:1025 --to 127.0.0.1:1026 --protocol mllp --site site --tls-cert ours.crt --tls-key ours.key
refused 2 "by what is the far side known" gate add x --listen 127.0.0.1:1025 --to 127.0.0.1:1026 --protocol mllp --tls-to --site site
refused 2 "64 hex digits" gate add x --listen 127.0.0.1:1025 --to 127.0.0.1:1026 --protocol mllp --tls-to --tls-pin 1234 --site site
refused 2 "nothing secret" gate add x --listen 127.0.0.1:1025 --to 127.0.0.1:1026 --protocol mllp --tls-listen --tls-client-ca far.key --site site
sleep 0.3

# One message through openssl's client: the acknowledgement's code, or none.
tls() { # PORT ID OPTIONS...: the answer's code; s_client hears until it has come, or it ends by itself
	trap '' PIPE
	rm -f tls.in && mkfifo tls.in
	openssl s_client -quiet -no_ign_eof -nocommands -verify_quiet -connect 127.0.0.1:$1 "${@:3}" <tls.in >tls.out 2>/dev/null &
	exec 9>tls.in
	printf '\x0bMSH|^~\\&|N||F||20260101||ADT^A01|%s|P|2.5\rPID|1||77\r\x1c\r' "$2" >&9 2>/dev/null || true
	for _ in $(seq 200); do
		! grep -q $'\x1c' tls.out || break
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	exec 9>&-
	wait $! || true
	tr '\r' '\n' <tls.out | sed -n 's/^MSA|\(..\).*/\1/p'
}
list() { hf gate list --site site; }
says() { list | grep -A3 "^$1 " | grep -q -- "$2" || fail "$1: '$2' is not said: $(list | grep -A3 "^$1 ")"; }
show="-CAfile site/tls/ca.crt -verify_return_error"

# ---- the near side ----
same "$($peer once $plain A1)" AA "a plain link"
same "$(tls $open A2 $show)" AA "with the site's certificate, by its authority"
same "$(tls $open A3 $show -tls1_2)" AA "TLS 1.2"
same "$(tls $open A4 -tls1_1)" "" "TLS 1.1"
same "$(tls $pinned A5 -cert partner.crt -key partner.key)" AA "the partner that is named"
same "$(tls $pinned B1)" "" "no certificate"
same "$(tls $pinned B2 -cert stranger.crt -key stranger.key)" "" "a stranger's certificate"
same "$(tls $signed A6 -cert partner.crt -key partner.key)" AA "a partner that the authority has signed"
same "$(tls $signed B3 -cert stranger.crt -key stranger.key)" "" "a stranger, by authority"
case $($peer once $open B4) in AA) fail "a plain client passes at a TLS listener" ;; esac
says open "handshakes refused: 2; the last from the near side"
says pinned "handshakes refused: 2; the last from the near side: its certificate is not the one"
says signed "handshakes refused: 1"

# ---- the far side ----
same "$($peer once $to_pin A7)" AA "the far side's fingerprint"
same "$($peer once $to_ca A8)" AA "by authority and address"
same "$($peer once $to_name A9)" AA "by authority and name"
for which in pin ca name; do
	eval "port=\$to_wrong_$which"
	case $($peer once $port B5) in AA) fail "another $which passes" ;; esac
done
case $($peer once $to_plain B6) in AA) fail "a far side without TLS passes" ;; esac
case $($peer once $to_old B7) in AA) fail "a certificate that has expired passes" ;; esac
says to-old "has expired on $(date -u -d "$(openssl x509 -in old.crt -noout -enddate | cut -d= -f2)" +%Y-%m-%d)"
says to-wrong-pin "to the far side: its certificate is not the one"
says to-wrong-ca "to the far side: its certificate is not signed by the authority that this link names"
says to-wrong-name "its certificate is not for 127.0.0.1:$tnamed (.*mismatch"
says to-plain "to the far side"

# ---- a far side that asks for a certificate of ours ----
same "$($peer once $to_asks A10)" AA "our certificate"
same "$($peer once $to_asks_out A11)" AA "our certificate, out"
same "$(tls $file A12 -cert partner.crt -key partner.key)" AA "a link of a file, certificates both ways"
same "$($peer tcp $rev_asks abc$'\n' | tr -d '\n')" cba "openssl's server, which verifies, in TLS 1.2"
# (In TLS 1.3 we have sent the message by the time that it refuses us; where it ends the connection with that unread, the kernel may throw its alert away with it. Then the next time says it.)
until_said() { # LINK PORT ID
	for _ in $(seq 50); do
		case $($peer once "$2" "$3") in AA) fail "$1 passes" ;; esac
		list | grep -A3 "^$1 " | grep -q 'it refuses us' && return
	done
	fail "$1: that it refuses us is not said: $(list | grep -A3 "^$1 ")"
}
until_said to-asks-none $to_asks_none B8
until_said to-asks-stranger $to_asks_stranger B9
case $($peer tcp $rev_asks_none abc$'\n' | tr -d '\n') in cba) fail "without a certificate, TLS 1.2" ;; esac
says to-asks-none "it refuses us (.*certificate required): it may ask for a certificate of ours"
says to-asks-stranger "it refuses us (.*): our certificate (--tls-cert) is not one that it takes"
says rev-asks-none "it refuses us (.*): it may ask for a certificate of ours"
# what is queued goes out with it, too
hf gate cut to-asks-out --site site >/dev/null
same "$($peer once $to_asks_out A13)" AA "taken while it is cut"
for who in ada bob; do
	hf user add $who --role security --site site >/dev/null 2>&1
	eval "t_$who=$(hf token create --user $who --site site)"
done
for _ in 1 2 3; do for t in $t_ada $t_bob; do HOLDFAST_TOKEN=$t hf gate advance to-asks-out --site site >/dev/null || fail "advance"; done; done
for _ in $(seq 200); do ! grep -q '^A13 ' got || break; sleep 0.1; done
grep -q '^A13 ' got || fail "what was queued does not go out with our certificate: $(list | grep -A3 '^to-asks-out ')"
# its key: for the keeper alone, and in no entry
secret=$(sed -n 2p ours.key)
same "$(grep -rlF -- "$secret" site | grep -vc '^site/keys/link-')" 0 "the key lies elsewhere, too"
same "$(find site/keys -name 'link-*.pem' ! -perm 600 | wc -l)" 0 "keys that others may read"
same "$(find site/keys -name 'link-*.pem' | wc -l)" 2 "one file a certificate"
hf ledger cat --site site --kind gate-act >acts
grep -q tlsCert acts || fail "no entry has our certificate"
if grep -q "PRIVATE\|$secret" acts serve.log || hf gate list --site site --json | grep -q PRIVATE; then fail "a key is said"; fi
# another certificate in its place, and one that no link has any more
hf gate cut to-asks-stranger --site site >/dev/null
refused 2 "go together" gate change to-asks-stranger --tls-key ours.key --site site
hf gate change to-asks-stranger --tls-cert ours.crt --tls-key ours.key --site site || fail "change"
for _ in $(seq 100); do [ "$(find site/keys -name 'link-*.pem' | wc -l)" != 1 ] || break; sleep 0.1; done
same "$(find site/keys -name 'link-*.pem' | wc -l)" 1 "the key of a certificate that nothing has"

# ---- both, bytes, and more than all buffers hold ----
same "$(tls $out C1)" AA "both sides, out"
head -c 18000000 /dev/urandom | base64 >big
{ cat big; for _ in $(seq 600); do [ "$(stat -c %s back)" -lt "$(stat -c %s big)" ] || break; sleep 0.1; done; } | timeout 90 openssl s_client -quiet -no_ign_eof -nocommands -connect 127.0.0.1:$bytes 2>/dev/null >back || true
cmp big back || fail "bytes through both sides: $(wc -c <back) of $(wc -c <big)"
same "$($peer tcp $rev abc$'\n' | tr -d '\n')" cba "openssl's server"

# ---- a cut: before any handshake ----
{ sleep 3; } | openssl s_client -quiet -no_ign_eof -nocommands -connect 127.0.0.1:$bytes >/dev/null 2>&1 & idle=$!
sleep 0.5
hf gate cut --all --site site >/dev/null || fail "cut"
same "$(tls $open D1 $show)" "" "cut"
same "$($peer once $open D2)" refused "cut, at TCP"
same "$(tls $out D3)" AA "what we send is taken"
n=$(hf gate list --site site --json | grep '"out"' | python3 -c 'import json,sys; print(json.load(sys.stdin)["queue"])')
same "$n" 1 "and queued"
kill $idle 2>/dev/null || true
wait $idle 2>/dev/null || true
same "$(grep -c '^[BD]' got || true)" 0 "of what was refused, arrived"
# ---- kept: after a restart it is TLS still, and not plain ----
kill -TERM $daemon; wait $daemon 2>/dev/null || true
daemon=
start site
same "$(hf gate list --site site --json | wc -l)" 22 "links after a restart"
same "$(tls $out D4)" AA "after a restart"
same "$($peer once $to_asks_out D6)" AA "what is sent is taken, after a restart"
case $($peer once $out D5) in AA) fail "plain after a restart" ;; esac
# ---- a key that is gone, as after a rebuild: the link stands still and says so, until it is here again ----
kill -TERM $daemon; wait $daemon 2>/dev/null || true
daemon=
rm site/keys/link-*.pem
echo left behind >site/keys/link-00112233445566778899aabbccddeeff.pem # by a death between a key and its entry
start site
for _ in $(seq 100); do [ -e site/keys/link-00112233445566778899aabbccddeeff.pem ] || break; sleep 0.1; done
[ ! -e site/keys/link-00112233445566778899aabbccddeeff.pem ] || fail "a key that no link names stays"
says to-asks "PROBLEM: TLS: the key of our certificate is not here"
refused 2 "is not here" gate change to-asks --purpose orders --site site
hf gate change to-asks --tls-cert ours.crt --tls-key ours.key --site site || fail "the key again"
list | grep -A3 "^to-asks " | grep -q PROBLEM && fail "still a problem: $(list | grep -A3 '^to-asks ')"
hf gate cut to-asks-out --site site >/dev/null; hf gate change to-asks --tls-cert none --site site || fail "no certificate any more"
# ---- changed: plain again ----
hf gate change open --tls-off --site site || fail "change"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
