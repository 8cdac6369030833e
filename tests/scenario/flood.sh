#!/usr/bin/env bash
# More messages than a hospital ever sends: while they come in the scribe lets storing and acknowledging go first (SCHED_IDLE), afterwards it does not, and the chart has them all.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "the roles are users of their own only where root starts them"
hf simulate --out sim.hl7 --beds 200 --seed 5 --count 40000 >/dev/null
hf init site --shares 1/1 --shares-dir shares >/dev/null 2>&1
start site
scribe=
for p in $(pgrep -P $daemon); do
	! tr '\0' ' ' </proc/$p/cmdline | grep -q -- "--role scribe" || scribe=$p
done
[ -n "$scribe" ] || fail "no scribe"
policy() { awk '{sub(/.*\) /, ""); print $39}' /proc/$scribe/stat; } # 0: SCHED_OTHER, 5: SCHED_IDLE
same "$(policy)" 0 "the scribe's policy before"
began=$(date +%s%N)
hf import --site site sim.hl7 >imported &
importing=$!
seen=
while kill -0 $importing 2>/dev/null; do
	[ "$(policy)" != 5 ] || seen=yes
	sleep 0.02
done
wait $importing
rate=$((40000 * 1000 / (($(date +%s%N) - began) / 1000000)))
[ -n "$seen" ] || [ $rate -gt 5000 ] || skip "this machine takes $rate messages a second at the moment: no flood"
[ -n "$seen" ] || fail "it did not let others go first in a flood"
printf 'MSH|^~\\&|LAB|H|HF|H|20261122120000||ADT^A08|after-1|P|2.5\rEVN||20261122120000\rPID|1||77^^^H||AFTER^FLOOD\rPV1|1|I|W^1^1\r' >after.hl7
hf import --site site after.hl7 >/dev/null
for i in $(seq 100); do
	[ "$(policy)" = 5 ] || break
	sleep 0.2
done
same "$(policy)" 0 "the scribe's policy afterwards"
hf chart search FLOOD --site site --json | grep -q AFTER || fail "the last message is not shown"
stop
