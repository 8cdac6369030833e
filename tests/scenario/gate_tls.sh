#!/usr/bin/env bash
# TLS on partner links, against openssl's own client and server: with the right certificates messages and bytes pass; a wrong fingerprint, another authority, another name, no certificate and a plain client are refused, counted and
# said; a cut refuses before any handshake; plain links are as they were.
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
pin() { openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2; }

# The far side, behind TLS: openssl's bytes come from and go to a plain peer of ours.
far=$(free_port) farecho=$(free_port) tfar=$(free_port) tnamed=$(free_port) techo=$(free_port)
$peer recv $far got & pids="$pids $!"
$peer echo $farecho & pids="$pids $!"
wrap() { python3 "$here/gate_tls_far.py" "$1" "$2" "$3" & pids="$pids $!"; } # PORT TO CERTIFICATE
wrap $tfar $far far
wrap $tnamed $far named
wrap $techo $farecho far
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
says to-wrong-pin "to the far side: its certificate is not the one"
says to-wrong-ca "to the far side"
says to-wrong-name "mismatch"
says to-plain "to the far side"

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
same "$(hf gate list --site site --json | wc -l)" 14 "links after a restart"
same "$(tls $out D4)" AA "after a restart"
case $($peer once $out D5) in AA) fail "plain after a restart" ;; esac
# ---- changed: plain again ----
hf gate change open --tls-off --site site || fail "change"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
