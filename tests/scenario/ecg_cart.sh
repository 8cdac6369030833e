#!/usr/bin/env bash
# What carts really do: the same file twice, under another name, for another patient; paper instead of a recording; a form; nothing; far too much; a clock that is wrong; and again and again while the keeper is being killed.
# Longer than ten seconds: each kill is followed by the keeper's start, and a cart's pauses between two tries.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
hf import --site site a.hl7 >/dev/null
python3 - <<'PY'
import struct
for name, day in (("now", "01/11/2025"), ("old", "01/01/1980"), ("ahead", "01/11/2099")) + tuple((f"k{i}", "02/11/2025") for i in range(12)):
    v = []
    for i in range(5000):
        t = (i + 7 * len(name) + sum(name.encode())) % 400
        v.append(1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0)
    open(name + ".dat", "wb").write(struct.pack("<5000h", *v))
    open(name + ".hea", "w").write(f"{name} 1 500 5000 10:00:00 {day}\n{name}.dat 16 1000 16 0 0 0 0 II\n")
PY
for f in now old ahead k{0..11}; do hf ecg convert $f.hea --to edf -o $f.edf >/dev/null; done
hf ecg report now.hea -o paper.pdf >/dev/null
hf token create --role ecg-send --label cart --site site >tok
start site
base=http://127.0.0.1:$http/api/ecg
post() { curl -s -o got -w '%{http_code}' -H "Authorization: Bearer $(cat tok)" "$@"; }
pw=$(hf user add ada --role clinician --site site)
csrf=$(curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" http://127.0.0.1:$http/api/login | json csrf)
me() { curl -s -b jar -c jar -H "X-Holdfast-CSRF: $csrf" -o got -w '%{http_code}' "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" http://127.0.0.1:$http/api/password)" 204 "own password"

# ---- twice, under another name, with other words
same "$(post --data-binary @now.edf "$base?name=now.edf")" 201 "once"; first=$(json entry <got)
same "$(post --data-binary @now.edf "$base?name=now.edf")" 200 "twice"; same "$(json entry <got) $(json duplicate <got)" "$first True" "is once"
same "$(post --data-binary @now.edf "$base?name=EXPORT01.DAT")" 200 "under another name"; same "$(json entry <got)" "$first" "the same"
grep -q '"note"' got && fail "a note about nothing: $(cat got)"
same "$(post --data-binary @now.edf "$base?name=now.edf&id=1001@HOSP&birth=1957-03-12")" 200 "now with a patient"
same "$(json match <got)" unmatched "what was said later does not change what is kept"
grep -q 'was not added to it: match it' got || fail "that is not said: $(cat got)"
for t in text/plain application/json application/x-www-form-urlencoded nonsense; do same "$(post -H "Content-Type: $t" --data-binary @now.edf "$base?name=now.edf")" 200 "called $t"; done

# ---- what is no recording
same "$(post -F file=@now.edf "$base?name=now.edf")" 400 "a form"; grep -q 'send the file itself' got || fail "a form: $(cat got)"
same "$(post --data-binary @/dev/null "$base?name=x")" 400 "nothing"; grep -q 'the file is empty' got || fail "$(cat got)"
truncate -s 200M huge
same "$(post -H 'Expect:' --data-binary @huge "$base?name=huge")" 413 "far too much"
same "$(post -X POST -T huge "$base?name=huge")" 413 "far too much, with asking first"
printf 'Dear colleague' >letter; same "$(post --data-binary @letter "$base?name=letter.txt")" 400 "a letter"
same "$(post --data-binary @paper.pdf "$base?name=paper.pdf")" 201 "paper is kept"; paper=$(json entry <got)
same "$(json unreadable <got)" True "and said to be that: $(cat got)"
shown site
same "$(me "$base/$paper")" 200 "its page"; grep -q 'a printed page (PDF)' got || fail "$(cat got)"
same "$(me "$base/$paper/file")" 200 "the paper itself"
cmp got paper.pdf || fail "not the paper that was sent"

# ---- clocks
same "$(post --data-binary @old.edf "$base?name=old.edf")" 201 "1980"
same "$(post --data-binary @ahead.edf "$base?name=ahead.edf")" 201 "a clock that is ahead"; ahead=$(json entry <got)
shown site
me "$base/$ahead" >/dev/null; grep -q "the device's clock is wrong" got || fail "that is not said: $(cat got)"
me "$base/$first" >/dev/null; grep -q "the device's clock" got && fail "said of a good one: $(cat got)"

# ---- the keeper dies and dies: a cart that comes again brings each once
(for _ in 1 2 3 4 5 6; do sleep 0.25; kill -9 $(pgrep -P $daemon -f 'role keeper') 2>/dev/null || true; done) & killer=$!
for i in {0..11}; do
	for _ in $(seq 100); do
		at=$(post -m 20 --data-binary @k$i.edf "$base?name=k$i.edf") || true
		[ "$at" = 201 ] || [ "$at" = 200 ] && break
		sleep 0.1
	done
	[ "$at" = 201 ] || [ "$at" = 200 ] || fail "k$i: $at $(cat got)"
	sleep 0.1
done
wait $killer
shown site
for _ in $(seq 50); do # who signs in while the keeper begins again is asked to try again
	curl -s -c jar -d '{"user":"ada","password":"a long night in march"}' http://127.0.0.1:$http/api/login >got
	grep -q '"csrf"' got && break
	sleep 0.1
done
csrf=$(json csrf <got)
me "$base"s'?list=all&max=500' >/dev/null
same "$(python3 -c 'import json; e = json.load(open("got"))["ecgs"]; print(len(e), len({x["recorded"] for x in e}))')" "16 5" "each once: $(cat got)"
same "$(entries site ecg)" 16 "in the ledger, too"
stop
echo "carts hold"
