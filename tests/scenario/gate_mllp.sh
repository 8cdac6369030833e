#!/usr/bin/env bash
# What senders of HL7 do over MLLP, through the relay: frames in any pieces, what is in no frame, batches, every way of asking for an acknowledgement (MSH-15, MSH-16). While the link is cut whoever waits for an answer has one, and what
# nobody will ever answer does not hold up the queue; a message inside of a message passes no state that looks at messages. (One without an end: tests/serve/test_traffic.c, where a minute is short.)
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
odd="python3 $here/gate_mllp.py" peer="python3 $here/gate_peer.py"
pids=
quit() { set +e; for p in $pids; do kill "$p" 2>/dev/null; done; return 0; }
trap 'quit; cleanup' EXIT
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada bob; do
	hf user add $who --role security --site site >/dev/null 2>&1
	eval "t_$who=$(hf token create --user $who --site site)"
done
start site
far=$(free_port) in=$(free_port) out=$(free_port)
$odd far $far got & pids="$pids $!"
hf gate add in --listen 127.0.0.1:$in --to 127.0.0.1:$far --protocol mllp --types ORU --site site
hf gate add out --listen 127.0.0.1:$out --to 127.0.0.1:$far --protocol mllp --direction out --site site
for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/$out) 2>/dev/null && (exec 3<>/dev/tcp/127.0.0.1/$far) 2>/dev/null && break; sleep 0.1; done

# ---- open: the answers are the far side's own ----
$odd try $in >open
$odd try $out >open2
cmp open open2 || fail "in and out differ: $(diff open open2)"
cat >want <<'W'
two at once: AA=P1 AA=P2
byte by byte: AA=P3
CR LF: AA=P4
LF: AA=P5
no last CR: AA=P6
junk before: AA=P7
no frame: 
empty: 
batch in one: AA=B1 AA=B2
batch apart: AA=B3
AL NE: CA=E1
AL AL: CA=E2
NE NE: 
- AL: AA=E4
NE AL: AA=E5
ER NE: 
acknowledgement: 
W
diff want open || fail "open"
hf gate list --site site | grep -A3 "^in " | grep -q "in no MLLP frame.*: [1-9]" || fail "what was in no frame is not said: $(hf gate list --site site)"

# ---- cut: who waits has an answer, and has it once ----
hf gate cut out --site site >/dev/null
: >got
$odd try $out >cut
diff want cut || fail "cut"
hf gate queue out --site site --json >queue
same "$(grep -c '"seq"' queue)" 37 "what waits" # what is empty or in no frame does not
same "$(wc -l <got)" 0 "sent while it is cut"
# ---- open as far as ONE-WAY (each step would begin anew what is under way): all of it goes out in order, each once, and what is owed no answer holds up nobody ----
for _ in 1 2 3; do for t in $t_ada $t_bob; do HOLDFAST_TOKEN=$t hf gate advance out --site site >/dev/null || fail "advance"; done; done
waiting() { hf gate list --site site --json | grep '"out"' | json queue; }
for _ in $(seq 300); do [ "$(waiting)" != 0 ] || break; sleep 0.1; done
same "$(waiting)" 0 "what waits, at the end: $(hf gate queue out --site site | head -2; hf gate list --site site)"
same "$(tr '\n' ',' <got)" "P1,P2,Z0,P3,Z1,P4,Z2,P5,Z3,P6,Z4,P7,Z5,Z6,Z7,B1 B2,Z8,-,-,B3,-,-,Z9,E1,Z10,E2,Z11,E3,Z12,E4,Z13,E5,Z14,E6,Z15,K1,Z16," "what the far side has"
hf ledger cat --site site --kind gate-sent >sent
same "$(grep -c '"code":"NE"' sent)" 7 "sent without an answer"
hf gate queue out --refused --site site --json >given && same "$(wc -c <given)" 0 "given up"

# ---- a message inside of a message, where messages are looked at ----
hf gate cut in --site site >/dev/null
for _ in 1 2 3 4; do for t in $t_ada $t_bob; do HOLDFAST_TOKEN=$t hf gate advance in --site site >/dev/null || fail "advance"; done; done
: >got
python3 - $in <<'P' || fail "a message inside of a message"
import socket, sys
oru, adt = (f"MSH|^~\\&|N||F||20260101||{k}|{i}|P|2.5\rPID|1||7\r".encode() for k, i in (("ORU^R01", "R1"), ("ADT^A01", "S1")))
for inside in (b"\x1c\x0b", b"\x0b", b"\x1c"):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    s.settimeout(20)
    s.sendall(b"\x0b" + oru + inside + adt + b"\x1c\r")
    b = s.recv(65536)
    assert b"MSA|AE|R1" in b, b
    s.sendall(b"\x0b" + oru + b"\x1c\r")
    assert b"MSA|AA|R1" in s.recv(65536)
P
same "$(tr '\n' ',' <got)" "R1,R1,R1," "what the far side has, LIMITED"

hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
