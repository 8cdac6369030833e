#!/usr/bin/env bash
# What goes wrong with the house is an entry when it begins and one when it is over, also across a restart; and so are the settings it runs under.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --shares 1/1 2>/dev/null
kinds() { "$HOLDFAST" ledger list --site site --json --kind "$1" | wc -l; }
wait_for() { # KIND COUNT SECONDS
	for _ in $(seq $(($3 * 5))); do [ "$(kinds "$1")" -ge "$2" ] && break; sleep 0.2; done
	same "$(kinds "$1")" "$2" "$1 entries"
}
cp site/site.ini plenty
printf '[limits]\nreserve-mib = 1048576\n' >little # more than any disk here has free
sed '/^\[limits\]/d' plenty | cat - little >site/site.ini
start site
wait_for alarm 1 5
wait_for config 1 5
stop
n=$("$HOLDFAST" ledger list --site site --json --kind alarm | tail -1 | json seq)
"$HOLDFAST" ledger show "$n" --site site --raw >raised
same "$(json what <raised) $(json id <raised)" "raised disk-low" "the alarm"
n=$("$HOLDFAST" ledger list --site site --json --kind config | tail -1 | json seq)
"$HOLDFAST" ledger show "$n" --site site --raw >settings
same "$(json sha256 <settings)" "$(sha256sum <site/site.ini | cut -c1-64)" "hash of the settings"
json settings <settings >text; grep -q 'reserve-mib = 1048576' text || fail "text of the settings"
kill_role() { # the keeper's own death loses none of this
	"$HOLDFAST" status --site site --json | python3 -c 'import json,sys
for r in json.load(sys.stdin)["roles"]:
    if r["name"]=="keeper": print(r["pid"])'
}
start site
kill -9 "$(kill_role)"
sleep 1.5
same "$(kinds alarm) $(kinds config)" "1 1" "said again after a restart and a death"
stop
cp plenty site/site.ini
start site
wait_for config 2 5
wait_for alarm 2 8
stop
n=$("$HOLDFAST" ledger list --site site --json --kind alarm | tail -1 | json seq)
"$HOLDFAST" ledger show "$n" --site site --raw >cleared
same "$(json what <cleared) $(json id <cleared)" "cleared disk-low" "the alarm is over"
"$HOLDFAST" ledger verify --site site --bodies >/dev/null

# ---- a feed that is over, by somebody's word ----
start site
exec 3<>"/dev/tcp/127.0.0.1/$mllp"
printf '\x0bMSH|^~\\&|OLDLAB|WEST|HF|X|20261122||ADT^A01|1|P|2.5\rPID|||4711\r\x1c\r' >&3
IFS= read -r -d $'\x1c' -t 10 answer <&3 || fail "no acknowledgement"
exec 3>&-
status=0
"$HOLDFAST" feed retire OLDLAB@EAST --reason x --site site 2>/dev/null || status=$?
same $status 1 "retiring a feed that nobody knows"
status=0
"$HOLDFAST" feed retire OLDLAB@WEST --site site 2>/dev/null || status=$?
same $status 2 "retiring without a reason"
state() { "$HOLDFAST" feed list --json --site site | grep '"OLDLAB@WEST"' | json state; }
same "$(state)" fresh "the feed"
"$HOLDFAST" feed retire OLDLAB@WEST --reason "replaced" --site site
same "$(state)" ended "the feed that is over"
stop
"$HOLDFAST" view rebuild --site site
same "$(state)" ended "it stays so in a new view"
"$HOLDFAST" feed expect OLDLAB@WEST --reason "not yet" --site site # without a daemon
same "$(state)" fresh "it is waited for again"
same "$("$HOLDFAST" quarantine list --site site | wc -l)" 0 "entries in quarantine"
echo "alarms hold"
