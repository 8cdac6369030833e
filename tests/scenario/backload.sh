#!/usr/bin/env bash
# What wards wrote down goes back to the EHR, each item once: to receivers of every mood, killed in the middle, with answers that are late, doubled, foreign or never come; what is unknown stays open until it is known; a downtime is closed
# when nothing is open. Longer than ten seconds: a receiver that says nothing is waited for, and one is proven with pauses of over a second.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
for n in 4711 4712 4713; do
	printf 'MSH|^~\\&|EHR|GAB|||20261101080000||ADT^A01|R%s|P|2.5|||||||UNICODE UTF-8\rPID|1||%s^^^GAB^MR||KELLER^\xe7\x8e\x8b%s||19570312|F\rPV1|1|I|3W^12^A||||||||||||||||V%s^^^GAB|||||||||||||||||||||||||20261101080000\r' $n $n $n $n
done >a.hl7
hf import --site site a.hl7 >/dev/null 2>&1
python3 - <<'PY'
import json
values = {
    "vitals": {"systolic": 120, "diastolic": 80, "temperature": "38.50"}, "given": {"drug": "Metoprolol", "dose": "50", "unit": "mg", "route": "PO", "order": "O1"}, "held": {"drug": "Insulin", "why": "sugar 62"},
    "order": {"category": "medication", "what": "Ceftriaxone", "dose": "2", "unit": "g", "frequency": "Q24H"}, "result": {"test": "Potassium", "value": "6.1", "unit": "mmol/L", "critical": True, "readBack": True},
    "note": {"title": "Night", "text": "slept\nwell | ^~\\&"}, "allergy": {"substance": "Penicillin", "reaction": "rash"}, "transfer": {"bed": "ICU^1^A", "from": "3W^12^A"}, "specimen": {"number": "S5", "state": "sent"},
    "sheet": {"number": "P-7", "of": "vitals"}, "admit": {"bed": "3W^1^A"}, "discharge": {"disposition": "home"},
}
items = [dict(id="W3K7-1", patient="DT-77@DOWNTIME", kind="registration", values={"family": "王", "given": "小明", "class": "emergency"}), dict(id="W3K7-2", patient="DT-77@DOWNTIME", kind="vitals", values={"pulse": 80})]
items += [dict(id=f"W3K7-{i + 3}", patient="4711", kind=k, values=v) for i, (k, v) in enumerate(values.items())]
items += [dict(id="W3K7-20", patient="4711", kind="order", values={"category": "laboratory", "what": "Lactate", "number": "REQ-7"}), dict(id="W3K7-21", patient="4711", kind="cancel", values={"of": "W3K7-13"})]
items += [dict(id="W3K7-30", patient="4712", kind="vitals", values={"pulse": 70}), dict(id="W3K7-31", patient="4712", kind="vitals", values={"pulse": 71}, replaces="W3K7-30"), dict(id="W3K7-32", patient="4712", kind="note", values={"text": "x"}),
          dict(id="W3K7-33", patient="4712", kind="note", withdraw=True, replaces="W3K7-32", reason="of another patient", values={})]
for n, i in enumerate(items):
    i.update(unit="3W", by="a.keller", on_behalf_of="Dr. Roy", occurred="2026-11-22T03:%02d" % n)
