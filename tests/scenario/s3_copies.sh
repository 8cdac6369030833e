#!/usr/bin/env bash
# Sealed copies of the charts in a bucket (Ceph RGW, from Debian, on loopback): the two that the newest head names stay; older ones go in the push, each version when its lock has ended and not before. Some 20 s, most of it Ceph that starts and the lock that has to end.
. "$(dirname "$0")/lib.sh"
for p in ceph-mon ceph-osd radosgw; do command -v $p >/dev/null || skip "Debian's ceph-mon, ceph-osd and radosgw are not installed"; done
unset HOLDFAST_SITE
bucket_up
hf() { timeout 60 "$HOLDFAST" "$@" --site site; }
"$HOLDFAST" init site --name Ward 2>/dev/null
s3 -o /dev/null -X PUT "$AWS_ENDPOINT_URL/plain"
hf replica add cloud s3://hospital/site --retain 1 >/dev/null
hf replica add open s3://plain/site --no-lock >/dev/null
listed() { s3 "$AWS_ENDPOINT_URL/$1?max-keys=1000&prefix=site%2F$2&versions=" | grep -o '<Key>[^<]*</Key>' | sed 's/<[^>]*>//g' | sort -u; }
copies() { listed "$1" files%2Fcopies%2F | wc -l; }
for i in 1 2 3; do
	"$HOLDFAST" simulate --out new.hl7 --beds 6 --seed 3$i --count 40
	"$HOLDFAST" import --site site new.hl7 >/dev/null
	hf view copy >/dev/null
	[ $i = 1 ] && first=$(ls site/copies)
	if [ $i -lt 3 ]; then
		hf replica push cloud >said
		hf replica push open >said.open
		same "$(copies hospital) $(copies plain)" "$i $i" "copies in the buckets after $i"
	fi
done

# the third: the first is named no more. Without a lock it goes, under a lock it stays until tomorrow
hf replica push open >said.open
same "$(copies plain)" 2 "copies in the bucket without a lock"
grep -q 'old copies of the charts: 1 objects removed' said.open || fail "nothing is said of what was removed: $(cat said.open)"
listed plain files%2Fcopies%2F | grep -q "$first" && fail "the oldest copy is still in the bucket without a lock"
hf replica push cloud --json >said
same "$(copies hospital)" 3 "copies in the bucket with a lock"
python3 - <<'P' || fail "what was not removed is not said: $(cat said)"
import json
from datetime import datetime, timedelta, timezone
x = json.load(open('said'))
left = (datetime.fromisoformat(x['oldCopiesUntil'].replace('Z', '+00:00')) - datetime.now(timezone.utc)) / timedelta(hours=1)
assert x['ok'] and x['oldCopiesRemoved'] == 0 and x['oldCopiesLocked'] == 1 and 23 < left < 24.1, x
P

# a lock that ends: an older copy, put with a few seconds of it
old=site/files/copies/copy-000000000001-000000000001-${first#copy-*-*-}
old=$old/$(head -c 40 /dev/zero | sha256sum | cut -d' ' -f1)
until=$(date -ud "+6 seconds" +%Y-%m-%dT%H:%M:%SZ)
head -c 40 /dev/zero >junk
same "$(s3 -o /dev/null -w '%{http_code}' -X PUT -H "x-amz-object-lock-mode: COMPLIANCE" -H "x-amz-object-lock-retain-until-date: $until" --data-binary @junk "$AWS_ENDPOINT_URL/hospital/$old")" 200 "an object with a short lock"
hf replica push cloud >/dev/null
same "$(copies hospital)" 4 "copies while the short lock holds"
while [ "$(date +%s)" -le "$(($(date -ud "$until" +%s) + 1))" ]; do sleep 0.3; done
hf replica push cloud >said
same "$(copies hospital)" 3 "copies when the short lock has ended"
grep -q 'old copies of the charts: 1 objects removed' said || fail "what was removed is not said: $(cat said)"
grep -q 'old copies of the charts: 1 objects stay until their lock ends' said || fail "what stays is not said: $(cat said)"

# nothing else went, and what the head names is whole
hf replica status cloud --data >/dev/null || fail "the bucket is not whole"
hf replica status open --data >/dev/null || fail "the bucket without a lock is not whole"
