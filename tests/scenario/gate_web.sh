# (A story of two daemons, an attack and ten signatures: on a busy machine it is longer than most.)
# Partner links and the sensor over the JSON API: who may see, who may cut; all cut and proven; up by two people who have signed in; a stopped writer released, files put back after a proposal; the incident, from entries.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
peer="python3 $here/gate_peer.py"
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada:security bob:owner eve:auditor nora:clinician; do
	hf user add ${who%:*} --role ${who#*:} --site site >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*} --site site)"
done
far=$(free_port) in=$(free_port) out=$(free_port)
$peer recv $far got & p1=$!
run= sim=
quit() { local s=$?; set +e; kill $p1 $run 2>/dev/null; [ -z "$sim" ] || kill -KILL $sim 2>/dev/null; [ -z "$run" ] || wait $run 2>/dev/null; return $s; }
trap 'quit; cleanup' EXIT
start site
base=http://127.0.0.1:$http
hf gate add lab-in --listen 127.0.0.1:$in --to 127.0.0.1:$far --protocol mllp --class lab --site site
hf gate add lab-out --listen 127.0.0.1:$out --to 127.0.0.1:$far --protocol mllp --direction out --class lab --owner "the laboratory" --purpose "orders to the laboratory" --site site
as() { local t=t_$1; shift; curl -s -o reply -w '%{http_code}' -H "Authorization: Bearer ${!t}" "$@"; }
post() { local who=$1 path=$2; shift 2; as $who -d "$1" $base/api/$path; }
link() { as ada $base/api/gate >/dev/null; python3 -c 'import json,sys
for l in json.load(open("reply"))["links"]:
    if l["name"] == sys.argv[1]:
        for k in sys.argv[2].split("."): l = l.get(k) if l else None
        print(l)' "$@"; }
wait_for() { local want=$1; shift; for _ in $(seq 300); do [ "$("$@")" = "$want" ] && return 0; sleep 0.05; done; fail "$*: '$("$@")' does not become '$want'"; }

# ---- who may ----
same "$(curl -s -o reply -w '%{http_code}' $base/api/gate)" 401 "nobody"
same "$(as nora $base/api/gate)" 403 "a clinician"
same "$(as eve $base/api/gate)" 200 "an auditor looks"
same "$(post eve gate/cut '{"all":true}')" 403 "an auditor cuts"
same "$(post nora gate/cut '{"all":true}')" 403 "a clinician cuts"
same "$(link lab-out state)$(link lab-out more.owner)" "OPENthe laboratory" "how it stands"
same "$(post ada gate/cut '{}')$(post ada gate/cut '{"all":true,"class":"lab"}')" 400400 "which?"
same "$(post ada gate/cut '{"name":"nobody"}')" 404 "a link that there is not"
same "$(link lab-out state)" OPEN "nothing was cut by that"
as nora $base/api/board >/dev/null && same "$(json partners.states.OPEN <reply)" 2 "the board"

# ---- cut, proven, queued ----
same "$($peer send $out 1 5)" 5 "sent while open"
same "$(post ada gate/cut '{"all":true,"reason":"encryption at the lab"}')" 200 "cut"
same "$(json moved <reply)$(json recorded <reply)" 2True "both, and recorded"
same "$(link lab-in state)$(link lab-out state)" CUTCUT "cut"
link lab-in proof.result | grep -q "0 bytes since" || fail "proof: $(link lab-in proof)"
$peer send $out 6 12 >/dev/null
same "$(link lab-out queue)" 7 "queued"
as eve "$base/api/gate/queue?name=lab-out" >/dev/null && same "$(json waiting <reply)$(json queue.0.control_id <reply)" 7M6 "the queue"
same "$(post ada gate/probe '{}')" 200 "probe"

# ---- a condition, of a link that is added for it ----
hf gate add gp --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --condition "rebuilt: their machines were rebuilt" --site site
same "$(post ada gate/cut '{"name":"gp"}')" 200 "a link with a condition"
post ada gate/advance '{"name":"gp"}' | grep -q '^4' || fail "a condition holds nothing back"
grep -q "their machines were rebuilt" reply || fail "which condition: $(cat reply)"
same "$(post eve gate/condition '{"name":"gp","condition":"rebuilt","met":true}')$(post ada gate/condition '{"name":"gp","condition":"nothing","met":true}')" 403404 "who says so, and of what"
same "$(post ada gate/condition '{"name":"gp","condition":"rebuilt","met":true,"evidence":"letter of 22 November"}')" 204 "it is met"
same "$(post bob gate/advance '{"name":"gp"}')" 200 "the step"

# ---- up, by two ----
same "$(link lab-out more.next)" QUARANTINED "the next step"
same "$(post ada gate/advance '{"name":"lab-out","reason":"cleaned"}')" 200 "the first"
same "$(link lab-out more.signed)" ada "who signed"
post ada gate/advance '{"name":"lab-out"}' | grep -q '^4' || fail "one person twice"
same "$(link lab-out state)" CUT "one signature"
for step in QUARANTINED TEST ONE-WAY LIMITED OPEN; do
	[ $step = QUARANTINED ] || same "$(post ada gate/advance '{"name":"lab-out"}')" 200 "ada for $step"
	same "$(post bob gate/advance '{"name":"lab-out","expires":"2h"}')" 200 "bob for $step"
	same "$(link lab-out state)" $step "two signatures"
done
wait_for 0 link lab-out queue
shown site
as eve "$base/api/events?kind=gate-act&patient=link/lab-out" >/dev/null
python3 - <<'END' || fail "history: $(cat reply)"
import json
h = json.load(open("reply"))["events"]
assert h[-1]["what"] == "add" and any(e["what"] == "cut" and e["user"] == "ada" and e["reason"] == "encryption at the lab" for e in h), h
assert [e["text"] for e in h if e["what"] == "step"] == ["OPEN", "LIMITED", "ONE-WAY", "TEST", "QUARANTINED"], h
assert all(e["patient"] == "link/lab-out" for e in h)
END
same "$(as nora "$base/api/events?kind=gate-act")" 403 "a clinician reads the history"

# ---- the incident ----
as eve $base/api/incident >/dev/null
python3 - <<'END' || fail "incident: $(head -c 3000 reply)"
import json
d = json.load(open("reply"))
e = d["entries"]
assert [x["entry"] for x in e] == sorted(x["entry"] for x in e) and not d["more"]
of = lambda what: [x["says"] for x in e if x["kind"] == "gate-act" and x["says"]["what"] == what and x["says"].get("link") == "lab-out"]
assert [(s["first"], s["by"], s["standing"]["state"]) for s in of("step")][-1] == ("ada", "bob", "OPEN")
assert "0 bytes since" in of("proof")[0]["result"]
drained = of("drained")[0]
assert drained["sent"] == 7 and drained["lastHeld"] > drained["firstHeld"], drained
END
first=$(python3 -c 'import json; print([x["time"] for x in json.load(open("reply"))["entries"] if x["says"]["what"] == "cut"][0])')
as eve "$base/api/incident?to=$first" >/dev/null
python3 -c 'import json
w = [x["says"]["what"] for x in json.load(open("reply"))["entries"]]
assert w[:3] == ["add", "add", "cut"] and "sign" not in w, w' || fail "up to a time"
cut=$(python3 -c 'import json; print([x["entry"] for x in json.load(open("reply"))["entries"] if x["says"]["what"] == "cut"][0])')
as eve "$base/api/incident?at=%23$cut" >/dev/null
same "$(json entries.-1.entry <reply)" $cut "as of an entry"

# ---- a letter ----
if hf gate letter lab-out --kind cut --site site -o letter.txt >/dev/null 2>said; then
	shown site
	as eve $base/api/incident >/dev/null
	python3 -c 'import json
e = [x for x in json.load(open("reply"))["entries"] if x["kind"] == "gate-letter"]
assert len(e) == 1 and e[0]["says"]["letter"] == "cut" and e[0]["says"]["link"] == "lab-out", e' || fail "the letter is not in the incident"
	as eve "$base/api/events?kind=gate-act&patient=link/lab-out" >/dev/null
	same "$(json events.0.what <reply)$(json events.0.text <reply)" lettercut "the letter in the history"
else
	fail "gate letter: $(cat said)"
fi

letter() { as $1 "$base/api/gate/letter?name=lab-out&$2"; }
same "$(letter nora kind=cut)$(letter eve kind=nice)$(letter eve 'kind=cut&lang=de')" 403400400 "who may, and what"
same "$(as eve "$base/api/gate/letter?name=nobody&kind=cut")$(as eve "$base/api/gate/letter?kind=cut")" 404400 "whose"
hf gate add never --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --site site
same "$(as eve "$base/api/gate/letter?name=never&kind=cut")" 409 "a link that was never cut"
letters=$(entries site gate-letter)
same "$(letter eve 'kind=cut&format=txt')" 200 "a letter as text"
tr '\n' ' ' <reply | tr -s ' ' | grep -q '“encryption at the lab” \[#' || fail "the letter: $(head -c 1500 reply)"
hf gate letter lab-out --kind cut --site site -o again.txt
same "$(grep -c 'encryption at the lab' again.txt)$(entries site gate-letter)" "1$((letters + 2))" "an entry for each"
hf ledger cat --site site --kind gate-letter | grep -q "\"sha256\":\"$(sha256sum <reply | cut -d' ' -f1)\".*\"by\":\"eve\"" || fail "the entry of the letter: $(hf ledger cat --site site --kind gate-letter)"
same "$(letter eve 'kind=assurance&lang=zh&paper=letter')" 200 "a letter as PDF: $(head -c 300 reply)"
head -c 5 reply | grep -q '%PDF-' || fail "a PDF: $(head -c 300 reply)"
if command -v pdftotext >/dev/null; then
	pdftotext reply pdf.txt
	grep -q "Ward" pdf.txt || fail "the PDF's text: $(head -c 300 pdf.txt)"
fi

# ---- a plan that somebody keeps ----
printf 'name,address,group\nward pc,10.0.1.5,ward\nanalyser,10.0.2.9,laboratory\noffice,10.0.9.9,office\n' >hosts.csv
as eve $base/api/plan >/dev/null && same "$(json plan <reply)" None "no plan yet"
hf gate plan --inventory hosts.csv --site site >/dev/null || true
shown site
as eve $base/api/plan >/dev/null
same "$(json plan.groups.0.group <reply)" ward "the plan that was kept"

# ---- the sensor: orders ----
as ada $base/api/watch >/dev/null && same "$(json sensor.now.answers <reply)" False "no sensor"
same "$(post ada watch/w1/release '{}')" 503 "an order to nobody"
grep -q "holdfast watch release w1" reply || fail "what to do instead: $(cat reply)"
same "$(post eve watch/w1/release '{}')" 403 "an auditor releases"
[ "$(id -u)" = 0 ] || { echo "the rest needs root"; echo ok; exit 0; }
cc=$(command -v cc || command -v gcc) || { echo "the rest needs a compiler"; echo ok; exit 0; }
"$cc" -O2 -o sim "$here/watch_sim.c"
python3 "$here/watch_tree.py" "$work/tree" 24
cp -a tree before
: >events
setsid "$HOLDFAST" watch run --path "$work/tree" --site site --json >events 2>run.log & run=$!
for _ in $(seq 200); do grep -q '"event":"ready"' events && break; kill -0 $run 2>/dev/null || break; sleep 0.1; done
grep -q '"event":"ready"' events || { grep -q 'no fanotify\|needs root' events run.log && { echo "no fanotify here"; echo ok; exit 0; }; fail "watch run: $(cat run.log)"; }
setsid ./sim overwrite "$work/tree" >/dev/null 2>&1 & sim=$!
for _ in $(seq 100); do grep -q '"event":"stopped"' events && break; sleep 0.1; done
id=$(sed -n 's/^{"event":"verdict","id":"\([^"]*\)".*/\1/p' events | head -1)
[ -n "$id" ] || fail "no verdict: $(cat events)"
verdict() { as ada $base/api/watch >/dev/null; python3 -c 'import json,sys
v = [v for v in json.load(open("reply"))["verdicts"] if v["id"] == sys.argv[1]]
print(json.dumps(v[0].get(sys.argv[2])) if v else "")' $id "$1"; }
wait_for '"stopped"' verdict state
verdict files | grep -q "$work/tree" || fail "files: $(verdict files)"
as nora $base/api/board >/dev/null && python3 -c 'import json,sys
a = [x for x in json.load(open("reply"))["alarms"] if x["id"] == "watch-" + sys.argv[1]]
assert a and a[0]["severity"] == "alarm" and a[0]["what"] == "watch-stopped" and "sim: " in a[0]["reason"], a' $id || fail "no alarm on the board: $(json alarms <reply)"
[ "$(verdict reasons)" != "[]" ] || fail "no reason"
same "$(post ada watch/$id/restore '{"dry_run":true}')" 200 "a proposal"
python3 -c 'import json
r = json.load(open("reply"))["result"]
assert r["ok"] and r["dry_run"] and r["lines"] and r["put_back"] == 0 + len([l for l in r["lines"] if l["action"] == "put-back"]), r' || fail "proposal: $(cat reply)"
n=$(json order <reply)
same "$(as ada $base/api/watch/order/$n)$(as bob $base/api/watch/order/$n)" 200404 "whose order it is"
diff -r before tree >/dev/null && fail "a proposal changes nothing"
same "$(post ada watch/$id/restore '{}')" 200 "put back"
json result.failed <reply | grep -qx 0 || fail "restore: $(cat reply)"
diff -r before tree || fail "files are not as they were"
t0=$(date +%s%N)
same "$(post bob watch/$id/release '{"reason":"it is our own converter"}')" 200 "released"
[ $(($(date +%s%N) - t0)) -lt 2000000000 ] || fail "a release takes longer than two seconds"
same "$(json result.ok <reply)" True "released"
wait_for '"released"' verdict state
as nora $base/api/board >/dev/null && ! grep -q "watch-$id" reply || fail "the alarm stays: $(json alarms <reply)"
same "$(verdict restored)" true "put back, and said"
as eve $base/api/watch >/dev/null
python3 -c 'import json,sys
v = [v for v in json.load(open("reply"))["verdicts"] if v["id"] == sys.argv[1]][0]
e = [(x["event"], x.get("by")) for x in v["events"]]
assert ("restore-ordered", "ada") in e and ("restored", "ada") in e and ("release-ordered", "bob") in e and ("released", "bob") in e, e
assert [x.get("reason") for x in v["events"] if x["event"] == "release-ordered"] == ["it is our own converter"]' $id || fail "events: $(cat reply)"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
