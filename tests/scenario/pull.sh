#!/usr/bin/env bash
# Replicas by themselves: a daemon that is pulled from over HTTPS, witnesses that hand back what they saw, the role that pushes, and an old copy of the site that is stopped.
. "$(dirname "$0")/lib.sh"
until_true() { # SECONDS COMMAND...
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || fail "never came true: $*"
		sleep 0.2
	done
}
# The daemon over TLS: $http, $mllp
serve() {
	local site=$1
	shift
	http=${http:-$(free_port)} mllp=$(free_port)
	"$HOLDFAST" serve --site "$site" --http 127.0.0.1:$http --mllp 127.0.0.1:$mllp "$@" 2>>"$work/serve.log" &
	daemon=$!
	until_true 20 curl -skf "https://127.0.0.1:$http/healthz"
}
get() { curl -sk --max-time 20 "$@"; }
code() { get -o /dev/null -w '%{http_code}' "$@"; }

hf init site --name "St. Gabriel" --shares-dir shares 2>/dev/null
hf simulate --out feed.hl7 --beds 60 --count 1500 --seed 7 >/dev/null 2>&1
hf import feed.hl7 --site site >/dev/null
mkdir share
head -c 3000000 /dev/urandom >share/image.raw
hf vault backup share --source share --site site >/dev/null
hf replica add off "$work/off" --site site >/dev/null
export AWS_SECRET_ACCESS_KEY=nobody-else-sees-this
serve site
url=https://127.0.0.1:$http

# --- the role pushes by itself, and nobody else has the credentials
until_true 20 test -e off/newest
status() { hf status --site site --json; }
until_true 20 sh -c '"$0" status --site site --json | grep -q lastSuccess' "$HOLDFAST"
status >now.json
python3 - now.json <<'P'
import json, sys
d = json.load(open(sys.argv[1]))
r = d["replicas"][0]
assert r["name"] == "off" and r["ours"] and r["lastSuccess"] and r["nextTry"], r
assert d["ledger"]["outside"]["name"] == "off" and d["ledger"]["protection"] == "ok", d["ledger"]
role = [x for x in d["roles"] if x["name"] == "replicate"][0]
assert role["sandbox"]["landlock"] and role["sandbox"]["seccomp"], role
for x in d["roles"]:
    try:
        env = open(f"/proc/{x['pid']}/environ", "rb").read()
    except PermissionError:
        continue
    assert b"nobody-else-sees-this" not in env, x["name"]
P
hf replica status off --data --site site >/dev/null
unset AWS_SECRET_ACCESS_KEY

# --- who may pull: a token of that role, which reads nothing else
token=$(hf token create --role replica --label unit7 --site site)
api=$(hf token create --role api --label app --site site)
bearer() { echo "Authorization: Bearer $1"; }
same "$(code $url/replica/newest)" 401 "without a token"
same "$(code -H "$(bearer $api)" $url/replica/newest)" 403 "a token of another role"
same "$(code -H "$(bearer $token)" $url/replica/newest)" 200 "a replica's token"
for path in api/board api/census api/search?q=a fhir/Patient api/audit api/raw/1; do
	c=$(code -H "$(bearer $token)" "$url/$path")
	[ "$c" = 403 ] || [ "$c" = 404 ] || fail "a replica's token gets $c at /$path"
done
for path in keys/care.key keys/signing.key wal/00000001.seg view/chart.db site.ini tls/web.key outbox/newest packs/index files/../../keys/care.key files/keys/care.key/0000 heads/../newest vault/log packs/seen.idx; do
	same "$(code --path-as-is -H "$(bearer $token)" "$url/replica/$path")" 404 "what is no object of a replica: $path"
