#!/usr/bin/env bash
# A ward's PC at work: it fetches its unit's packet over TLS and verifies it; the core dies, and the ward reads the packet, writes down what it does and gets its paper; the core is back, and has everything once. What does not verify is never shown.
# Takes longer than ten seconds: each new pair of words and each PIN costs what guessing it should, and the core is started twice.
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$work/state
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|R1|P|2.5.1\rEVN|A01|20260105120000+0000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|3W^12^A\r' >one.hl7
hf import --site site one.hl7 >/dev/null
hf packet key --site site --unit 3W >words 2>/dev/null
if ! hf packet make --site site --unit 3W -o 3W.html 2>said; then
	grep -q 'built without' said || fail "a packet: $(cat said)"
	skip "the program was built without the packet's page"
fi
hf station new --dir st --unit 3W --name desk 2>/dev/null
hf station enrol --site site st.request 2>/dev/null
hf station join --dir st st.answer --vkey site/ledger/vkey 2>/dev/null
key=$(hf station list --site site --json | json stations.0.key)
hf token create --site site --role station --label desk >token
echo 'four-two-four' >pin
hf station person --dir st --pin-file pin a.keller 2>/dev/null
hf station pack --site site --unit 3W 2>/dev/null

core=$(free_port) page=$(free_port)
core_up() {
	"$HOLDFAST" serve --site site --http 127.0.0.1:$core 2>>serve.log &
	daemon=$!
	for _ in $(seq 600); do curl -sf -m 5 --cacert site/tls/ca.crt https://127.0.0.1:$core/healthz >/dev/null 2>&1 && return 0; sleep 0.05; done
	fail "the core does not come up: $(tail -n 5 serve.log)"
}
core_up
for _ in $(seq 600); do [ ! -e site/packets/made/3W.html ] || break; sleep 0.05; done # the packet that the core keeps: until then one is made for who asks

# ---- a token of a station opens no chart
code() { curl -s -m 60 -o answer -w '%{http_code}' --cacert site/tls/ca.crt -H "Authorization: Bearer $(cat token)" "$@"; }
same "$(code https://127.0.0.1:$core/api/census)" 403 "the census"
same "$(code https://127.0.0.1:$core/api/search?q=Keller)" 403 "a search"
same "$(code https://127.0.0.1:$core/api/packet/3W)" 200 "its packet"

# ---- one contact
hf station run --dir st --core https://127.0.0.1:$core --token-file token --ca site/tls/ca.crt --once 2>said || fail "the first contact: $(cat said)"
hf station status --dir st --json >s || fail "a packet that is valid is there: $(cat s)"
same "$(json unit <s) $(json packets <s) $(json newest.expired <s)" "3W 1 False" "what came"
[ "$(json pack.ageSeconds <s)" -ge 0 ] || fail "the pack: $(cat s)"
hf station run --dir st --core https://127.0.0.1:$core --token-file token --ca site/tls/ca.crt --once 2>said || fail "again: $(cat said)"
same "$(hf station status --dir st --json | json packets)" 1 "the same packet is one"
hf init other --shares 1/1 2>/dev/null
refused 1 'certificate' station run --dir st --core https://127.0.0.1:$core --token-file token --ca other/tls/ca.crt --once
echo hft_none_none >bad
refused 1 '' station run --dir st --core https://127.0.0.1:$core --token-file bad --ca site/tls/ca.crt --once

# ---- one that nobody enrolled: it keeps packets by the key that it was told, and writes nothing down
hf station run --dir plain --unit 3W --vkey site/ledger/vkey --core https://127.0.0.1:$core --token-file token --ca site/tls/ca.crt --once --json >s 2>said || fail "not enrolled: $(cat said)"
same "$(json packets <s) $(json enrolled <s)" "1 False" "a packet without an enrolment"
printf '{"unit":"3W","patient":"4711","kind":"note","occurred":"2026-11-22","by":"a","values":{"text":"x"}}' >i
refused 1 'not enrolled' station capture --dir plain i
refused 1 'another key' station run --dir plain --vkey other/ledger/vkey --from . --once
refused 1 'no key\|not enrolled' station run --dir fresh --unit 3W --from . --once

