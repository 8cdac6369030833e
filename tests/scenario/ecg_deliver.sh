#!/usr/bin/env bash
# The EHR is back: what was signed goes to it as ORU and as a FHIR transaction. Receivers with every mood, kills in the middle, corrections, a reading withdrawn that was sent of the wrong patient; real HL7 and FHIR servers.
# Longer than ten seconds: a receiver that says nothing is waited for (a second a mood), and what goes out is signed by a person over HTTP first.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel & Sons" --shares 1/1 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20260101080000||ADT^A01|1|P|2.5|||||||UNICODE UTF-8\rPID|1||1001^^^HOSP^MR~77^^^&1.2.3&ISO^PI||SM\\T\\TH^JOHN^Q^III^DR^^L~M\xc3\xbcLLER^HANS^^^^^M||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
printf 'MSH|^~\\&|EHR|HOSP|||20260101080100||ADT^A01|2|P|2.5\rPID|1||1002^^^HOSP^MR||SMITH^JOAN||19620707|F\rPV1|1|I|3W^13^A||||||||||||||||V2\r' >b.hl7
hf import --site site a.hl7 b.hl7 >/dev/null
python3 - <<'PY'
import struct
for seed in range(1, 10):
    n, rate, v = 5000, 500, []
    for i in range(n):
        t = (i + 7 * seed) % (rate * 4 // 5)
        r = 1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0
        p = 120 - 4 * abs(t - 70) if abs(t - 70) < 30 else 0
        w = 250 - 4 * abs(t - 290) if abs(t - 290) < 60 else 0
        v += [r + p + w, (r + p + w) // 2]
    open(f"r{seed}.dat", "wb").write(b"".join(struct.pack("<h", x) for x in v))
    open(f"r{seed}.hea", "w").write(f"r{seed} 2 {rate} {n} 10:0{seed}:00 01/11/2026\nr{seed}.dat 16 1000 16 0 0 0 0 II\nr{seed}.dat 16 1000 16 0 0 0 0 V5\n")
PY
start site
base=http://127.0.0.1:$http
pw=$(hf user add ada --role clinician --site site)
code() { curl -s -o got -w '%{http_code}' "$@"; }
curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" $base/api/login >login.json
csrf=$(json csrf <login.json)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
shown site
john=$(curl -s -b jar "$base/api/search?q=1001" | json patients.0.id)
joan=$(curl -s -b jar "$base/api/search?q=1002" | json patients.0.id)
act() { same "$(me -d "$2" "$base/api/ecg/$1/act")" 200 "act on $1: $2: $(cat got)"; }
basis() { me $base/api/ecg/$1 >/dev/null; json basis <got; }
match() { same "$(me -d "{\"patient\":\"$2\",\"basis\":$(basis $1),\"identifiers\":[\"birth\",\"recordNumber\"],\"reason\":\"wristband\"}" "$base/api/ecg/$1/match")" 200 "match $1: $(cat got)"; }
sign() { act $1 "{\"act\":\"sign\",\"basis\":$(basis $1),\"password\":\"a long night in march\",\"statements\":[{\"code\":\"rhythm-sr\",\"text\":\"sinus rhythm | ^~\\\\& ${2:-}\"}],\"measures\":{\"qt_ms\":402,\"pr_ms\":null},\"comment\":\"as before\\nsecond line\"}"; }
ecg=()
for i in 1 2 3 4 5 6 7 8 9; do
	hf ecg import --site site r$i.hea --patient 1001 --birth 1957-03-12 --json >imported
	ecg[$i]=$(json entry <imported)
	same "$(json match <imported)" matched "r$i"
done
shown site
receiver= rport=$(free_port)
trap '[ -z "$receiver" ] || kill $receiver 2>/dev/null || true; cleanup' EXIT
listen() { # MOOD...
	[ -z "$receiver" ] || { kill $receiver 2>/dev/null; wait $receiver 2>/dev/null || true; }
	rm -f came up
	python3 "$here/ecg_receiver.py" $rport came "$@" >up 2>receiver.log &
	receiver=$!
	for _ in $(seq 200); do [ -s up ] && return 0; sleep 0.02; done
	fail "the receiver does not start: $(cat receiver.log)"
}
deliver() { hf ecg deliver --site site --to 127.0.0.1:$rport --name EHR --wait 1 --tries 1 "$@"; }
acts() { hf ledger list --site site --json --kind ecg-act | wc -l; }
state() { me $base/api/ecg/$1 >/dev/null; json deliveries.0.state <got; }
ids() { awk '{print $2}' came | sort -u | wc -l; }
hashes() { awk '{print $1}' came | sort -u | wc -l; }

# ---- nothing is due before somebody has signed
listen aa
deliver >said; grep -q '^0 delivered' said || fail "unsigned: $(cat said)"
[ ! -s came ] || fail "an unconfirmed reading went out"
refused 1 "not signed" ecg deliver --site site --to 127.0.0.1:$rport --entry ${ecg[1]}
refused 2 "one of" ecg deliver --site site
refused 2 "in clear" ecg deliver --site site --to 192.0.2.1:2575
refused 2 "nor\|without" ecg deliver --site site --fhir http://192.0.2.1/fhir

# ---- signed: what goes out, field by field, and the receiver that is not there
sign ${ecg[2]}; sign ${ecg[1]} two
kill $receiver; wait $receiver 2>/dev/null || true; receiver=
n=$(acts)
refused 1 "cannot be reached" ecg deliver --site site --to 127.0.0.1:$rport --name EHR
same "$(acts)" "$n" "nothing is entered for what never went out"
listen aa
deliver --dry-run >said; same "$(grep -c ': due' said)" 2 "what is due"
same "$(acts)" "$n" "a dry run enters nothing"
deliver >said; same "$(grep -c ': delivered' said)" 2 "both: $(cat said)"
same "$(acts)" "$((n + 4))" "the bytes and the answer, each an entry"
same "$(state ${ecg[1]}) $(json deliveries.0.ack <got) $(json deliveries.0.to <got)" "delivered AA EHR" "the detail says so"
grep -q '"message"' got && fail "the view keeps the bytes"
python3 - ${ecg[2]} <<'PY' || fail "what went out"
import base64, sys
lines = [l.split() for l in open("came")]
m = base64.b64decode(lines[0][2]).decode()
s = [x.split("|") for x in m.split("\r") if x]
seg = lambda n: [x for x in s if x[0] == n]
msh, pid, pv1, orc, obr = (seg(n)[0] for n in ("MSH", "PID", "PV1", "ORC", "OBR"))
assert msh[8] == "ORU^R01^ORU_R01" and msh[11] == "2.5.1" and msh[17] == "UNICODE UTF-8" and len(msh[9]) <= 20, msh
assert msh[3] == "St. Gabriel \\T\\ Sons", msh
assert pid[3] == "1001^^^HOSP^MR~77^^^&1.2.3&ISO^PI", pid
assert pid[5] == "SM\\T\\TH^JOHN^Q^III^DR^^L~MüLLER^HANS^^^^^M", pid
assert pid[7] == "19570312" and pid[8] == "M", pid
assert pv1[2] == "I" and pv1[3].startswith("3W^12^A") and pv1[19].startswith("V1"), pv1
assert orc[1] == "RE" and orc[3] == obr[3] == sys.argv[1] + "^HOLDFAST" and orc[5] == "CM", orc  # signed first, sent first
assert obr[4] == "11524-6^EKG study^LN" and obr[7].startswith("20261101") and obr[24] == "EC" and obr[25] == "F" and obr[32] == "ada", obr
obx = {x[3].split("^")[0]: x for x in seg("OBX")}
assert obx["8634-8"][5] == "402" and obx["8634-8"][6] == "ms^^UCUM" and obx["8634-8"][11] == "F" and obx["8634-8"][2] == "NM", obx
assert "8625-6" not in obx, "PR could not be measured, and is a number"
assert obx["18844-1"][2] == "TX" and obx["18844-1"][5] == "sinus rhythm \\F\\ \\S\\\\R\\\\E\\\\T\\", obx["18844-1"]
assert seg("NTE")[0][3] == "as before\\.br\\second line", seg("NTE")
PY
deliver >said; grep -q '^0 delivered' said || fail "again: $(cat said)"
same "$(wc -l <came)" 2 "sent once"
hf ecg deliver --site site --to 127.0.0.1:$rport --name EHR --entry ${ecg[1]} 2>said >/dev/null; grep -q 'already' said || fail "by name, again: $(cat said)"

# ---- a receiver that wants what nobody has read, too: preliminary, then final; and nothing from before it was there
pre() { hf ecg deliver --site site --to 127.0.0.1:$rport --name PRE --wait 1 --tries 1 --preliminary "$@"; }
mv came before
refused 2 "is a time such as" ecg deliver --site site --to 127.0.0.1:$rport --since yesterday
refused 2 "names one" ecg deliver --site site --to 127.0.0.1:$rport --since 2026-01-01 --entry 1
pre --since 2099-01-01 >said; grep -q '^0 delivered' said || fail "from before: $(cat said)"
pre --entry ${ecg[9]} --with-pdf >said; same "$(grep -c 'delivered.*preliminary' said)" 1 "one: $(cat said)"
pre --since 2099-01-01 >said; grep -q '^0 delivered' said || fail "a preliminary one twice: $(cat said)"
sign ${ecg[9]} final
pre --since 2099-01-01 >said; same "$(grep -c 'delivered.*final' said)" 1 "what it has heard of goes on: $(cat said)"
python3 - <<'PY' || fail "the preliminary one"
import base64
m = [base64.b64decode(l.split()[2]).decode() for l in open("came")]
f = [{x.split("|")[0]: x.split("|") for x in t.split("\r") if x} for t in m]
assert f[0]["OBR"][25] == "P" and f[0]["ORC"][5] == "IP" and f[1]["OBR"][25] == "F" and f[0]["OBR"][3] == f[1]["OBR"][3] and f[0]["MSH"][9] != f[1]["MSH"][9]
assert "UNCONFIRMED: stated by a program" in m[0] and "UNCONFIRMED" not in m[1] and len(f[0]["OBR"]) <= 26 and "|ada|" not in m[0]
for code in ("76635-2^Q-T interval corrected based on Bazett formula^LN", "76634-5^Q-T interval corrected based on Fridericia formula^LN", "qtc_framingham_ms^Q-T interval corrected based on Framingham formula^99HOLDFAST", "qtc_hodges_ms^"):
    assert code in m[0], code
assert "^application^pdf^Base64^" in m[0]
PY
hf ecg list --site site --list all --json | python3 -c 'import json, sys; rows = [json.loads(l) for l in sys.stdin]; d = {r["entry"]: [x["status"] + x["to"] for x in r.get("deliveries", [])] for r in rows}; assert d[int(sys.argv[1])] == ["FPRE", "PPRE"] and d[int(sys.argv[2])] == ["FEHR"] and not d[int(sys.argv[3])], d' ${ecg[9]} ${ecg[1]} ${ecg[7]} || fail "deliveries in the list"
deliver >said; same "$(grep -c ': delivered' said)" 1 "to the other receiver: $(cat said)"
mv before came

# ---- amended: corrected, the same filler number, another control id
act ${ecg[2]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[2]}),\"text\":\"QT by hand\"}"
deliver >said; same "$(grep -c 'corrected.*AA' said)" 1 "an addendum: $(cat said)"
python3 - <<'PY' || fail "the correction"
import base64
f = lambda l: {x.split("|")[0]: x.split("|") for x in base64.b64decode(l.split()[2]).decode().split("\r") if x}
a = open("came").read().splitlines()
first, last = f(a[0]), f(a[2])
assert last["OBR"][25] == "C" and last["OBR"][3] == first["OBR"][3] and last["MSH"][9] != first["MSH"][9]
assert "QT by hand" in base64.b64decode(a[2].split()[2]).decode()
PY

# ---- every mood: what counts is an answer to this very message
sign ${ecg[3]}
for mood in close half silent wrong padded http late; do # more of them in tests/send/test_mllp.c and tests/hl7/test_oru.c
	n=$(acts)
	listen $mood
	deliver >said 2>why && fail "$mood: it is no answer: $(cat said)"
	same "$(state ${ecg[3]})" unknown "after $mood"
	grep -q ': unknown' said || fail "$mood: not said: $(cat said)"
	grep -q 'whether it was taken is not known' why || fail "$mood: not said why: $(cat why)"
	[ -s came ] || fail "$mood: nothing came"
	cat came >>all
	[ $mood != close ] || n=$((n + 1))
	same "$(acts)" "$n" "$mood: one entry for its bytes, the first time"
done
same "$(awk '{print $1, $2}' all | sort -u | wc -l)" 1 "the same bytes and control id each time"
listen stray
deliver >said 2>why; same "$(state ${ecg[3]})" delivered "strays before the right one: $(cat said)"
grep -q '2 acknowledgements came' why || fail "strays are not said: $(cat why)"
cat came >>all
same "$(awk '{print $1, $2}' all | sort -u | wc -l)" 1 "and the last time"
n=0
for mood in ca contrary nocr; do
	sign ${ecg[4]} $mood || true
	listen $mood
	deliver >said 2>/dev/null; grep -q '1 delivered' said || fail "$mood: $(cat said)"
	me $base/api/ecg/${ecg[4]} >/dev/null
	act ${ecg[4]} "{\"act\":\"reopen\",\"basis\":$(basis ${ecg[4]}),\"reason\":\"look again\"}"
done
listen aa
deliver >said; grep -q '^0 delivered' said || fail "opened again: nothing is due until it is signed: $(cat said)"
# an answer to the one before, said twice, is not taken for the next one's
sign ${ecg[4]}; sign ${ecg[5]}
listen two ae
deliver >said 2>/dev/null && fail "AE is a yes: $(cat said)"
same "$(state ${ecg[4]}) $(state ${ecg[5]})" "delivered refused" "the second answer of the first: $(cat said)"
same "$(json deliveries.0.text <got)" "no such patient here" "in the receiver's words"
listen aa
deliver >said; grep -q '^0 delivered' said || fail "what was refused is not sent again by itself: $(cat said)"
old=$(json deliveries.0.controlId <got)
deliver --entry ${ecg[5]} >said; same "$(state ${ecg[5]})" delivered "by name: $(cat said)"
[ "$(json deliveries.0.controlId <got)" != "$old" ] || fail "another attempt has a control id of its own"

# ---- killed: exactly one "delivered", the same control id
sign ${ecg[6]}
listen kill
rm -f killed
"$HOLDFAST" ecg deliver --site site --to 127.0.0.1:$rport --name EHR --wait 9 >/dev/null 2>&1 &
victim=$!
for _ in $(seq 400); do [ -s came ] && break; sleep 0.02; done
[ -s came ] || fail "nothing went out"
refused 3 "another one delivers" ecg deliver --site site --to 127.0.0.1:$rport --name EHR
kill -9 $victim
wait $victim 2>/dev/null || true
same "$(state ${ecg[6]})" unknown "killed while it waited"
cp came first
listen aa
deliver >/dev/null
same "$(state ${ecg[6]})" delivered "and taken up"
same "$(cat first came | awk '{print $1, $2}' | sort -u | wc -l)" 1 "byte for byte the same"

# killed again and again, wherever it is: one "delivered" a version, one control id, one sequence of bytes
act ${ecg[1]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[1]}),\"text\":\"one\"}"
act ${ecg[3]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[3]}),\"text\":\"two\"}"
sign ${ecg[8]} again
listen aa
for pause in 0.03 0.06 0.09 0.12 0.16 0.2 0.25 0.3; do
	"$HOLDFAST" ecg deliver --site site --to 127.0.0.1:$rport --name EHR --wait 2 >/dev/null 2>&1 &
	victim=$!
	sleep $pause
	kill -9 $victim 2>/dev/null || true
	wait $victim 2>/dev/null || true
