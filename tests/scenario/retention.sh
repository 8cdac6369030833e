#!/usr/bin/env bash
# Retention, legal hold and erasure, over three years of backups: nothing dies without a rule, nothing that is held, young, current or needed; what dies is dead here and in a copy, is said so by name, and stays dead
# after a kill, after a restored copy of its keys, and in a rebuild. The tree, its proofs and everything else stay whole.
. "$(dirname "$0")/lib.sh"
command -v gcc >/dev/null || skip "no gcc for the test's clock"
unset HOLDFAST_SITE
gcc -shared -fPIC -o clock.so "$here/clock.c"
at() { # DATE COMMAND...: with this time of day
	local when
	when=$(date -ud "$1" +%s)
	shift
	HOLDFAST_TEST_CLOCK=$when LD_PRELOAD="$work/clock.so" "$@"
}
at 2023-01-10 "$HOLDFAST" init site --name Ward 2>/dev/null || skip "no clock can be put before the program here"
case $("$HOLDFAST" ledger list --site site --json | head -1) in *2023-01-10*) ;; *) skip "no clock can be put before the program here" ;; esac
"$HOLDFAST" key join Ward-share-1-of-3.txt Ward-share-2-of-3.txt >id
mkdir tree copy stale
for i in 1 2 3 4; do head -c 30000 /dev/urandom >tree/f$i; done
ids=()
for d in 2023-01-11 2023-02-20 2023-05-20 2023-08-01 2024-01-15 2024-05-01 2024-10-10 2025-04-11 2025-12-01; do
	echo "$d" >>tree/f1
	ids+=("$(at $d "$HOLDFAST" vault backup --site site --source a tree 2>/dev/null | tail -1)")
done
at 2023-05-20 true
old=$(at 2024-02-01 "$HOLDFAST" vault backup --site site --source other tree 2>/dev/null | tail -1) # a clock that went back: the ledger's time does not
same "$("$HOLDFAST" retention plan --site site --json | python3 -c 'import json,sys; print(sum(q["state"] != "kept" for q in json.load(sys.stdin)["quarters"]))')" 0 "quarters that would die without a rule"
at 2025-12-02 "$HOLDFAST" replica add stale "$PWD/stale" --site site >/dev/null
at 2025-12-02 "$HOLDFAST" replica push stale --site site >/dev/null
rm site/replicas/stale.*
at 2025-12-02 "$HOLDFAST" replica add far "$PWD/copy" --site site >/dev/null
at 2025-12-02 "$HOLDFAST" replica push far --site site >/dev/null
cp -a site/keys/period period.old

now() { at 2026-01-05 "$HOLDFAST" "$@" --site site; }
refused() { # STATUS WORD command...
	local want=$1 word=$2 got=0
	shift 2
	"$@" >out 2>err || got=$?
	same "$got" "$want" "exit status of $*"
	grep -q -- "$word" err || fail "$* does not say '$word': $(cat err)"
}
state() { now retention plan --json | python3 -c 'import json,sys
for q in json.load(sys.stdin)["quarters"]:
    if q["class"] == sys.argv[1] and q["quarter"] == sys.argv[2]: print(q["state"])' "$1" "$2"; }

# rules, their least, and what they mean
refused 2 'at least' now retention set files --keep 10d
refused 2 'say --keep' now retention set files
refused 2 'at least' now retention set care --keep 3q
refused 2 'no sources' now retention set care/a --keep 10y
now retention set files --keep 1y --reason 'policy 7' >/dev/null
now retention set catalogue --keep 2y >/dev/null
same "$(state files 2023Q1)" due "the oldest contents"
same "$(state catalogue 2023Q1)" held "a catalogue whose contents live"
same "$(state files 2025Q2)" later "young contents"
same "$(state files 2025Q4)" later "the newest quarter of backups"
now retention set files/a --keep 2y >/dev/null # the longest keeps it
same "$(state files 2024Q2)" later "contents of a source with a rule of its own"
now retention set files/a --keep forever >/dev/null
same "$(state files 2023Q1)" kept "contents of a source that is kept for ever"
now retention set files/a --keep 1y >/dev/null

# holds
hold=$(now hold add --quarter 2023Q2 --reason 'case 12')
by_source=$(now hold add --source a --class catalogue --reason 'case 13')
same "$(state files 2023Q2)" held "a quarter under a hold"
refused 1 "$hold" now erase quarter files 2023Q2 --reason 'an order'
grep -q 'case 12' err || fail "the refusal does not give the hold's reason"
refused 1 'newest snapshot' now erase quarter files 2025Q4 --reason 'an order'
refused 1 'no such hold\|There is no\|there is no' now hold lift h99999 --reason x
refused 2 reason now hold lift "$hold"
now hold lift "$by_source" --reason 'closed' >/dev/null
same "$(now hold list --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 1 "holds that stand"
same "$(now hold list --all --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 2 "holds that ever were"

# a clock that runs ahead erases nothing
cp -a site ahead
at 2040-01-01 "$HOLDFAST" vault backup --site ahead --source a tree >/dev/null 2>&1
got=0
at 2040-01-02 "$HOLDFAST" retention apply --site ahead >out 2>err || got=$?
same "$got" 1 "exit status of erasing by a clock that jumped"
grep -q 'accept-clock' err || fail "a clock that jumped is not named: $(cat err)"
got=0
"$HOLDFAST" retention plan --site ahead --json >plan
python3 -c 'import json
for q in json.load(open("plan"))["quarters"]:
    assert not (q["state"] == "due" and q["quarter"] > "2025Q2"), q' || fail "the machine's own clock does not hold back what is due by the ledger's"
rm -r ahead

# applied, killed at its writes, applied again
now retention apply --dry-run >dry
grep -q 'would erase files of 2023Q1' dry || fail "a dry run says nothing"
[ -e site/keys/period/files-2023Q1.age ] || fail "a dry run erased something"
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	for n in 1 3; do
		status=0
		at 2026-01-05 strace -f -qq -o /dev/null -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=$n timeout 100 "$HOLDFAST" retention apply --site site >/dev/null 2>&1 || status=$?
		case $status in 0 | 124) fail "not killed at unlinkat $n: exit status $status" ;; esac
		now ledger verify --bodies >/dev/null 2>err || fail "killed at unlinkat $n the ledger does not verify: $(cat err)"
		now vault check >/dev/null 2>err || fail "killed at unlinkat $n the vault does not check: $(cat err)"
	done
