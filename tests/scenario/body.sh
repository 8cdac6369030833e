#!/usr/bin/env bash
# One message erased by order: nobody is given it, no chart shows it, its pack is written anew without it, here and in replicas, while leaf, tree and proofs stay as they were; a hold stops it; killed at its writes it goes on.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 2/3 --shares-dir shares 2>/dev/null
# three imports: three packs, so that the first two have one behind them
cat >one.hl7 <<'M'
MSH|^~\&|ADT|STG|HF|STG|20260101080000||ADT^A01^ADT_A01|E1|P|2.5.1
PID|1||700001^^^STG^MR||Martin^Jeanne||19570312|F
PV1|1|I|MED1^1^1|||||||||||||||V1
M
cat >two.hl7 <<'M'
MSH|^~\&|LAB|STG|HF|STG|20260101090000||ORU^R01^ORU_R01|E2|P|2.5.1
PID|1||700001^^^STG^MR||Martin^Jeanne||19570312|F
OBR|1|||2823-3^Potassium^LN|||20260101085500|||||||||||||||||F
OBX|1|NM|2823-3^Potassium^LN||7.77|mmol/L^mmol/L^UCUM|3.5-5.1|HH|||F|||20260101085500
M
cat >three.hl7 <<'M'
MSH|^~\&|LAB|STG|HF|STG|20260101100000||ORU^R01^ORU_R01|E3|P|2.5.1
PID|1||700002^^^STG^MR||Zhang^Wei||19800101|M
OBR|1|||2823-3^Potassium^LN|||20260101095500|||||||||||||||||F
OBX|1|NM|2823-3^Potassium^LN||4.44|mmol/L^mmol/L^UCUM|3.5-5.1|N|||F|||20260101095500
M
messages() { "$HOLDFAST" ledger list --site site --json --kind hl7v2 | python3 -c 'import json, sys
print(*[json.loads(l)["seq"] for l in sys.stdin], sep="\n")'; }
for f in one two three; do
	"$HOLDFAST" simulate --out more-$f.hl7 --beds 8 --seed $((${#f} + $(cksum <$f.hl7 | cut -c1-3))) --count 60
	cat $f.hl7 more-$f.hl7 >in-$f.hl7
	messages >had 2>/dev/null || : >had
	"$HOLDFAST" import --site site in-$f.hl7 >/dev/null
	declare "at_$f=$(messages | grep -vxFf had | head -1)"
done
first=$at_two new=$at_three
[ -n "$first" ] && [ -n "$new" ] || fail "the messages are not in the ledger"
chart() { "$HOLDFAST" chart patient "$1" --site "${2:-site}" 2>/dev/null; }
chart 700001 | grep -q 7.77 || fail "the chart does not show it to begin with"
"$HOLDFAST" replica add shelf "$work/shelf" --site site >/dev/null
"$HOLDFAST" replica push shelf --site site >/dev/null 2>&1
"$HOLDFAST" replica add shelf "$work/shelf" --site mirror >/dev/null
"$HOLDFAST" replica pull shelf --site mirror >/dev/null 2>&1 || fail "a replica of the replica"
proof=$("$HOLDFAST" ledger prove "$first" --site site | sed -n 2p)

# asked for wrongly
refused 2 reason erase entry "$first" --site site
refused 1 "" erase entry 99999 --reason x --site site
refused 1 "own" erase entry 0 --reason x --site site
hold=$("$HOLDFAST" hold add --class care --reason "court 17" --site site)
refused 1 "court 17" erase entry "$first" --reason x --site site
"$HOLDFAST" hold lift "${hold%% *}" --reason "over" --site site >/dev/null
"$HOLDFAST" erase entry "$first" --reason x --dry-run --site site >plan
grep -q "would erase the body of entry $first" plan || fail "dry run: $(cat plan)"
"$HOLDFAST" ledger show "$first" --raw --site site | grep -q 7.77 || fail "a dry run erased it"
cp -a site before
cp -a shelf shelf-before

old=$(sha256sum site/packs/care-0000000[1-4].age)
"$HOLDFAST" erase entry "$first" --reason "sent to the wrong hospital" --site site >out 2>&1
grep -q "erased the body of entry $first" out || fail "$(cat out)"
set +e
"$HOLDFAST" ledger show "$first" --site site >out 2>said
same $? 1 "show of what was erased"
set -e
grep -q "sent to the wrong hospital" said || fail "who and why is not said: $(cat said)"
grep -q 7.77 out said && fail "it is still given"
chart 700001 | grep -q 7.77 && fail "the chart still shows it"
chart 700001 | grep -q Jeanne || fail "the person is gone, too"
chart 700002 | grep -q 4.44 || fail "somebody else's result is gone"
[ "$old" != "$(sha256sum site/packs/care-0000000[1-4].age)" ] || fail "no pack was written anew"
ls site/packs/*.new 2>/dev/null && fail "something half made lies there"
"$HOLDFAST" ledger verify --bodies --site site >whole 2>&1 || fail "the ledger does not verify: $(cat whole)"
same "$("$HOLDFAST" ledger prove "$first" --site site | sed -n 2p)" "$proof" "the proof's place"
refused 1 "was erased" erase entry "$first" --reason again --site site
"$HOLDFAST" erase status --site site >status 2>/dev/null || true
grep -q "the body of entry $first erased by" status || fail "status: $(cat status)"
grep -q "shelf .*NOT DONE: its newest sealed tail" status || fail "the replica has no receipt: $(cat status)"
same "$("$HOLDFAST" ledger list --site site --json --kind repack | wc -l)" 1 "entries of kind repack"

# the replica holds the new pack and nothing of the old one; a rebuild from it brings nothing back
for f in shelf-before/packs/care-*.age; do cmp -s "$f" "shelf/packs/${f##*/}" || changed="${f##*/}"; done
[ -n "${changed:-}" ] || fail "the replica still has the old pack"
cmp -s "site/packs/$changed" "shelf/packs/$changed" || fail "the replica's pack is not ours"
"$HOLDFAST" replica pull shelf --site mirror >pull.log 2>&1 || fail "pulling what was written anew: $(cat pull.log)"
cmp -s "site/packs/$changed" "mirror/packs/$changed" || fail "who pulls keeps the old pack"
[ ! -d mirror/aside ] || fail "who pulls set the old pack aside"
[ ! -d shelf/aside ] || fail "the old pack was set aside in the replica"
"$HOLDFAST" rebuild --from "$work/shelf" --shares shares/*-1-of-3.txt shares/*-2-of-3.txt again >rebuild.log 2>&1 || fail "rebuild: $(cat rebuild.log)"
chart 700001 again | grep -q 7.77 && fail "a rebuild brought it back"
chart 700002 again | grep -q 4.44 || fail "a rebuild lost something else"
"$HOLDFAST" ledger verify --bodies --site again >/dev/null 2>err || fail "the rebuilt ledger does not verify: $(cat err)"

# by hand: the entry's place is there, its body is not (doc/recovery-by-hand.md splits such lines)
# the catalogue of packs lost: made again, with the newest word about each pack
cp -a site lost
rm lost/packs/index
"$HOLDFAST" import --site lost one.hl7 >/dev/null
"$HOLDFAST" ledger verify --bodies --site lost >/dev/null 2>err || fail "after the catalogue of packs was lost: $(cat err)"
same "$(cmp -n 1024 lost/packs/index site/packs/index && echo same)" same "the catalogue that was made again"

# an old copy of packs that comes back: the entry rules, nobody is given the body
cp -a site mixed
cp "before/packs/$changed" "mixed/packs/$changed"
"$HOLDFAST" ledger show "$first" --site mixed 2>&1 | grep -q 7.77 && fail "an old pack that came back gives the body"

# killed at each of its writes
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	# KILLS=all goes through all of them
	kills="renameat:1 renameat:2 fsync:4 pwrite64:3 fdatasync:2"
	[ "${KILLS:-}" != all ] || kills=$(for c in renameat fsync pwrite64 fdatasync; do for n in 1 2 3 4 5 6 7; do echo $c:$n; done; done)
	for w in $kills; do
		rm -rf killed
		cp -a before killed
		rm -f killed/replicas/*
		hurt ${w%:*}:signal=KILL:when=${w#*:} erase entry "$first" --reason "wrong" --site killed || fail "there are not so many: $w"
		timeout 60 "$HOLDFAST" import --site killed three.hl7 >/dev/null 2>err || fail "killed at $w nothing goes on: $(cat err)"
		"$HOLDFAST" ledger verify --bodies --site killed >/dev/null 2>err || fail "killed at $w the ledger does not verify: $(cat err)"
		ls killed/packs/*.new 2>/dev/null && fail "killed at $w something half made stays"
		if { "$HOLDFAST" erase status --site killed --json 2>/dev/null || true; } | grep -q '"body"'; then
			"$HOLDFAST" ledger show "$first" --site killed 2>&1 | grep -q 7.77 && fail "killed at $w, behind its entry, it is given"
			"$HOLDFAST" retention apply --site killed >/dev/null 2>&1 || true
			cmp -s "before/packs/$changed" "killed/packs/$changed" && fail "killed at $w, behind its entry, the old pack stays"
			chart 700001 killed | grep -q 7.77 && fail "killed at $w, behind its entry, the chart shows it"
		else
			chart 700001 killed | grep -q 7.77 || fail "killed at $w, before its entry, it is gone"
		fi
	done
else
	echo "strace is not here: kills are not swept"
fi
exit 0