done
deliver >/dev/null || fail "after the kills"
same "$(awk '{print $2}' came | sort -u | wc -l) $(awk '{print $1, $2}' came | sort -u | wc -l)" "3 3" "control ids, and bytes: $(awk '{print $1, $2}' came)"
for n in 1 3 8; do
	me $base/api/ecg/${ecg[$n]} >/dev/null
	python3 - <<'PY' || fail "ECG ${ecg[$n]}: $(cat got)"
import collections, json
acts = json.load(open("got"))["acts"]
for what in ("delivering", "delivered"):
    c = collections.Counter((a["to"], a["controlId"]) for a in acts if a["act"] == what)
    assert c and set(c.values()) == {1}, (what, c)
PY
done

# ---- of the wrong patient: withdrawn from the one, then told of the other
sign ${ecg[7]}
deliver >/dev/null; same "$(state ${ecg[7]})" delivered "of John"
act7() { same "$(me -d "$2" "$base/api/ecg/${ecg[7]}/$1")" 200 "$1: $(cat got)"; }
act7 unmatch "{\"basis\":$(basis ${ecg[7]}),\"reason\":\"it is Joan's\"}"
match ${ecg[7]} $joan
sign ${ecg[7]}
listen aa
deliver >said; grep -q '2 delivered' said || fail "withdrawn and told: $(cat said)"
python3 - <<'PY' || fail "the withdrawal"
import base64
m = [base64.b64decode(l.split()[2]).decode() for l in open("came")]
f = [{x.split("|")[0]: x.split("|") for x in t.split("\r") if x} for t in m]
assert "1001^^^HOSP" in f[0]["PID"][3] and f[0]["OBR"][25] == "X" and f[0]["OBX"][11] == "W" and f[0]["ORC"][5] == "CA", f[0]
assert "1002^^^HOSP" in f[1]["PID"][3] and f[1]["OBR"][25] == "F" and f[1]["OBR"][3] == f[0]["OBR"][3], f[1]
values = [[x.split("|")[5] for x in t.split("\r") if x.startswith("OBX|")] for t in m]  # the digits may stand in a time or an id
assert "402" in values[1] and not any("402" in v for v in values[0]), ("the wrong values once more", values)
PY

