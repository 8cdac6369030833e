#!/usr/bin/env bash
# A daemon keeps wards' packets new by itself: made when a chart of the ward changes and when its words are made, put there whole, an entry each; killed, or without a folder that it can write, it goes on, and says on the board what it cannot.
# Takes longer than ten seconds on a busy machine: each new pair of words costs a scrypt, and one packet is made a second at most.
. "$(dirname "$0")/lib.sh"
hf init site --name "St. Gabriel" --shares 1/1 2>/dev/null
printf '\n[packets]\nleast-seconds = 1\n' >>site/site.ini
n=0
# NUMBER NAME UNIT: somebody is admitted; by the feed, where the daemon runs
admit() {
	n=$((n + 1))
	printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|M%s|P|2.5.1\rEVN|A01|20260105120000+0000\rPID|1||%s^^^GAB^MR||%s^Ada||19570312|F\rPV1|1|I|%s^%s^A\r' $n "$1" "$2" "$3" $n >m.hl7
	if [ -n "$daemon" ]; then
		exec 5<>"/dev/tcp/127.0.0.1/$mllp"
		{ printf '\013'; cat m.hl7; printf '\034\r'; } >&5
		timeout 30 head -c 20 <&5 >/dev/null # it is acknowledged
		exec 5>&-
	else
		hf import --site site m.hl7 >/dev/null
	fi
}
admit 4711 Keller 3W
admit 4712 Moreau ICU
admit 4713 Chen 4E
for u in 3W ICU; do hf packet key --site site --unit $u >/dev/null 2>&1; done
start site
token=$(hf token create --role clinician --label pc --site site)
# A Python expression about the board b comes true; p: its packets by unit, s: what the role says of itself, a: alarms by id, r: its process
await() {
	python3 - "$1" "http://127.0.0.1:$http/api/board" "$token" <<'P' || fail "never: $1 ($(head -c 3000 b.json))"
import json, sys, time, urllib.request
for _ in range(600):
    text = urllib.request.urlopen(urllib.request.Request(sys.argv[2], headers={'Authorization': 'Bearer ' + sys.argv[3]}), timeout=60).read()
    open('b.json', 'wb').write(text)
    b = json.loads(text)
    p, s, a = {x['unit']: x for x in b['packets']}, b['packetsState'], {x['id']: x for x in b['alarms']}
    r = next((x for x in b['roles'] if x['name'] == 'packets'), None)
    try:
        if eval(sys.argv[1]):
            sys.exit(0)
    except KeyError: # what is asked about is not on the board yet
        pass
    time.sleep(0.1)
sys.exit(1)
P
}
made() { entries site packet; }
await '"3W" in p and "ICU" in p or any("built without" in x["reason"] for x in s["failing"])'
grep -q 'built without' b.json && skip "the program was built without the packet's page"
for u in 3W ICU; do hf packet verify site/packets/made/$u.html --vkey site/ledger/vkey >/dev/null || fail "the packet of $u does not verify"; done
await 's["units"] == 2 and s["withoutWords"] == ["4E"] and "4E" in a["packets-words"]["reason"]'
hf ledger list --site site --json --kind packet | tail -1 | grep -q '"source":"packets"' || fail "who made it: $(hf ledger list --site site --json --kind packet | tail -1)"

# ---- a chart changes: its unit's packet is made anew and shows it; the other unit's is not touched
sha() { sha256sum "site/packets/made/$1.html"; }
icu=$(sha ICU)
admit 4714 Okafor 3W
seq=$(hf ledger list --site site --json --kind hl7v2 | tail -1 | json seq)
await 'p["3W"]["persons"] == 2'
hf packet verify site/packets/made/3W.html --vkey site/ledger/vkey --json >v.json
same "$(json entries <v.json)" $((seq + 1)) "the packet is as of the entry that changed the chart"
grep -qF "\"entries\":$((seq + 1))" site/packets/made/3W.html || fail "the page does not say so"
same "$(sha ICU)" "$icu" "the packet of the unit where nothing happened"
# views and packets are entries, too: they change no chart
hf chart census --site site --unit 3W >/dev/null
before=$(made) w=$(sha 3W)
admit 4715 Petit ICU
await 'p["ICU"]["persons"] == 2'
same "$(($(made) - before)) $(sha 3W)" "1 $w" "one packet for one change"

# ---- over HTTP it is the one that lies there
same "$(curl -s -m 60 -o got.html -w '%{http_code}' -H "Authorization: Bearer $token" "http://127.0.0.1:$http/api/packet/3W")" 200 "over HTTP"
cmp got.html site/packets/made/3W.html || fail "over HTTP there comes another one"
same "$(($(made) - before))" 2 "it was fetched, and not made again"

# ---- killed: it comes back, and the next change is in the next packet
await 'r and r["pid"] > 0 and open("pid", "w").write(str(r["pid"]))'
kill -9 "$(cat pid)"
admit 4716 Rossi 3W
await 'p["3W"]["persons"] == 3'
await 'r["restarts"] >= 1'
admit 4718 Haddad ICU # it made both itself now, so it knows what they show
await 'p["ICU"]["persons"] == 3'
hf packet verify site/packets/made/3W.html --vkey site/ledger/vkey >/dev/null || fail "after a kill"

# ---- a folder that cannot be written, and a key that cannot be read: said, with how old the newest is; the file that is there stays; then it goes on by itself
w=$(sha 3W)
chmod 555 site/packets/made
echo nonsense >site/packets/keys/BAD.key
admit 4717 Sato 3W
await '[x["unit"] for x in s["failing"]] == ["3W"] and s["failing"][0]["newest"] == p["3W"]["made"]'
await '"3W: the newest packet is 0 min old" in a["packets-failing"]["reason"] and "BAD.key" in a["packets-failing"]["reason"]'
same "$(sha 3W)" "$w" "the packet that is there"
chmod 755 site/packets/made
rm site/packets/keys/BAD.key
await 'not s["failing"] and p["3W"]["persons"] == 4 and "packets-failing" not in a'

# ---- other words: at once under those
was=$(sha ICU)
hf packet key --site site --unit ICU --replace >/dev/null 2>&1
for _ in $(seq 600); do [ "$(sha ICU)" = "$was" ] || break; sleep 0.1; done
[ "$(sha ICU)" != "$was" ] || fail "new words, and the old packet"

# ---- stopped and started: what is new enough is not made again
await 'not s["failing"]'
stop
[ -z "$(ls site/packets/made | grep -v 'html$')" ] || fail "left behind: $(ls site/packets/made)"
before=$(made) w=$(sha 3W)
start site
await 's["units"] == 2'
same "$(made) $(sha 3W)" "$before $w" "after a restart nothing had changed"
stop
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"
echo "packets are kept new"
