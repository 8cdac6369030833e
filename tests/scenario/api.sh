#!/usr/bin/env bash
# The daemon from outside: MLLP, sessions, the viewer's API, FHIR, tiles.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
start site
token=$("$HOLDFAST" token create --role api --site site)
admin=(-H "Authorization: Bearer $("$HOLDFAST" token create --role admin --site site)")
pw=$("$HOLDFAST" user add nora --role clinician --site site)
base=http://127.0.0.1:$http
auth=(-H "Authorization: Bearer $token")

# a believable day
"$HOLDFAST" simulate --to 127.0.0.1:$mllp --beds 40 --seed 5 --count 3000 --connections 4 --acked acked --json >sim.json
same "$(json acknowledged <sim.json)" 3000 "acknowledged"
for _ in $(seq 100); do
	[ "$(curl -s "${admin[@]}" $base/api/board | json view.behind)" = 0 ] && break
	sleep 0.1
done
same "$(curl -s "${admin[@]}" $base/api/board | json view.behind)" 0 "the view keeps up"

# nobody sees anything without signing in
for p in api/board api/census api/session fhir/Patient 'api/search?q=a'; do
	same "$(curl -s -o /dev/null -w '%{http_code}' $base/$p)" 401 "$p without a session"
done
curl -s $base/ >page; grep -qi '<!doctype html' page || fail "page"
curl -sI $base/ >head; grep -qi '^content-security-policy:' head || fail "CSP"
# the viewer's parts: what the page names is here under its content's hash, for ever, and nothing else is ever a script
grep -qi "script-src 'sha256-[^;]*' 'self';" head || grep -q 'built without its viewer' page || fail "the page's policy: $(cat head)"
for part in $(grep -o 'partOf("/part/[^"]*")' page | cut -d'"' -f2); do
	curl -sD partheads $base$part >part
	same "${part##*-}" "$(sha256sum part | cut -c1-16).js" "the address of $part names its content"
	grep -qi '^content-type: text/javascript' partheads && grep -qi '^cache-control: public, max-age=31536000, immutable' partheads && grep -qi '^x-content-type-options: nosniff' partheads || fail "heads of $part: $(cat partheads)"
	curl -s -H 'Accept-Encoding: gzip' $base$part | gunzip | cmp - part || fail "$part, compressed"
	same "$(curl -s -o other -w '%{http_code}' $base${part%-*}-0123456789abcdef.js)" 404 "a part of another version"
	grep -q 'Load the page again' other || fail "what is said of it: $(cat other)"
done
for p in /part/ /part/fr /part/fr-.js /part/../index.html /part/-0123456789abcdef.js; do same "$(curl -s -o other -w '%{http_code}' --path-as-is $base$p)" 404 "$p"; done
curl -s $base/ledger/checkpoint >cp; [ -s cp ] || fail "public checkpoint"
same "$(curl -s -o /dev/null -w '%{http_code}' --path-as-is $base/ledger/tile/../../keys/care.key)" 404 "a way out of the tiles"

# a person signs in with the one-time password, must change it, then reads
jar=cookies
same "$(curl -s -o /dev/null -w '%{http_code}' -d '{"user":"nora","password":"wrong"}' $base/api/login)" 401 "wrong password"
curl -s -c $jar -d "{\"user\":\"nora\",\"password\":\"$pw\"}" $base/api/login >login.json
csrf=$(json csrf <login.json)
same "$(json mustChange <login.json)" True "one-time password"
same "$(curl -s -b $jar -o /dev/null -w '%{http_code}' $base/api/census)" 403 "before the password is changed"
same "$(curl -s -b $jar -o /dev/null -w '%{http_code}' -d '{}' $base/api/password)" 403 "without the CSRF value"
same "$(curl -s -b $jar -c $jar -H "X-Holdfast-CSRF: $csrf" -o /dev/null -w '%{http_code}' -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
curl -s -b $jar $base/api/census >census.json
[ "$(json count <census.json)" -gt 10 ] || fail "census"
id=$(json patients.0.id <census.json)
curl -s -b $jar "$base/api/patient/$id" >chart.json
[ "$(json viewEntry <chart.json)" -gt 0 ] || fail "a view is an entry"
view=$(json viewEntry <chart.json)
same "$("$HOLDFAST" ledger show "$view" --site site --json | json kind)" audit "kind of the view's entry"
same "$("$HOLDFAST" ledger show "$view" --site site --raw | json resourceType)" AuditEvent "it is a FHIR AuditEvent"