# ---- read back by ourselves, and by servers that are not ours
base64 -d <<<"$(awk 'NR==2{print $3}' came)" >out.hl7
hf hl7 show out.hl7 >shown.json
same "$(json problems <shown.json)" "[]" "our own reader"
if command -v node >/dev/null && [ -d "$top/tests/clients/node_modules/@medplum/hl7" ]; then
	for server in simple-hl7 @medplum/hl7; do
		sport=$(free_port)
		node "$top/tests/clients/hl7_server.mjs" $server $sport >heard.json 2>server.log &
		receiver2=$!
		for _ in $(seq 300); do grep -q ready heard.json && break; sleep 0.05; done
		hf ecg deliver --site site --to 127.0.0.1:$sport --name $server --entry ${ecg[8]} >said || fail "$server: $(cat said server.log)"
		kill $receiver2; wait $receiver2 2>/dev/null || true
		python3 - ${ecg[8]} <<'PY' || fail "what $server read: $(cat heard.json)"
import json, sys
m = json.loads(open("heard.json").read().splitlines()[1])
assert m["id"] == "1001" and m["assigner"] == "HOSP" and m["qt"] == "402" and m["status"] == "F" and m["filler"] == sys.argv[1] and m["signer"] == "ada", m
assert m["family"].replace("\\T\\", "&") == "SM&TH", m
PY
	done
