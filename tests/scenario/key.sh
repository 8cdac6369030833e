#!/usr/bin/env bash
# Recovery shares: joined they are the key that age reads; split again any k of the new ones give the same key; too few, wrong ones and another site's are refused; nothing is overwritten.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
"$HOLDFAST" init site --name Ward 2>/dev/null
"$HOLDFAST" init elsewhere --name Other 2>/dev/null
set -- Ward-share-*
[ $# = 3 ] || fail "init made $# shares"
key=$("$HOLDFAST" key join "$1" "$3" --site site)
case $key in AGE-SECRET-KEY-1*) ;; *) fail "join printed '$key'" ;; esac
same "$(printf '%s' "$key" | wc -w)" 1 "words that join prints"
same "$("$HOLDFAST" key join "$2" "$3")" "$key" "the key from two other shares"
same "$("$HOLDFAST" key join "$1" "$2" "$3")" "$key" "the key from all shares"
same "$("$HOLDFAST" key join "$1" "$1" "$2")" "$key" "the key from a share named twice and another"
refused() { # STATUS command...
	local want=$1 got=0
	shift
	"$@" >refused.out 2>refused.err || got=$?
	same "$got" "$want" "exit status of $*"
	[ -s refused.err ] || fail "$* does not say why"
	! grep -Eq 'AGE-SECRET-KEY-1[A-Z0-9]{9}' refused.out refused.err || fail "$* gave a key away"
}
refused 1 "$HOLDFAST" key join "$1"
refused 1 "$HOLDFAST" key join "$1" "$1"
refused 1 "$HOLDFAST" key join "$1" Other-share-2-of-3.txt
refused 1 "$HOLDFAST" key join "$1" "$2" --site elsewhere
refused 1 "$HOLDFAST" key join "$1" missing.txt
refused 2 "$HOLDFAST" key join
refused 2 "$HOLDFAST" key join "$1" "$2" --json
if command -v age-keygen >/dev/null; then
	same "$(printf '%s\n' "$key" | age-keygen -y)" "$(cat site/keys/recovery.pub)" "what the joined key opens"
fi
printf '# a comment\n%s\n' "$key" >id
"$HOLDFAST" key split id --shares 3/5 --out new --site site >paths
same "$(wc -l <paths)" 5 "shares made"
same "$(stat -c %a new/*1-of-5*)" 600 "mode of a share"
for a in '1 2 3' '1 4 5' '5 3 2'; do
	files=()
	for i in $a; do files+=("new/Ward-share-$i-of-5.txt"); done
	same "$("$HOLDFAST" key join "${files[@]}")" "$key" "the key from shares $a"
done
refused 1 "$HOLDFAST" key join new/*-1-of-5* new/*-2-of-5*
refused 1 "$HOLDFAST" key join new/*-1-of-5* new/*-2-of-5* "$1"
refused 1 "$HOLDFAST" key split id --shares 3/5 --out new --site site
refused 1 "$HOLDFAST" key split id --out other --site elsewhere
refused 1 "$HOLDFAST" key split paths --out other
for rule in 5/3 1/3 0/2 3/17 3 x/y; do refused 2 "$HOLDFAST" key split id --shares $rule --out other; done
[ -z "$(ls other 2>/dev/null)" ] || fail "a split that failed left shares behind"
rm "new/Ward-share-1-of-5.txt"
refused 1 "$HOLDFAST" key split id --shares 3/5 --out new --site site
[ ! -e new/Ward-share-1-of-5.txt ] || fail "a split that failed left a share behind"
"$HOLDFAST" key show --site site --json >show
same "$(json recovery <show)" "$(cat site/keys/recovery.pub)" "the recovery key shown"
same "$(json periods.0.opened_by <show)" '["care", "recovery"]' "who opens the quarter of messages"
mkdir tree
"$HOLDFAST" vault backup --site site --source x tree >/dev/null
"$HOLDFAST" key show --site site --json | python3 -c 'import json, sys
p = {x["name"].split("-")[0]: x["opened_by"] for x in json.load(sys.stdin)["periods"]}
assert p["catalogue"] == ["care", "recovery"] and p.get("files", ["recovery"]) == ["recovery"], p' || fail "key show does not say who opens the vault"
"$HOLDFAST" key show --site site | grep -q 'opened by care and recovery' || fail "key show does not say who opens what"
! grep -q AGE-SECRET show || fail "key show gave a key away"
echo "shares hold"