json.dump(items, open("items.json", "w"))
json.dump([dict(id=f"MORE-{i}", patient=["4711", "4712", "4713"][i % 3], kind="vitals", unit="3W", by="ada", occurred="2026-11-22T05:%02d" % i, values={"pulse": 60 + i}) for i in range(24)], open("more.json", "w"))
json.dump([dict(id=f"LAST-{i}", patient="4713", kind="vitals", unit="3W", by="ada", occurred="2026-11-22T06:%02d" % i, values={"pulse": 60 + i}) for i in range(3)], open("last.json", "w"))
PY
writes=sendto,sendmsg,write,writev
strace=
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then strace=yes; fi
killed_at() { # N COMMAND...: at its Nth write, to the ledger's keeper, to the EHR or to who reads it
	hurt $writes:signal=KILL:when=$1 "${@:2}" || true
}
disk_fails_at() { # N COMMAND...: the Nth time that anything is to be on the disk, in whichever process
	hurt fdatasync:error=EIO:when=$1 "${@:2}" || true
	cat hurt.out hurt.said >said
}
stands() { hf downtime status --site site --json | json state; }
step() { # HOW BEFORE AFTER COMMAND...: killed at each of its writes, or with a disk that fails, it is taken or it is not
	local how=$1 before=$2 after=$3 n now=$2
	shift 3
	for n in 1 2 4 6; do
		[ -n "$strace" ] && [ "$now" = "$before" ] || break
		$how $n "$@"
		now=$(stands)
		[ "$now" = "$before" ] || same "$now" "$after" "$how $n: $*"
		[ "$n $now" != "1 $after" ] || fail "$how: nothing happened to $*"
	done 2>/dev/null
	[ "$now" = "$after" ] || hf "$@" >/dev/null
	same "$(stands)" "$after" "$*"
}
step killed_at none down downtime begin --site site --reason "EHR switched off"
hf capture import --site site items.json >/dev/null 2>&1
receiver= rport=$(free_port)
trap '[ -z "$receiver" ] || kill $receiver 2>/dev/null || true; cleanup' EXIT
listen() { # MOOD...
	[ -z "$receiver" ] || { kill $receiver 2>/dev/null; wait $receiver 2>/dev/null || true; }
	rm -f up
	python3 "$here/backload_receiver.py" $rport came "$@" >up 2>receiver.log &
	receiver=$!
	for _ in $(seq 600); do [ -s up ] && return 0; sleep 0.02; done
	fail "the receiver does not start: $(cat receiver.log)"
}
send() { hf backload send --site site --to 127.0.0.1:$rport --name EHR --wait 2 "$@"; }
count() { hf downtime balance --site site --json | json "$1"; }
state() { hf backload list "$1" --site site --json | json state; }

# ---- what is there, and what would go
same "$(count items) $(count open) $(count superseded)" "20 17 3" "what was captured"
same "$(state W3K7-30) $(state W3K7-33)" "superseded superseded" "what never went out and was replaced or withdrawn"
refused 2 "owns nothing" backload list --site site --owner kitchen
refused 2 "no captured item" backload list W9-9 --site site
refused 2 "is missing" backload send --site site
refused 2 "in clear" backload send --site site --to 192.0.2.1:2575
refused 1 "cannot be reached" backload send --site site --to 127.0.0.1:$rport --name EHR
same "$(count open)" 17 "nothing is unknown that never went out"
same "$(send --dry-run | grep -c ': due')" 16 "what is due; what waits for a registration is not"
hf backload review --site site --owner pharmacy >said
same "$(grep -c ' reviewed ' said)" 3 "what the pharmacy has looked at: $(cat said)"

# ---- the whole of it, in order, to one that takes everything, a message at a time
listen aa
send --reviewed-only >said || fail "reviewed only: $(cat said)"
same "$(wc -l <came)" 3 "only what its owner has looked at"
send --json >said || fail "all: $(cat said)"
same "$(wc -l <came) $(awk '{print $2}' came | sort -u | wc -l)" "17 17" "each once"
same "$(count filed) $(count open) $(count unknown) $(count superseded)" "17 0 0 3" "the balance: $(hf backload list --site site)"
send >said; grep -q '^0 filed' said || fail "again: $(cat said)"
same "$(wc -l <came)" 17 "and nothing twice"
python3 - <<'PY' || fail "what went out"
import base64, collections
types, m = [], {}
for l in open("came"):
    sha, i, t, b = l.split()
    text = base64.b64decode(b).decode()
    seg = {}
    for s in text.split("\r"):
        if s:
            seg.setdefault(s[:3], []).append(s.split("|"))
    types.append(t)
    m[t + ":" + seg["PID"][0][3]] = seg
