#!/usr/bin/env bash
# A quarter of messages is erased: what came of it alone leaves charts, search, FHIR and every copy; who is in the house, or was treated lately, keeps what stood there; merges outlive it, and so do our ids, accounts and holds.
# The tree and its proofs stay whole, a rebuild brings nothing back, and killed at its writes it goes on.
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

n=0
message() { # YYYYMMDD TYPE NUMBER NAME REST
	n=$((n + 1))
	printf 'MSH|^~\\&|EHR|GAB|HF|GAB|%s120000||%s|M%d|P|2.5.1\rEVN||%s120000\rPID|1||%s^^^GAB^MR||%s||19570312|F\r%b' "$1" "$2" $n "$1" "$3" "$4" "${5:-}"
}
visit() { printf 'PV1|1|%s|%s||||||||||||||||V%s^^^GAB^VN|||||||||||||||||||||||||20230201\\r' "$1" "$2" "$3"; }
allergy='AL1|1|DA|%s^%s^SCT|SV|Hives\r'
bring() { # DATE FILE
	at "$1" "$HOLDFAST" import --site site "$2" >/dev/null 2>err || fail "import of $1: $(cat err)"
}
# 2023Q1: Gone was here and went; Back comes again three years later; Merged had two numbers; Weekly is treated all the time; House is a master file's
{
	message 20230201 'ADT^A01' 100 'Gone^Gesa' "$(visit I 'A^1^1^GAB' 1)$(printf "$allergy" 91936005 Penicillin)"
	message 20230203 'ADT^A03' 100 'Gone^Gesa' "$(visit I 'A^1^1^GAB' 1)"
	message 20230204 'ADT^A01' 200 'Back^Berta' "$(visit I 'A^2^1^GAB' 2)$(printf "$allergy" 91935009 Peanut)"
	message 20230206 'ADT^A03' 200 'Back^Berta' "$(visit I 'A^2^1^GAB' 2)"
	message 20230207 'ADT^A08' 301 'Merged^Mia' "$(printf "$allergy" 91934008 Latex)"
	message 20230207 'ADT^A08' 302 'Merged^Mia'
	message 20230208 'ADT^A40' 302 'Merged^Mia' 'MRG|301^^^GAB^MR\r'
	message 20230209 'ADT^A08' 400 'Weekly^Wim' "$(printf "$allergy" 300913006 Shellfish)"
	message 20230210 'ADT^A08' 500 'Later^Lena' "$(printf "$allergy" 294505008 Amoxicillin)"
} >q1.hl7
bring 2023-02-15 q1.hl7
echo secret-of-ada | at 2023-02-16 "$HOLDFAST" user add ada --role clinician --site site >/dev/null 2>&1 || fail "no user"
mkdir tree && echo text >tree/f
snap=$(at 2023-02-17 "$HOLDFAST" vault backup --site site --source a tree 2>/dev/null | tail -1)
hold=$(at 2023-02-18 "$HOLDFAST" hold add --class files --quarter 2023Q1 --reason 'case 7' --site site)
# later quarters
{
	for i in $(seq 300); do message 20240502 'ADT^A08' 9$i "Other^Nr$i"; done
	message 20240503 'ADT^A08' 302 'Merged^Mia'
	message 20240504 'ADT^A08' 500 'Later^Lena' "$(printf "$allergy" 294505008 Amoxicillin)"
} >q2.hl7
bring 2024-05-02 q2.hl7
{
	message 20260101 'ADT^A01' 200 'Back^Berta' "$(visit I 'ICU^1^1^GAB' 3)"
	message 20260102 'ADT^A08' 400 'Weekly^Wim'
	for i in $(seq 280); do message 20260102 'ADT^A08' 9$i "Other^Nr$i"; done
} >q4.hl7
bring 2026-01-03 q4.hl7
now() { at 2026-01-05 "$HOLDFAST" "$@" --site site; }
refused() { # STATUS WORD command...
	local want=$1 word=$2 got=0
	shift 2
	"$@" >out 2>err || got=$?
	same "$got" "$want" "exit status of $*: $(cat err)"
	grep -q -- "$word" err || fail "$* does not say '$word': $(cat err)"
}
chart() { at 2026-01-05 "$HOLDFAST" chart patient "$1" --site "${2:-site}" --json 2>/dev/null; }
id_of() { chart "$1" | json id; }
later=$(id_of 500) back=$(id_of 200) merged=$(id_of 302)
now view copy >/dev/null 2>&1 || fail "no copy of the view"
at 2026-01-05 "$HOLDFAST" replica add stale "$PWD/stale" --site site >/dev/null

