#!/usr/bin/env bash
# doc/recovery-by-hand.md from top to bottom, as it stands: a site whose daemon was killed is read with the paper shares, age, zstd, gfcombine and python alone.
. "$(dirname "$0")/lib.sh"
for tool in age zstd gfcombine; do command -v $tool >/dev/null || skip "$tool is not installed"; done
mkdir shares hand
"$HOLDFAST" init site --name "St. Gabriel" --shares 2/3 --shares-dir shares 2>/dev/null
"$HOLDFAST" simulate --out day.hl7 --beds 20 --count 700
"$HOLDFAST" import --site site day.hl7 >import.log
start site
"$HOLDFAST" simulate --to 127.0.0.1:$mllp --beds 20 --seed 2 --count 40 --acked acked 2>simulate.log >&2
kill -9 "$daemon" # at once: the last messages are in no pack
wait "$daemon" 2>/dev/null || true
daemon=
same "$(wc -l <acked)" 40 "acknowledged"

cp shares/*-1-of-3.txt hand/share-1.txt
cp shares/*-3-of-3.txt hand/share-3.txt
python3 - "$top/doc/recovery-by-hand.md" hand <<'P'
import re, sys
page, to = open(sys.argv[1]).read(), sys.argv[2]
blocks = re.findall(r'^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$', page, re.M | re.S)
assert [n for n, _ in blocks] == ['join.sh', 'share.py', 'key.py', 'packs.sh', 'tail.py', 'split.py', 'places.sh', 'catalogue.sh', 'file.sh'], 'the page has other blocks'
for name, text in blocks:
    open(f'{to}/{name}', 'w').write(text)
P
(cd hand && sh join.sh share-*.txt >recovery.key && sh packs.sh ../site recovery.key >entries && python3 tail.py ../site recovery.key >tail && cat entries tail | python3 split.py ../site out) >hand.log 2>&1 ||
	fail "the page does not work: $(tail -5 hand.log)"
grep -q ", 0 are missing" hand.log || fail "entries are missing: $(cat hand.log)"

# every message that was acknowledged, and in the tail alone those of the last moment
while read -r id; do grep -aqF "|$id|" hand/entries hand/tail || fail "$id was acknowledged and is not there"; done <acked
grep -aqF "|$(tail -1 acked)|" hand/tail || fail "the last message is not in the tail"
python3 - day.hl7 hand/entries <<'P' || fail "bodies differ from what came"
import sys
want, b, at, have = open(sys.argv[1], 'rb').read(), open(sys.argv[2], 'rb').read(), 0, b''
while at < len(b):
    end = b.index(b'\n', at)
    f = b[at:end].split(b' ')
    n = int(f[6])
    if f[2] == b'1' and f[5] == b'import':
        have += b[end + 1:end + 1 + n]
    at = end + 1 + n + 1
sys.exit(have != want)
P

# a share of another site is no share of this one
"$HOLDFAST" init other --shares 2/3 --shares-dir hand 2>/dev/null
cp hand/Hospital-share-2-of-3.txt hand/share-3.txt
(cd hand && sh join.sh share-*.txt) >wrong.log 2>&1 && fail "a foreign share was taken"
grep -q "do not belong together" wrong.log || fail "a foreign share is not named: $(cat wrong.log)"
echo "read by hand"
