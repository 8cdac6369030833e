#!/usr/bin/env bash
# A case's pages over the API: pairs that may be one person each, shown with what both records say, decided, taken back, and counted by the next run; duties with the end of their time; letters to look at. What a run wrote is handed out by the keeper alone, only
# whole as the run wrote it, only to who may, and looking is recorded.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
hf init site --name "St. Gabriel" >/dev/null 2>&1
export HOLDFAST_SITE=$work/site
mkdir share
python3 - <<'P'
import random
random.seed(7)
last = "Smith Jones Brown Miller Davis Garcia Wilson Moore Taylor Thomas Lee White Harris Clark Lewis Young King Wright Hill Green".split()
first = "James Mary John Linda Robert Susan David Karen Paul Nancy Mark Lisa Daniel Betty George Helen".split()
with open("share/a.csv", "w") as a, open("share/b.csv", "w") as b:
    a.write("last,first,dob,ssn,street,city,state,zip,test\n")
    b.write("last,first,dob,phone,test\n")
    for i in range(60):
        l, f, d = random.choice(last), random.choice(first), "%d-%02d-%02d" % (random.randint(1930, 1999) if i % 10 else 2018, random.randint(1, 12), random.randint(1, 28))
        a.write("%s,%s,%s,%03d-%02d-%04d,%d Oak St,Austin,TX,78%03d,HbA1c\n" % (l, f, d, random.randint(100, 600), random.randint(10, 99), random.randint(1000, 9999), i + 1, i))
        if i % 3 == 0: b.write("%s,%s,%s,,K+\n" % (l, f, d if i % 2 else ""))
