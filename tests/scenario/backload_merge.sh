#!/usr/bin/env bash
# Records that were merged while the EHR was away are merged there, too: ADT^A40 before what depends on it, the same bytes on a retry, and not at all where nothing went out under the number that goes; a merge that was undone, and what a
# person is told where no message can say it.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
for n in 4711 4712; do
	printf 'MSH|^~\\&|EHR|GAB|||20261101080000||ADT^A01|R%s|P|2.5\rPID|1||%s^^^GAB^MR||KELLER^X%s||19570312|F\rPV1|1|I|3W^12^A||||||||||||||||V%s^^^GAB|||||||||||||||||||||||||20261101080000\r' $n $n $n $n
done >a.hl7
hf import --site site a.hl7 >/dev/null 2>&1
item() { # ID PATIENT KIND MINUTE VALUES
	printf '{"id":"%s","unit":"3W","patient":"%s","kind":"%s","occurred":"2026-11-22T03:%s","by":"ada","values":%s}\n' "$@"
}
take() { hf capture import --site site /dev/stdin >/dev/null 2>said || fail "captured: $(cat said)"; }
receiver= rport=$(free_port)
trap '[ -z "$receiver" ] || kill $receiver 2>/dev/null || true; cleanup' EXIT
listen() { # MOOD...
	[ -z "$receiver" ] || { kill $receiver 2>/dev/null; wait $receiver 2>/dev/null || true; }
	rm -f up
	python3 "$here/backload_receiver.py" $rport came "$@" >up 2>receiver.log &
	receiver=$!
	for _ in $(seq 1500); do [ -s up ] && return 0; sleep 0.02; done
	fail "the receiver does not start: $(cat receiver.log)"
}
send() { hf backload send --site site --to 127.0.0.1:$rport --name EHR --wait 2 --no-notes "$@"; }
state() { hf backload list "$1" --site site --json | json state; }
merges() { hf backload list --site site --json | grep '"merge"' | tail -1 | json id; }
merge() { hf identity "$1" "$2" "$3" --reason "${4:-same person}" --site site >/dev/null; merges; }
sent() { [ ! -e came ] && echo 0 || wc -l <came; }
message() { awk "NR==$1{print \$4}" came | base64 -d | tr '\r' '\n'; }

for op in merge unmerge; do hf identity $op 4711 4712 --reason "before any downtime" --site site >/dev/null; done
same "$(hf backload list --site site --json | wc -l)" 0 "the EHR is there: records are merged in it"
hf downtime begin --site site --reason "EHR switched off" >/dev/null
{ item W3K7-1 DT-1@DOWNTIME registration 00 '{"unresponsive":true,"description":"scar"}'; item W3K7-2 DT-1@DOWNTIME vitals 01 '{"pulse":80}'; item W3K7-3 DT-2@DOWNTIME registration 02 '{"family":"Two"}'; } | take
listen aa
send >said || fail "registered there: $(cat said)"
same "$(sent)" 3 "two registrations, one pulse"