else
	echo "real HL7 servers: skipped: no node, or tests/clients has no modules (npm ci there)"
fi

# ---- over TLS, with the report as it is printed: a receiver whose certificate is not the one we know hears nothing
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ehr.key -out ehr.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
listen tls:ehr.pem,ehr.key aa
tls() { hf ecg deliver --site site --to localhost:$rport --name TLS --entry ${ecg[2]} --tls --with-pdf "$@"; }
n=$(acts)
tls >said 2>&1 && fail "an unknown certificate: $(cat said)"
grep -q 'not one that we know' said || fail "not said why: $(cat said)"
same "$(acts) $(test -s came && echo came)" "$n " "nothing went out"
tls --ca ehr.pem >said 2>why || fail "over TLS: $(cat said why)"
python3 - <<'PY' || fail "the printed report"
import base64
m = base64.b64decode(open("came").read().split()[2]).decode()
ed = [x.split("|") for x in m.split("\r") if x.startswith("OBX|") and x.split("|")[2] == "ED"][0]
app, a, b, enc, data = ed[5].split("^")
assert (a, b, enc) == ("application", "pdf", "Base64") and base64.b64decode(data).startswith(b"%PDF-"), ed[5][:80]
PY

# ---- as FHIR, to another Holdfast
"$HOLDFAST" init other --name "Receiver" --shares 1/1 2>/dev/null
oport=$(free_port) mport=$(free_port)
"$HOLDFAST" serve --site other --plain --http 127.0.0.1:$oport --mllp 127.0.0.1:$mport 2>>serve.log &
second=$!
trap 'kill $second 2>/dev/null || true; [ -z "$receiver" ] || kill $receiver 2>/dev/null || true; cleanup' EXIT
for _ in $(seq 400); do curl -sf http://127.0.0.1:$oport/healthz >/dev/null 2>&1 && break; sleep 0.05; done
export HOLDFAST_TOKEN=$(hf token create --role api --site other)
fhir() { hf ecg deliver --site site --fhir http://127.0.0.1:$oport/fhir --patient-system http://hosp.example/mrn --name other --tries 1 "$@"; }
curl -sf -H "Authorization: Bearer $HOLDFAST_TOKEN" -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient","identifier":[{"system":"http://hosp.example/mrn","value":"1002"}],"name":[{"family":"SMITH","given":["JOAN"]}],"birthDate":"1962-07-07","gender":"female"}' http://127.0.0.1:$oport/fhir/Patient >/dev/null
HOLDFAST_TOKEN=wrong fhir --entry ${ecg[7]} >said 2>&1 && fail "with a wrong token: $(cat said)"
fhir --entry ${ecg[7]} >said || fail "as FHIR: $(cat said)"
ask() { curl -s -H "Authorization: Bearer $HOLDFAST_TOKEN" "http://127.0.0.1:$oport/fhir/$1"; }
shown other
hers=$(ask 'Patient?identifier=1002' | json entry.0.resource.id)
ask "DiagnosticReport?patient=$hers" >reports.json
same "$(json entry.0.resource.status <reports.json) $(json entry.0.resource.code.coding.0.code <reports.json)" "final 11524-6" "the report is there"
ask "Observation?patient=$hers" >obs.json
grep -q '"8634-8"' obs.json || fail "the QT is not there: $(head -c 600 obs.json)"
act ${ecg[7]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[7]}),\"text\":\"QT by hand\"}"
fhir --entry ${ecg[7]} >said || fail "corrected: $(cat said)"
shown other
ask "DiagnosticReport?patient=$hers" >reports.json
same "$(json total <reports.json) $(json entry.0.resource.status <reports.json)" "1 corrected" "the same report, corrected"
grep -q 'QT by hand' reports.json || fail "the addendum is not there"
# ... which knows the patient by the registration's feed, under the same assigner: there is no second John
hf import --site other a.hl7 >/dev/null
hf ecg deliver --site site --fhir http://127.0.0.1:$oport/fhir --name other --entry ${ecg[1]} >said || fail "by a bare name: $(cat said)"
shown other
ask 'Patient?identifier=1001' >his.json
same "$(json total <his.json) $(json entry.0.resource.birthDate <his.json)" "1 1957-03-12" "one person"
ask "DiagnosticReport?patient=$(json entry.0.resource.id <his.json)" >reports.json
same "$(json total <reports.json)" 1 "his report is his"
act ${ecg[1]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[1]}),\"text\":\"three\"}"
hf ecg deliver --site site --fhir http://127.0.0.1:$oport/fhir --name other --entry ${ecg[1]} >said || fail "by a bare name, corrected: $(cat said)"
hf ecg deliver --site site --fhir http://127.0.0.1:$oport/fhir/Nobody --name nobody --entry ${ecg[1]} >said 2>&1 && fail "no such address: $(cat said)"
grep -q ': refused' said || fail "not refused: $(cat said)"
kill -TERM $second; wait $second || true
kill $receiver; wait $receiver 2>/dev/null || true; receiver=
hf ledger verify --site site >/dev/null
act ${ecg[8]} "{\"act\":\"addend\",\"basis\":$(basis ${ecg[8]}),\"text\":\"last\"}"
stop

# ---- without a daemon
listen aa
deliver --json >said || fail "without a daemon: $(cat said)"
same "$(grep -c '"status":"C","state":"delivered"' said)" 3 "without a daemon, the three that were amended since: $(cat said)"
hf ecg list --site site --list signed >said; grep -q 'sent to EHR' said || fail "the list: $(cat said)"