# ---- out of a folder: one that was changed is put aside and said, and the one that was there is still shown
mkdir share
python3 - <<'P'
b = bytearray(open('3W.html', 'rb').read())
b[len(b) // 2] ^= 1
open('share/3W.html', 'wb').write(b)
P
refused 1 'changed after it was made' station run --dir st --from share --once
same "$(ls st/bad | wc -l) $(hf station status --dir st --json | json packets)" "1 1" "aside, and not among the packets"
hf import --site other one.hl7 >/dev/null
hf packet make --site other --unit 3W -o share/3W.html --passphrase-file words 2>/dev/null
refused 1 'another key' station run --dir st --from share --once
same "$(hf station status --dir st --json | json packets)" 1 "another site's packet"

# ---- at work
hf_run() { "$HOLDFAST" station run --dir st --core https://127.0.0.1:$core --token-file token --ca site/tls/ca.crt --every 1s --listen 127.0.0.1:$page "$@" 2>>run.log & station=$!; }
hf_run --print-after 4s --print-command 'cat >printed.tmp && mv printed.tmp printed.pdf && echo x >>prints'
trap 'kill $station 2>/dev/null || true; cleanup' EXIT
at() { curl -s -m 60 -o answer -w '%{http_code}' "$@"; }
for _ in $(seq 200); do [ "$(at http://127.0.0.1:$page/)" = 200 ] && break; sleep 0.05; done
same "$(at http://127.0.0.1:$page/packet)" 200 "the packet's page"
cmp -s answer "$(ls st/packets/3W-*.html | tail -n 1)" || fail "the packet is not the one that was fetched"
hf packet verify answer --vkey site/ledger/vkey >/dev/null || fail "what is shown does not verify"
same "$(at http://127.0.0.1:$page/api/packets)" 200 "its packets"
same "$(json packets.0.verified <answer) $(json packets.0.expired <answer)" "True False" "the newest"
name=$(json packets.0.name <answer)
same "$(at http://127.0.0.1:$page/packet/$name)" 200 "one by its name"
cmp -s answer "st/packets/$name" || fail "another packet than the one that was named"
for path in packet/..%2fkey packet/../key packet/ packet/nothing.html; do same "$(at --path-as-is http://127.0.0.1:$page/$path)" 404 "$path"; done
# another name, another origin, another page
same "$(at -H 'Host: evil.example' http://127.0.0.1:$page/packet)" 403 "another name for this address"
same "$(at -H 'Origin: http://evil.example' -X POST http://127.0.0.1:$page/api/login)" 403 "another origin"
same "$(at http://127.0.0.1:$page/api/captures)" 401 "nobody has signed in"
same "$(at http://127.0.0.1:$page/api/export)" 401 "a file to carry, for nobody"
same "$(at -d '{"user":"a.keller","password":"wrong-one"}' http://127.0.0.1:$page/api/login)" 401 "a wrong PIN"

# ---- the core dies at once, with all of its processes
kill -9 $daemon && wait $daemon 2>/dev/null || true
daemon=
same "$(at http://127.0.0.1:$page/packet)" 200 "the packet with no core"
same "$(at -c jar -d '{"user":"a.keller","password":"four-two-four"}' http://127.0.0.1:$page/api/login)" 200 "signed in"
csrf=$(json csrf <answer)
ask() { local path=$1; shift; at -b jar -H "X-Holdfast-CSRF: $csrf" -H "Origin: http://127.0.0.1:$page" "$@" http://127.0.0.1:$page$path; }
vitals='{"patient":"4711","kind":"vitals","occurred":"2026-11-22T03:12","values":{"pulse":72}}'
given='{"patient":"4711","kind":"given","occurred":"2026-11-22T03:15","values":{"drug":"Morphine","dose":"5","unit":"mg"}'
same "$(ask /api/capture -d "$vitals")" 201 "written down with no core"
same "$(json id <answer)" "$key-000001" "its id"
same "$(at -b jar -d "$vitals" http://127.0.0.1:$page/api/capture)" 403 "without the page's own word"
same "$(ask /api/capture -d "$given}")" 400 "a dose without two identifiers"
grep -q 'Two identifiers' answer || fail "$(cat answer)"
same "$(ask /api/capture -d "${vitals%\}},\"by\":\"somebody\"}")" 403 "by somebody else"
same "$(ask /api/capture -d "${vitals/pulse/pulze}")" 400 "a name that nobody knows"
same "$(ask /api/capture/check -d "$given,\"identifiers\":[\"birth\",\"wristband\"]}")" 200 "a check"
same "$(json verdict <answer)" unknown "what cannot be known here is said to be so"
same "$(ask /api/capture -d "$given,\"identifiers\":[\"birth\",\"wristband\"]}")" 201 "a dose"
same "$(ask /api/number -X POST)" 201 "a number"
hf downtime numbers check "$(json number <answer)" >/dev/null || fail "the number: $(cat answer)"
same "$(ask /api/captures)" 200 "what waits"
same "$(json items.1.state <answer)" queued "it waits"
same "$(ask /api/export)" 200 "a file to carry"
cp answer carried

# ---- killed: what was said is there
kill -9 $station && wait $station 2>/dev/null || true
same "$(hf station status --dir st --json | json waiting)" 2 "items that wait after a kill"
hf_run --print-after 4s --print-command 'cat >printed.tmp && mv printed.tmp printed.pdf && echo x >>prints'

# ---- silent: the paper comes by itself, once
for _ in $(seq 1200); do [ -e printed.pdf ] && break; sleep 0.05; done
[ "$(head -c 5 printed.pdf)" = '%PDF-' ] || fail "no paper: $(tail -n 3 run.log)"
command -v pdftotext >/dev/null && { pdftotext printed.pdf - | grep -q Keller || fail "the paper has no patients"; }
grep -rqF '%PDF' st && fail "the pack lies in clear"

# ---- another program writes in the same folder meanwhile: more than one request takes
for i in $(seq 600); do printf '{"unit":"3W","patient":"4711","kind":"vitals","occurred":"2026-11-22T05:00","by":"b.roy","values":{"pulse":%s}}\n' $((60 + i % 40)); done >many
hf station capture --dir st many >ids 2>/dev/null || fail "beside the page"
same "$(sort -u ids | wc -l)" 600 "ids"

# ---- the core is back: everything is there, once, in order, by who wrote it
core_up
for _ in $(seq 1200); do [ "$(hf station status --dir st --json | json waiting)" = 0 ] && break; sleep 0.05; done
same "$(hf station status --dir st --json | json waiting)" 0 "what waits"
shown site
hf capture list --site site --json 2>/dev/null >list
same "$(entries site capture)" 602 "items at the site"
hf capture import --site site carried >/dev/null || fail "what was carried is refused"
same "$(entries site capture)" 602 "what was carried, too, is there once"
same "$(head -1 list | json id) $(head -1 list | json by) $(sed -n 2p list | json id)" "$key-000001 a.keller $key-000002" "whose they are"
hf station status --dir st --json >s || fail "after all: $(cat s)"
grep -q discarded s && fail "it does not write any more: $(cat s)"
same "$(wc -l <prints)" 1 "how often it was printed in one silence"
kill -TERM $station
wait $station || fail "the station does not end well: $(tail -n 3 run.log)"
stop
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"
echo "a station works"
