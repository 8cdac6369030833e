#!/usr/bin/env bash
# 72 hours without the EHR, at speed: the feed ends and the server dies; more than 400 patients are read from packets alone; three stations write down 2,000 items: two are at work all the time and bring what they have when the server is back, the third never has a network, and its sealed file comes by hand when the EHR is back already; six patients of intensive care
# move with their records; the EHR comes back behind receivers that take things late, twice, not at all, and one of npm's; everything is in it once, the balance is zero, and the charts equal those of a hospital whose EHR never went away.
# Takes minutes: 2,000 items, each with its bytes durable before they go out and its answer durable after; a scrypt for each unit's words; a thousand charts compared. It is the one test of all rooms together.
. "$(dirname "$0")/lib.sh"
command -v age >/dev/null || skip "age is not installed: packets are opened with it"
items=${STORY_ITEMS:-2000} patients=400 messages=9000
now=$(date +%s) fed_from=$(date -u -d "@$((now - 432000))" +%FT%TZ) care_from=$(date -u -d "@$((now - 345600))" +%FT%T)
py() { python3 "$here/story_72h.py" "$@"; }
step() { echo "[$(date +%T)] $*"; }

# ---- before: two hospitals with the same feed; one of them will lose it
step "the feed"
hf init lost --name "St. Gabriel" --shares 1/1 --shares-dir shares1 2>/dev/null
hf init kept --name "St. Gabriel" --shares 1/1 --shares-dir shares2 2>/dev/null
hf simulate --out day.hl7 --beds 500 --count $messages --start "$fed_from" 2>/dev/null
hf import --site kept day.hl7 >/dev/null
start lost
hf simulate --to 127.0.0.1:$mllp --beds 500 --count $messages --start "$fed_from" --connections 4 --json >fed.json 2>/dev/null || fail "the feed: $(cat fed.json)"
same "$(json acknowledged <fed.json)" $messages "acknowledged"
shown lost
hf chart census --site lost --json >census.json
present=$(json count <census.json)
[ "$present" -ge $patients ] || fail "only $present patients are in the house"
step "$present patients; packets of each unit"
python3 -c 'import json
for u in sorted({p["location"]["unit"] for p in json.load(open("census.json"))["patients"]}): print(u)' >units
mkdir words packets
while read -r u; do hf packet key --site lost --unit "$u" >"words/$u" 2>/dev/null; done <units
hf packet make --site lost --all -o packets >/dev/null 2>said || fail "packets: $(cat said)"
hf chart export --site kept >then.exp

# ---- three wards' PCs: two with a network, one without
step "three stations"
export XDG_STATE_HOME=$work/state
core=$(free_port) receiver= stations=()
ends() {
	for p in $receiver "${stations[@]}"; do kill "$p" 2>/dev/null || true; done
	cleanup
}
trap ends EXIT
for s in one two three; do hf station new --dir $s --unit "$(head -1 units)" --name "desk $s" 2>/dev/null; done
hf station enrol --site lost one.request two.request three.request >/dev/null 2>&1
for s in one two three; do hf station join --dir $s $s.answer --vkey lost/ledger/vkey 2>/dev/null; done
hf token create --site lost --role station --label desks >token
for s in one two; do
	"$HOLDFAST" station run --dir $s --core https://127.0.0.1:$core --token-file token --ca lost/tls/ca.crt --every 1s --listen 127.0.0.1:$(free_port) 2>>stations.log &
	stations+=($!)
done

# ---- hour 0: the feed is lost, and the server dies. Charts are read from packets, with the unit's words and the ordinary age
step "hour 0: the server dies"
kill -9 "$daemon" && { wait "$daemon" 2>/dev/null || true; daemon=; }
cat >open.py <<'P'
import base64, json, re, sys
page = open(sys.argv[1]).read()
open("key.age", "wb").write(base64.b64decode(json.loads(re.search(r'id="packet">(.*?)</script>', page, re.S).group(1))["key"]))
open("data.age", "wb").write(base64.b64decode(re.search(r'id="packet-data">(.*?)</script>', page, re.S).group(1)))
P
cat >age_with.py <<'P'
# age asks for a passphrase on its terminal alone
import os, pty, sys
words, source, to = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execlp("age", "age", "-d", "-o", to, source)
seen = b""
while b"passphrase" not in seen.lower():
    seen += os.read(fd, 1000)
