#!/usr/bin/env bash
# Keys rotated under a daemon and without one, in the middle of a backup, and with the process killed at its writes: everything before and after stays readable, also from a replica and from the shares alone.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
"$HOLDFAST" init site --name Ward 2>/dev/null
"$HOLDFAST" key join Ward-share-1-of-3.txt Ward-share-2-of-3.txt >id
hl7() { # FROM TO
	for i in $(seq "$1" "$2"); do
		printf 'MSH|^~\\&|LAB|H|EHR|H|20260101||ADT^A01|c%d|P|2.5\rPID|1||%d^^^H^MR||Doe^Jane||19700101|F\rPV1|1|I|W^1^1\r' "$i" "$((1000 + i))"
	done
}
mkdir tree
for i in $(seq 40); do head -c 3000 /dev/urandom | base64 >"tree/f$i"; done
hl7 1 20 >a.hl7
"$HOLDFAST" import --site site a.hl7 >/dev/null 2>&1
"$HOLDFAST" vault backup --site site --source x tree >/dev/null
care=$(age-keygen -y site/keys/care.key 2>/dev/null || sed -n 's/# public key: //p' site/keys/care.key)

# without a daemon; twice in one quarter
"$HOLDFAST" key rotate --site site --reason 'a laptop was stolen' --json >r1 2>/dev/null
[ "$(json care <r1)" != "$care" ] || fail "the care key is the old one"
"$HOLDFAST" ledger list --site site --kind keys --json >entries 2>/dev/null || "$HOLDFAST" ledger list --site site --json >entries
grep -q '"keys"' entries || fail "no entry says that keys were rotated"
"$HOLDFAST" key rotate --site site --json >r2 2>/dev/null
same "$(json periods.0 <r2 | sed 's/.*r//')" 2 "the second key after the quarter's first"
same "$(json keys.rotatedEntry < <("$HOLDFAST" status --site site --json))" "$(json entry <r2)" "the entry that status names"
"$HOLDFAST" ledger verify --site site --bodies >/dev/null || fail "the ledger does not verify after two rotations"
grep -q 'stolen' site/packs/index && fail "the reason lies in the clear"

# under a daemon, in the middle of a backup
hl7 21 40 >b.hl7
port=$(free_port)
"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$port >serve.log 2>&1 &
daemon=$!
trap 'kill $daemon 2>/dev/null || true' EXIT
for _ in $(seq 100); do "$HOLDFAST" key rotate --site site --json >r3 2>/dev/null && [ -s r3 ] && break; sleep 0.1; done
kill -0 $daemon || fail "no daemon: $(cat serve.log)"
"$HOLDFAST" import --site site b.hl7 >/dev/null 2>&1
mkdir more
for i in $(seq 60); do head -c 400000 /dev/urandom >"more/g$i"; done
"$HOLDFAST" vault backup --site site --source x tree more >snap 2>/dev/null &
backup=$!
"$HOLDFAST" key rotate --site site --json >r4 2>/dev/null || fail "no rotation beside a backup"
wait $backup || fail "a backup fails when keys are rotated under it"
"$HOLDFAST" vault backup --site site --source x tree more >/dev/null || fail "no backup after a rotation"
kill $daemon
wait $daemon 2>/dev/null || true
trap - EXIT

"$HOLDFAST" ledger verify --site site --bodies >/dev/null || fail "the ledger does not verify after rotations under a daemon"
"$HOLDFAST" vault check --site site --data --identity id >/dev/null || fail "the vault does not check"
same "$("$HOLDFAST" vault list --site site | wc -l)" 3 "snapshots"
for s in $("$HOLDFAST" vault list --site site --json | python3 -c 'import json,sys; [print(json.loads(l)["id"]) for l in sys.stdin]'); do
	rm -rf out
	"$HOLDFAST" vault restore --site site "$s" out --identity id >/dev/null 2>&1 || fail "$s does not restore"
	diff -r tree "out$PWD/tree" >/dev/null || fail "$s restores something else"
done
"$HOLDFAST" chart list --site site >/dev/null 2>&1 || true

# a copy of it, and a bare machine
mkdir copy
"$HOLDFAST" replica add far "$PWD/copy" --site site >/dev/null
"$HOLDFAST" replica push far --site site >/dev/null || fail "no push after rotations"
[ -z "$(find copy -name '*.key')" ] || fail "an open key lies in the copy"
"$HOLDFAST" rebuild --from "$PWD/copy" --identity id again >/dev/null 2>&1 || fail "no rebuild after rotations"
"$HOLDFAST" ledger verify --site again --bodies >/dev/null || fail "what was rebuilt does not verify"
"$HOLDFAST" vault check --site again --data --identity id >/dev/null || fail "the rebuilt vault does not check"
"$HOLDFAST" key rotate --site again >/dev/null 2>&1 || fail "a rebuilt site rotates no keys"
cmp -s again/keys/care-r1.key site/keys/care-r1.key || fail "an older care key did not come back"

# killed at its writes: the next command finishes it
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	for call in renameat; do
		for n in 2 4 7; do
			hurt $call:signal=KILL:when=$n key rotate --site site || fail "there are not $n of $call"
			"$HOLDFAST" ledger verify --site site --bodies >/dev/null 2>&1 || fail "killed at $call $n: the ledger does not verify"
		done
	done
	"$HOLDFAST" key rotate --site site --json >r5 2>/dev/null || fail "after kills no rotation succeeds"
	[ ! -e site/keys/rotate.next ] || fail "a plan is left"
	"$HOLDFAST" vault restore --site site latest out2 --identity id >/dev/null 2>&1 || fail "nothing restores after kills"
else
	echo "strace may not trace here: not killed"
fi

# nobody else may, and it says what is wrong
got=0
"$HOLDFAST" key show --site site --reason x >/dev/null 2>err || got=$?
same "$got" 2 "exit status of a wrong option"
"$HOLDFAST" key rotate --site site --reason "$(head -c 500 /dev/zero | tr '\0' x)" >/dev/null 2>err && fail "a reason without end was taken"
[ -s err ] || fail "and no word about it"