now replica push stale >/dev/null 2>err || fail "no push: $(cat err)"
rm site/replicas/stale.*
at 2026-01-05 "$HOLDFAST" replica add far "$PWD/copy" --site site >/dev/null
now replica push far >/dev/null 2>err || fail "no push: $(cat err)"
mkdir unit
at 2026-01-05 "$HOLDFAST" replica add up "$PWD/copy" --site unit >/dev/null
at 2026-01-05 "$HOLDFAST" replica pull up --site unit >/dev/null 2>err || fail "no pull: $(cat err)"
cp -a site/keys/period period.old
entry=$("$HOLDFAST" ledger list --site site --kind hl7v2 --json | head -1 | json seq)
"$HOLDFAST" ledger head --site site >head.before

# what a rule may do, and what it may not
refused 2 'at least' now retention set care --keep 100d
refused 1 'stands is never erased' now erase quarter care 2026Q1 --reason x
refused 1 'lies in this quarter\|lies in this class\|othing of this class' now erase quarter care 2022Q4 --reason x
h2=$(now hold add --class care --quarter 2023Q1 --reason 'case 8')
refused 1 "$h2" now erase quarter care 2023Q1 --reason x
now hold lift "$h2" --reason over >/dev/null
now erase quarter care 2023Q1 --reason x --dry-run >dry
grep -q "$back .*in the house" dry || fail "the dry run does not name who is in the house: $(cat dry)"
grep -q "2 charts in use" dry || fail "the dry run counts charts in use otherwise: $(cat dry)"
[ -e site/keys/period/care-2023Q1.age ] || fail "a dry run erased something"