c = collections.Counter(t.rsplit("^", 1)[0] for t in types)
assert c == {"ADT^A04": 1, "ORU^R01": 5, "RAS^O17": 2, "RDE^O11": 1, "MDM^T02": 2, "ADT^A60": 1, "ADT^A02": 1, "ADT^A01": 1, "ADT^A03": 1, "OMG^O19": 1, "ADT^A11": 1}, c
reg = next(v for k, v in m.items() if k.startswith("ADT^A04"))
assert "DT-77^^^DOWNTIME" in reg["PID"][0][3] and reg["PID"][0][5].startswith("王^小明") and reg["MSH"][0][17] == "UNICODE UTF-8", reg
assert reg["EVN"][0][6].startswith("2026112203") and reg["EVN"][0][5].startswith("a.keller"), reg["EVN"]
omg = next(v for k, v in m.items() if k.startswith("OMG"))
assert omg["ORC"][0][2] == "REQ-7^HOLDFAST" and omg["ORC"][0][10] == "a.keller" and omg["ORC"][0][12] == "^Dr. Roy", omg["ORC"]
assert omg["PID"][0][3].startswith("4711^^^GAB^MR"), omg
PY
for n in $(seq 17); do # and by a library that is not ours
	awk "NR==$n{print \$4}" came | base64 -d
	echo
done >all.hl7
/usr/bin/python3 - <<'PY' || fail "as python3-hl7 reads it"
try:
    import hl7
except ImportError:
    raise SystemExit(0)
import collections
n, by = 0, collections.defaultdict(list)
for text in open("all.hl7", newline="").read().split("\n"):
    if text:
        m = hl7.parse(text)
        assert str(m.segment("MSH")[10]).startswith("HF") and str(m.segment("PID")[3][0][0]), text
        by[str(m.segment("MSH")[9])].append(m)
        n += 1
assert n == 17, n
def f(m, seg, field, *deeper):  # unescaped, as whoever receives it reads it
    x = m.segment(seg)[field]
    for d in deeper:
        x = x[0][d - 1] if not isinstance(x[0], str) else (str(x).split("^") + [""] * 9)[d - 1]
    return m.unescape(str(x))
ras = {f(m, "RXA", 5, 2): m for m in by["RAS^O17^RAS_O17"]}
m = ras["Metoprolol"]
assert [f(m, "RXA", k) for k in (6, 7, 20, 21)] == ["50", "mg", "CP", "A"] and f(m, "RXR", 1, 2) == "PO" and f(m, "ORC", 3).startswith("O1") and f(m, "RXA", 3).startswith("2026112203"), str(m)
m = ras["Insulin"]
assert [f(m, "RXA", k) for k in (6, 20)] == ["0", "NA"] and f(m, "RXA", 18, 2) == "sugar 62", str(m)
m, = by["RDE^O11^RDE_O11"]
assert (f(m, "RXE", 2, 2), f(m, "RXE", 3), f(m, "RXE", 5)) == ("Ceftriaxone", "2", "g") and "Q24H" in str(m.segment("TQ1")), str(m)
m, = by["OMG^O19^OMG_O19"]
assert f(m, "OBR", 4, 2) == "Lactate" and f(m, "OBR", 24) == "LAB" and f(m, "ORC", 12, 2) == "Dr. Roy", str(m)
m, = by["ADT^A60^ADT_A60"]
assert (f(m, "IAM", 3, 2), f(m, "IAM", 5), f(m, "IAM", 6)) == ("Penicillin", "rash", "A"), str(m)
values = {}
for m in by["ORU^R01^ORU_R01"]:
    for x in m.segments("OBX"):
        values[m.unescape(str(x[3]).split("^")[1])] = (m.unescape(str(x[5])), str(x[6]).split("^")[0], str(x[8]) if len(x) > 8 else "")