# who looked is told in our own word; what was sent says from where; accounts are one list
same "$(curl -s "${admin[@]}" "$base/api/audit?patient=$id" | json events.0.what)" view "what the audit calls a view"
curl -s -b $jar "$base/api/patient/$id/timeline" >line.json
same "$(python3 -c 'import json; e=[x for x in json.load(open("line.json"))["events"] if x["kind"]=="hl7v2"][0]; print(e["origin"], "source" in e, "user" in e)')" "fed True False" "origin and feed of what was sent"
same "$(curl -s "${admin[@]}" $base/api/users | json users.0.user)" nora "one list of accounts"
curl -s "${admin[@]}" $base/api/board >board.json
same "$(json keys.shares <board.json) $(python3 -c 'import json; b=json.load(open("board.json")); print(len(b["keys"]["sharesLyingAbout"]), "checkpointTime" in b["ledger"], b["ledger"]["lastVerified"])')" "1/1 1 True None" "shares lie where init wrote them; the head has a time"
"$HOLDFAST" ledger verify --site site >/dev/null
for _ in $(seq 40); do
	[ "$(curl -s "${admin[@]}" $base/api/board | json ledger.lastVerified)" = None ] || break
	sleep 0.1
done
[ "$(curl -s "${admin[@]}" $base/api/board | json ledger.lastVerified)" != None ] || fail "a verification is not told on the board"

# anything new? What has not changed since the ETag is no second view
views() { "$HOLDFAST" ledger list --site site --json --kind audit | wc -l; }
unit=$(json patients.0.location.unit <census.json)
for p in "api/patient/$id" "api/census?unit=$unit" api/census; do
	curl -s -b $jar -D head.txt "$base/$p" -o first.json
	tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head.txt)
	[ -n "$tag" ] || fail "$p has no ETag"
	before=$(views)
	same "$(curl -s -b $jar -D head.txt -H "If-None-Match: $tag" -o again.json -w '%{http_code} %{size_download}' "$base/$p")" "304 0" "$p again"
	grep -qi '^holdfast-as-of: [0-9]* 20' head.txt || fail "$p: as of when nothing was new"
	same "$(views)" "$before" "entries that a 304 of $p makes"
	same "$(curl -s -b $jar -H 'If-None-Match: "00000000000000000000000000000000"' -o /dev/null -w '%{http_code}' "$base/$p")" 200 "$p with another tag"
	[ "$(views)" -gt "$before" ] || fail "$p with another tag is a view"
done
same "$(curl -s -H "If-None-Match: $tag" -o /dev/null -w '%{http_code}' "$base/api/census")" 401 "a tag is no right"
curl -s -b $jar "$base/api/census?unit=$unit" >ward.json
python3 - <<'PY' || fail "a ward's rows show vitals and open orders as the charts have them"
import json
rows = json.load(open("ward.json"))["patients"]
assert rows and all("vitals" in r and "open" in r["orders"] for r in rows)
assert any(v["name"] and v["value"] and v["time"] for r in rows for v in r["vitals"]["entries"])
PY
"$HOLDFAST" chart census --unit "$unit" --json --site site | json patients.0.vitals.state >/dev/null

# who looked: one person's, of one patient, some words, between two times; a page ends where it says; the list that is taken away is in the list
same "$(curl -s -b $jar -o /dev/null -w '%{http_code}' "$base/api/audit")" 403 "the audit for who may not"
same "$(curl -s "${admin[@]}" -o /dev/null -w '%{http_code}' "$base/api/audit?from=yesterday")" 400 "what is no time"
curl -s -b $jar -H "X-Holdfast-CSRF: $csrf" -o /dev/null -w '%{http_code}\n' -d "{\"patient\":\"$id\",\"reason\":\"=cmd('found unresponsive')\"}" "$base/api/break-glass" >/dev/null
between=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
sleep 0.05
curl -s -b $jar "$base/api/patient/$id" -o /dev/null
shown site
for f in 'max=1000' 'user=nora&max=1000' "user=nora&patient=$id&max=1000" "user=root&patient=$id" 'what=view,search&max=1000' 'what=break-glass' "from=$between&user=nora" "to=$between&user=nora&max=1000" 'user=nora&max=3'; do curl -s "${admin[@]}" "$base/api/audit?$f"; echo; done >audits
PATIENT=$id BETWEEN=$between python3 - <<'PY' || fail "the audit as it is asked for"
import json, os
all_, nora, both, root, words, glass, after, until, three = [json.loads(x) for x in open("audits")]
ev = lambda d: d["events"]
assert ev(nora) and all(e["user"] == "nora" for e in ev(nora)) and len(ev(nora)) < len(ev(all_))
assert ev(both) and all(e["user"] == "nora" and e["patient"] == os.environ["PATIENT"] for e in ev(both)) and ev(root) == []
assert {e["what"] for e in ev(words)} == {"view"}, {e["what"] for e in ev(words)}
assert any(e.get("text") == "census" for e in ev(words)) and any(e.get("text") == "census of a unit" for e in ev(words))
assert [e["reason"] for e in ev(glass)] == ["=cmd('found unresponsive')"], glass
assert len(ev(after)) == 1 and ev(after)[0]["time"] > os.environ["BETWEEN"] and ev(after)[0]["what"] == "view", after
assert sorted(e["entry"] for e in ev(after) + ev(until)) == sorted(e["entry"] for e in ev(nora))
assert len(ev(three)) == 3 and three["next"] == ev(three)[-1]["entry"] and all_["next"] is None
PY
curl -s "${admin[@]}" -D head.txt "$base/api/audit?user=nora&format=csv" >audit.csv
grep -qi '^content-disposition: attachment; filename="audit-[0-9]*.csv"' head.txt || fail "the audit to take away: $(cat head.txt)"
shown site
curl -s "${admin[@]}" "$base/api/audit?what=export" >exported
python3 - <<'PY' || fail "the audit as CSV"
import csv, json
rows = list(csv.DictReader(open("audit.csv", encoding="utf-8-sig", newline="")))
assert len(rows) == len([json.loads(x) for x in open("audits")][1]["events"]), len(rows)
assert all(r["user"] == "nora" for r in rows) and any(r["reason"] == "'=cmd('found unresponsive')" for r in rows)
assert json.load(open("exported"))["events"][0]["text"] == "audit of nora"
PY