fi
now retention apply >out || fail "apply failed"
now retention apply >out 2>err
grep -q 'Nothing is due' err || fail "a second apply does something: $(cat out err)"
for p in files-2023Q1 catalogue-2023Q1 files-2023Q3 files-2024Q1; do
	[ ! -e site/keys/period/$p.age ] && [ ! -e site/keys/period/$p.pub ] || fail "the key $p is there"
	[ -z "$(find copy -path "*keys/period/$p.*" -type f)" ] || fail "the copy has the key $p"
done
[ -e site/keys/period/files-2023Q2.age ] || fail "a held key is gone"
same "$(now erase status --json | python3 -c 'import json,sys; print(all(c["state"] == "destroyed" for x in json.load(sys.stdin) for c in x["copies"]))')" True "every copy has said so"
now erase status | grep -q 'far .*destroyed' || fail "status does not name the copy"
refused 1 'erased with files of 2023Q1 by entry' now vault ls "${ids[0]}"
refused 1 'already\|was erased by entry' now erase quarter files 2023Q1 --reason 'again'
same "$(state files 2023Q1)" erased "what plan says of it"

# the rest is whole, here and there
now ledger verify --bodies >/dev/null || fail "the ledger does not verify"
now vault check --data --identity id >/dev/null || fail "the vault does not check"
rm -rf out
now vault restore "${ids[2]}" out --identity id >/dev/null || fail "a snapshot that is held does not restore"
now vault restore "${ids[8]}" out2 --identity id >/dev/null || fail "the newest snapshot does not restore"
diff -r tree "out2$PWD/tree" >/dev/null || fail "the newest snapshot is another"
now ledger prove 3 >/dev/null || fail "entries of an erased quarter cannot be proven"
at 2026-01-06 "$HOLDFAST" vault backup --site site --source a tree >/dev/null || fail "no backup after an erasure"
now replica status far --data >/dev/null || fail "the copy is not whole"

# keys that come back from an old copy are destroyed when the keeper starts
cp -a period.old/files-2023Q1.* site/keys/period/
now retention set files --keep 1y --reason 'wakes the keeper' >/dev/null
[ ! -e site/keys/period/files-2023Q1.age ] || fail "a key that an entry erased lives again"

# nor does a copy that missed the erasure heal it back
cp site/replicas/far.ini site/replicas/stale.ini
sed -i "s|$PWD/copy|$PWD/stale|" site/replicas/stale.ini
packs=$(ls site/vault | grep -c age)
now replica pull stale >/dev/null || fail "no pull from the copy that stood still"
same "$(ls site/vault | grep -c age)" "$packs" "packs after a pull from a copy that missed the erasure"
rm site/replicas/stale.*

# a rebuild from the copy brings nothing of it back; one from a copy that stood still says what it does not know
now replica push far >/dev/null
at 2026-01-07 "$HOLDFAST" rebuild --from "$PWD/copy" --identity id again >/dev/null 2>&1 || fail "no rebuild after an erasure"
[ -z "$(ls again/keys/period | grep -E 'files-2023Q1|catalogue-2023Q1')" ] || fail "a rebuild brought erased keys back"
same "$(at 2026-01-07 "$HOLDFAST" erase status --site again --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)) > 3)')" True "the rebuilt site knows its erasures"
at 2026-01-07 "$HOLDFAST" vault check --site again --data --identity id >/dev/null || fail "the rebuilt vault does not check"
at 2026-01-07 "$HOLDFAST" rebuild --from "$PWD/stale" --identity id older >/dev/null 2>err || fail "no rebuild from the copy that stood still"
grep -q 'erase' err || fail "a rebuild from a copy that missed erasures does not say so: $(cat err)"

# under a daemon
port=$(free_port)
"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$port >serve.log 2>&1 &
daemon=$!
for _ in $(seq 100); do "$HOLDFAST" hold lift "$hold" --reason 'settled' --site site >/dev/null 2>err && break; sleep 0.1; done
"$HOLDFAST" erase quarter files 2023Q2 --reason 'an order of the court' --site site >/dev/null || fail "no erasure beside a daemon"
[ ! -e site/keys/period/files-2023Q2.age ] || fail "the daemon did not destroy the key"
"$HOLDFAST" ledger verify --site site --bodies >/dev/null || fail "the ledger does not verify beside the daemon"