assert values["Systolic blood pressure"][:2] == ("120", "mm[Hg]") and values["Diastolic blood pressure"][0] == "80" and values["Body temperature"][:2] == ("38.50", "Cel"), values
assert values["Potassium"] == ("6.1", "mmol/L", "AA") and values["Specimen S5"][0] == "sent", values
note = next(m for m in by["MDM^T02^MDM_T02"] if "slept" in str(m))
lines = [note.unescape(str(x[5])) for x in note.segments("OBX")]
assert lines[:2] == ["slept", "well | ^~\\&"], lines
assert [f(m, "PV1", 3) for m in by["ADT^A02^ADT_A02"]] == ["ICU^1^A"] and [f(m, "PV1", 6) for m in by["ADT^A02^ADT_A02"]] == ["3W^12^A"], "transfer"
PY
awk '$3 ~ /RAS/ {print $4; exit}' came | base64 -d >ras.hl7
hf hl7 show ras.hl7 >shown.json
same "$(json problems <shown.json)" "[]" "our own reader"

# ---- killed again and again: one message an item, the same bytes; a destination that was proven gets them again
hf capture import --site site more.json >/dev/null 2>&1
listen constant
hf backload prove --site site --to 127.0.0.1:$rport --name EHR >said && fail "acknowledgements that are all alike prove nothing: $(cat said)"
listen aa
hf backload prove --site site --to 127.0.0.1:$rport --name EHR >said && fail "a new acknowledgement proves nothing: $(cat said)"
listen dedupe
hf backload prove --site site --to 127.0.0.1:$rport --name EHR >said || fail "it gives its acknowledgement again: $(cat said)"
rm -f came
for n in 1 2 3 4 5 6 8 11; do
	if [ -n "$strace" ]; then
		killed_at $n backload send --site site --to 127.0.0.1:$rport --name EHR --wait 2
	else
		"$HOLDFAST" backload send --site site --to 127.0.0.1:$rport --name EHR --wait 2 >/dev/null 2>&1 &
		victim=$!
		sleep 0.$n
		kill -9 $victim 2>/dev/null || true
		wait $victim 2>/dev/null || true
	fi
done
for n in 1 2 4; do # what a disk that fails has not kept was not sent
	[ -n "$strace" ] || continue
	disk_fails_at $n backload send --site site --to 127.0.0.1:$rport --name EHR --wait 2
	hf backload list --site site --json >listed
	python3 -c 'import json,os,sys; known={json.loads(l)["control_id"] for l in open("listed")}; sys.exit(any(l.split()[1] not in known for l in (open("came") if os.path.exists("came") else [])))' || fail "disk_fails_at $n: a message came that is no entry: $(cat said)"
done
send >said || fail "after the kills: $(cat said)"
same "$(awk '{print $2}' came | sort -u | wc -l) $(awk '{print $1, $2}' came | sort -u | wc -l)" "24 24" "control ids, and bytes"
same "$(count filed) $(count open) $(count unknown)" "41 0 0" "each once: $(hf backload list --site site)"
hf ledger verify --site site >/dev/null || fail "the ledger is whole"

# ---- no answer, half of one, one to something else, too late: unknown, and not sent again by itself
hf capture import --site site last.json >/dev/null 2>&1
other() { hf backload send --site site --to 127.0.0.1:$rport --name OTHER --wait 1 --no-notes "$@"; }
listen silent
rm -f came
other >said 2>why && fail "silence is no answer: $(cat said)"
same "$(state LAST-0) $(state LAST-1) $(wc -l <came)" "unknown open 1" "the next one of that patient waits: $(cat said)"
other >said 2>why && fail "unknown is not done: $(cat said)"
same "$(wc -l <came)" 1 "not again by itself"
grep -q 'not known whether the EHR has' why || fail "what is to be done is not said: $(cat why)"
step disk_fails_at down read-only downtime advance read-only --site site
step killed_at read-only write downtime advance write --site site
same "$(hf ledger list --site site --kind downtime | wc -l)" 3 "each step is one entry"
refused 1 "not closed" downtime advance closed --site site
refused 2 "reason is missing" backload resolve LAST-0 --as again --site site
hf backload resolve LAST-0 --as again --reason "looked: it is not there" --site site >/dev/null
listen late
other >said 2>/dev/null && fail "late is no answer: $(cat said)"
hf backload resolve LAST-0 --as again --reason "still not there" --site site >/dev/null
for mood in half wrong; do
	listen $mood
	other >said 2>/dev/null && fail "$mood is no answer: $(cat said)"
	same "$(state LAST-0)" unknown "after $mood"
	hf backload resolve LAST-0 --as again --reason "$mood" --site site >/dev/null