os.write(fd, words.encode() + b"\n")
try:
    while os.read(fd, 1000):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
while read -r u; do
	hf packet verify "packets/$u.html" --vkey lost/ledger/vkey >/dev/null || fail "the packet of $u"
	python3 open.py "packets/$u.html"
	python3 age_with.py "$(cat "words/$u")" key.age identity </dev/null || fail "the words of $u"
	age -d -i identity data.age | gunzip >"pages.$u"
done <units
py packets then.exp $patients pages.* || fail "what packets say is not what the charts say"

# ---- three days of care. Two stations bring what they have as soon as there is a server, the second one once more on a stick; the third never has a network
step "care: $items items of three stations"
py care census.json "$items" "$care_from"
for s in one:S2AB two:S3CD three:S4EF; do
	py bare ${s#*:}.json >bare
	hf station capture --dir ${s%:*} bare >ids 2>said || fail "station ${s%:*}: $(tail -3 said)"
	py named ${s#*:}.json ids
done
hf station export --dir two -o stick2 2>/dev/null
hf station export --dir three -o stick3 2>/dev/null
hf downtime begin --site lost --reason "EHR encrypted" >/dev/null
"$HOLDFAST" serve --site lost --http 127.0.0.1:$core 2>>serve.log &
daemon=$!
waiting() { hf station status --dir "$1" --json 2>/dev/null | json waiting; }
for s in one two; do
	for _ in $(seq 3000); do [ "$(waiting $s)" = 0 ] && break; sleep 0.2; done
	same "$(waiting $s)" 0 "what station $s has not brought: $(tail -3 stations.log)"
done
shown lost
stop
hf capture import --site lost stick2 >/dev/null 2>said || fail "the second station, again: $(tail -3 said)"
grep -q '^holdfast: 0 taken' said || fail "taken twice: $(tail -1 said)"
for p in "${stations[@]}"; do kill -TERM "$p" && wait "$p" || fail "a station does not end well: $(tail -3 stations.log)"; done
stations=()

# ---- six patients of intensive care go to another hospital, which has nothing of ours but the file and our key
step "six transfers"
age-keygen -o their.key 2>/dev/null
hf transfer candidates --site lost --unit ICU --unit CCU --unit NICU --json >candidates.json
python3 -c 'import json
for c in json.load(open("candidates.json"))["candidates"][:6]: print(c["number"])' >moving
same "$(wc -l <moving)" 6 "who moves: $(head -c 600 candidates.json)"
while read -r n; do
	hf transfer make --site lost --patient "$n" --to "$(age-keygen -y their.key)" --receiver "University Hospital" --transport "ambulance" -o "$n.age" >/dev/null 2>said || fail "the transfer of $n: $(cat said)"
	(mkdir -p elsewhere && cd elsewhere && hf transfer open "../$n.age" --identity ../their.key --vkey ../lost/ledger/vkey -o "$n" --json >"$n.json") || fail "opened there: $n"
	find "elsewhere/$n" -name '*.json' -exec grep -lq "$n" {} + || fail "the record of $n is not in its file: $(find "elsewhere/$n")"
done <moving

# ---- hour 68: the EHR is back. What is asked of it is not what a ward has time for
step "hour 68: the EHR is back"
rport=$(free_port)
listen() { # COMMAND...
	[ -z "$receiver" ] || { kill $receiver 2>/dev/null; wait $receiver 2>/dev/null || true; }
	rm -f up
	"$@" >up 2>receiver.log &
	receiver=$!
	for _ in $(seq 1200); do [ -s up ] && return 0; sleep 0.05; done
	fail "the receiver does not start: $(cat receiver.log)"
}
mood() { listen python3 "$here/backload_receiver.py" "$rport" came "$@"; }
send() { timeout 900 "$HOLDFAST" backload send --site lost --to 127.0.0.1:$rport --name EHR --wait 2 "$@"; }
state() { hf backload list "$1" --site lost --json | json state; }
count() { hf downtime balance --site lost --json | json "$1"; }
nth() { sed -n "$1p" S2AB.json | json id; }
i30=$(nth 30) i31=$(nth 31) i32=$(nth 32) i33=$(nth 33)
touch came
for s in read-only write; do hf downtime advance $s --site lost >/dev/null; done
# one message that is not answered, one too late, one that never arrives, one that is answered by halves
mood silent; send $i30 >said 2>&1 && fail "silence: $(cat said)"
mood late; send $i31 >said 2>&1 && fail "late: $(cat said)"
mood lost; send $i32 >said 2>&1 && fail "lost: $(cat said)"
mood half; send $i33 >said 2>&1 && fail "half: $(cat said)"
same "$(count unknown)" 4 "what nobody knows of"
refused 1 "not closed" downtime advance closed --site lost
# everything twice, then a real server of npm's
mood twice; send --owner registration >said 2>&1 || true # 1 while anything is unknown
send --owner laboratory >said 2>&1 || true
if [ -d "$top/tests/clients/node_modules/simple-hl7" ] && command -v node >/dev/null; then
	step "to npm's simple-hl7"
	listen node "$top/tests/clients/hl7_ehr.mjs" "$rport" came
else
	echo "npm's HL7 server: skipped: no node, or tests/clients has no modules (npm ci there); our own takes its part"
	mood aa
fi
send >said 2>&1 || true
[ "$(count open)" -le 60 ] || fail "still open: $(count open), $(tail -3 said)"
# the third station's file comes now, on a stick
step "the third station"
hf capture import --site lost stick3 >/dev/null 2>said || fail "the third station: $(tail -3 said)"
send >said 2>&1 || true

# ---- the EHR's feed is back, and shows what it has; one it never had, and a person says so
step "the feed again"
hf capture list --site lost --json >items.now
notes=$(grep -c '"id":"DNOTE-' items.now) # a note for each chart that was touched, which is an item, too
[ "$notes" -ge $((patients / 4)) ] && [ "$notes" -le $((2 * patients)) ] || fail "$notes downtime notes of $patients charts"
same "$(($(wc -l <items.now) - notes))" "$items" "items"
py feed came echo.hl7 >/dev/null
hf import --site lost echo.hl7 >/dev/null
hf backload scan --site lost >/dev/null
same "$(state $i30) $(state $i31) $(state $i32) $(state $i33)" "filed filed unknown filed" "what the feed shows"
hf backload resolve $i32 --as again --reason "looked: it is not there" --site lost >/dev/null
mood aa; send >said 2>&1 || fail "the last ones: $(tail -5 said)"
same "$(count open) $(count unknown) $(count refused) $(count items)" "0 0 0 $((items + notes))" "the balance: $(hf downtime balance --site lost)"
hf downtime advance closed --site lost >said || fail "closed: $(cat said)"

# ---- each item once, as it was written; and the charts of the two hospitals are the same
step "everything once, and the same charts"
py once came 0 $notes S2AB.json S3CD.json S4EF.json
py said came S2AB.json S3CD.json S4EF.json
py feed came echo.hl7 >/dev/null
hf import --site lost echo.hl7 >/dev/null # what is there already is no second one
hf import --site kept echo.hl7 >/dev/null
hf chart export --site lost >lost.exp
hf chart export --site kept >kept.exp
py equal lost.exp kept.exp $patients
hf ledger verify --site lost >/dev/null || fail "the ledger is whole"
step "done"
