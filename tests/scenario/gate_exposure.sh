#!/bin/bash
# An inventory of a hospital from a list, a DHCP server and a scan; advisories and what is exploited; who is at risk, and the plan to cut.
. "$(dirname "$0")/lib.sh"
d=$top/tests/data/gate

# ---- exposure: every device once, what is known of it with where it is from
hf gate exposure --inventory "$d/devices.csv" "$d/dhcpd.leases" "$d/scan.xml" --advisories "$d/csaf" --kev "$d/kev.json" --today 2026-11-22 --json >x.json
same "$(json devices_total <x.json)" 7 "devices"
same "$(json advisories <x.json)" 3 "advisories of the folder and the one below it"
python3 - x.json <<'PY'
import json, sys
x = json.load(open(sys.argv[1]))
d = {v.get("name", "").lower(): v for v in x["devices"]}
def cve(n, c):
    return next((f for f in d[n]["findings"] if f["cve"] == c), None)
assert [v["risk"] for v in x["devices"]] == sorted((v["risk"] for v in x["devices"]), reverse=True)
for v in x["devices"]:
    for k in ("care", "danger"):
        assert v[k] == min(10, sum(t["points"] for t in v["terms"] if t["of"] == k)), v
    assert v["risk"] == v["care"] * v["danger"]
    assert v["said"] and all(s["file"] and s["line"] for s in v["said"])
assert cve("icu-mon-1", "CVE-2026-10001")["answer"] == "affected"
assert cve("pacs-1", "CVE-2026-10002")["exploited"] and cve("pacs-1", "CVE-2026-10002")["ransomware"]
assert cve("ct-1", "CVE-2026-10003")["answer"] == "could not tell"
assert d["ct-1"]["support"]["answer"] == "ended" and d["ct-1"]["support"]["end"] == "2014-04-08" and d["ct-1"]["support"]["source"]
assert [p["port"] for p in d["ct-1"]["ports"]] == [445, 3389]
assert d["ws-22"]["support"]["answer"] == "only for who pays"
assert all(f["answer"] != "not affected" for v in x["devices"] for f in v["findings"])
assert "10.1.1.90" in d["icu-mon-9"]["addresses"]
PY
# the day matters: before its end of support nothing is said of it
hf gate exposure --inventory "$d/devices.csv" --today 2014-01-01 --json | python3 -c 'import json,sys
d={v["name"]:v for v in json.load(sys.stdin)["devices"]}
assert d["CT-1"]["support"]["answer"]=="ending" and not d["CT-1"]["findings"]'
hf gate exposure --inventory "$d/devices.csv" --advisories "$d/csaf" --kev "$d/kev.json" --today 2026-11-22 >text
grep -q 'is exploited in attacks, by ransomware too' text || fail "the text names what is exploited"
grep -q 'Windows XP has had no updates since 2014-04-08' text || fail "the text names what is out of support"
# the files alone, as they come from standard input
hf gate exposure --inventory - --json <"$d/scan.xml" | grep -q '"10.2.0.5"' || fail "standard input"

# ---- what is no inventory, no advisory, no date
refused 2 "--inventory" gate exposure
refused 2 "is no date" gate exposure --inventory "$d/devices.csv" --today tomorrow
refused 1 "no header line" gate exposure --inventory "$d/groups.csv" "$d/kev.json"
refused 1 "no CSAF" gate exposure --inventory "$d/devices.csv" --advisories "$d/kev.json"
refused 1 "no_such" gate exposure --inventory no_such
mkdir mixed; cp "$d"/csaf/*.json "$d/kev.json" mixed/
hf gate exposure --inventory "$d/devices.csv" --advisories mixed --json 2>said | json advisories >n
same "$(cat n)" 1 "in a folder what is no advisory is passed over"
grep -q 'left out: .*kev.json' said || fail "and said: $(cat said)"

# ---- a name cannot drive the terminal
printf 'name,ip\n\033[2Jx,10.0.0.1\n' >evil.csv
! hf gate exposure --inventory evil.csv | grep -q "$(printf '\033')" || fail "an escape sequence came through"

# ---- the plan
hf gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --own 10.9.0.10 --admin 10.9.1.4 --today 2026-11-22 --json >p.json
python3 - p.json <<'PY'
import json, sys
p = json.load(open(sys.argv[1]))
g = {v["group"]: v for v in p["groups"]}
assert p["sound"]
assert set(g["wards"]["talks_to"]) == {"lab", "holdfast", "administrators"} and g["wards"]["cut_from"] == ["radiology"]
assert not g["radiology"]["island"] and set(g["radiology"]["cut_from"]) == {"wards", "lab", "holdfast", "administrators"} and g["radiology"]["links_cut"] == ["teleradiology"]
assert [h["name"] for h in p["no_group"]] == ["WS-22"]
assert any(c["check"] == "no group" and "WS-22" in c["text"] for c in p["checks"])
PY
hf gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" >text
grep -q 'link cut   teleradiology' text || fail "the plan names the link that is cut"
refused 1 "10.4.0.22 is in no group" gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --admin 10.4.0.22
refused 1 "not in the island" gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --own 10.2.0.5

# ---- for the hospital's own firewalls: what nft itself takes, and puts away again by loading it twice
hf gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --rules nft >plan.nft
if command -v nft >/dev/null && unshare -rn true 2>/dev/null; then
	unshare -rn sh -c 'nft -f plan.nft && nft -f plan.nft && nft list chain inet holdfast_plan forward' >loaded || fail "nft does not take the plan's rules"
	grep -q 'ip saddr @g1_4 ip daddr @g2_4 accept' loaded || fail "the wards do not reach the laboratory: $(cat loaded)"
	grep -q 'ip saddr @g1_4 ip daddr @g3_4 accept' loaded && fail "the wards reach radiology"
fi
hf gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --rules table >plan.tsv
grep -q "$(printf 'deny\t\\*\tradiology')" plan.tsv || fail "the table does not cut radiology: $(cat plan.tsv)"
refused 1 "not sound" gate plan --inventory "$d/devices.csv" --groups "$d/groups.csv" --own 10.2.0.5 --rules nft
echo ok
