#!/usr/bin/env bash
# A copy of a site that root made without its owners is a site again: what does not belong to who must own it is given to them, and nothing outside the site is.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "only root can make such a copy"
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|C1|P|2.5.1\rEVN|A01|20260105120000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|ICU^101^A^GAB||||||||||||||||V1^^^GAB^VN|||||||||||||||||||||||||20260105113000\r' >cr.hl7
sed 's/|C1|/|C2|/' cr.hl7 >two.hl7
sed 's/|C1|/|C3|/' cr.hl7 >three.hl7
"$HOLDFAST" init site --shares 1/1 2>/dev/null
"$HOLDFAST" import --site site cr.hl7 >/dev/null
"$HOLDFAST" packet key --site site --unit ICU >/dev/null 2>&1
use() { # SITE: every way in works
	"$HOLDFAST" status --site "$1" >/dev/null
	"$HOLDFAST" import --site "$1" --json two.hl7 >out 2>said
	same "$(json entries <out)" 1 "$1: import"
	"$HOLDFAST" chart patient 4711 --site "$1" --json >/dev/null
	start "$1"
	"$HOLDFAST" import --site "$1" --json three.hl7 >out
	same "$(json entries <out)" 1 "$1: import by the daemon"
	curl -sf "http://127.0.0.1:$http/" >/dev/null
	token=$("$HOLDFAST" token create --role clinician --label pc --site "$1")
	curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$http/api/packet" | grep -q '"ICU"' || fail "$1: web cannot read the units' keys"
	stop
	! grep -E "signal|exited" serve.log || fail "$1: a role died"
	"$HOLDFAST" ledger verify --site "$1" --bodies >/dev/null
}

# --- all of it root's, and under a strict umask
(umask 077; cp -r site copy)
echo secret >outside; chmod 600 outside; ln -s ../../outside copy/keys/link; ln -s / copy/view/root
use copy
same "$(grep -c 'given to them' said)" 1 "said, in one line"
same "$(stat -c %u:%a outside)" 0:600 "a link was followed"
same "$(stat -c %u copy/keys copy/keys/care.key | sort -u | grep -c '^0$')" 0 "keys are root's still"
"$HOLDFAST" status --site copy 2>&1 | grep -q "given" && fail "said again"

# --- one file that root put back
cp site/keys/recovery.pub copy/keys/new && mv copy/keys/new copy/keys/recovery.pub
"$HOLDFAST" import --site copy two.hl7 >/dev/null 2>said
grep -q 'keys/recovery.pub' said || fail "the file is named"

# --- the folder is an ordinary user's, what is in it root's
mkdir theirs && chown 1000:1000 theirs && cp -r site/* theirs/ && chmod 755 "$work"
if command -v setpriv >/dev/null; then
	set +e
	setpriv --reuid 1000 --regid 1000 --clear-groups "$HOLDFAST" import --site theirs two.hl7 >out 2>said
	status=$?
	set -e
	[ $status -ne 0 ] || fail "a user worked with root's keys"
	grep -q lock said && grep -q chown said || fail "which file, and what to do: $(cat said)"
	chown 1000 theirs/lock
	set +e
	setpriv --reuid 1000 --regid 1000 --clear-groups "$HOLDFAST" import --site theirs two.hl7 >out 2>said
	set -e
	grep -q keys said && grep -q chown said || fail "which folder, and what to do: $(cat said)"
fi
use theirs
same "$(stat -c %u theirs/keys/care.key theirs/lock theirs/site.ini theirs/wal | sort -u)" 1000 "all is the folder's owner's"

# --- a file with a second name, which may lie anywhere
cp -r site linked && chown -R 1000:1000 linked && rm linked/keys/dedupe.age && ln outside linked/keys/dedupe.age
set +e
"$HOLDFAST" import --site linked two.hl7 >out 2>said; same $? 1 "a hard link"
set -e
grep -q 'keys/dedupe.age' said || fail "the link is named"
same "$(stat -c %u outside)" 0 "what lies outside was given away"
echo "copies hold"