P
for f in a b; do printf '[2026/11/21 23:03:00.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)\n  mallory|10.0.0.66|records|pread_send|ok|/srv/records/%s.csv\n' $f; done >audit.log
hf scope case new c1 --window 2026-11-21T23:02Z/2026-11-21T23:06Z --title "the share" --discovered 2026-11-22 >/dev/null
hf scope case evidence c1 audit.log >/dev/null
hf scope case content c1 share >/dev/null
for who in ann:privacy bob:owner cleo:clinician; do
	hf user add ${who%:*} --role ${who#*:} >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*})"
done
start site
api() { curl -s -o got -w '%{http_code}' -H "Authorization: Bearer $1" "${@:3}" "http://127.0.0.1:$http/api/cases/c1$2"; }
said() { api "$t_ann" "" -H 'Content-Type: application/json' -d "$1"; }
for of in review duties letters "letter?sample=adult"; do
	same "$(api "$t_ann" "/$of")" 404 "$of before a run"
	grep -q "nothing was found yet" got || fail "$(cat got)"
	same "$(api "$t_cleo" "/$of")" 403 "a clinician sees $of"
done
hf scope case run c1 >out 2>&1 || fail "$(cat out)" # beside the daemon
greys=$(($(wc -l <site/scope/c1/grey.csv) - 1))
[ "$greys" -ge 4 ] || fail "the made files have no pair in doubt: $greys"

# ---- the queue ----
same "$(api "$t_cleo" "/review")" 403 "a clinician sees pairs"
same "$(api "$t_ann" "/review?n=3")" 200 "the queue ($(cat got))"
same "$(json open <got) $(json pairs <got) $(json list.0.n <got)" "$greys $greys 0" "all wait"
python3 - <<'P'
import json
d = json.load(open("got")); p = d["list"][0]["pair"]
assert len(d["list"]) == 3 and p["a"]["record"] != p["b"]["record"] and p["a"]["values"]["last"] == p["b"]["values"]["last"], p
assert p["why"][0]["field"] == "last" and 0 < p["probability"] < 1 and p["a"]["sources"], p
open("ends", "w").write("%d %d\n" % (d["low"], d["high"]))
for i, k in ((0, "one"), (1, "two")):
    json.dump({"what": "pair", "a": d["list"][i]["pair"]["b"]["record"], "b": d["list"][i]["pair"]["a"]["record"], "same": i == 0}, open(k, "w"))
json.dump(dict(json.load(open("two")), same=None), open("back", "w"))
P
read -r low high <ends
shown site
curl -s -H "Authorization: Bearer $t_bob" "http://127.0.0.1:$http/api/audit?user=ann&what=view" >got
grep -q "case c1: pairs to review" got || fail "looking at pairs is not recorded: $(cat got)"
same "$(said @one)" 201 "one person"
same "$(said @two)" 201 "two persons"
api "$t_ann" "/review?n=50" >/dev/null
same "$(json open <got) $(json same <got) $(json different <got)" "$((greys - 2)) 1 1" "two are decided"
[ "$(json high <got)" -eq $((high - 1)) ] && [ "$(json low <got)" -ge "$low" ] || fail "the interval does not narrow: $low $high, then $(json low <got) $(json high <got)"
grep -q '"n":0,' got && fail "what is decided still waits"
api "$t_ann" "/review?all=1&n=1" >/dev/null
same "$(json list.0.said.by <got) $(json list.0.said.same <got)" "ann True" "who said it"
same "$(said @back)" 201 "taken back"
api "$t_ann" "/review?n=1" >/dev/null
same "$(json open <got) $(json list.0.n <got)" "$((greys - 1)) 1" "it waits again"
same "$(said '{"what":"pair","a":"x","b":"x","same":true}')" 400 "a pair of one record"
same "$(said @two)" 201 "two persons, once more"
hf scope case run c1 --json >run.json 2>/dev/null || true
same "$(json totals.grey <run.json)" $((greys - 2)) "the next run asks about what is not decided"
api "$t_ann" "/review?n=1" >/dev/null
same "$(json pairs <got) $(json high <got)" "$((greys - 2)) $((high - 1))" "the run counts what was said"
# nothing of a file that is not what the run wrote
cp site/scope/c1/review.ndjson kept
sed -i '1s/Oak/Elm/' site/scope/c1/review.ndjson
same "$(api "$t_ann" "/review")" 500 "a changed file ($(cat got))"
grep -q "not what the newest run wrote" got || fail "$(cat got)"
cat kept >site/scope/c1/review.ndjson
same "$(api "$t_ann" "/review")" 200 "as it was"

# ---- duties ----
same "$(api "$t_ann" "/duties?lang=fr")" 200 "duties ($(cat got))"
python3 - <<'P'
import json
d = json.load(open("got")); v = {x["duty"]["id"]: x for x in d["duties"]}
h = v["us-hipaa-individual"]
assert h["duty"]["due"] == "2027-01-21" and h["ends"].startswith("2027-01-2"), h
assert h["duty"]["why"] and h["duty"]["citation"] and h["duty"]["checked"], h
ends = [x["ends"] for x in d["duties"] if "ends" in x]
assert d["total"]["low"] <= d["total"]["high"] and d["discovered"] == "2026-11-22", d["total"]
P
same "$(api "$t_ann" "/duties?lang=xx")" 400 "no such language"

# ---- letters ----
same "$(api "$t_ann" "/letters")" 200 "letters ($(cat got))"
same "$(json lacks.key <got)" entity.name "what is missing is named: $(cat got)"
cat >facts.json <<'J'
{"entity":{"name":"St. Gabriel Hospital","kind":"covered-entity","country":"US","state":"TX","address":["1 Hospital Way","Austin, TX 78701"],"phone":"1-800-555-0100"},
 "letter":{"date":"2026-12-01","happened":{"en":["Somebody copied files."],"fr":["Quelqu’un a copié des fichiers."]},"doing":{"en":["We closed the way in."],"fr":["Nous avons fermé l’accès."]},"hours":{"en":["Monday to Friday"],"fr":["Du lundi au vendredi"]}}}
J
same "$(api "$t_ann" "/letter?sample=adult")" 409 "a letter without what it needs"
hf scope case facts c1 facts.json >/dev/null
api "$t_ann" "/letters" >/dev/null
same "$(json languages.0 <got) $(json languages.1 <got) $(json lacks <got 2>/dev/null || true)" "en fr " "nothing is missing: $(cat got)"
python3 - <<'P'
import json
d = json.load(open("got")); l = d["letters"]
kinds = {k["to"]: k for k in l["kinds"]}
assert kinds["guardian"]["letters"] == 6 and l["letters"] == 60 and l["places"] == {"US-TX": 60}, l
assert sum(l["not"].values()) + l["letters"] == sum(1 for _ in open("site/scope/c1/persons.ndjson"))
open("line", "w").write(str(kinds["guardian"]["lines"][0]))
assert {s["user"] for s in d["signers"]} >= {"ann", "bob"} and "cleo" not in {s["user"] for s in d["signers"]}
P
same "$(api "$t_ann" "/letter?line=$(cat line)&lang=fr&large=1")" 200 "a child's letter ($(cat got))"
same "$(json template <got) $(json post.large <got)" "guardian-fr-large True" "to whom, and how"
same "$(api "$t_ann" "/letter?line=$(cat line)&format=pdf")" 200 "as PDF"
[ "$(head -c 5 got)" = %PDF- ] || fail "no PDF: $(head -c 300 got)"
who=$(sed -n "$(($(cat line) + 1))p" site/scope/c1/persons.ndjson | json person_id)
if command -v pdftotext >/dev/null; then pdftotext got - | grep -q "Parent or Guardian" || fail "not the letter that is printed"; fi
for kind in adult minor deceased protected; do same "$(api "$t_ann" "/letter?sample=$kind&lang=en")" 200 "a sample: $kind ($(cat got))"; done
same "$(api "$t_ann" "/letter?sample=adult&lang=zh")" 400 "a language that the site has no words in"
same "$(api "$t_ann" "/letter?line=100000")" 404 "no such line"
same "$(api "$t_ann" "/person" -H 'Content-Type: application/json' -d "{\"person\":\"$who\"}")" 200 "somebody by the number"
same "$(json line <got)" "$(cat line)" "the same line"
same "$(api "$t_ann" "/person" -H 'Content-Type: application/json' -d '{"person":"nobody"}')" 404 "nobody"
same "$(api "$t_ann" "/person?person=x")" 405 "a number in an address"
hf notice letters c1 -o letters >/dev/null 2>&1
HOLDFAST_TOKEN=$t_ann hf notice sign c1 letters/manifest.json >/dev/null
api "$t_bob" "/letters" >/dev/null
same "$(json sets.0.ready <got) $(json sets.0.by.0.user <got)" "False ann" "one has signed"
HOLDFAST_TOKEN=$t_bob hf notice sign c1 letters/manifest.json >/dev/null
api "$t_bob" "/letters" >/dev/null
same "$(json sets.0.ready <got) $(json sets.0.people <got)" "True 2" "two have"
! grep -q "S-[0-9a-f]\{16\}\|Oak St" "$work/serve.log" || fail "somebody of the case is in the log"
kill -TERM $daemon && wait $daemon || true
daemon=
hf ledger verify | grep -q whole || fail "the ledger"