# FHIR
curl -s $base/fhir/metadata -H 'Accept: application/fhir+json' >meta.json
same "$(json fhirVersion <meta.json 2>/dev/null || curl -s "${auth[@]}" $base/fhir/metadata | json fhirVersion)" 4.0.1 "version"
for accept in application/fhir+json application/json '*/*'; do
	same "$(curl -s "${auth[@]}" -H "Accept: $accept" $base/fhir/Patient/$id | json resourceType)" Patient "read as $accept"
done
curl -s "${auth[@]}" "$base/fhir/Observation?patient=$id&_count=5" >obs.json
same "$(json type <obs.json)" searchset "search"
n=0 next="$base/fhir/Observation?patient=$id&_count=5"
while [ -n "$next" ] && [ $n -lt 200 ]; do
	curl -s "${auth[@]}" "$next" >page.json
	n=$((n + $(python3 -c 'import json;print(len(json.load(open("page.json")).get("entry",[])))')))
	next=$(python3 -c 'import json;print(next((l["url"] for l in json.load(open("page.json"))["link"] if l["relation"]=="next"),""))')
done
same "$n" "$(json total <obs.json)" "pages hold what total says"
same "$(curl -s "${auth[@]}" "$base/fhir/Patient/$id/\$summary" | json type)" document "IPS by GET"
same "$(curl -s "${auth[@]}" -X POST "$base/fhir/Patient/$id/\$summary" | json entry.0.resource.resourceType)" Composition "IPS by POST"
same "$(curl -s "${auth[@]}" "$base/fhir/Patient/$id/\$everything" | json entry.0.resource.resourceType)" Patient "everything"
obs=$(json entry.0.resource.id <obs.json)
same "$(curl -s "${auth[@]}" $base/fhir/Observation/$obs | json id)" "$obs" "read an observation by its id"
for path in fhir fhir/; do
	printf '{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:9","resource":{"resourceType":"Patient","identifier":[{"system":"urn:t","value":"T-%s"}],"name":[{"family":"Posted"}]},"request":{"method":"POST","url":"Patient"}}]}' "${#path}" >post.json
	same "$(curl -s "${auth[@]}" -H 'Content-Type: application/fhir+json' --data-binary @post.json $base/$path | json type)" transaction-response "POST $path"
done
same "$(curl -s "${auth[@]}" "$base/fhir/Patient?identifier=urn:t|T-4" | json total)" 1 "what was posted is found"
same "$(curl -s "${auth[@]}" -o /dev/null -w '%{http_code}' $base/fhir/Patient/nope)" 404 "unknown patient"
same "$(curl -s "${auth[@]}" $base/fhir/Patient/nope | json resourceType)" OperationOutcome "error as FHIR says it"

# what was acknowledged is there after the worst
kill -KILL "$daemon"; wait "$daemon" 2>/dev/null || true; pkill -KILL -f "serve.*$work" 2>/dev/null || true
daemon=
sleep 0.3
"$HOLDFAST" ledger list --site site --json --kind hl7v2 | wc -l >have
[ "$(cat have)" -ge 3000 ] || fail "lost: $(cat have) of 3000"
start site
"$HOLDFAST" ledger verify --site site --bodies >/dev/null
stop
echo "api holds"
