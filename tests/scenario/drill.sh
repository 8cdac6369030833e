#!/usr/bin/env bash
# A drill: the day rehearsed on a copy of the charts, beside a daemon whose feed goes on. What it says of the site is true, before and after each thing is put right; nothing of it stands in a chart or in the balance, nothing of it stays
# however it ends, and it can reach no EHR.
# (Takes longer than ten seconds: each drill plays a whole downtime, words cost a scrypt each, and drills are killed in the middle.)
. "$(dirname "$0")/lib.sh"
hf init site --name "St. Gabriel" --shares 2/3 --shares-dir shares 2>/dev/null
hf simulate --out day.hl7 --beds 40 --count 1200 --start "$(date -u -d '-20 hours' +%FT%TZ)" 2>/dev/null
printf 'MSH|^~\\&|EHR|STGABRIEL|HF|H|20260105120000||ADT^A01|R1|P|2.5.1\rPID|1||9001^^^STGABRIEL^MR||Grey^Ada||19620707|F\rPD1||||||||||||Y\rPV1|1|I|PULM^699^Z^STGABRIEL\r' >grey.hl7
# Who lies where in the simulated hospital depends on the hour, and the feed below admits, moves and discharges all the while: a unit of few beds is empty now and then. These two are nobody's but the test's, so that neither unit ever is.
printf 'MSH|^~\\&|EHR|STGABRIEL|HF|H|20260105120000||ADT^A01|R2|P|2.5.1\rPID|1||9002^^^STGABRIEL^MR||Moss^Iris||19620707|F\rPV1|1|I|ICU^699^Z^STGABRIEL\r' >moss.hl7
printf 'MSH|^~\\&|EHR|STGABRIEL|HF|H|20260105120000||ADT^A01|R3|P|2.5.1\rPID|1||9003^^^STGABRIEL^MR||Reed^Paul||19550102|M\rPV1|1|I|PULM^698^Z^STGABRIEL\r' >reed.hl7
hf import --site site day.hl7 grey.hl7 moss.hl7 reed.hl7 >/dev/null
hf packet key --site site --unit PULM >/dev/null 2>said || skip "the program was built without the viewer: $(cat said)"
if ! hf packet make --site site --unit PULM -o tried.html 2>said; then
	grep -q 'built without the viewer' said && skip "the program was built without the viewer"