done
rm site/outbox/newest # a cache: made again when it is asked for
same "$(code -I -H "$(bearer $token)" $url/replica/newest)" 200 "by whoever only looks, too"
same "$(code -X PUT -H "$(bearer $token)" $url/replica/newest)" 405 "nothing is written"
same "$(code -X POST -H "$(bearer $token)" -d junk $url/replica/cosign)" 400 "junk is no cosignature"
pack=$(ls site/packs/*.age | head -1) && name=packs/${pack##*/} && size=$(stat -c %s "$pack")
get -H "$(bearer $token)" $url/replica/$name >whole && cmp whole "$pack"
get -H "$(bearer $token)" -r 100-299 $url/replica/$name | cmp - <(tail -c +101 "$pack" | head -c 200)
get -H "$(bearer $token)" -r -77 $url/replica/$name | cmp - <(tail -c 77 "$pack")
same "$(get -H "$(bearer $token)" -r 5- -D - -o /dev/null $url/replica/$name | tr -d '\r' | sed -n 's/^[Cc]ontent-[Rr]ange: //p')" "bytes 5-$((size - 1))/$size" "what range it is"
same "$(code -H "$(bearer $token)" -r $size- $url/replica/$name)" 416 "a range behind the end"
same "$(code -H "$(bearer $token)" -r 0-1,5-6 $url/replica/$name)" 200 "several ranges at once: all of it"
same "$(get -I -H "$(bearer $token)" $url/replica/$name | tr -d '\r' | sed -n 's/^[Cc]ontent-[Ll]ength: //p')" "$size" "HEAD says how long"

# --- another machine: it believes the authority that it was given, and the key that it was given
printf '%s\n' "$token" >token && chmod 600 token
hf init stranger --shares-dir stranger-shares 2>/dev/null
refused 1 "certificate is not to be trusted" replica add up $url --token-file token --ca stranger/tls/ca.crt --site never
refused 1 "certificate is not to be trusted" replica add up $url --token-file token --site never2
cp site/ledger/vkey site.vkey
hf replica add up $url --token-file token --ca site/tls/ca.crt --vkey site.vkey --every 5 --site mirror >/dev/null
same "$(stat -c %a mirror/replicas/up.token)" 600 "the token's file"
hf replica pull up --site mirror >/dev/null
diff -r site/packs mirror/packs -x index -x seen.idx -x records >/dev/null || fail "packs differ"
for f in site/vault/*.age; do cmp "$f" "mirror/vault/${f##*/}"; done
[ -n "$(ls mirror/files/wal)" ] || fail "the sealed tail was not pulled"
same "$(hf replica pull up --site mirror --json | json objects)" 0 "a second pull brings nothing"
hf ledger verify --site mirror >verified
grep -q "replica" verified || fail "verify of a replica's folder: $(cat verified)"
hf replica add up $url --token-file token --ca site/tls/ca.crt --vkey stranger/ledger/vkey --site other >/dev/null
refused 1 "not signed with the key that was given" replica pull up --site other

# --- it is a witness: the site has its cosignature, shows it, and says how old the newest outside head is
grep -q witness mirror/ledger/checkpoint
get $url/ledger/witnessed | grep -q "holdfast/witness-" || fail "nobody witnessed"
cmp <(get $url/ledger/witnessed) mirror/ledger/checkpoint
status | json witnesses.0.by | grep -qx token/unit7
hf simulate --to 127.0.0.1:$mllp --tls-ca site/tls/ca.crt --beds 10 --count 30 --seed 3 >/dev/null 2>&1 || hf import <(true) --site site >/dev/null 2>&1 || true
hf simulate --out more.hl7 --beds 60 --count 600 --seed 8 >/dev/null 2>&1
hf import more.hl7 --site site >/dev/null
sleep 1.2
hf replica pull up --site mirror >/dev/null 2>said || fail "$(cat said)"
[ "$(sed -n 2p mirror/ledger/checkpoint)" -gt 0 ]
# another witness under the same token is not taken for the first
hf replica add up $url --token-file token --ca site/tls/ca.crt --site twin >/dev/null
hf replica pull up --site twin >/dev/null 2>said
grep -q "could not be handed back" said || fail "a second witness took the first one's place: $(cat said)"
grep -q "$(status | json witnesses.0.key)" mirror/witness.vkey || fail "the first witness is not the one that counts"

# --- several connections over a link that takes its time, and one: the same bytes
relay=$(free_port)
python3 "$here/delay.py" "$relay" "$http" 3 &
far=$!
helpers=$far
until_true 60 sh -c "curl -sk https://127.0.0.1:$relay/healthz"
for n in 1 8; do
	hf replica add far https://127.0.0.1:$relay --token-file token --ca site/tls/ca.crt --site far$n >/dev/null
	hf replica pull far --connections $n --site far$n >/dev/null 2>&1
	hf ledger verify --since mirror/ledger/checkpoint --site far$n >/dev/null
