#!/usr/bin/env bash
# A share is backed up for some days, and then files on it are damaged, in the ways that happened elsewhere: the next snapshot says so, clean-point names each damaged file with its last clean version, and
# restore --clean gives every one back under the name it had, without the copies and notes and with the new files that people made meanwhile. What people do every day raises no verdict.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
"$HOLDFAST" init site --shares 1/1 2>/dev/null
"$HOLDFAST" key join Hospital-share-1-of-1.txt >id
start site # beside a daemon no command has to start a keeper of its own
python3 "$here/infection.py" "$HOLDFAST" site id
"$HOLDFAST" status --site site --json | json alarms >alarms
for way in whole header partial renamed random-names base64 wiped; do
	grep -q "\"damage-way-$way\"" alarms || fail "no alarm of $way: $(cat alarms)"
done
! grep -q '"damage-day-' alarms || fail "an alarm of what people do every day"
"$HOLDFAST" status --site site | grep -q 'backup.*slow.*DAMAGE' || fail "status does not show the damage"
stop
"$HOLDFAST" ledger verify --site site >/dev/null
echo "every infection was seen and undone"
