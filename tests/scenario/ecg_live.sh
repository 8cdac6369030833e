#!/usr/bin/env bash
# Live strips: two devices at once, gaps marked and never joined, the same piece twice is one and other samples over it are refused, a device that falls silent has what it sent kept, a server that is killed loses nothing
# that a device which keeps what was not called kept does not send again, and who may see what. Nearly all of the time goes into waiting until a silent device's samples are kept (15 s): started first, looked at last.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
printf 'MSH|^~\\&|EHR|HOSP|||20261101080100||ADT^A01|2|P|2.5\rPID|1||1002^^^HOSP^MR||GREY^ANNA||19620707|F\rPD1||||||||||||Y\rPV1|1|I|3W^13^A||||||||||||||||V2\r' >b.hl7
hf import --site site a.hl7 b.hl7 >/dev/null
python3 - <<'PY'
import struct
v = []
for i in range(250 * 150):                       # 150 s of two leads with a beat every 0.8 s
    t = i % 200
    x = 1000 - 125 * abs(t - 75) if abs(t - 75) < 8 else (120 if 110 < t < 150 else 0)
    v += [x + i % 3, x // 2]
open("bed.dat", "wb").write(struct.pack("<%dh" % len(v), *v))
open("bed.hea", "w").write("bed 2 250 37500\nbed.dat 16 1000 16 0 0 0 0 II\nbed.dat 16 500 16 0 0 0 0 V5\n")
for name, k in (("a", 1), ("b", 2), ("c", 3)):   # pieces of one lead, a second each
    open("p" + name, "wb").write(struct.pack("<250h", *[(i * k) % 400 for i in range(250)]))
PY
hf token create --role ecg-send --label bed12 --site site >tok
hf token create --role ecg-send --label bed13 --site site >tok2
port=$(free_port)
base=http://127.0.0.1:$port
up() {
	"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$port --mllp 127.0.0.1:$(free_port) 2>>serve.log &
	daemon=$!
	for _ in $(seq 400); do curl -sf $base/healthz >/dev/null 2>&1 && return 0; sleep 0.05; done
	fail "serve did not come up"
}
up
code() { curl -s -o got -w '%{http_code}' "$@"; }
one() { code -H "Authorization: Bearer $(cat tok)" "$@"; }
two() { code -H "Authorization: Bearer $(cat tok2)" "$@"; }
pw=$(hf user add ada --role clinician --site site)
csrf=$(curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" $base/api/login | json csrf)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
terms='"leads":["II"],"rateHz":250,"uv":5'

# ---- what cannot be
same "$(code -d "{$terms}" $base/api/live)" 401 "without a token"
same "$(code $base/api/live)" 401 "the list without signing in"
for bad in '{}' '[]' '{"leads":[],"rateHz":250,"uv":5}' '{"leads":["II"],"rateHz":5000,"uv":5}' '{"leads":["II"],"rateHz":250}' '{"leads":["II","II"],"rateHz":250,"uv":5}' "{$terms,\"start\":\"soon\"}" "{$terms,\"from\":-1}" "{$terms,\"urgency\":\"very\"}" 'x'; do
	same "$(one -d "$bad" $base/api/live)" 400 "$bad"
done

# ---- one that will fall silent: its samples are looked at last
same "$(two -d "{$terms,\"device\":\"bed 13\",\"key\":\"quiet\"}" $base/api/live)" 201 "the silent one"
quiet=$(json id <got)
same "$(two --data-binary @pa "$base/api/live/$quiet?at=0")" 200 "a second of it"
fell=$(date +%s)

# ---- pieces: gaps, twice, others over it
same "$(one -d "{$terms,\"device\":\"bed 12\",\"key\":\"k1\",\"start\":\"2026-11-22T03:12:00Z\"}" $base/api/live)" 201 "begun"
id=$(json id <got)
same "$(one -d "{$terms,\"device\":\"bed 12\",\"key\":\"k1\"}" $base/api/live)" 200 "begun again is the same"
same "$(json id <got)" "$id" "the same"
same "$(one -d '{"leads":["II"],"rateHz":500,"uv":5,"device":"bed 12","key":"k1"}' $base/api/live)" 409 "with another rate"
piece() { one --data-binary @$1 "$base/api/live/$id?at=$2"; }
same "$(piece pa 0)" 200 "first"
same "$(json to <got) $(json kept <got)" "250 0" "how far"
same "$(piece pb 750)" 200 "with a gap before it"
same "$(piece pa 0)" 200 "the same piece twice"
same "$(json twice <got) $(json to <got)" "True 1000" "is once"
same "$(piece pb 0)" 409 "other samples"
grep -q 'other samples were sent before as number 1:' got || fail "$(cat got)"
same "$(piece pa 100)" 409 "shifted over it"
same "$(piece pc 250)" 200 "out of order it fills the gap"
same "$(piece pa 99999999999999999)" 400 "no number"
same "$(one --data-binary @pa "$base/api/live/$id")" 400 "without a number"
same "$(piece pa 3000000)" 400 "after hours: another strip"
printf 'abc' >odd; same "$(piece odd 1000)" 400 "half a sample"
head -c 70000 /dev/zero >big; same "$(piece big 1000)" 413 "too much at once"
same "$(two --data-binary @pa "$base/api/live/$id?at=1000")" 404 "by another device"
same "$(two -X POST $base/api/live/$id/end)" 404 "ended by another device"
same "$(two $base/api/live)" 200 "a device's list"
same "$(json strips <got | json 0.device) $(json strips <got | grep -c "$id" || true)" "bed 13 0" "is its own"
same "$(one "$base/api/live/$id?from=0")" 403 "a device sees no samples"

# ---- looked at: what is there at once, more when it comes; an opening is an entry, a question is none
same "$(me "$base/api/live")" 200 "the list"
audits=$(entries site audit)
same "$(me "$base/api/live/$id?from=0")" 200 "looked at"
python3 - <<'PY' || fail "what is shown is not what was sent: $(cat got)"
import base64, json, struct
a = json.load(open("got"))
v = struct.unpack("<1000h", base64.b64decode(a["leads"][0]["data"]))
assert (a["from"], a["to"], a["leads"][0]["uv"], a["rateHz"]) == (0, 1000, 5, 250) and a["state"] in ("live", "silent"), a # five seconds are soon over where much else runs
assert v[:250] == tuple(i % 400 for i in range(250)) and v[250:500] == tuple((3 * i) % 400 for i in range(250)) and v[750:] == tuple((2 * i) % 400 for i in range(250))
assert set(v[500:750]) == {-32768}, "a gap is no line"
PY
for _ in 1 2 3; do same "$(me "$base/api/live/$id?from=900")" 200 "again"; done
same "$(entries site audit)" "$((audits + 1))" "one opening, one entry"
(sleep 1; curl -s -o /dev/null -H "Authorization: Bearer $(cat tok)" --data-binary @pa "$base/api/live/$id?at=1000") & feeder=$!
t0=$(date +%s%N)
for _ in 1 2 3; do # that it fell silent is an answer, too
	same "$(me "$base/api/live/$id?from=1000&wait=8000")" 200 "waited for"
	[ "$(json to <got)" = 1000 ] || break
done
ms=$((($(date +%s%N) - t0) / 1000000))
wait $feeder
same "$(json from <got) $(json to <got)" "1000 1250" "what came"
[ $ms -ge 500 ] && [ $ms -lt 5000 ] || fail "it waited $ms ms"
# 40 wait at once: more than there are threads, and others are answered meanwhile
for k in $(seq 40); do curl -s -b jar -o /dev/null "$base/api/live/$id?from=1250&wait=4000" & done 2>/dev/null
sleep 0.3
t0=$(date +%s%N)
same "$(code $base/healthz)" 200 "others"; same "$(me $base/api/live)" 200 "others"
ms=$((($(date +%s%N) - t0) / 1000000))
[ $ms -lt 2000 ] || fail "those who wait hold up the others: $ms ms"
same "$(piece pa 1250)" 200 "and this wakes them"

# ---- ended: all of it is kept, with the gap as a gap
same "$(one -X POST $base/api/live/$id/end)" 200 "ended"
same "$(json kept <got) $(json state <got)" "1500 ended" "all is kept"
same "$(one -X POST $base/api/live/$id/end)" 200 "ended twice"
same "$(piece pa 1500)" 409 "after the end"
same "$(one -d "{$terms,\"device\":\"bed 12\",\"key\":\"k1\"}" $base/api/live)" 409 "its key is used up"
shown site
same "$(me "$base/api/ecgs?list=all")" 200 "among the ECGs"
entry=$(json ecgs.0.entry <got)
same "$(json ecgs.0.via <got) $(json ecgs.0.device <got) $(json ecgs.0.recorded <got) $(json ecgs.0.seconds <got)" "live bed 12 2026-11-22T03:12:00.000Z 6.0" "what it is"
same "$(me "$base/api/ecg/$entry/wave?seconds=6")" 200 "read"
python3 - <<'PY' || fail "the gap did not come through"
import base64, json, struct
a = json.load(open("got"))
v = struct.unpack("<1500h", base64.b64decode(a["leads"][0]["data"]))
assert set(v[500:750]) == {-32768} and -32768 not in v[:500] + v[750:]
PY
same "$(me "$base/api/ecg/$entry/report.pdf")" 200 "on paper"

# ---- a strip of nobody: one row, matched at once with two identifiers; what goes on follows, what is another's does not
python3 -c 'import struct; open("minute","wb").write(b"".join(struct.pack("<h", (7 * i) % 300) for i in range(1500)))'
slow='"leads":["II"],"rateHz":25,"uv":5,"device":"bed 14"'
loose() { one --data-binary @minute "$base/api/live/$loose?at=$1"; }
same "$(one -d "{$slow,\"key\":\"loose\",\"start\":\"2026-11-22T04:00:00Z\"}" $base/api/live)" 201 "begun"
loose=$(json id <got)
same "$(loose 0) $(loose 1500)" "200 200" "two minutes"
shown site
me "$base/api/ecgs?list=unmatched" >/dev/null
row() { python3 -c 'import json, sys; print([eval(sys.argv[1], {}, e) for e in json.load(open("got"))["ecgs"] if e["device"] == "bed 14"])' "$1"; }
same "$(row 'strip["entries"], strip["from"][11:19], strip["to"][11:19]')" "[(3, '04:00:00', '04:02:00')]" "one row: $(cat got)"
strip=$(row 'strip["id"]' | tr -d "[]'") named=$(row entry | tr -d '[]')
me "$base/api/ecgs?strip=$strip" >/dev/null; same "$(row seconds)" "[60.0, 50.0, 10.0]" "its minutes"
him=$(curl -s -b jar "$base/api/search?q=1001" | json patients.0.id)
match() { me -d "{\"patient\":\"$him\",\"basis\":$1,\"identifiers\":[\"birth\",\"wristband\"],\"reason\":\"at the bed\",\"strip\":true}" "$base/api/ecg/$named/match"; }
same "$(match 1)" 409 "what was shown has changed"
me "$base/api/ecgs?list=unmatched" >/dev/null; same "$(row 'strip["entries"]')" "[3]" "then nothing of it is touched"
same "$(match $named) $(json strip <got)" "200 3" "the whole strip: $(cat got)"
same "$(loose 3000)" 200 "it goes on"
same "$(one -d "{$slow,\"key\":\"loose2\",\"start\":\"2026-11-22T04:03:00Z\"}" $base/api/live)" 201 "another strip"
loose=$(json id <got); same "$(loose 0)" 200 "of the same device"
shown site
me "$base/api/ecgs?list=unmatched" >/dev/null; same "$(row 'strip["entries"]')" "[2]" "the other strip is nobody's: $(cat got)"
me "$base/api/ecgs?patient=$him" >/dev/null; same "$(row 'strip["entries"], match, matchedBy')" "[(4, 'matched', 'ada')]" "his: $(cat got)"
strips() { me "$base/api/ecgs?strip=$strip" >/dev/null; row "$1"; }
same "$(strips 'matchedBy')" "['ada', 'ada', 'ada', 'ada']" "each of its minutes"
me "$base/api/ecg/$(strips entry | tr -d '[,' | cut -d' ' -f1)" >/dev/null; same "$(json acts.0.act <got) $(json acts.0.by <got)" "match ada" "the act stands with the minute that followed: $(cat got)"

# ---- quotas: strips of one sender
hf token create --role ecg-send --label gateway --site site >tok3
three() { code -H "Authorization: Bearer $(cat tok3)" "$@"; }
for k in $(seq 32); do same "$(three -d "{$terms,\"key\":\"many$k\"}" $base/api/live)" 201 "strip $k"; done
same "$(three -d "{$terms,\"key\":\"one more\"}" $base/api/live)" 429 "one too many"
grep -q 'end one first' got || fail "$(cat got)"
same "$(one -d "{$terms,\"key\":\"k2\"}" $base/api/live)" 201 "another sender's"

# ---- the silent one: kept though nobody ended it, and the next second is another entry
for _ in $(seq 200); do two $base/api/live >/dev/null; grep -q '"kept":250,' got && break; sleep 0.1; done
silent=$(($(date +%s) - fell))
grep -q '"kept":250,' got || fail "a silent device's second is not kept after $silent s: $(cat got)"
[ $silent -ge 14 ] || fail "kept too early to be the silence's: after $silent s"
grep -o '"state":"silent"' got >/dev/null || fail "it is not said to be silent: $(cat got)"
same "$(two --data-binary @pa "$base/api/live/$quiet?at=250")" 200 "it speaks again"
same "$(json state <got) $(json kept <got) $(json to <got)" "live 250 500" "and is live"

# ---- the simulator, twice, and the server killed in the middle: what was not kept is sent again, and each sample is kept once
live() { "$HOLDFAST" ecg live --to $base "$@"; }
live --token-file tok --device 'bed 12' --key sim1 --patient 1001@HOSP --birth 1957-03-12 --speed 25 --json bed.hea >sim1 2>sim1.err & s1=$!
live --token-file tok2 --device 'bed 13' --key sim2 --patient 1002@HOSP --birth 1962-07-07 --speed 25 --drop 10 --json bed.hea >sim2 2>sim2.err & s2=$!
for _ in $(seq 200); do grep -q kept sim1 && break; sleep 0.05; done
me $base/api/live >/dev/null; cp got before
kill -9 $daemon; wait $daemon 2>/dev/null || true
sleep 0.3
up
csrf=$(curl -s -c jar -d '{"user":"ada","password":"a long night in march"}' $base/api/login | json csrf)
wait $s1 || fail "the first simulator: $(cat sim1 sim1.err)"
grep -q 'tried again' sim1.err || fail "it did not see the server go: $(cat sim1.err)"
same "$(tail -1 sim1 | json to) $(tail -1 sim1 | json kept)" "37500 37500" "all of it"
shown site
same "$(me "$base/api/ecgs?list=all&max=500")" 200 "all"
sim1=$(python3 -c 'import json; print([e["strip"]["id"] for e in json.load(open("got"))["ecgs"] if e["device"] == "bed 12" and e["patient"]][0])')
same "$(me "$base/api/ecgs?strip=$sim1&max=500")" 200 "its minutes"
python3 - <<'PY' || fail "not every sample was kept once"
import json
from datetime import datetime
mine = [e for e in json.load(open("got"))["ecgs"] if e["device"] == "bed 12" and e["patient"]]
mine.sort(key=lambda e: e["recorded"])
assert all(e["patient"]["recordNumber"] == "1001" and e["matchedBy"] == "identifiers" for e in mine)
at = [datetime.fromisoformat(e["recorded"].replace("Z", "+00:00")).timestamp() for e in mine]
print([round(e["seconds"], 1) for e in mine])
assert sum(e["seconds"] for e in mine) == 150 and max(e["seconds"] for e in mine) <= 60, mine
assert all(abs(at[i] + mine[i]["seconds"] - at[i + 1]) < 0.002 for i in range(len(mine) - 1)), "they do not follow each other"
PY
same "$(me "$base/api/ecgs?list=unread&max=500")" 200 "to be read"
same "$(python3 -c 'import json; print([e["seconds"] for e in json.load(open("got"))["ecgs"] if e["device"] == "bed 12" and e["patient"] and e["weight"] != "urgent"])')" "[10.0]" "of a strip its first entry is to be read, and what is urgent"
wait $s2 || fail "the second simulator: $(cat sim2 sim2.err)"
same "$(tail -1 sim2 | json kept)" "$(tail -1 sim2 | json to)" "all of it, but what was left out"

# ---- whose record is protected: the bed in the list, no samples, until it is opened with a reason
live --token-file tok2 --device 'bed 13' --key sim3 --patient 1002@HOSP --birth 1962-07-07 --speed 50 --seconds 20 bed.hea >/dev/null
shown site
same "$(me $base/api/live)" 200 "the list"
sim3=$(python3 -c 'import json; print([s["id"] for s in json.load(open("got"))["strips"] if s["patient"] and s["patient"]["isProtected"]][-1])')
cp got list
grep -q 'GREY\|1962-07-07' got && fail "a protected name is shown"
same "$(me "$base/api/live/$sim3?from=0")" 403 "protected"
person=$(python3 -c 'import json; print([s["patient"]["id"] for s in json.load(open("list"))["strips"] if s["patient"] and s["patient"]["isProtected"]][-1])')
same "$(me -d "{\"patient\":\"$person\",\"reason\":\"called to the bed\"}" $base/api/break-glass)" 204 "opened"
same "$(me "$base/api/live/$sim3?from=0")" 200 "with a reason"

# ---- a server that was killed has forgotten a strip, and says how it goes on
same "$(two --data-binary @pa "$base/api/live/$quiet?at=250")" 404 "forgotten"
grep -q 'begin it again' got || fail "$(cat got)"

# ---- an orderly stop keeps what there is
same "$(one -d "{$terms,\"key\":\"last\"}" $base/api/live)" 201 "begun"
same "$(one --data-binary @pa "$base/api/live/$(json id <got)?at=0")" 200 "a second"
same "$(json kept <got)" 0 "not kept yet"
before=$(entries site ecg)
stop
same "$(entries site ecg)" "$((before + 1))" "what was there when it stopped"