done
same "$(awk '{print $1, $2}' came | sort -u | wc -l)" 1 "the very same bytes each time"
# doubled: the second answer of the first is not the second's; an error first is the answer
listen twice contrary
other >said 2>/dev/null && fail "a refusal is no success: $(cat said)"
same "$(state LAST-0) $(state LAST-1) $(state LAST-2)" "filed refused refused" "answers to each its own: $(cat said)"
hf backload resolve LAST-1 LAST-2 --as again --reason "the bed is there now" --site site >/dev/null
listen there ae
other >said 2>/dev/null && fail "still refused: $(cat said)"
same "$(state LAST-1) $(state LAST-2)" "already_there refused" "a duplicate is there already: $(cat said)"
same "$(hf backload list LAST-2 --site site --json | json why)" "no such patient here" "in the receiver's words"

# ---- the EHR's own feed shows what it has
listen silent
json_item() { printf '{"id":"%s","unit":"3W","patient":"%s","kind":"order","occurred":"2026-11-22T07:00","by":"ada","values":{"category":"laboratory","what":"CRP"}}' $1 $2; }
json_item ECHO-1 4712 >echo.json
hf capture import --site site echo.json >/dev/null 2>&1
other >said 2>/dev/null && fail "silence: $(cat said)"
same "$(state ECHO-1)" unknown "sent, and nothing heard"
printf 'MSH|^~\\&|EHR|GAB|||20261123080000||OMG^O19|E1|P|2.5\rPID|1||4712^^^GAB^MR||KELLER^X\rORC|SN|ECHO-1^HOLDFAST|F99^EHR\rOBR|1|ECHO-1^HOLDFAST|F99^EHR|1988-5^CRP^LN\r' >echo.hl7
hf import --site site echo.hl7 >/dev/null 2>&1
hf backload scan --site site >said; grep -q '^1 of' said || fail "the echo: $(cat said)"
same "$(state ECHO-1)" filed "the feed shows it"
hf backload scan --site site >said; grep -q '^0 of' said || fail "once: $(cat said)"

# ---- closed, and the same after the charts are made anew
hf downtime doses --site site --json >doses
same "$(wc -l <doses)" 2 "doses for the pharmacy"
hf downtime advance closed --site site >said || fail "closed: $(cat said)"
grep -q '^closed since' said || fail "not said: $(cat said)"
hf downtime balance --site site --json >balance
python3 - <<'PY' || fail "the closing balance: $(cat balance)"
import json
b = json.load(open("balance"))
assert b["open"] == b["unknown"] == 0 and b["state"] == "closed", b
assert b["items"] == sum(b[k] for k in ("filed", "already_there", "refused", "superseded")), b
assert sum(o["items"] for o in b["owners"].values()) == b["items"], b
PY
refused 1 "no downtime is running" downtime advance --site site

# ---- with the daemon running, and to real servers
start site
json_item NPM-1 4711 >npm.json
hf capture import --site site npm.json >/dev/null 2>&1
if command -v node >/dev/null && [ -d "$top/tests/clients/node_modules/@medplum/hl7" ]; then
	server=@medplum/hl7 sport=$(free_port)
	node "$top/tests/clients/hl7_server.mjs" $server $sport >heard.json 2>server.log &
	npm=$!
	for _ in $(seq 600); do grep -q ready heard.json && break; sleep 0.05; done
	hf backload send --site site --to 127.0.0.1:$sport --name NPM >said 2>&1 || { kill $npm; fail "$server: $(cat said server.log)"; }
	kill $npm; wait $npm 2>/dev/null || true
	same "$(state NPM-1)" filed "$server: $(cat said)"
else
	echo "a real HL7 server: skipped: no node, or tests/clients has no modules (npm ci there)"
	listen aa
	other >said || fail "with the daemon: $(cat said)"
	same "$(state NPM-1)" filed "with the daemon"
fi