# ---- one that the EHR knows, one of whom nothing went out
{ item W3K7-4 DT-1@DOWNTIME vitals 10 '{"pulse":81}'; item W3K7-5 DT-3@DOWNTIME registration 11 '{"family":"Three"}'; item W3K7-6 DT-3@DOWNTIME vitals 12 '{"pulse":60}'; } | take
one=$(merge merge 4711@GAB DT-1@DOWNTIME)
three=$(merge merge 4712@GAB DT-3@DOWNTIME)
hf backload list --site site --json | grep "\"$one\"" >said
same "$(json owner <said) $(json state <said) $(json person <said) $(json of <said)" "registration open 4711@GAB DT-1@DOWNTIME" "an item of the registrars'"
printf '{"id":"X-1","patient":"4711","kind":"merge","occurred":"2026-11-22","by":"ada","values":{"op":"merge","of":"4712","entry":"1"}}' >forged.json
refused 1 "registrar's decision" capture import --site site forged.json
printf '{"id":"X-2","patient":"4711","kind":"note","occurred":"2026-11-22","by":"ada","replaces":"%s","withdraw":true,"values":{}}' "$one" >forged.json
refused 1 "registrar's decision" capture import --site site forged.json
send --owner nursing >said || true
same "$(sent)" 3 "what is about them waits for the merge: $(cat said)"
send --dry-run >said
grep -q "$one merge: due" said && ! grep -q "^$three" said && ! grep -q '^W3K7-4' said || fail "what would go: $(cat said)"
listen aa silent aa
send >said 2>&1 && fail "a merge without an answer is not done: $(cat said)"
grep -q "$three merge: superseded: nothing went out under DT-3 alone" said || fail "why it is not sent: $(cat said)"
same "$(state $one) $(state $three) $(state W3K7-4) $(state W3K7-6)" "unknown superseded open filed" "the merge is not known, and its patient's pulse waits: $(cat said)"
same "$(message 4 | grep -c 'DT-3^^^DOWNTIME')" 1 "the registration bears both numbers"
hf backload resolve $one --as again --reason "looked: two records" --site site >/dev/null
listen aa
send >said 2>&1 || fail "again: $(cat said)"
same "$(state $one) $(state W3K7-4)" "filed filed" "the merge, then the pulse: $(cat said)"
awk '$3 ~ /A40/ {print $1, $2}' came >merged
same "$(wc -l <merged) $(sort -u merged | wc -l)" "2 1" "the very same bytes"
awk '{print $3}' came >order
same "$(tail -2 order | tr '\n' ' ')" "ADT^A40^ADT_A39 ORU^R01^ORU_R01 " "in this order: $(cat order)"
message $(($(sent) - 1)) >a40
grep -q '^PID|1||4711^^^GAB^MR||KELLER' a40 && grep -q '^MRG|DT-1^^^DOWNTIME' a40 || fail "one number that stays, one that goes: $(cat a40)"

# ---- undone: of one that went out a person is told; one that did not is nobody's business there
apart=$(merge unmerge 4711@GAB DT-1@DOWNTIME "brothers")
item W3K7-7 4711 vitals 20 '{"pulse":82}' | take
n=$(sent)
send >said 2>&1 && fail "no message takes a merge apart: $(cat said)"
grep -q "ADT^A40 HF.* told EHR that DT-1@DOWNTIME is 4711@GAB" said || fail "what was sent is not said: $(cat said)"
same "$(sent) $(state W3K7-7)" "$n open" "until they are two there, what is about either waits: $(cat said)"
hf backload resolve $apart --as filed --reason "separated there" --site site >/dev/null
send >said 2>&1 || fail "after it: $(cat said)"
same "$(state W3K7-7)" filed "then it goes"
two=$(merge merge 4712@GAB DT-2@DOWNTIME)
not=$(merge unmerge 4712@GAB DT-2@DOWNTIME "not she")
n=$(sent)
send >said 2>&1 || fail "nothing is left: $(cat said)"
same "$(state $two) $(state $not) $(sent)" "superseded superseded $n" "done and undone before it went out: $(cat said)"

# ---- the EHR's own feed merges them; one that it refuses holds back what depends on it
two=$(merge merge 4712@GAB DT-2@DOWNTIME)
printf 'MSH|^~\\&|EHR|GAB|||20261123080000||ADT^A40^ADT_A39|M1|P|2.5\rEVN||20261123080000\rPID|1||4712^^^GAB^MR||KELLER^X\rMRG|DT-2^^^DOWNTIME\r' >merged.hl7
hf import --site site merged.hl7 >/dev/null 2>&1
hf backload scan --site site >/dev/null
same "$(state $two)" already_there "somebody merged them there"
both=$(merge merge 4711@GAB 4712@GAB)
item W3K7-8 4712 vitals 30 '{"pulse":83}' | take
listen ae
send >said 2>&1 && fail "refused: $(cat said)"
listen aa
send >said 2>&1 || true
same "$(state $both) $(state W3K7-8)" "refused open" "what is about them waits for a person: $(cat said)"
hf backload resolve $both --as filed --reason "merged there by hand" --site site >/dev/null
send >said 2>&1 || fail "the rest: $(cat said)"
hf downtime balance --site site --json >balance
same "$(json open <balance) $(json unknown <balance)" "0 0" "nothing is left: $(cat balance)"
hf ledger verify --site site >/dev/null || fail "the ledger is whole"
echo "merged here, merged there"
