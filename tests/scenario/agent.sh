#!/usr/bin/env bash
# Agents on other hosts, over HTTPS to a real daemon: first backup, unchanged, 2 % changed, restored exactly; an encryption pass is named and restore --clean gives everything back; agent and server killed in the middle;
# a stolen credential lists nothing and reads nothing, writes under nobody else's source, and is refused once it is revoked; a flipped byte is refused; two agents have no chunk in common; a lost state costs time only.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
tool="python3 $here/agent.py"
mkdir shares
"$HOLDFAST" init site --name Ward --shares-dir shares 2>/dev/null
set -- shares/*
"$HOLDFAST" key join "$1" "$3" --site site >id
https=$(free_port) mllp=$(free_port)
url=https://127.0.0.1:$https
up() {
	"$HOLDFAST" serve --site site --http 127.0.0.1:$https --mllp 127.0.0.1:$mllp "$@" 2>>serve.log &
	daemon=$!
	for _ in $(seq 400); do
		curl -sf --cacert site/tls/ca.crt $url/healthz >/dev/null 2>&1 && return 0
		kill -0 "$daemon" 2>/dev/null || fail "serve ended: $(tail -5 serve.log)"
		sleep 0.05
	done
	fail "serve did not come up"
}
up
agent() { local file=$1 source=$2; shift 2; "$HOLDFAST" vault backup --to $url --agent $file --source $source --state state-$(basename $file .agent) "$@"; }
verdict() { "$HOLDFAST" vault list --site site --source "$1" --json | tail -1 | json verdict; }

# ---- made, listed, in the ledger, and closed to others ----
"$HOLDFAST" agent add ward7 --site site --url $url >/dev/null 2>&1 || fail "agent add"
same "$(stat -c %a ward7.agent)" 600 "mode of a credential"
"$HOLDFAST" agent add other --site site --url $url --out other.agent >/dev/null 2>&1
"$HOLDFAST" agent add ward7 --site site --url $url --out again.agent 2>/dev/null && fail "a second agent of the same name"
same "$("$HOLDFAST" agent list --site site --json | wc -l)" 2 "agents"
grep -q "AGE-SECRET-KEY" ward7.agent && fail "a secret key lies in a credential"
token=$(sed -n 's/^token //p' ward7.agent)
! grep -arq "$token" site || fail "the site keeps the token itself"
chmod 644 other.agent
agent other.agent files "$work" >/dev/null 2>err && fail "a credential that others may read was used"
chmod 600 other.agent
"$HOLDFAST" token create --site site --role agent >/dev/null 2>&1 && fail "token create made an agent"

# ---- there and back ----
$tool tree t
agent ward7.agent files "$work/t" >first.log 2>err || fail "first backup: $(cat err)"
first=$(tail -1 first.log)
case $first in s[0-9]*) ;; *) fail "backup printed '$first' last" ;; esac
"$HOLDFAST" vault restore "$first" out --site site --identity id >/dev/null || fail "restore"
diff -r --no-dereference t "out$work/t" >differences || fail "another tree came back: $(head -3 differences)"
same "$(stat -c '%s %Y %a' "t/ward 3/scan-03.png" t/sparse)" "$(stat -c '%s %Y %a' "out$work/t/ward 3/scan-03.png" "out$work/t/sparse")" "sizes, times, modes"
rm -rf out
status=0
"$HOLDFAST" vault restore "$first" stolen --site site --identity site/keys/care.key >/dev/null 2>&1 || status=$?
same $status 1 "content opened with the care key"
"$HOLDFAST" ledger list --site site --json | grep -q '"source":"agent/ward7"' || fail "no entry is stamped with the agent"

# ---- unchanged, and 2 % changed ----
sleep 0.3
agent ward7.agent files "$work/t" --json >again.json
same "$(json new_bytes <again.json) $(json changed <again.json) $(json verdict <again.json)" "0 0 clean" "an unchanged tree"
[ "$(json stored_bytes <again.json)" -lt 2000 ] || fail "an unchanged tree costs $(json stored_bytes <again.json) bytes"
$tool change t 2
agent ward7.agent files "$work/t" --json >changed.json
[ "$(json changed <changed.json)" -ge 4 ] && [ "$(json added <changed.json)" = 0 ] || fail "2 % changed: $(cat changed.json)"
[ "$(json stored_bytes <changed.json)" -lt 400000 ] || fail "2 % changed costs $(json stored_bytes <changed.json) bytes"
"$HOLDFAST" vault restore latest out --site site --source files --identity id >/dev/null
diff -r --no-dereference t "out$work/t" >differences || fail "another tree came back: $(head -3 differences)"
rm -rf out
"$HOLDFAST" vault ls latest "$work/t/ward 4" --site site --source files >ls.log
same "$(wc -l <ls.log)" 51 "lines of a folder"
"$HOLDFAST" vault check --site site --data --identity id >check.log || fail "check: $(cat check.log)"
"$HOLDFAST" vault drill latest --site site --source files --identity id >drill.log || fail "drill: $(cat drill.log)"

# ---- a lost state ----
rm -rf state-ward7
agent ward7.agent files "$work/t" --json >lost.json 2>err || fail "without its state: $(cat err)"
same "$(json changed <lost.json) $(json added <lost.json) $(json verdict <lost.json)" "0 0 clean" "a lost state: the site still compares"
printf x | dd of=$(ls state-ward7/files.*.list) bs=1 seek=100 conv=notrunc 2>/dev/null
agent ward7.agent files "$work/t" --json >flipped.json 2>err || fail "with a flipped state: $(cat err)"
same "$(json changed <flipped.json) $(json verdict <flipped.json)" "0 clean" "a flipped state"

# ---- two agents ----
agent other.agent elsewhere "$work/t" --json >elsewhere.json
[ "$(json stored_bytes <elsewhere.json)" -gt 12000000 ] || fail "an agent used another's chunks: $(cat elsewhere.json)"
agent other.agent files "$work/t" >/dev/null 2>err && fail "an agent wrote under another's source"
grep -q "belongs to the agent ward7" err || fail "the refusal says: $(cat err)"
"$HOLDFAST" vault backup --site site --source files "$work/t" >/dev/null 2>&1 && fail "the site wrote under an agent's source"
"$HOLDFAST" vault restore latest out --site site --source elsewhere --identity id >/dev/null
diff -r --no-dereference t "out$work/t" >differences || fail "the other agent's tree: $(head -3 differences)"
rm -rf out

# ---- the stolen credential ----
raw() { $tool raw $url ward7.agent site/tls/ca.crt "$@"; }
for path in /api/board /api/session /api/census /api/users /api/audit /fhir/Patient '/fhir/Patient?name=a'; do
	case $(raw GET "$path") in 401* | 403* | 404*) ;; *) fail "a stolen credential is answered at $path: $(raw GET "$path" | cut -c1-200)" ;; esac
done
for path in /vault/list /vault/pack /vault/snapshot "/vault/pack?number=1" /vault/content-00000001.age; do
	case $(raw GET "$path") in 40[0-9]*) ;; *) fail "GET $path is answered: $(raw GET "$path" | cut -c1-200)" ;; esac
done
raw POST "/vault/begin?source=elsewhere" >begin.json
grep -q '"base"' begin.json && fail "it learns of another's snapshots"
grep -q letter begin.json && fail "it learns names"
raw POST "/vault/snapshot?sha256=$(printf 0%.0s $(seq 64))" | grep -q ^404 || fail "a snapshot without its list"
head -c 100000 /dev/urandom >noise
sha=$(sha256sum <noise | cut -d' ' -f1)
raw PUT "/vault/pack?number=1&offset=0&size=100000&plain=1&sha256=$sha&period=files-2026Q4" noise | grep -q ^404 || fail "a pack over another's number"
raw PUT "/vault/pack?number=1&offset=0&size=99999999999&plain=1&sha256=$sha&period=files-2026Q4" noise | grep -q ^413 || fail "a pack of any size"
number=$(raw POST /vault/number | cut -d' ' -f2- | json number)
raw PUT "/vault/pack?number=$number&offset=0&size=100000&plain=1&sha256=${sha%??}00&period=files-2026Q4" noise >flipped.log
grep -q ^400 flipped.log && grep -q "SHA-256 differs" flipped.log || fail "a corrupted upload: $(cat flipped.log)"
[ ! -e "site/vault/content-$(printf %08d $number).age" ] || fail "a corrupted upload has a name in the vault"
raw PUT "/vault/list?offset=0&size=100000&sha256=$sha&period=catalogue-2026Q4" noise | grep -q ^200 || fail "a list is taken"
echo '{"source":"files","host":"h","begun":"1","ended":"2","roots":["/"],"unreadable":0,"stored_bytes":0,"files_period":"files-2026Q4","list_period":"catalogue-2026Q4","lines_sha256":"'$sha'"}' >meta
for _ in 1 2 3 4 5 6 7 8 9 10; do
	raw POST "/vault/snapshot?sha256=$sha" meta >noise.log
	grep -q ^202 noise.log || break
	sleep 0.1
done
grep -q '^40' noise.log || fail "noise became a snapshot: $(cat noise.log)"

# ---- killed in the middle ----
python3 -c 'import random,sys
r = random.Random(3)
for i in range(3):
    open("t/big-%d.bin" % i, "wb").write(r.randbytes(36 << 20))'
agent ward7.agent files "$work/t" >/dev/null 2>&1 &
running=$!
for _ in $(seq 400); do [ "$(ls site/vault/content-*.age 2>/dev/null | wc -l)" -gt 3 ] && break; sleep 0.02; done
kill -9 $running 2>/dev/null || true
wait $running 2>/dev/null || true
entered=$("$HOLDFAST" ledger list --site site --json --kind vault-pack | wc -l)
agent ward7.agent files "$work/t" --json >resumed.json 2>err &
running=$!
for _ in $(seq 400); do [ "$("$HOLDFAST" ledger list --site site --json --kind vault-pack | wc -l)" -gt "$entered" ] && break; sleep 0.02; done
kill -9 $daemon
wait $daemon 2>/dev/null || true
sleep 0.5
up
wait $running || fail "a backup over a killed server: $(cat err)"
"$HOLDFAST" vault check --site site --data --identity id >check.log || fail "check: $(cat check.log)"
"$HOLDFAST" vault restore latest out --site site --source files --identity id >/dev/null
diff -r --no-dereference t "out$work/t" >differences || fail "after kills another tree came back: $(head -3 differences)"
rm -rf out
same "$(find site/vault/in/up -name 'list*' | wc -l)" 0 "lists that stay"

# ---- an encryption pass ----
rm "t/ward 2/second name.txt"
agent ward7.agent files "$work/t" >/dev/null
cp -a t clean
$tool encrypt t
agent ward7.agent files "$work/t" --json >damage.json || true
same "$(json verdict <damage.json)" damage "verdict of an encryption pass, to the agent"
same "$(verdict files)" damage "verdict of an encryption pass, in the list"
"$HOLDFAST" vault clean-point --site site --source files --json >clean.json
[ "$(json damaged <clean.json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" -ge 300 ] || fail "clean-point: $(cut -c1-300 clean.json)"
"$HOLDFAST" vault restore latest out --site site --source files --clean --identity id >/dev/null 2>err || fail "restore --clean: $(cat err)"
diff -r --no-dereference clean "out$work/t" >differences || fail "restore --clean: $(head -3 differences)"
rm -rf out clean

# ---- revoked ----
"$HOLDFAST" agent revoke ward7 --site site
agent ward7.agent files "$work/t" >/dev/null 2>err && fail "a revoked agent was let in"
grep -q "revoked" err || fail "the refusal says: $(cat err)"
"$HOLDFAST" ledger list --site site --json --kind account | wc -l | { read -r n; [ "$n" -ge 3 ] || fail "creation and revocation are entries"; }
# ---- and its host goes on with a new credential, where it was ----
"$HOLDFAST" agent add ward7 --site site --url $url --out new.agent >/dev/null 2>&1
mv new.agent ward7.agent
agent ward7.agent files "$work/t" --json >renewed.json || true
same "$(json changed <renewed.json) $(json added <renewed.json) $(json new_bytes <renewed.json)" "0 0 0" "a new credential of the same name"
# another site's authority is not taken
sed -i '/BEGIN CERTIFICATE/,$d' other.agent
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=other -days 2 2>/dev/null >>other.agent
agent other.agent elsewhere "$work/t" >/dev/null 2>err && fail "another authority's certificate was taken"
grep -q "certificate" err || fail "the refusal says: $(cat err)"
"$HOLDFAST" ledger verify --site site >/dev/null || fail "the ledger does not verify"
stop
echo "agents: brought, judged, restored, refused"
