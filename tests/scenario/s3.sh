#!/usr/bin/env bash
# A bucket under object lock (Ceph RGW, from Debian, on loopback), and an attacker who has its write key: whatever is overwritten, deleted or squatted there, a pull and a rebuild still get every byte.
. "$(dirname "$0")/lib.sh"
for p in ceph-mon ceph-osd radosgw; do command -v $p >/dev/null || skip "Debian's ceph-mon, ceph-osd and radosgw are not installed"; done
hf() { timeout 100 "$HOLDFAST" "$@"; }
bodies() { hf ledger cat --kind hl7v2 --site "$1" | sha256sum | cut -d' ' -f1; }
refused() { # STATUS WORD COMMAND...
	local want=$1 word=$2
	shift 2
	set +e
	timeout 60 "$HOLDFAST" "$@" >out 2>said
	local status=$?
	set -e
	same $status "$want" "exit status of $* ($(cat said))"
	grep -q -- "$word" out said || fail "$*: '$word' is not said: $(cat out said)"
}
set +e
timeout 120 "$top/tests/ceph-up" "$work/ceph" "$(free_port)"
status=$?
set -e
[ $status -eq 0 ] || skip "the object gateway does not start on this machine"
trap 'timeout 20 "$top/tests/ceph-up" "$work/ceph" stop; cleanup' EXIT
. "$work/ceph/env"
s3() { curl -s --aws-sigv4 "aws:amz:default:s3" -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@"; }
code() { s3 -o /dev/null -w '%{http_code}' "$@"; }

hf init site --name "St. Gabriel" --shares-dir shares 2>/dev/null
hf simulate --out feed.hl7 --beds 60 --count 1200 --seed 7 >/dev/null 2>&1
hf import feed.hl7 --site site >/dev/null
want=$(bodies site)

# --- credentials and buckets
AWS_SECRET_ACCESS_KEY=wrong refused 1 "refuses" replica add cloud s3://hospital/site --site site
AWS_ACCESS_KEY_ID= refused 2 "AWS_ACCESS_KEY_ID" replica add cloud s3://hospital/site --site site
same "$(code -X PUT "$AWS_ENDPOINT_URL/plain")" 200 "a bucket without lock"
refused 2 "no object lock" replica add cloud s3://plain/site --site site
hf replica add cloud s3://hospital/site --retain 2 --site site >/dev/null # makes the bucket, with object lock
hf replica push cloud --site site >/dev/null
same "$(hf replica push cloud --site site --json | json objects)" 1 "a second push puts a head and nothing else"
hf replica status cloud --data --site site >/dev/null

# --- the attacker, with the site's own keys for the bucket
s3 "$AWS_ENDPOINT_URL/hospital?max-keys=1000&prefix=site%2F&versions=" >versions.xml
python3 - versions.xml >versions <<'P'
import re, sys
for v in re.findall(r'<Version>(.*?)</Version>', open(sys.argv[1]).read(), re.S):
    print(re.search('<Key>(.*?)</Key>', v)[1], re.search('<VersionId>(.*?)</VersionId>', v)[1])
P
[ "$(wc -l <versions)" -gt 20 ] || fail "too few objects"
n=0
while read -r key version; do # no version goes away
	n=$((n + 1))
	[ $n -gt 6 ] || same "$(code -X DELETE "$AWS_ENDPOINT_URL/hospital/$key?versionId=$version")" 403 "a locked version is removed: $key"
done <versions
head -c 5000 /dev/urandom >junk
sed 's/ .*//' versions | while read -r key; do # but every name can be covered: junk over it, then a delete marker over half of them
	s3 -o /dev/null -X PUT --data-binary @junk "$AWS_ENDPOINT_URL/hospital/$key"
	case $key in *[02468ace]) s3 -o /dev/null -X DELETE "$AWS_ENDPOINT_URL/hospital/$key" ;; esac
done
# names that the site is going to use
size=$(hf ledger head --site site | sed -n 2p)
for name in "packs/care-00000009.age" "ledger/tile/0/$(printf %03d $((size / 256)))" "ledger/tile/entries/$(printf %03d $((size / 256)))" "heads/0001-99999999999999999999-0000000000000000"; do
	s3 -o /dev/null -X PUT --data-binary @junk "$AWS_ENDPOINT_URL/hospital/site/$name"
done
hf replica status cloud --data --site site >/dev/null # every byte is still to be had

# --- a bare replica pulls all of it, without any key of the site
hf replica add cloud s3://hospital/site --site mirror >/dev/null
hf replica pull cloud --site mirror >/dev/null
for f in site/packs/*.age; do cmp "$f" "mirror/packs/${f##*/}"; done

# --- the site goes on over squatted names
hf simulate --out more.hl7 --beds 60 --count 900 --seed 9 >/dev/null 2>&1
hf import more.hl7 --site site >/dev/null
want=$(bodies site)
hf replica push cloud --site site >/dev/null
hf replica pull cloud --site mirror >/dev/null
hf replica status cloud --data --site site >/dev/null

# --- a forged replica beside the true one: the attacker's own log, pushed to the same place
hf init forged --name "St. Gabriel" --shares-dir forged-shares 2>/dev/null
hf simulate --out forged.hl7 --beds 60 --count 3000 --seed 10 >/dev/null 2>&1
hf import forged.hl7 --site forged >/dev/null
hf replica add cloud s3://hospital/forged --site forged >/dev/null
hf replica push cloud --site forged >/dev/null
head=$(s3 "$AWS_ENDPOINT_URL/hospital?max-keys=10&prefix=forged%2Fheads%2F&versions=" | sed 's/.*<Key>forged.\([^<]*\)<.*/\1/')
s3 "$AWS_ENDPOINT_URL/hospital/forged/$head" >forged.head
s3 -o /dev/null -X PUT --data-binary @forged.head "$AWS_ENDPOINT_URL/hospital/site/$head"

# --- the machine is lost
mv site burnt
hf rebuild --from s3://hospital/site --shares shares/*1-of-3.txt shares/*3-of-3.txt new >/dev/null 2>said
grep -q "passed over" said || fail "the forged head is not told"
hf ledger verify --bodies --site new >/dev/null
same "$(bodies new)" "$want" "every message is back"
hf replica add cloud s3://hospital/site --site new >/dev/null
hf replica push cloud --site new >/dev/null 2>&1 || true # the forged head is told each time
hf replica status cloud --site new >/dev/null