done
diff -r far1/packs far8/packs && diff -r far1/vault far8/vault && diff -r far1/ledger/tile far8/ledger/tile
refused 2 "1 to 16" replica pull far --connections 17 --site far8
HOLDFAST_TOKEN=$token SSL_CERT_FILE=site/tls/ca.crt hf rebuild --from https://127.0.0.1:$relay --shares shares/*1-of-3.txt shares/*2-of-3.txt rebuilt >/dev/null 2>&1
hf ledger verify --bodies --site rebuilt >/dev/null
kill $far
helpers=

# --- a folder's witness hands back through the folder
hf replica add down "$work/off" --site folded >/dev/null
hf replica pull down --site folded >/dev/null
[ -n "$(ls off/witness)" ] || fail "nothing was handed back in the folder"

# --- the role dies and comes back; a folder that is away is said, and tried again by itself
was=$(status | python3 -c 'import json,sys; print([x["pid"] for x in json.load(sys.stdin)["roles"] if x["name"]=="replicate"][0])')
kill -9 "$was"
until_true 60 sh -c '"$0" status --site site --json | python3 -c "import json,sys; r=[x for x in json.load(sys.stdin)[\"roles\"] if x[\"name\"]==\"replicate\"][0]; sys.exit(not (r[\"pid\"] not in (0,'$was') and r[\"state\"]==\"running\"))"' "$HOLDFAST"
stop
cp -a site before # the disk image of that evening
mv off away
serve site
until_true 20 sh -c '"$0" status --site site --json | grep -q "no such folder"' "$HOLDFAST"
mv away off
hf import feed.hl7 more.hl7 --site site >/dev/null
hf simulate --out late.hl7 --beds 20 --count 200 --seed 21 >/dev/null 2>&1
hf import late.hl7 --site site >/dev/null
sleep 1.2
hf replica push off --site site >/dev/null
hf replica pull up --site mirror >/dev/null
held=$(sed -n 2p mirror/ledger/checkpoint)
stop

# --- the old image is started: the keeper asks, and appends nothing under the old name
# SITE is only read now: charts are there, nothing is appended, and when it is stopped it ends with 1
only_read() {
	until_true 20 sh -c '"$0" status --site "$1" --json | grep -q "\"readOnly\""' "$HOLDFAST" "$1"
	kill -TERM "$daemon"
	set +e
	wait "$daemon"
	same $? 1 "exit of $1"
	set -e
	daemon=
}
: >serve.log
serve before
only_read before
grep -q "off has seen $(sed -n 2p off/ledger/checkpoint) entries of this log and only" serve.log || fail "it does not say why: $(cat serve.log)"
grep -q "holdfast ledger epoch" serve.log || fail "it does not say what to do"
refused 1 "Nothing is appended under this name" import feed.hl7 --site before

# --- nobody could be asked at the start; then a witness comes, and proves it
cp -a site/replicas/off.ini kept.ini
rm -rf before2 && cp -a before before2 && rm -f before2/replicas/* before2/ledger/ahead
serve before2
refused 1 "shorter than what was accepted here: the entries from #" replica pull up --site mirror
same "$(sed -n 2p mirror/ledger/checkpoint)" "$held" "a shorter head changes nothing"
only_read before2
grep -q "token/unit7 has seen $held entries" serve.log || fail "it does not say who proved it"
hf ledger epoch --reason "an old image was restored" --site before2 >/dev/null
hf import late.hl7 --site before2 >/dev/null

# --- a fork: the same name and key, another history, as long or longer: refused with the entry where it begins
rm -rf fork && cp -a before fork && rm -f fork/replicas/* fork/ledger/ahead
first=$(sed -n 2p fork/ledger/checkpoint)
hf simulate --out fork.hl7 --beds 80 --count 3000 --seed 99 >/dev/null 2>&1
hf import fork.hl7 --site fork >/dev/null
serve fork
refused 1 "the past was rewritten: entry #$first is another there than here" replica pull up --site mirror
same "$(sed -n 2p mirror/ledger/checkpoint)" "$held" "a rewritten past changes nothing"
only_read fork
