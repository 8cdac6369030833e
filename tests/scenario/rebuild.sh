#!/usr/bin/env bash
# A copy of the charts: made beside the feed, carried by replicas, charts readable before the ledger is back, thrown away where it is not what the ledger names, compared with a full replay.
. "$(dirname "$0")/lib.sh"
charts() { hf chart export --site "$1" --as-of "#$2" 2>/dev/null | sha256sum | cut -d' ' -f1; }
flip() { python3 - "$1" <<'P'
import sys
d = bytearray(open(sys.argv[1], 'rb').read()); d[len(d) // 2] ^= 1; open(sys.argv[1], 'wb').write(d)
P
}

hf init site --name Gabriel --shares-dir shares 2>/dev/null
keys=$(ls shares/*1-of-3.txt shares/*2-of-3.txt)
hf simulate --out feed.hl7 --beds 60 --count 2000 --seed 7 >/dev/null 2>&1
hf import feed.hl7 --site site >/dev/null
refused 1 "no copy of the view yet" view check --site site
refused 2 "rebuild, copy or check" view --site site

# --- made with nobody there, and beside a daemon with a feed; named by entry and version; the last two are kept
hf view copy --site site --json >copied.json
n=$(json entries <copied.json) entry=$(json entry <copied.json)
ls site/copies | grep -qx "copy-$(printf %012d "$n")-$(printf %012d "$entry")-v[0-9a-z.]*-0001.0001.age"
same "$(hf ledger show "$entry" --raw --site site | json what)" view-copy "the ledger names it"
same "$(hf ledger show "$entry" --raw --site site | json parts.0.sha256)" "$(sha256sum site/copies/copy-* | cut -d' ' -f1)" "its bytes"
start site
hf simulate --to 127.0.0.1:$mllp --beds 60 --count 3000 --seed 21 >/dev/null 2>&1 &
sender=$!
for _ in 1 2 3; do hf view copy --site site >/dev/null; done
wait $sender
for _ in $(seq 100); do [ "$(ls site/copies | grep -c '^copy-')" = 2 ] && break; sleep 0.1; done
stop
same "$(ls site/copies | grep -c '^copy-[0-9].*-0001\.')" 2 "the last two are kept"
same "$(ls site/copies | grep -c tmp || true)" 0 "nothing half made"

# --- opened by hand, with age and zstd, it is the view
if command -v age >/dev/null; then
	hf key join $keys >recovery.txt
	copy=$(ls site/copies/copy-* | tail -1) period=$(ls site/keys/period/view-*.age | tail -1)
	age -d -i recovery.txt "$period" >period.txt
	age -d -i period.txt "$copy" | zstd -dq >by_hand.db
	python3 - by_hand.db <<'P'
import sqlite3, sys
c = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True)
assert c.execute("pragma integrity_check").fetchone()[0] == "ok"
assert c.execute("select count(*) from fact_row").fetchone()[0] > 1000
P
fi

# --- compared with a full replay, and recorded
hf view check --site site --json >checked.json
same "$(json same <checked.json)" True "the copy says what the ledger says"
same "$(hf ledger show "$(json entry <checked.json)" --raw --site site | json of)" view-copy "a drill of it"
mkdir share && cp "$top/README.md" share/ && hf vault backup share --source share --site site >/dev/null
refused 0 "byte for byte" vault drill --charts --site site
ls "${TMPDIR:-/var/tmp}" | grep -q holdfast-view && fail "the opened copy was left behind" || true

# --- a replica carries them; another replica takes them from it; what is old goes
hf replica add off "$work/off" --site site >/dev/null
hf replica push off --site site >/dev/null
same "$(ls off/files/copies | wc -l)" 2 "two copies"
hf view copy --site site >/dev/null
hf simulate --out more.hl7 --beds 60 --count 300 --seed 8 >/dev/null 2>&1
hf import more.hl7 --site site >/dev/null
hf replica push off --site site >/dev/null
same "$(ls off/files/copies | wc -l)" 2 "the last two"
same "$(ls off/files/copies)" "$(ls site/copies | grep '^copy')" "the site's"
hf replica add up "$work/off" --site mirror >/dev/null
hf replica pull up --site mirror >/dev/null
same "$(ls mirror/files/copies)" "$(ls off/files/copies)" "a replica's replica"
hf replica status off --data --site site >/dev/null
newest=$(ls off/files/copies | tail -1)
last=$((10#$(echo "$newest" | cut -d- -f2) - 1))
want=$(charts site "$last")
size=$(sed -n 2p off/ledger/checkpoint)
all=$(charts site $((size - 1)))

# --- a cache may be missing or damaged: nothing else is touched by it
cp -a off damaged
flip "$(ls damaged/files/copies/"$newest"/*)"
hf replica status damaged --site site >/dev/null 2>&1 || true
hf replica add hurt "$work/damaged" --site mirror2 >/dev/null
hf replica pull hurt --site mirror2 >/dev/null
same "$(ls mirror2/files/copies | wc -l)" 1 "what is damaged is not carried on"
hf replica add hurt "$work/damaged" --site site >/dev/null
hf replica status hurt --site site >/dev/null

# --- the machine burns down: charts before all else
hf rebuild --from off --shares $keys new --json >rebuilt.json 2>told
grep -q "CHARTS CAN BE READ" told
same "$(json copyEntries <rebuilt.json)" $((last + 1)) "started from the newest copy"
python3 -c 'import json; d=json.load(open("rebuilt.json")); assert 0 < d["firstChartMs"] <= d["wholeMs"], d'
same "$(charts new "$last")" "$want" "the charts of then"
same "$(charts new $((size - 1)))" "$all" "and of now"
hf ledger verify --bodies --site new >/dev/null
refused 0 "byte for byte" view check --site new
same "$(charts new $((size - 1)))" "$all" "also from the ledger alone"
hf rebuild --from off --replay --shares $keys replayed --json >rebuilt.json 2>told
! grep -q "CHARTS CAN BE READ" told || fail "--replay used the copy"
same "$(charts replayed $((size - 1)))" "$all" "and rebuilt without it"

# --- broken off at every turn: charts are read as soon as they are there, loudly, and who looks is entered afterwards
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	looked=0
	for at in renameat:5 renameat:12 syncfs:1 renameat:17 renameat:20 syncfs:1 renameat:24 renameat:28; do
		set +e
		strace -f -o /dev/null -e trace="${at%:*}" -e inject="${at%:*}:signal=KILL:when=${at#*:}" timeout 60 "$HOLDFAST" rebuild --from off --shares $keys broken >/dev/null 2>&1
		set -e
		[ ! -e broken/site.ini ] || break
		if [ -e broken/view/chart.db ]; then
			hf chart census --site broken >census 2>said
			grep -q "RESTORING: messages after this moment are not shown yet; not yet verified" census
			grep -q "as of entry #[0-9]*, received" census
			grep -q "NOT BEING RECORDED yet" said
			looked=$((looked + 1))
			refused 1 "being rebuilt" ledger list --site broken
			refused 1 "being rebuilt" status --site broken
		fi
	done
	[ ! -e broken/rebuild ] || hf rebuild --from off --shares $keys broken >/dev/null 2>&1
	[ ! -e broken/rebuild ] || fail "the mark was left"
	[ $looked -ge 2 ] || fail "it was never broken off while charts could be read"
	same "$(charts broken $((size - 1)))" "$all" "after all these"
	same "$(hf ledger cat --kind audit --site broken 2>/dev/null | python3 -c 'import base64, re, sys
print(sum(b"during the rebuild, at 20" in base64.b64decode(q) for q in re.findall(r"\"query\": ?\"([A-Za-z0-9+/=]*)\"", sys.stdin.read())))')" "$looked" "who looked meanwhile"
	[ ! -e broken/rebuild.seen ] || fail "the list of who looked was left"
fi

# --- what cannot be used is said, and charts come from the ledger
hf rebuild --from damaged --shares $keys second >/dev/null 2>told
grep -q "cannot be used" told
grep -q "CHARTS CAN BE READ" told || fail "the copy before it is whole"
same "$(charts second $((size - 1)))" "$all" "from the older copy"
rm -rf damaged/files/copies
hf rebuild --from damaged --shares $keys none >/dev/null 2>told
grep -q "made from the ledger" told
same "$(charts none $((size - 1)))" "$all" "without a copy"

# --- one of another program's version is passed over; one that the ledger does not name is thrown away
cp -a site other
python3 - other/copies <<'P'
import os, sys
for f in os.listdir(sys.argv[1]):
    if f.startswith("copy-"):
        p = f.split("-"); p[3] = "v99.hl7.9.fhir.9"; os.rename(f"{sys.argv[1]}/{f}", f"{sys.argv[1]}/" + "-".join(p))
P
hf replica add nocopy "$work/nocopy" --site other >/dev/null
hf replica push nocopy --site other >/dev/null # what the ledger names is not there any more
[ ! -e nocopy/files/copies ] || same "$(find nocopy/files/copies -type f | wc -l)" 0 "no copies"
hf rebuild --from nocopy --shares $keys without >/dev/null 2>told
grep -q "made from the ledger\|cannot be used" told
same "$(charts without $((size - 1)))" "$all" "the same charts"