# killed at its writes: before its entry nothing has happened, behind it the next one goes on
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	for w in fdatasync:9 unlinkat:2; do
		rm -rf killed
		cp -a site killed
		rm -f killed/replicas/*
		at 2026-01-05 timeout 60 strace -f -qq -o /dev/null -e trace=${w%:*} -e inject=${w%:*}:signal=KILL:when=${w#*:} "$HOLDFAST" erase quarter care 2023Q1 --reason 'policy 7' --site killed >/dev/null 2>&1 || true
		at 2026-01-05 "$HOLDFAST" retention apply --accept-clock --site killed >/dev/null 2>&1 || true
		"$HOLDFAST" ledger verify --bodies --site killed >/dev/null 2>err || fail "killed at $w the ledger does not verify: $(cat err)"
		if [ "$("$HOLDFAST" erase status --site killed --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" = 0 ]; then
			chart 100 killed | grep -q Penicillin || fail "killed at $w, before its entry, a chart lost something"
		else
			[ ! -e killed/keys/period/care-2023Q1.age ] || fail "killed at $w, behind its entry, the key is there"
			chart 100 killed | grep -q Penicillin && fail "killed at $w, behind its entry, the chart shows it"
		fi
	done
fi

now retention set care --keep 2y --reason 'policy 7' >/dev/null
now retention apply --accept-clock >out 2>err || fail "apply: $(cat out err)"
grep -q 'erased care of 2023Q1' out || fail "it was due and was not erased: $(cat out err)"
grep -q 'care of 2024Q2' out && fail "a quarter that is not due was erased"
for d in site copy; do
	[ -z "$(find $d -path '*period/care-2023Q1.*' -type f)" ] || fail "$d has the key"
	[ -z "$(find $d -path '*period/view-*' -type f)" ] || fail "$d has a key of copies of the view"
done
[ -z "$(ls site/copies)" ] || fail "copies of the view lie there"
refused 1 'was erased with the messages of 2023Q1: entry .* by .*policy\|its time is over' now ledger show "$entry"

# charts: what only stood there is gone; what a chart in use rests on is not
refused 1 . at 2026-01-05 "$HOLDFAST" chart patient 100 --site site
at 2026-01-05 "$HOLDFAST" chart search Gone --site site 2>/dev/null | grep -q Gesa && fail "search finds who is gone"
chart 200 | grep -q Peanut || fail "who is in the house lost an allergy"
chart 400 | grep -q Shellfish || fail "who is treated every week lost an allergy"
same "$(id_of 200)" "$back" "the id of who is in the house"
same "$(id_of 302)" "$merged" "the id of who was merged"
same "$(id_of 500)" "$later" "the id of who lives on"
same "$(id_of 301)" "$merged" "a number that was merged away leads to"
chart 302 | grep -q Latex && fail "what only stood in the erased quarter of somebody not in use is shown"
chart 500 | grep -q Amoxicillin || fail "what was said again later is gone"
at 2026-01-05 "$HOLDFAST" chart export --site site >before.ndjson 2>/dev/null
now view rebuild >/dev/null 2>&1 || fail "no rebuild"
at 2026-01-05 "$HOLDFAST" chart export --site site >after.ndjson 2>/dev/null
cmp before.ndjson after.ndjson || fail "a rebuilt view is another one"

# the house's own memory
at 2026-01-05 "$HOLDFAST" user list --site site --json 2>/dev/null | grep -q '"ada"' || fail "an account is gone"
rm -rf site/run/* site/keeper* 2>/dev/null || true
"$HOLDFAST" hold list --site site | grep -q "$hold" || fail "a hold that was said in that quarter is gone"
now vault ls "$snap" >/dev/null || fail "a snapshot of that quarter is not known"
"$HOLDFAST" ledger verify --bodies --site site --since head.before >out || fail "the ledger does not verify"
grep -q 'bodies were erased' out || fail "verify does not count them"
"$HOLDFAST" ledger prove "$entry" --site site >/dev/null || fail "an erased entry cannot be proven"
at 2026-01-05 "$HOLDFAST" ledger cat --site site 2>err | grep -qa Gesa && fail "cat prints what was erased"
grep -q 'were erased' err || fail "cat does not say what it left out"
grep -rqa Gesa site/view && fail "the name stands in the view's files"

# a key that comes back dies when the keeper starts; and what was shown by then is made anew
cp -a period.old/care-2023Q1.* site/keys/period/
now retention set catalogue --keep 9y --reason 'wakes the keeper' >/dev/null
[ ! -e site/keys/period/care-2023Q1.age ] || fail "a key that an entry erased lives again"

# rebuilds
now replica push far >/dev/null 2>err || fail "no push: $(cat err)"
now replica status far --data >/dev/null 2>err || fail "the copy is not whole: $(cat err)"
# whoever pulls keeps a key for 35 days after a head last named it, and no longer
pull() { at 2026-01-05 "$HOLDFAST" replica pull up --site unit >/dev/null 2>err || fail "no pull: $(cat err)"; }
keyed() { find unit -path "*period/$1*" -type f | wc -l; }
pull
[ "$(keyed care-2023Q1)" -gt 0 ] || fail "a copy that pulls let go of a key at once"
find unit -path '*period/*' -type f -exec touch -d 2025-11-20 {} +
pull
same "$(keyed care-2023Q1)" 0 "keys of the erased quarter in the copy that pulls"
[ "$(keyed care-2024Q2)" -gt 0 ] || fail "a copy that pulls let go of a key that is named"
at 2026-01-07 "$HOLDFAST" rebuild --from "$PWD/copy" --identity id again >/dev/null 2>err || fail "no rebuild after an erasure: $(cat err)"
[ ! -e again/keys/period/care-2023Q1.age ] || fail "a rebuild brought the key back"
"$HOLDFAST" ledger verify --bodies --site again >/dev/null 2>err || fail "the rebuilt ledger does not verify: $(cat err)"
refused 1 . at 2026-01-05 "$HOLDFAST" chart patient 100 --site again
chart 200 again | grep -q Peanut || fail "who is in the house lost an allergy in a rebuild"
upto=$({ at 2026-01-05 "$HOLDFAST" erase status --site again --json 2>/dev/null || true; } | json 0.entry)
at 2026-01-05 "$HOLDFAST" chart export --as-of "#$upto" --site site >before.ndjson 2>/dev/null
at 2026-01-05 "$HOLDFAST" chart export --as-of "#$upto" --site again >again.ndjson 2>/dev/null
grep -q Peanut before.ndjson || fail "an export as of the erasure is empty"
cmp before.ndjson again.ndjson || fail "the rebuilt site's charts are others"
at 2026-01-07 "$HOLDFAST" rebuild --from "$PWD/stale" --identity id older >/dev/null 2>err || fail "no rebuild from the copy that stood still"
grep -q 'erase' err || fail "a rebuild from a copy that missed it does not say so: $(cat err)"

# the segment in which some of it still stood falls free when others have taken its place
same "$({ now erase status 2>/dev/null || true; } | grep -c 'segment of wal/ still holds')" 1 "a segment that still holds some of it is said"
{ for i in $(seq 300); do message 20260105 'ADT^A08' 8$i "Other^Nr$i"; done; } >more.hl7
bring 2026-01-06 more.hl7
now retention apply --accept-clock >out 2>&1 || fail "apply, when the segment is free: $(cat out)"
now erase status >out 2>&1 || fail "not every copy has said that it is done: $(cat out)"
grep -q 'here .*destroyed' out || fail "the site has not said that it is done: $(cat out)"

# beside a daemon: it makes the view anew and goes on
start again
"$HOLDFAST" erase quarter care 2024Q2 --reason 'an order' --site again >/dev/null 2>err || fail "no erasure beside a daemon: $(cat err)"
refused 1 . "$HOLDFAST" chart patient 500 --site again
"$HOLDFAST" chart patient 200 --site again 2>/dev/null | grep -q Peanut || fail "who is in the house lost an allergy beside a daemon"
"$HOLDFAST" ledger verify --bodies --site again >/dev/null 2>err || fail "the ledger does not verify beside the daemon: $(cat err)"
stop
