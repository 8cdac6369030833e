#!/bin/bash
# Evidence to touched objects by the command: the log of an attack played on a real smbd, several sources of one flow, clocks, roots, what is not understood.
. "$(dirname "$0")/lib.sh"
case=${HOLDFAST_CORPUS:-$top/../shared/corpus}/evidence

# ---- several sources, each told by its content: names say nothing
printf '#separator \\x09\n#path\tsmb_files\n#fields\tts\tid.orig_h\tid.resp_h\tuid\taction\tpath\tname\tsize\n#types\tx\n1795302219.5\t10.0.0.9\t10.0.0.1\tC1\tSMB::FILE_READ\t\\\\\\\\fs\\\\rec\td\\\\a.csv\t1000\n' >one
printf '[2026/11/22 00:03:40.100000,  1] x.c:1(f)\n  jdoe|10.0.0.9|pread_recv|ok|/srv/rec/d/a.csv\n[2026/11/22 00:05:00.000000,  1] x.c:1(f)\n  jdoe|10.0.0.9|pread_recv|ok|/srv/rec/late.csv\n' >two
printf '10.0.0.9 - jdoe [21/Nov/2026:23:03:41 +0000] "GET /rec/b.csv HTTP/1.1" 200 77\n' | gzip >three
hf scope evidence one two three --window 2026-11-21T23:03:39Z/2026-11-21T23:03:41Z --zone two=+01:00 --root '\\fs\rec=/mnt' --root /srv/rec=/mnt --json --summary sum.json >out 2>said
python3 - out sum.json <<'P'
import json, sys
o = {x["path"]: x for x in map(json.loads, open(sys.argv[1]))}
assert set(o) == {"/mnt/d/a.csv", "/rec/b.csv"}, o
a = o["/mnt/d/a.csv"]
for k in ("path", "host", "touch", "first", "last", "who", "from", "bytes", "reason", "confidence"):
    assert k in a, k
assert a["touch"] == "acquired" and a["bytes"] == 1000 and a["who"] == "jdoe" and a["from"] == "10.0.0.9" and a["count"] == 2
assert a["first"] == "2026-11-21T23:03:39.500000Z" and a["last"] == "2026-11-21T23:03:40.100000Z" and len(a["reason"]) == 2
assert a["evidence"] == {"file": "one", "record": 5} and a["evidence_last"] == {"file": "two", "record": 2}, a
assert o["/rec/b.csv"]["bytes"] == 77
s = json.load(open(sys.argv[2]))
assert [x["kind"] for x in s["sources"]] == ["zeek", "samba", "web"] and s["acquired"] == 2 and s["outside_window"] == 1
assert s["sources"][1]["zone_minutes"] == 60 and s["sources"][1]["zone_assumed"] and not s["sources"][2]["zone_assumed"]
P
grep -q 'two: samba.*without a zone taken as +01:00' said || fail "what was assumed is said: $(cat said)"
# a clock that was an hour ahead, instead of a zone; standard input; a folder
hf scope evidence - --skew 3600 --window 2026-11-21T23:03:40Z/2026-11-21T23:03:40Z --json <two 2>/dev/null | grep -q '"first":"2026-11-21T23:03:40.1' || fail "skew"
mkdir folder; cp two three folder/
same "$(hf scope evidence folder --json 2>/dev/null | wc -l)" 3 "objects of a folder's files"
same "$(hf scope evidence folder --least acquired --own 10.0.0.9 --json 2>/dev/null | wc -l)" 0 "what the server itself read is not acquired"
# the same file twice, and a copy of it under another name, count once
cp one again; hf scope evidence one ./one again two --root '\fs\rec=/mnt' --root /srv/rec=/mnt --json 2>said | grep '/mnt/d/a.csv' | json bytes >n
same "$(cat n)" 1000 "bytes of a file that was given three times"
same "$(grep -c 'passed over' said)" 2 "copies that were passed over"
# the table cannot drive a terminal
printf '[2026/11/22 00:03:40.100000,  1] x.c:1(f)\n  j|10.0.0.9|pread_recv|ok|/srv/\033[2Jx\n' >evil
! hf scope evidence evil 2>&1 | grep -q "$(printf '\033')" || fail "an escape sequence came through"

# ---- what is not understood, and wrong usage
printf 'a letter, and no log\nof any kind at all\n' >letter
refused 1 "nothing in it is understood" scope evidence letter two --json
grep -q 'late.csv' out || fail "the others are read all the same"
refused 1 "no_such: there is no such file" scope evidence two no_such
refused 2 "say which files" scope evidence
refused 2 "no window" scope evidence two --window yesterday
refused 2 "ends before" scope evidence two --window 2026-11-22/2026-11-21
refused 2 "no zone" scope evidence two --zone Paris
refused 2 "no number of seconds" scope evidence two --skew much
refused 2 "no pair" scope evidence two --root /a
refused 2 "none of listed" scope evidence two --least seen

# ---- the corpus: 24 of 24 files were opened, seven were read in the window
[ -e "$case/samba_case" ] || { echo "evidence holds; no corpus here: the played attack was not looked at"; exit 0; }
hf scope evidence "$case/samba_case/samba_full_audit.log" --window 2026-11-21T23:03:39Z/2026-11-21T23:03:41Z --root /tmp/scope/smb/share=. --json >out 2>/dev/null
python3 - out "$case/samba_case/expected.csv" <<'P'
import csv, json, sys
o = {x["path"].removeprefix("./"): x for x in map(json.loads, open(sys.argv[1])) if not x.get("folder")}
want = {r["file"]: r["touch"] for r in csv.DictReader(open(sys.argv[2]))}
assert {f for f, x in o.items() if x["touch"] in ("acquired", "accessed")} == {f for f, t in want.items() if t == "acquired"}
for f, t in want.items():
    assert o[f]["touch"] == ("acquired" if t == "acquired" else "opened"), (f, t, o[f])
    assert (t == "renamed") == ("renamed_to" in o[f])
listed = {f for f, x in o.items() if x["touch"] == "listed"}
assert len(listed) == 24 - len(want) and "d000/f0000001.txt" in listed, listed
P
for f in "$case"/win_*.evtx "$case"/zeek_*.log "$case"/web_*.log "$case"/auditd*.log; do
	hf scope evidence "$f" --json >out 2>said || fail "$f: $(cat said)"
	! grep -q 'could not be understood' said || [ "${f##*/}" = web_tomcat_access.log ] || fail "$f: $(cat said)"
done
echo "evidence holds"
