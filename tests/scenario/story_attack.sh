#!/usr/bin/env bash
# The whole night, in network namespaces: a file server that is a hospital's, with a ward's PC, another PC, and a partner. The PC destroys the files of a share over SMB (with bytes that were made before; nothing outside of a
# folder of this test is touched). It is denied and its address cut; all partners are cut, and that is proven; messages queue; the ward still reads its chart; files are put back; partners reopen in stages with two signatures;
# the queue arrives in order. Many small steps of several programs: longer than most.
[ "$(id -u)" = 0 ] || { echo "skipped: network namespaces need root"; exit 77; }
for c in smbd smbclient smbpasswd ip python3 curl; do command -v $c >/dev/null || { echo "skipped: $c is not installed"; exit 77; }; done
ls /usr/lib/*/libnftables.so.1 >/dev/null 2>&1 || { echo "skipped: libnftables1 is not installed"; exit 77; }
if [ -z "${STORY:-}" ]; then
	n=hfs$$
	for x in host far pc ward; do ip netns add $n-$x 2>/dev/null || { echo "skipped: no network namespaces here"; exit 77; }; done
	STORY=$n ip netns exec $n-host bash "$0"
	status=$?
	for x in host far pc ward; do
		for pid in $(ip netns pids $n-$x); do kill -9 "$pid" 2>/dev/null; done
		ip netns del $n-$x
	done
	exit $status
fi
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
n=$STORY
far() { ip netns exec $n-far "$@"; }
pc() { ip netns exec $n-pc "$@"; }
ward() { ip netns exec $n-ward "$@"; }
flow="python3 $here/gate_flow.py"
peer="python3 $here/gate_peer.py"
net=7
ip link set lo up
for side in ward pc far; do
	ip link add $side type veth peer name eth netns $n-$side || skip "no veth here"
	ip addr add 10.$net.0.1/24 dev $side; ip link set $side up
	$side ip link set lo up; $side ip addr add 10.$net.0.2/24 dev eth; $side ip link set eth up; $side ip route add default via 10.$net.0.1
	net=$((net + 1))
done
sysctl -qw net.ipv4.ip_forward=1
watching= smbd=
quit() {
	local s=$?
	for pid in $watching $smbd; do kill -TERM "$pid" 2>/dev/null || true; done
	(exit $s)
	cleanup
}
trap quit EXIT

# ---- the house: a chart, two people, two partners, a share ----
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada bob; do
	hf user add $who --role security --site site >/dev/null 2>&1
	eval "t_$who=$(hf token create --user $who --site site)"
done
hf user add nora --role clinician --site site >/dev/null 2>&1
t_nora=$(hf token create --user nora --site site)
printf 'MSH|^~\\&|ADT|H|HF|H|20261122080000||ADT^A01^ADT_A01|A1|P|2.5\rEVN|A01|20261122080000\rPID|1||4711^^^H^MR||Berg^Anna||19500101|F\rPV1|1|I|3W^12^1^H||||||||||||||||4711^^^H^VN\r' >adt.hl7
hf import --site site adt.hl7 >/dev/null 2>&1
"$HOLDFAST" serve --site site --http 0.0.0.0:18080 --mllp 127.0.0.1:18081 2>>serve.log & daemon=$!
for _ in $(seq 400); do curl -skf https://127.0.0.1:18080/healthz >/dev/null && break; sleep 0.05; done
chart() { "$@" curl -sk --max-time 10 -H "Authorization: Bearer $t_nora" "https://10.7.0.1:18080/fhir/Patient?family=Berg"; }
for _ in $(seq 100); do chart ward | grep -q '"Berg"' && break; sleep 0.1; done
chart ward | grep -q '"Berg"' || fail "the ward cannot read before anything has happened: $(chart ward | head -c 300)"
BIND=10.9.0.2 far $peer recv 6002 got 2>/dev/null &
far $flow recv 10.9.0.2 6001 images.got &
gate() { hf gate "$@" --site site; }
gate add lab --listen 127.0.0.1:7003 --to 10.9.0.2:6002 --protocol mllp --direction out --class lab
gate add images --listen 127.0.0.1:7001 --to 10.9.0.2:6001 --protocol tcp --direction out --class images
state() { gate list --json | python3 -c 'import json,sys
for l in sys.stdin:
    d = json.loads(l)
    if d["name"] == sys.argv[1]:
        for k in sys.argv[2].split("."): d = d[k]
        print(d)' "$@"; }
wait_for() { local want=$1; shift; for _ in $(seq 300); do [ "$("$@")" = "$want" ] && return 0; sleep 0.05; done; fail "$*: '$("$@")' does not become '$want'"; }

mkdir -p share lock private cache run ncalrpc
chmod 755 "$work"; chmod 777 share
cat >smb.conf <<C
[global]
server role = standalone server
private dir = $work/private
lock directory = $work/lock
state directory = $work/lock
cache directory = $work/cache
pid directory = $work/run
ncalrpc dir = $work/ncalrpc
log file = $work/smbd.log
passdb backend = smbpasswd:$work/private/smbpasswd
disable spoolss = yes
load printers = no
printcap name = /dev/null
server min protocol = SMB2
map to guest = never
[share]
path = $work/share
read only = no
force user = mail
C
printf 'geheim\ngeheim\n' | smbpasswd -c smb.conf -a -s games >/dev/null 2>&1
setsid smbd -F --no-process-group -s "$work/smb.conf" </dev/null >smbd.out 2>&1 & smbd=$!
at() { # WHO: commands on stdin, one connection
	$1 timeout 60 smbclient -s "$work/smb.conf" -U games%geheim //10.$2.0.1/share
}
for _ in $(seq 100); do
	echo ls | at ward 7 >/dev/null 2>&1 && break
	kill -0 $smbd 2>/dev/null || skip "smbd does not start here: $(tail -n 3 smbd.out)"
	sleep 0.1
done
python3 "$here/watch_tree.py" "$work/made" 36
(cd made && find . -type f -name '*.*' -printf '%P\n' | sort) >names
mkdir enciphered
python3 - <<'P'
import random
r = random.Random(7)
for f in open("names").read().split():
    open("enciphered/" + f.replace("/", "_"), "wb").write(bytes(x ^ r.randrange(256) for x in open("made/" + f, "rb").read()))
P
cp -r made/. share/; chown -R mail share
setsid "$HOLDFAST" watch run --path "$work/share" --site site --cut-client --json >events 2>watch.log & watching=$!
for _ in $(seq 300); do grep -q '"event":"ready"' events && break; kill -0 $watching 2>/dev/null || break; sleep 0.1; done
grep -q '"event":"ready"' events || { grep -q 'no fanotify\|needs root' events watch.log && skip "no fanotify here"; fail "watch: $(cat events watch.log)"; }
$peer send 7003 1 10 >/dev/null
wait_for 10 eval "wc -l <got"

# ---- 03:07: a PC destroys the share ----
same "$(pc $flow try 10.8.0.1 445)" open "the file service, before"
while read -r f; do echo "put $work/enciphered/${f//\//_} $f"; done <names | at pc 8 >attack.out 2>&1 || true
for _ in $(seq 100); do grep -q '"event":"denied"' events && break; sleep 0.1; done
grep '"event":"denied"' events | grep -q '"client":"10.8.0.2"' || fail "nobody was denied: $(cat events watch.log; head -5 attack.out; tail -5 attack.out)"
touched=0
while read -r f; do cmp -s "made/$f" "share/$f" || touched=$((touched + 1)); done <names
[ $touched -ge 1 ] && [ $touched -le 3 ] || fail "$touched files were touched"
id=$(sed -n 's/^{"event":"verdict","id":"\([^"]*\)".*/\1/p' events)
# its address is cut, and nobody else's; the chart is still there, for that PC too
wait_for refused pc $flow try 10.8.0.1 445
same "$(pc $flow try 10.9.0.2 6002)" refused "what the PC sends through this host"
echo ls | at ward 7 >/dev/null 2>&1 || fail "the ward's files are gone, too"
chart ward | grep -q '"Berg"' || fail "the ward cannot read"
pc curl -skf --max-time 10 https://10.8.0.1:18080/healthz >/dev/null || fail "the PC cannot even read a chart"
grep -q "^State:.*stopped" /proc/$smbd/status && fail "smbd was stopped"

