#!/usr/bin/env bash
# A bucket under object lock (Ceph RGW, from Debian, on loopback), and an attacker who has its write key: whatever is overwritten, deleted or squatted there, a pull and a rebuild still get every byte.
. "$(dirname "$0")/lib.sh"
for p in ceph-mon ceph-osd radosgw; do command -v $p >/dev/null || skip "Debian's ceph-mon, ceph-osd and radosgw are not installed"; done
bodies() { hf ledger cat --kind hl7v2 --site "$1" | sha256sum | cut -d' ' -f1; }
bucket_up
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

# --- locks: keyrings for 35 days whatever is said, all else as it is said; weekly (here: when the time has come) they are made longer
until_of() { # KEY: of its versions the one that is locked for longest
	s3 "$AWS_ENDPOINT_URL/hospital?max-keys=100&prefix=${1//\//%2F}&versions=" | grep -o '<VersionId>[^<]*' | sed 's/<VersionId>//' | while read -r v; do
		s3 "$AWS_ENDPOINT_URL/hospital/$1?retention=&versionId=$v" | sed -n 's/.*<RetainUntilDate>\([^<]*\)<.*/\1/p'
	done | sort | tail -1
}
days_of() { python3 -c 'import sys,datetime as d; print(round((d.datetime.fromisoformat(sys.argv[1][:19]) - d.datetime.now(d.timezone.utc).replace(tzinfo=None)).total_seconds() / 86400, 2))' "$1"; }
between() { python3 -c 'import sys; a, x, b = map(float, sys.argv[1:]); sys.exit(not a <= x <= b)' "$@"; }
ring=$(s3 "$AWS_ENDPOINT_URL/hospital?max-keys=1000&prefix=site%2Ffiles%2Fkeys%2Fperiod%2F&versions=" | grep -o '<Key>[^<]*' | sed 's/<Key>//' | tail -1)
pack=site/packs/care-00000001.age
before=$(until_of "$ring") packed=$(until_of $pack)
between 34.9 "$(days_of "$before")" 35 || fail "a keyring is locked until $before"
between 1.9 "$(days_of "$packed")" 2 || fail "a pack is locked until $packed"
sleep 1.1
hf replica push cloud --site site >/dev/null
same "$(until_of "$ring")" "$before" "nothing is renewed before it is time"
state=site/outside/cloud.json
[ -e $state ] || state=site/replicas/cloud.json
python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); d["renewed"] -= 8 * 86400 * 10**9; json.dump(d, open(sys.argv[1], "w"))' $state
hf replica push cloud --site site >/dev/null
now=$(until_of "$ring")
[[ "$now" > "$before" ]] || fail "the keyring's lock was not renewed: $now"
[[ "$(until_of $pack)" > "$packed" ]] || fail "the pack's lock was not renewed"
between 34.9 "$(days_of "$now")" 35 || fail "a renewed keyring is locked until $now"
refused 2 "one head an hour" replica add often s3://hospital/often --every 5 --site site

# --- the daemon's role pushes there by itself, locked in, with credentials that were given to it alone
sed 's/^export //; s/ /\n/g' "$work/ceph/env" >credentials
cp -a site daemon
rm -f daemon/replicas/cloud.ini
byself() { hf status --site daemon --json | python3 -c 'import json,sys; r=[x for x in json.load(sys.stdin)["replicas"] if x["name"]=="byself"][0]; sys.exit(not r.get("lastSuccess") or bool(r.get("error")))'; }
AWS_ACCESS_KEY_ID= refused 2 "AWS_ACCESS_KEY_ID" replica add bare s3://hospital/bare --site daemon
AWS_ACCESS_KEY_ID= AWS_ENDPOINT_URL= hf replica add byself s3://hospital/byself --retain 2 --credentials credentials --site daemon >/dev/null
same "$(stat -c %a daemon/replicas/byself.s3)" 600 "credentials are the owner's alone"
keep=$AWS_ACCESS_KEY_ID
unset AWS_ACCESS_KEY_ID
start daemon
for _ in $(seq 150); do
	byself && break
	sleep 0.2
done
byself || fail "the role did not push: $(hf status --site daemon | grep byself)"
pid=$(hf status --site daemon --json | python3 -c 'import json,sys; print([x["pid"] for x in json.load(sys.stdin)["roles"] if x["name"]=="replicate"][0])')
rss=$(awk '/VmHWM/{print $2}' "/proc/$pid/status")
[ "$rss" -lt 131072 ] || fail "the role took $rss KiB"
stop
export AWS_ACCESS_KEY_ID=$keep
hf replica status byself --data --site daemon >/dev/null

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
