#!/usr/bin/env bash
# Sides of partner links that do not behave. What the far side refuses, rejects, misanswers or does not answer stays the first of the queue, in order, until it is taken or a person gives it up by name and reason; near sides that crowd,
# dribble, overflow or stop in the middle harm nobody else.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
peer="python3 $here/gate_peer.py" odd="python3 $here/gate_hostile.py"
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada:security bob:security nora:clinician; do
	hf user add ${who%:*} --role ${who#*:} --site site >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*} --site site)"
done
far=$(free_port) in=$(free_port) out=$(free_port) slim=$(free_port) crowd=
echo AE >modes
$odd far $far got modes & p1=$!
quit() { local s=$?; set +e; kill $p1 $crowd 2>/dev/null; return $s; }
trap 'quit; cleanup' EXIT
start site
hf gate add lab --listen 127.0.0.1:$out --to 127.0.0.1:$far --protocol mllp --direction out --site site
hf gate add feed --listen 127.0.0.1:$in --to 127.0.0.1:$far --protocol mllp --site site
state() { hf gate list --site site --json | python3 -c 'import json,sys
for l in sys.stdin:
    d = json.loads(l)
    if d["name"] == sys.argv[1]:
        for k in sys.argv[2].split("."): d = d.get(k, "") if d else ""
        print(d)' "$@"; }
problem() { hf gate list --site site | sed -n "/^$1 /,/^[^ ]/s/^ *PROBLEM: //p"; }
wait_for() { local want=$1; shift; for _ in $(seq 60); do [[ "$("$@")" = $want ]] && return 0; sleep 0.05; done; fail "$*: '$("$@")' does not become '$want'"; }
offers() { grep -c "^$1 ${2:-}" got || true; }
step() { HOLDFAST_TOKEN=$t_ada hf gate advance ${1:-lab} --site site >/dev/null && HOLDFAST_TOKEN=$t_bob hf gate advance ${1:-lab} --site site >/dev/null; }

# ---- the far side says no ----
hf gate cut lab --site site >/dev/null
same "$($peer send $out 1 6)" 6 "taken while cut"
step; step; step
wait_for "lab refuses message * (AE) since *; 5 wait behind it; it is offered again" problem lab
wait_for '[2-9]' offers M1 AE
same "$(state lab queue)" 6 "refused, and kept"
seq=$(hf gate queue lab --site site --json | head -1 | json seq)
[[ "$(problem lab)" = *"message $seq ("* ]] || fail "the refused one is the first: $(problem lab)"
echo AR >modes
HOLDFAST_TOKEN=$t_ada hf gate queue lab --retry --site site >/dev/null
wait_for "lab rejects message $seq (AR) since *" problem lab
n=$(offers M1)
sleep 1.5
same "$(offers M1)" "$n" "rejected, and not offered without a person"
hf status --site site --json >status.json || true
grep -q '"refused-lab"' status.json || fail "no alarm: $(cat status.json)"
refused 1 "person" gate queue lab --skip $seq --reason r --site site
HOLDFAST_TOKEN=$t_nora refused 1 "may not" gate queue lab --skip $seq --reason r --site site
HOLDFAST_TOKEN=$t_bob refused 1 "only that one" gate queue lab --skip $((seq + 1)) --reason r --site site
HOLDFAST_TOKEN=$t_bob refused 2 "say why" gate queue lab --skip $seq --site site
kill -9 "$(pgrep -P $daemon -x gate | head -1)"
wait_for $((n + 1)) offers M1
wait_for "lab rejects message $seq (AR) since *" problem lab
same "$(state lab queue)" 6 "after the relay was killed"

# ---- given up by a person; then a far side that says everything but yes ----
echo wrong junk half flood close two AA >modes
HOLDFAST_TOKEN=$t_bob hf gate queue lab --skip $seq --reason "the laboratory has it on paper" --site site >/dev/null
same "$(hf gate queue lab --refused --site site --json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["seq"], d["control_id"], d["code"], d["by"], d["reason"])')" "$seq M1 AR bob the laboratory has it on paper" "listed as refused"
wait_for 0 state lab queue
same "$(grep '^M[2-6]' got | tr '\n' ' ')" "M2 wrong M2 junk M2 half M2 flood M2 close M2 two M3 AA M4 AA M5 AA M6 AA " "in order, and offered until it was taken"
same "$(problem lab)" "" "and all is well"
kill -9 $daemon
wait $daemon 2>/dev/null || true
daemon=
sleep 0.3
start site
wait_for 0 state lab queue
same "$(hf gate queue lab --refused --site site --json | json reason)" "the laboratory has it on paper" "after a kill of all"
same "$(hf ledger list --site site --json --kind gate-held | wc -l)" 6 "all of them are in the ledger"

# ---- behind a link that lets only answers back ----
same "$(state lab state)" ONE-WAY "three steps up"
wait_for AA $peer once $out O0
echo smuggle AA >modes
same "$($odd ask $out S1 S2)" "ACK:CA:S1 ACK:AA:S1 ACK:AA:S2" "what comes back"
hf gate add slim --listen 127.0.0.1:$slim --to 127.0.0.1:$far --protocol mllp --types ADT --site site
hf gate cut slim --site site >/dev/null
step slim; step slim; step slim; step slim
same "$(state slim state)" LIMITED "four steps up"
echo smuggle AA >modes
wait_for "ACK:CA:S3 ACK:AA:S3 ACK:AA:S4" $odd ask $slim S3 S4

# ---- near sides ----
wait_for AA $peer once $in I1
same "$($odd loris $in 50 I2)" AA "beside fifty that dribble"
same "$($odd huge $in)" reset "2.2 MB"
same "$(offers HUGE)" 0 "of 2.2 MB nothing passes"
$odd half $in halfway >became & h=$!
while [ ! -e halfway ]; do sleep 0.02; done
hf gate cut feed --site site >/dev/null
wait $h
same "$(cat became)" reset "half a frame at the cut"
same "$(offers HALF)" 0 "of half a frame nothing passes"
$odd crowd $out 300 >stands & crowd=$!
wait_for "256 44" cat stands
wait_for "*limit of 256 connections: 44 *" problem lab
kill $crowd
wait $crowd 2>/dev/null || true
crowd=
wait_for AA $peer once $out O1
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