# ---- all partners, in one move, proven ----
gate cut --all --reason "files of a share are being encrypted" >cut.out || fail "cut: $(cat cut.out)"
for l in lab images; do
	same "$(state $l state) $(state $l proof.method)" "CUT relay+nft" "$l: $(state $l proof.result)"
	state $l proof.result | grep -q "; 0 bytes since" || fail "$l: $(state $l proof.result)"
done
same "$($flow try 10.9.0.2 6002) $(ward $flow try 10.9.0.2 6001)" "refused refused" "the partner"
same "$($peer send 7003 11 30)" 20 "what our own systems send is taken"
same "$(state lab queue) $(wc -l <got)" "20 10" "and queued"
chart ward | grep -q '"Berg"' || fail "the ward cannot read while all is cut"

# ---- files back, the PC let in again ----
hf watch restore "$id" --site site >restored || fail "restore: $(cat restored)"
while read -r f; do cmp -s "made/$f" "share/$f" || fail "lost: $f"; done <names
hf watch release "$id" --site site >/dev/null
wait_for open pc $flow try 10.8.0.1 445

# ---- partners reopen in stages, each by two people; the queue arrives in order ----
step() { HOLDFAST_TOKEN=$t_ada gate advance $1 >/dev/null && HOLDFAST_TOKEN=$t_bob gate advance $1 >/dev/null; }
for s in QUARANTINED TEST; do step lab; same "$(state lab state)" $s "stages"; done
sleep 0.3
same "$(wc -l <got)" 10 "before the stage that lets messages pass"
step lab
wait_for 0 state lab queue
wait_for 30 eval "wc -l <got"
same "$(cut -d' ' -f1 <got | tr '\n' ' ')" "$(seq -f 'M%.0f' 1 30 | tr '\n' ' ')" "what the partner got, in order and each once"
for s in LIMITED OPEN; do step lab; same "$(state lab state)" $s "stages"; done
same "$(state images state)" CUT "the other one"
same "$($peer send 7003 31 33)" 3 "live again"
wait_for 33 eval "wc -l <got"

