#!/bin/bash
# A live strip as one request that goes on (chunked POST): each piece is seen at once, and a broken one loses at most what was not sent. The server stopped and killed in the middle: each sample is kept once. All of a strip
# taken away from one patient and given to another; in the chart it is one thing.
# Longer than ten seconds: a strip is sent at the speed at which a device sends it, and again after each stop of the server.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
printf 'MSH|^~\\&|EHR|HOSP|||20261101080100||ADT^A01|2|P|2.5\rPID|1||1002^^^HOSP^MR||SMITH^JOAN||19620707|F\rPV1|1|I|3W^13^A||||||||||||||||V2\r' >b.hl7
hf import --site site a.hl7 b.hl7 >/dev/null
hf token create --role ecg-send --label bed12 --site site >tok
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
pw=$(hf user add ada --role clinician --site site)
csrf=$(curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" $base/api/login | json csrf)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
sign_in() { csrf=$(curl -s -c jar -d '{"user":"ada","password":"a long night in march"}' $base/api/login | json csrf); }
# sample i of a strip is i % 300: what is kept can be told sample by sample
python3 - <<'PY'
import struct
for name, first, n in (("s0", 0, 250), ("s1", 250, 250), ("s2", 500, 250), ("s3", 750, 250)):
    open(name, "wb").write(struct.pack("<%dh" % n, *[i % 300 for i in range(first, first + n)]))
PY
begin() { one -d "{\"leads\":[\"II\"],\"rateHz\":250,\"uv\":5,\"device\":\"$1\",\"key\":\"$1\",\"start\":\"$2\"${3:-}}" $base/api/live; }

# ---- one request for all of it
same "$(begin piped 2026-11-22T03:00:00Z)" 201 "begun"
id=$(json id <got)
mkfifo pipe
curl -s -o said -w '%{http_code}' -X POST -T - -H "Authorization: Bearer $(cat tok)" "$base/api/live/$id?at=0" <pipe >status & sender=$!
exec 9>pipe
sees() { # sees SAMPLES: a reader has them
	for _ in $(seq 1000); do
		same "$(me "$base/api/live/$id?from=0")" 200 "followed"
		[ "$(json to <got)" = "$1" ] && break
		sleep 0.02
	done
	same "$(json to <got)" "$1" "what a reader sees"
}
cat s0 >&9; sees 250
head -c 101 s1 >&9; sees 300                     # half a sample waits for its other half
tail -c +102 s1 >&9; sees 500
same "$(json state <got)" live "it is live"
cat s2 >&9; sees 750
exec 9>&-
wait $sender
same "$(cat status) $(json to <said)" "200 750" "its answer at the end"
# broken off in the middle: what was sent is there, and another request goes on without a number
curl -s -o /dev/null -X POST -T - -H "Authorization: Bearer $(cat tok)" "$base/api/live/$id" <pipe & sender=$!
exec 9>pipe
cat s3 >&9
sees 1000
kill -9 $sender; wait $sender 2>/dev/null || true
exec 9>&-
same "$(cat s0 | one -X POST -T - "$base/api/live/$id?at=1000")" 200 "the next one"
same "$(json to <got)" 1250 "goes on"
same "$(cat s0 s1 | one -X POST -T - "$base/api/live/$id?at=0")" 200 "the same again"
same "$(json to <got)" 1250 "is once"
same "$(cat s1 | one -X POST -T - "$base/api/live/$id?at=0")" 409 "other samples: $(cat got)"
same "$(head -c 11 s1 | one -X POST -T - "$base/api/live/$id")" 400 "half a sample at the end"
same "$(cat s1 | code -X POST -T - "$base/api/live/$id")" 401 "nobody's"
same "$(cat s1 | one -X POST -T - "$base/api/live/0123456789abcdef")" 404 "no strip"
same "$(one -X POST $base/api/live/$id/end)" 200 "ended"
# a program's own chunked request: the time from a piece to a reader who waits for it
same "$(begin timed 2026-11-22T05:00:00Z)" 201 "begun"
id=$(json id <got)
python3 - $port $id "$(cat tok)" "$(awk '/hf_session/{print $7}' jar)" <<'PY' || fail "a piece comes late, or not as it was sent"
import base64, http.client, json, struct, sys, threading, time
port, id, token, session = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
sent, late = {}, []
def follow():
    c, at = http.client.HTTPConnection("127.0.0.1", port), 0
    while at < 2500:
        c.request("GET", f"/api/live/{id}?from={at}&wait=5000", headers={"Cookie": "hf_session=" + session})
        a = json.loads(c.getresponse().read())
        now, at = time.monotonic(), a["to"]
        v = struct.unpack("<%dh" % (a["to"] - a["from"]), base64.b64decode(a["leads"][0]["data"]))
        assert list(v) == [i % 300 for i in range(a["from"], a["to"])], "other samples"
        late.extend(now - sent.pop(k) for k in sorted(sent) if k <= at)
reader = threading.Thread(target=follow)
reader.start()
def pieces():
    for k in range(10):
        time.sleep(0.15)
        sent[250 * (k + 1)] = time.monotonic()
        yield struct.pack("<250h", *[i % 300 for i in range(250 * k, 250 * (k + 1))])
c = http.client.HTTPConnection("127.0.0.1", port)
c.request("POST", f"/api/live/{id}", body=pieces(), headers={"Authorization": "Bearer " + token, "Transfer-Encoding": "chunked"}, encode_chunked=True)
r = c.getresponse()
assert r.status == 200 and json.loads(r.read())["to"] == 2500
reader.join(10)
late.sort()
print("from a piece to its reader: median %.1f ms, slowest %.1f ms" % (late[len(late) // 2] * 1e3, late[-1] * 1e3))
assert len(late) == 10 and late[len(late) // 2] < 1
PY
if command -v node >/dev/null; then # a stream of undici's
	node -e 'const [base, id, token] = process.argv.slice(1); async function* pieces() { for (let k = 0; k < 4; k++) { const v = new Int16Array(125); for (let i = 0; i < 125; i++) v[i] = (2500 + k * 125 + i) % 300; yield new Uint8Array(v.buffer); await new Promise((r) => setTimeout(r, 50)); } } fetch(`${base}/api/live/${id}`, { method: "POST", body: ReadableStream.from(pieces()), duplex: "half", headers: { authorization: `Bearer ${token}` } }).then(async (r) => { console.log(r.status, (await r.json()).to); })' $base $id "$(cat tok)" >said
	same "$(cat said)" "200 3000" "a stream of node's"
fi
same "$(one -X POST $base/api/live/$id/end)" 200 "ended"
# a recording of ten minutes as fast as it goes: more than there is room for at once
same "$(begin fast 2026-11-22T01:00:00Z)" 201 "begun"
fast=$(json id <got)
same "$(python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<150000h", *[i % 300 for i in range(150000)]))' | one -X POST -T - "$base/api/live/$fast")" 200 "as fast as it goes: $(cat got)"
same "$(json to <got)" 150000 "all of it"
same "$(one -X POST $base/api/live/$fast/end)" 200 "ended"
same "$(json kept <got) $(json entries <got)" "150000 11" "kept"

# ---- stopped, and killed, in the middle: the device knows less than is kept
same "$(begin bed 2026-11-22T04:00:00Z ',"claimed":{"id":"1001","assigner":"HOSP","birth":"1957-03-12"}')" 201 "begun"
id=$(json id <got)
same "$(one --data-binary @s0 "$base/api/live/$id?at=0") $(json kept <got)" "200 0" "a second, not kept yet"
stop
up
again() { begin bed 2026-11-22T04:00:00Z ',"claimed":{"id":"1001","assigner":"HOSP","birth":"1957-03-12"},"from":0'; }
same "$(again)" 201 "begun again"
same "$(json id <got) $(json kept <got) $(json to <got)" "$id 250 250" "it goes on where the last one was stopped: $(cat got)"
same "$(one --data-binary @s0 "$base/api/live/$id?at=0") $(json twice <got)" "200 True" "what was kept is sent again, and is once"
cat s0 s1 >both
same "$(one --data-binary @both "$base/api/live/$id?at=0") $(json to <got)" "200 500" "the rest of it is new"
same "$(one --data-binary @s2 "$base/api/live/$id?at=500")" 200 "more"
head -c 5500 /dev/zero >rest
same "$(one --data-binary @rest "$base/api/live/$id?at=750") $(json kept <got)" "200 2500" "ten seconds of it are kept"
kill -9 $daemon; wait $daemon 2>/dev/null || true
up
same "$(again)" 201 "begun again"
same "$(json kept <got)" 2500 "from where it is kept, also after a kill"
same "$(one -X POST $base/api/live/$id/end)" 200 "ended"
sign_in
shown site
me "$base/api/ecgs?list=all&max=500" >/dev/null
strip=$(python3 -c 'import json; print([e["strip"]["id"] for e in json.load(open("got"))["ecgs"] if e["device"] == "bed"][0])')
me "$base/api/ecgs?strip=$strip" >/dev/null; cp got minutes
same "$(python3 -c 'import json; m = sorted((e["recorded"][17:], e["seconds"]) for e in json.load(open("minutes"))["ecgs"]); print(m)')" "[('00.000Z', 1.0), ('01.000Z', 9.0)]" "each sample once"

# ---- one thing in the chart, taken away and given to another
john=$(curl -s -b jar "$base/api/search?q=1001" | json patients.0.id) joan=$(curl -s -b jar "$base/api/search?q=1002" | json patients.0.id)
reports() { curl -s -b jar "$base/fhir/DiagnosticReport?patient=$1&category=EC" | python3 -c 'import json, sys; print(len([e for e in json.load(sys.stdin).get("entry", []) if e["resource"]["resourceType"] == "DiagnosticReport" and e["resource"]["status"] != "entered-in-error"]))'; }
events() { curl -s -b jar "$base/api/patient/$1/timeline" | python3 -c 'import json, re, sys; a = json.load(sys.stdin); print(*[re.search("live strip of [0-9:]*[0-9]", x["text"])[0] for x in next(v for v in a.values() if isinstance(v, list)) if x["kind"] == "ecg"])'; }
same "$(reports $john) $(events $john)" "1 live strip of 0:00:10" "one report, one line"
first=$(python3 -c 'import json; print(min(e["entry"] for e in json.load(open("minutes"))["ecgs"]))')
same "$(me -d "{\"reason\":\"the cable of the next bed\",\"basis\":$first,\"strip\":true}" $base/api/ecg/$first/unmatch)" 200 "taken away: $(cat got)"
same "$(json strip <got)" 2 "both of its minutes"
same "$(reports $john)" 0 "not his"
me "$base/api/ecgs?list=unmatched" >/dev/null; same "$(python3 -c 'import json; a = json.load(open("got")); print(a["counts"]["unmatched"], len(a["ecgs"]))')" "4 4" "four strips wait, and are counted as four: $(cat got)"
me "$base/api/ecg/$first" >/dev/null; basis=$(json basis <got)
same "$(me -d "{\"patient\":\"$joan\",\"identifiers\":[\"recordNumber\",\"wristband\"],\"reason\":\"looked at the bed\",\"basis\":$basis,\"strip\":true}" $base/api/ecg/$first/match)" 200 "given to another: $(cat got)"
same "$(json strip <got) $(reports $john) $(reports $joan) $(events $joan)" "2 0 1 live strip of 0:00:10" "hers"

stop
