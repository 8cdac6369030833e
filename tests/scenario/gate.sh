#!/usr/bin/env bash
# Partner links: messages pass with the far side's own acknowledgement; a cut resets what is open, refuses partners at TCP and queues what we send; relay, keeper and supervisor killed in the middle; reopened in stages by two
# people, the queue arrives in order and once; a step falls back at its end. Several kills and a few hundred fdatasyncs: on a busy machine it is longer than most.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
peer="python3 $here/gate_peer.py"
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada bob; do
	hf user add $who --role security --site site >/dev/null 2>&1
	eval "t_$who=$(hf token create --user $who --site site)"
done
hf user add nora --role clinician --site site >/dev/null 2>&1
t_nora=$(hf token create --user nora --site site)
far=$(free_port) farecho=$(free_port) fardeaf=$(free_port) deaf=$(free_port) in=$(free_port) out=$(free_port) opaque=$(free_port)
$peer recv $far got & p1=$!
$peer echo $farecho & p2=$!
$peer deaf $fardeaf & p3=$!
quit() { local s=$?; set +e; kill $p1 $p2 $p3 2>/dev/null; return $s; }
trap 'quit; cleanup' EXIT
start site
add() { hf gate add "$@" --site site; }
add lab-in --listen 127.0.0.1:$in --to 127.0.0.1:$far --protocol mllp --class lab
add lab-out --listen 127.0.0.1:$out --to 127.0.0.1:$far --protocol mllp --direction out --class lab --owner "the laboratory"
add images --listen 127.0.0.1:$opaque --to 127.0.0.1:$farecho --protocol tcp --class images
add backup --listen 127.0.0.1:$deaf --to 127.0.0.1:$fardeaf --protocol tcp
refused 2 "itself" gate add self --listen 127.0.0.1:$in --to 127.0.0.1:$in --protocol mllp --site site
state() { hf gate list --site site --json | python3 -c 'import json,sys
for l in sys.stdin:
    d = json.loads(l)
    if d["name"] == sys.argv[1]:
        for k in sys.argv[2].split("."): d = d[k]
        print(d)' "$@"; }
wait_for() { local want=$1; shift; for _ in $(seq 300); do [ "$("$@")" = "$want" ] && return 0; sleep 0.05; done; fail "$*: '$("$@")' does not become '$want'"; }
lines() { wc -l <got; }

# ---- open: the far side's own word ----
wait_for AA $peer once $in I1
same "$($peer send $out 1 20)" 20 "sent while open"
wait_for bytes $peer tcp $opaque bytes
same "$($peer bulk $opaque 96)" "96 whole" "more than a buffer holds, to a far side that is slower, there and back"
wait_for $((2 * (96 << 20) + 10)) state images bytes
same "$(state lab-out state)" OPEN "a new link"
same "$(sort got | uniq -d | wc -l)" 0 "twice"
same "$(hf gate list --site site --json | head -1 | python3 -c 'import json,sys; print(" ".join(json.loads(sys.stdin.read())))')" "name state since class bytes queue last_message proof" "fields of the list"

# ---- in bulk by a pipe, and what lies in it has not passed ----
$peer flood $deaf flooded >became & flood=$!
relay_pipes() { ls -l /proc/"$(role gate)"/fd | grep -c 'pipe:' || true; }
role() { pgrep -P $daemon -x "$1" | head -1; }
pipes=$(relay_pipes)
while [ ! -e flooded ]; do sleep 0.05; done
same "$(relay_pipes)" $((pipes + 2)) "pipes of the relay"

# ---- cut in the middle of a flow ----
PACE=0.01 $peer send $out 21 120 >sent 2>&1 & sender=$!
while [ "$(lines)" -lt 25 ]; do sleep 0.01; done
hf gate cut --all --reason "drill" --site site --json >cut.json || fail "cut: $(cat cut.json)"
same "$(state lab-in state)$(state images state)" CUTCUT "all are cut"
same "$(state lab-in proof.method)" relay "proof"
wait $flood
same "$(cat became)" reset "who still sends in bulk"
same "$(relay_pipes)" $pipes "pipes of the relay, after a cut"
state backup proof.result | grep -q "0 bytes since" || fail "proof: $(state backup proof.result)"
n=$(state backup bytes) sent=$(cat flooded)
[ "$n" -gt $((65 << 20)) ] && [ "$n" -lt "$sent" ] || fail "$n of $sent bytes have passed to a far side that reads 64 MiB and then none"
state lab-in proof.result | grep -q "refused on v4, refused on v6; 0 bytes since" || fail "proof: $(state lab-in proof.result)"
same "$($peer once $in I2)" refused "a partner, cut"
same "$($peer tcp $opaque x)" refused "an opaque partner, cut"
wait $sender || fail "the sender: $(cat sent)"
n=$(lines)
waiting=$(state lab-out queue)
[ "$waiting" -gt 0 ] || fail "nothing is queued"
hf gate queue lab-out --site site --json >queue.json
same "$(wc -l <queue.json)" "$waiting" "lines of the queue"
python3 -c 'import json,sys
q = [json.loads(l) for l in open("queue.json")]
assert all(set(x) == {"seq", "control_id", "type", "sending_application", "received"} for x in q), q[0]
ids = [int(x["control_id"][1:]) for x in q]
assert ids == sorted(ids) and ids[-1] == 120 and q[0]["type"] == "ADT^A01", ids'
hf gate probe --site site >/dev/null || fail "probe"
same "$(lines)" "$n" "arrived while cut"

# ---- repeated, and killed: relay, keeper, all ----
same "$($peer send $out 120 120)" 1 "a repetition is acknowledged"
same "$(state lab-out queue)" "$waiting" "and is not queued again"
next=121
for who in gate keeper; do
	before=$(role $who)
	$peer send $out $next $((next + 9)) >sent & sender=$!
	next=$((next + 10))
	kill -9 "$before"
	wait $sender || fail "after $who was killed: $(cat sent)"
	waiting=$((waiting + 10))
	wait_for $waiting state lab-out queue
done
kill -9 $daemon
wait $daemon 2>/dev/null || true
sleep 0.3
daemon=
start site
same "$(state lab-out state)" CUT "after a kill of all"
wait_for $waiting state lab-out queue
same "$($peer once $in I3)" refused "after a kill of all"

# ---- up, by two ----
refused 1 "person" gate advance lab-out --site site
HOLDFAST_TOKEN=$t_nora refused 1 "may not" gate advance lab-out --site site
step() { HOLDFAST_TOKEN=$t_ada hf gate advance $1 --site site "${@:2}" >/dev/null && HOLDFAST_TOKEN=$t_bob hf gate advance $1 --site site "${@:2}" >/dev/null; }
HOLDFAST_TOKEN=$t_ada hf gate advance lab-out --site site >/dev/null
HOLDFAST_TOKEN=$t_ada refused 1 "another person" gate advance lab-out --site site
same "$(state lab-out state)" CUT "after one signature"
HOLDFAST_TOKEN=$t_bob hf gate advance lab-out --site site >/dev/null
same "$(state lab-out state)" QUARANTINED "after two"
step lab-out
same "$(state lab-out state)" TEST "the next step"
sleep 0.3
same "$(state lab-out queue)" "$waiting" "no message of a patient passes in TEST"
same "$($peer send $out 900 901 T)" 2 "a test message"
wait_for 2 eval "grep -c '^M90[01] ' got || true"
step lab-out
wait_for 0 state lab-out queue
step lab-out
step lab-out --expires never
same "$(state lab-out state)" OPEN "reopened"
same "$($peer send $out 500 505)" 6 "and live"
python3 -c 'ids = [int(l.split()[0][1:]) for l in open("got") if l[0] == "M"]
main = [i for i in ids if i < 500]
twice = sorted({i for i in main if main.count(i) > 1})
assert sorted(set(main)) == list(range(1, max(main) + 1)), "missing"
first = list(dict.fromkeys(main))
assert first == sorted(first), "order"
assert len(twice) <= 1, twice  # what was in flight when the cut came, and nothing else
assert [i for i in ids if 500 <= i < 900] == list(range(500, 506))
print("ok")' || fail "what arrived: $(tr '\n' ' ' <got)"
same "$(hf ledger list --site site --json --kind gate-sent | wc -l)" "$(hf ledger list --site site --json --kind gate-held | wc -l)" "each that waited has its answer"

# ---- a step ends ----
step lab-in --expires 2s
same "$(state lab-in state)" QUARANTINED "a short step"
wait_for CUT state lab-in state

# ---- restart: open stays open, cut stays cut ----
kill -TERM $daemon; wait $daemon 2>/dev/null || true
daemon=
start site
same "$(state lab-out state)$(state images state)" OPENCUT "after a restart"
same "$($peer send $out 600 601)" 2 "after a restart"
same "$($peer pipe $out 1001 3000)" "2000 in order" "without waiting for acknowledgements"
same "$(grep -c '^M[123][0-9][0-9][0-9] text of M' got)" 2000 "and each arrived, once"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