# ---- what the ledger says of the night ----
kill -TERM $watching; wait $watching 2>/dev/null || true; watching=
hf ledger cat --site site --kind gate-act >acts
python3 - <<'P' || fail "the entries of the night: $(cat acts)"
import re
acts = re.findall(r'"what":"([a-z-]+)"', open("acts").read())
first = {w: acts.index(w) for w in ("cut-address", "address-proof", "cut", "proof", "free-address", "step")}
assert first["cut-address"] < first["address-proof"] < first["cut"] < first["proof"] < first["free-address"] < first["step"], acts
P
hf ledger cat --site site --kind alarm >alarms
for what in verdict denied released restored; do grep -q "\"text\":\"$what\"" alarms || fail "no entry says $what: $(cut -c1-300 alarms)"; done
# ---- letters: what they say is what the entries of this night say ----
for kind in cut conditions assurance; do gate letter lab --kind $kind -o $kind.txt; done
python3 - <<'P' || fail "the letters: $(cat cut.txt assurance.txt)"
import json, os, re, subprocess, time
hf = os.environ["HOLDFAST"]
have = {e["seq"]: e for e in map(json.loads, subprocess.run([hf, "ledger", "list", "--site", "site", "--json"], capture_output=True, text=True, check=True).stdout.splitlines())}
def body(n):
    return json.loads(subprocess.run([hf, "ledger", "show", str(n), "--site", "site", "--raw"], capture_output=True, check=True).stdout.split(b"\n")[0])
acts = {n: body(n) for n, e in have.items() if e["kind"] == "gate-act"}
of = lambda what: {n: a for n, a in acts.items() if a["what"] == what and a.get("link") == "lab"}
(cut, said), = of("cut").items()
text = {k: " ".join(open(k + ".txt", encoding="utf-8").read().split()) for k in ("cut", "conditions", "assurance")}
for t in text.values():
    cited = {int(x) for m in re.findall(r"\[#(\d+)(?:–(\d+))?\]", t) for x in m if x}
    assert cited and cited <= set(have), cited
# who cut, why, and when: this entry and no other
n = int(re.search(r"“files of a share are being encrypted” \[#(\d+)\]", text["cut"]).group(1))
assert n == cut and said["reason"] == "files of a share are being encrypted", (n, cut)
at = {time.strftime("%H:%M:%S", time.gmtime(t // 10**9)) for t in (int(said["standing"]["since"]), int(said["standing"]["since"]) + 10**9)}
assert any(f"{t} (UTC" in text["cut"] for t in at), (at, text["cut"])
# bytes since, and what had passed before, of the proof that the letter cites
bytes_, n = re.search(r": (\d+) bytes? \[#(\d+)\]\. Checked", text["cut"]).groups()
proof = of("proof")[int(n)]
assert int(proof["bytesSince"]) == int(bytes_) == 0, proof
passed, n = re.search(r"\b(\d+) \[#(\d+)\] messages had passed", text["cut"]).groups()
assert int(of("proof")[int(n)]["passed"]["messages"]) == int(passed) == 10
# what waited, and that all of it arrived
held = [n for n, e in have.items() if e["kind"] == "gate-held"]
kept, first, last = map(int, re.search(r"\b(\d+) \[#(\d+)–(\d+)\] messages have been kept", text["cut"]).groups())
assert kept == len(held) == 20 and (first, last) == (min(held), max(held)), (kept, first, last)
sent, = re.search(r"\b(\d+) \[#\d+–\d+\] of them have been delivered and answered", text["assurance"]).groups()
(_, drained), = of("drained").items()
assert int(sent) == int(drained["sent"]) == 20 and int(drained["lastHeld"]) == max(held), (sent, drained)
P
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo "ok: $touched files touched, all back"
