#!/usr/bin/env bash
# Links to one recording: opened without an account, each look an entry, over when their time is or when somebody says so; nothing of them but a hash is stored. Guessing is slow.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
hf import --site site a.hl7 >/dev/null
python3 - <<'PY'
import struct
v = []
for i in range(5000):
    t = i % 400
    x = 1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0
    v += [x, x // 2]
open("one.dat", "wb").write(struct.pack("<%dh" % len(v), *v))
open("one.hea", "w").write("one 2 500 5000\none.dat 16 1000 16 0 0 0 0 II\none.dat 16 1000 16 0 0 0 0 V5\n")
PY
ecg=$(hf ecg import --site site one.hea --patient 1001 --birth 1957-03-12 --json | json entry)
start site
base=http://127.0.0.1:$http
code() { curl -s -o got -w '%{http_code}' "$@"; }
pw=$(hf user add ada --role clinician --site site)
csrf=$(curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" $base/api/login | json csrf)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
share() { me -d "$1" $base/api/ecg/$ecg/share; }

# ---- made: by who may sign, for somebody, for a time
same "$(share '{"hours":0,"for":"Dr. Grey"}')" 400 "for no time"
same "$(share '{"hours":999999,"for":"Dr. Grey"}')" 400 "for ever"
same "$(share '{"hours":24,"for":""}')" 400 "for nobody"
same "$(code -d '{"hours":24,"for":"Dr. Grey"}' $base/api/ecg/$ecg/share)" 401 "without signing in"
cart=$(hf token create --role ecg-send --site site)
same "$(code -H "Authorization: Bearer $cart" -d '{"hours":24,"for":"Dr. Grey"}' $base/api/ecg/$ecg/share)" 403 "by a cart"
same "$(me -d '{"hours":24,"for":"Dr. Grey"}' $base/api/ecg/1/share)" 404 "what is no ECG"
same "$(share '{"hours":24,"for":"Dr. Grey, cardiology","reason":"second opinion"}')" 200 "made"
url=$(json url <got) id=$(json id <got)
token=${url#/share/}
same "${#token}" 32 "128 bits"
same "$(share '{"hours":24,"for":"the practice"}')" 200 "another"
other=$(json url <got); other=${other#/share/} otherid=$(json id <got)
[ "$other" != "$token" ] || fail "the same token twice"

# ---- opened: no account, each look an entry before the first byte
acts() { entries site ecg-act; }
before=$(acts)
same "$(code $base$url)" 200 "the page"
same "$(code $base/api/share/$token)" 200 "what it shows"
same "$(json for <got) $(json by <got) $(json ecg.entry <got) $(json ecg.match <got) $(json ecg.reading <got)" "Dr. Grey, cardiology ada $ecg matched unread" "of one recording"
python3 - <<'PY' || fail "a link shows more than the recording"
import json
e = json.load(open("got"))["ecg"]
assert not {"acts", "candidates", "shares", "previous", "draft"} & set(e), sorted(e)
PY
same "$(acts)" "$((before + 1))" "opening is an entry"
same "$(code "$base/api/share/$token/wave?seconds=2")" 200 "its trace"
same "$(json samples <got) $(json leads.0.name <got)" "1000 II" "two seconds of it"
same "$(code $base/api/share/$token/analysis)" 200 "its measurements"
same "$(code $base/api/share/$token/report.pdf)" 200 "its paper"
head -c 5 got | grep -q '%PDF' || fail "no PDF"
same "$(acts)" "$((before + 4))" "and so is each look"
for part in file convert acts match share; do same "$(code "$base/api/share/$token/$part?to=scp")" 404 "no $part through a link"; done
same "$(code -d '{}' $base/api/share/$token)" 405 "nothing is changed through a link"
same "$(acts)" "$((before + 4))" "what is refused is no look"
shown site
same "$(me $base/api/ecg/$ecg)" 200 "the recording"
python3 - "$id" <<'PY' || fail "the list of links: $(cat got)"
import json, sys
s = {x["id"]: x for x in json.load(open("got"))["shares"]}
assert len(s) == 2 and s[sys.argv[1]]["opened"] == 1 and not s[sys.argv[1]]["revoked"] and s[sys.argv[1]]["lastOpened"], s
PY
grep -q "$token" got && fail "the link itself is shown to staff"

# ---- only its hash is stored
hash=$(printf %s "$token" | sha256sum | cut -d' ' -f1)
n=$(hf ledger list --site site --json --kind ecg-act | head -1 | json seq 2>/dev/null || hf ledger list --site site --json --kind ecg-act | head -1 | json entry)
hf ledger show --site site "$n" >shown.txt 2>/dev/null || hf ledger cat --site site "$n" >shown.txt
grep -q "$hash" shown.txt || fail "its hash is not in the entry: $(cat shown.txt)"

# ---- a killed keeper knows them
kill -9 "$(hf status --site site --json | python3 -c 'import json,sys; print(next(r["pid"] for r in json.load(sys.stdin)["roles"] if r["name"]=="keeper"))')"
for _ in $(seq 100); do [ "$(code $base/api/share/$token)" = 200 ] && break; sleep 0.1; done
same "$(code $base/api/share/$token)" 200 "after the keeper was killed"

# ---- taken back
revoke() { me -d "$2" $base/api/ecg/share/$1/revoke; }
same "$(revoke $id '{}')" 400 "without a reason"
same "$(revoke ffffffffff '{"reason":"sent to the wrong address"}')" 404 "no such link"
same "$(code -d '{"reason":"sent to the wrong address"}' $base/api/ecg/share/$id/revoke)" 401 "by nobody"
same "$(revoke $id '{"reason":"sent to the wrong address"}')" 200 "revoked"
for part in "" /wave /analysis /report.pdf; do same "$(code $base/api/share/$token$part)" 410 "revoked: $part"; done
grep -q 'revoked' got || fail "not said in words: $(cat got)"
same "$(code $base/api/share/$other)" 200 "the other one still opens"
same "$(revoke $id '{"reason":"once more"}')" 409 "twice"

# ---- guessing
same "$(code $base/api/share/00000000000000000000000000000000)" 404 "a wrong one"
slow=
for _ in 1 2 3 4 5 6 7 8; do [ "$(code $base/api/share/0123456789abcdef0123456789abcdef)" != 429 ] || slow=1; done
[ -n "$slow" ] || fail "guessing is not slowed down"
stop

# ---- known also when the cache is gone and the ledger is all there is
! grep -rqs "$token" site || fail "the token lies somewhere in the site"
grep -q "$hash" site/keys/accounts.json || fail "the cache does not know the link"
rm -f site/keys/accounts.json
start site
base=http://127.0.0.1:$http
same "$(code $base/api/share/$other)" 200 "known from the ledger alone"
same "$(code $base/api/share/$token)" 410 "and revoked there, too"
stop
hf ledger verify --site site >/dev/null