fi
present=$(hf chart census --site site --unit PULM --json | json count)
drill() { timeout 300 "$HOLDFAST" drill run --site site "$@"; }
of() { python3 - "$@" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
c = {x["name"]: x for x in d["checks"]}
assert len(c) == len(d["checks"]) == d["of"] and d["score"] == sum(x["result"] == "pass" for x in d["checks"]), d
assert all(x["why"] and x["result"] in ("pass", "warn", "fail", "not done") for x in d["checks"]), d
print(*[c[n]["result"].replace(" ", "-") for n in sys.argv[2:]])
PY
}
marks() { hf ledger list --site site --json | json_lines kind; }
json_lines() { python3 -c 'import json,sys
for l in sys.stdin: print(json.loads(l)[sys.argv[1]])' "$1"; }

# ---- a site that has done little: what was rehearsed passes, what is missing is said, what was not tried does not count
refused 2 "--lang" drill run --site site --lang de
refused 2 "of one unit" drill run --site site --passphrase-file shares
refused 1 "nobody is in a unit" drill run --site site --unit PLUM
same "$(ls site/run | grep -c '^drill$' || true)" 0 "what a drill that did not begin leaves"
marks >before
hf downtime balance --site site --json >balance.before
drill --unit PULM --json -o page.pdf >one.json || fail "it runs: $(cat one.json)"
same "$(of one.json copy cut-off packet-opened first-chart paper captures balance)" "pass pass pass pass pass pass pass" "rehearsed: $(cat one.json)"
same "$(of one.json words restore rebuild shares)" "not-done not-done not-done not-done" "not tried"
same "$(of one.json packets replicas forms contacts numbers)" "pass fail fail fail fail" "found"
head -c 5 page.pdf | grep -q '%PDF-' || fail "the page is no PDF"
if command -v pdftotext >/dev/null; then
	same "$(pdfinfo page.pdf | sed -n 's/^Pages: *//p')" 1 "one page"
	pdftotext -layout page.pdf - | grep -q "of 17 passed" || fail "the page: $(pdftotext -layout page.pdf -)"
fi
# nothing of it but what it says: who looked, and the result
marks >after
{ diff before after || true; } | sed -n 's/^> //p' | sort | uniq -c | awk '{print $2}' | tr '\n' ' ' >new
grep -Eqx '(audit )?(drill )(pack )?' new || fail "entries of a drill: $(cat new)"
same "$(hf downtime balance --site site --json | json items) $(entries site capture) $(entries site sheet)" "0 0 0" "items and sheets of a drill in the site"
[ ! -e site/run/drill ] || fail "the copy is there still: $(ls -R site/run/drill)"
grep -q -- "$(hf chart census --site site --unit PULM --json | python3 -c 'import json,sys; print([p for p in json.load(sys.stdin)["patients"] if not p.get("isProtected")][0]["identifier"][0]["value"])')" one.json && fail "a patient stands in the result"
same "$(hf status --site site --json | json lastDrill.passed)" "$(json text <one.json)" "status"
hf drill list --site site --json | tail -1 >listed
python3 -c 'import json; a,b=json.load(open("one.json")),json.load(open("listed")); assert a==b,(a,b)' || fail "list says something else"

# ---- each thing put right shows
hf packet key --site site --unit PULM --replace >words 2>/dev/null
hf packet make --site site --unit PULM -o p.html >/dev/null
hf paper print --site site --unit PULM --sheet pack -o pack.pdf >/dev/null 2>&1
hf downtime numbers --site site --unit PULM --count 5 >/dev/null 2>&1
mkdir tree && for i in $(seq 30); do echo "file $i" >tree/$i.txt; done
hf vault backup --site site --source files tree >/dev/null 2>&1
hf replica add out "$work/replica" --site site >/dev/null
hf replica push out --site site >/dev/null
for s in shares/*1-of-3.txt shares/*2-of-3.txt; do hf key check "$s" --site site >/dev/null; done
drill --unit PULM --passphrase-file words --shares shares/*1-of-3.txt shares/*2-of-3.txt --json >two.json || fail "with the key: $(cat two.json)"
same "$(of two.json words restore rebuild packets replicas forms numbers shares)" "pass pass pass pass pass pass pass warn" "put right: $(cat two.json)"
hf key check shares/*3-of-3.txt --site site >/dev/null
echo "these are not the words" >wrong
set +e; drill --unit PULM --passphrase-file wrong --json >three.json; status=$?; set -e
same "$status $(of three.json words shares restore)" "1 fail pass warn" "wrong words, all shares, and the key not given today: $(cat three.json)"
[ "$(find site/run -name 'drill' | wc -l)" = 0 ] || fail "something stays"

# ---- beside a daemon: its feed goes on, and a drill that is killed leaves nothing
start site
hf simulate --to 127.0.0.1:$mllp --beds 40 --seed 5 --rate 20 --acked acked >/dev/null 2>&1 &
feed=$!
trap 'kill $feed 2>/dev/null || true; cleanup' EXIT
for _ in $(seq 600); do [ -s acked ] && break; sleep 0.1; done
n=$(wc -l <acked)
drill --unit PULM --unit ICU --json >four.json || fail "beside the daemon: $(cat four.json)"
[ "$(wc -l <acked)" -gt "$n" ] || fail "no message was acknowledged while the drill ran"
same "$(of four.json captures balance feeds)" "pass pass pass" "beside the daemon: $(cat four.json)"
hf ledger list --site site --json --kind capture | grep -q . && fail "an item of a drill is in the site"

below() { python3 -c 'import os,sys
# every process below PID
kids={}
for p in os.listdir("/proc"):
    if p.isdigit():
        try: kids.setdefault(int(open(f"/proc/{p}/stat").read().rsplit(")",1)[1].split()[1]),[]).append(int(p))
        except OSError: pass
waiting=[int(sys.argv[1])]
while waiting:
    for k in kids.get(waiting.pop(),[]): print(k); waiting.append(k)' "$1"; }
gone() { # PID...: all of them, within a minute
	for _ in $(seq 600); do
		local left=
		for p in "$@"; do [ ! -d "/proc/$p" ] || grep -q '^State:.*Z' "/proc/$p/status" 2>/dev/null || left=$p; done
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	fail "$left is alive: $(tr '\0' ' ' <"/proc/$left/cmdline" 2>/dev/null)"
}
drills=$(hf drill list --site site --json | wc -l)
for victim in waits works both; do
	"$HOLDFAST" drill run --site site --unit PULM --json >killed.json 2>killed.said &
	waits=$!
	works=
	for _ in $(seq 600); do
		works=$(below $waits | sed -n 1p)
		[ -n "$works" ] && [ -d "/proc/$works/root$work/site/run/drill/site/view" ] && break
		kill -0 $waits 2>/dev/null || break
		sleep 0.02
	done
	[ -n "$works" ] || fail "no worker"
	all=$(below $waits)
	case $victim in
	waits) kill -9 $waits ;;
	works) kill -9 $works ;;
	both) kill -9 $waits $works ;;
	esac
	set +e; wait $waits; status=$?; set -e
	[ $status -ne 0 ] || fail "a drill whose $victim was killed says that all is well"
	gone $all
	find site/run/drill -mindepth 1 2>/dev/null | grep . && fail "what a killed drill ($victim) leaves"
	[ "$victim" != works ] || grep -q 'ended from outside' killed.said || fail "not said: $(cat killed.said)"
done
same "$(hf drill list --site site --json | wc -l)" "$drills" "drills that were killed are in no list"
drill --unit PULM --json >five.json || fail "after the kills: $(cat five.json)"
[ ! -e site/run/drill ] || fail "the copy is there still"
kill $feed 2>/dev/null; wait $feed 2>/dev/null || true
stop

# ---- a copy that somebody takes out of a drill reaches no other machine by this program, and says what it is
hf init copy --name "DRILL St. Gabriel" --shares 1/1 --shares-dir s2 2>/dev/null
sed -i 's/^zone = 0$/zone = 0\ndrill = yes/' copy/site.ini
hf import --site copy day.hl7 >/dev/null
refused 1 "goes to no other machine" backload send --site copy --to ehr.example.org:2575 --tls
refused 1 "goes to no other machine" backload prove --site copy --to 192.0.2.1:2575 --unencrypted
refused 2 "a drill's own copy" drill run --site copy
refused 2 "a drill's own copy" serve --site copy
hf paper print --site copy --unit PULM --sheet census -o c.pdf >/dev/null
if command -v pdftotext >/dev/null; then pdftotext c.pdf - | grep -q 'DRILL' || fail "its sheets do not say what they are"; fi
hf ledger verify --site site >/dev/null || fail "the ledger is whole"
