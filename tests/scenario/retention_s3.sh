#!/usr/bin/env bash
# Erasure where a bucket's lock keeps a copy (Ceph RGW, from Debian, on loopback): it is pending until the lock ends, by name and date, and asked once; a bucket without a lock loses every version.
. "$(dirname "$0")/lib.sh"
for p in ceph-mon ceph-osd radosgw gcc; do command -v $p >/dev/null || skip "Debian's ceph-mon, ceph-osd and radosgw, and gcc for the test's clock, are not all installed"; done
unset HOLDFAST_SITE
gcc -shared -fPIC -o clock.so "$here/clock.c"
at() { # DATE COMMAND...: with this time of day
	local when
	when=$(date -ud "$1" +%s)
	shift
	HOLDFAST_TEST_CLOCK=$when LD_PRELOAD="$work/clock.so" timeout 60 "$@"
}
at 2023-01-10 "$HOLDFAST" init site --name Ward 2>/dev/null || skip "no clock can be put before the program here"
case $("$HOLDFAST" ledger list --site site --json | head -1) in *2023-01-10*) ;; *) skip "no clock can be put before the program here" ;; esac
bucket_up
hf() { timeout 100 "$HOLDFAST" "$@" --site site; }

mkdir tree
head -c 50000 /dev/urandom >tree/f
at 2023-01-11 "$HOLDFAST" vault backup --site site --source a tree >/dev/null 2>&1
hf vault backup --source a tree >/dev/null 2>&1
"$HOLDFAST" simulate --out old.hl7 --beds 6 --seed 21 --count 40
at 2023-01-11 "$HOLDFAST" import --site site old.hl7 >/dev/null 2>&1
for i in 1 2 3; do
	"$HOLDFAST" simulate --out new.hl7 --beds 6 --seed 3$i --count 40
	"$HOLDFAST" import --site site new.hl7 >/dev/null
done
s3 -o /dev/null -X PUT "$AWS_ENDPOINT_URL/plain"
hf replica add cloud s3://hospital/site --retain 2 >/dev/null
hf replica add open s3://plain/site --no-lock >/dev/null
hf replica push cloud >/dev/null
hf replica push open >/dev/null
objects() { s3 "$AWS_ENDPOINT_URL/$1?max-keys=1000&prefix=site%2F&versions=" | grep -o '<Key>[^<]*</Key>' | grep -c -e 'period/files-2023Q1' || true; }
same "$(objects plain)" 2 "keys of the quarter in the bucket without a lock"
packs() { s3 "$AWS_ENDPOINT_URL/$1?max-keys=1000&prefix=site%2Fvault%2Fcontent&versions=" | grep -o '<Key>[^<]*</Key>' | wc -l; }
before=$(packs plain)

hf retention set files --keep 1y >/dev/null
hf retention apply --accept-clock >/dev/null 2>err
got=0
hf erase status --json >status || got=$?
[ "$got" = 1 ] || fail "exit status while a copy is pending: $got; $(cat status err)"
python3 - <<'P'
import json
from datetime import datetime, timedelta, timezone
x, = json.load(open('status'))
copies = {c['copy']: c for c in x['copies']}
assert x['class'] == 'files' and x['quarter'] == '2023Q1' and x['keys'][0]['name'] == 'files-2023Q1', x
assert copies['here']['state'] == 'destroyed' and copies['open']['state'] == 'destroyed', copies
c = copies['cloud']
until = datetime.fromisoformat(c['until'].replace('Z', '+00:00'))
days = (until - datetime.now(timezone.utc)) / timedelta(days=1)
assert c['state'] == 'pending' and c['pending'] >= 3 and 1.5 < days < 36, c
P
same "$(objects plain)" 0 "keys of the quarter in the bucket without a lock, after it"
[ "$(packs plain)" -lt "$before" ] || fail "the bucket without a lock kept the packs"
[ "$(objects hospital)" -ge 2 ] || fail "a lock let go"
{ hf erase status 2>/dev/null || true; } | grep -q 'cloud .*PENDING until' || fail "the pending copy and its date are not said"
n=$(entries site retention)
hf retention apply --accept-clock >/dev/null 2>&1
same "$(entries site retention)" "$n" "entries after asking again before the lock ends"

# messages: a quarter's keys, and the tails of its time, and one body of now, whose pack is an older version in the bucket from then on
versions() { s3 "$AWS_ENDPOINT_URL/$1?max-keys=1000&prefix=site%2F$2&versions=" | grep -o '<Key>[^<]*</Key>' | wc -l; }
[ "$(versions plain keys%2F)$(versions plain files%2Fkeys%2Fperiod%2Fcare-2023Q1)" != 00 ] || fail "the key of the messages is not in the bucket to begin with"
hf erase quarter care 2023Q1 --reason "policy 7" >/dev/null 2>err || fail "erasing a quarter of messages: $(cat err)"
same "$(versions plain files%2Fkeys%2Fperiod%2Fcare-2023Q1)" 0 "keys of the messages' quarter in the bucket without a lock"
[ "$(versions hospital files%2Fkeys%2Fperiod%2Fcare-2023Q1)" -ge 1 ] || fail "a lock let the messages' key go"
body=$("$HOLDFAST" ledger list --site site --json --kind hl7v2 | python3 -c 'import json, sys
print([json.loads(l)["seq"] for l in sys.stdin][-90])')
pack=$(python3 - "$body" <<'P'
import json, sys
data = open('site/packs/index', 'rb').read()
for i in range(0, len(data), 512):
    x = json.loads(data[i:i + 512].split(b'\n')[1])
    if x['first'] <= int(sys.argv[1]) < x['first'] + x['count']:
        print(x['pack'])
P
)
same "$(versions plain packs%2F$pack)$(versions hospital packs%2F$pack)" 11 "versions of its pack before"
hf erase entry "$body" --reason "wrong hospital" >/dev/null 2>err || fail "erasing a body: $(cat err)"
same "$(versions plain packs%2F$pack)" 1 "versions of its pack in the bucket without a lock: only the new one"
same "$(versions hospital packs%2F$pack)" 2 "versions of its pack under a lock"
hf erase status --json >status 2>/dev/null || true
python3 - <<'P'
import json
x = json.load(open('status'))
quarter, body = x[1], x[2]
assert quarter['class'] == 'care' and quarter['quarter'] == '2023Q1' and 'body' in body, x
for er in quarter, body:
    c = {c['copy']: c for c in er['copies']}
    assert c['cloud']['state'] == 'pending' and c['cloud']['pending'] >= 1 and 'until' in c['cloud'], c
assert {c['copy']: c for c in quarter['copies']}['open']['state'] in ('destroyed', 'failed'), quarter
P
hf ledger verify --bodies >/dev/null 2>err || fail "the ledger does not verify: $(cat err)"
