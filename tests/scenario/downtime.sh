#!/usr/bin/env bash
# A downtime run from the page: who may begin it and take it on, one step at a time whoever is faster; a person's word on captured items, each by its owner; not closed while anything is open; the board and status say it, after a restart
# and without the accounts' cache, too. Longer than ten seconds: five people sign in with slow password hashes, twice, and a daemon is killed and starts anew.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|R1|P|2.5.1\rEVN|A01|20260105120000+0000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|3W^12^A\r' >one.hl7
hf import --site site one.hl7 >/dev/null
python3 - <<'PY'
import json
items = [dict(id="W-1", kind="vitals", values={"pulse": 80}), dict(id="W-2", kind="given", values={"drug": "Morphine", "dose": "5"}), dict(id="W-3", kind="registration", patient="T-1", values={"family": "Li"}), dict(id="W-4", kind="note", values={"text": "x"})]
json.dump([dict({"patient": "4711", "unit": "3W", "by": "ada", "occurred": "2026-11-22T03:00"}, **i) for i in items], open("items.json", "w"))
json.dump(dict(items[0], id="W-5", patient="4711", unit="3W", by="ada", occurred="2026-11-22T04:00"), open("more.json", "w"))
PY
hf capture import --site site items.json >/dev/null 2>&1
for u in ada:clinician reg:registrar boss:admin chief:owner aud:auditor; do
	hf user add ${u%:*} --role ${u#*:} --site site >pw.${u%:*} 2>&1
done
start site
cat >page.py <<'PY'
import http.client, json, re, sys
class Page:
    def __init__(self, host, user):
        self.host, self.head = host, {"Content-Type": "application/json"}
        try: self.sign(user, open("own." + user).read())
        except OSError:
            for w in re.findall(r"\S{8,}", open("pw." + user).read()):
                if self.sign(user, w): break
            s, d = self.ask("POST", "/api/password", {"old": w, "new": "another long one 2"}); assert s == 204, d
            open("own." + user, "w").write("another long one 2")
            assert self.sign(user, "another long one 2")
    def sign(self, user, word):
        s, d = self.ask("POST", "/api/login", {"user": user, "password": word})
        if s == 200: self.head.update({"Cookie": self.r.getheader("Set-Cookie").split(";")[0], "X-Holdfast-CSRF": d["csrf"]}); self.may = d["may"]
        return s == 200
    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection(self.host, timeout=60)
        c.request(method, path, json.dumps(body) if body is not None else None, self.head)
        self.r = c.getresponse(); t = self.r.read()
        try: return self.r.status, json.loads(t)
        except ValueError: return self.r.status, t
PY
cat >story.py <<'PY'
import sys; from page import Page
ada, reg, boss, chief, aud = (Page(sys.argv[1], u) for u in ("ada", "reg", "boss", "chief", "aud"))
now = lambda p=boss: p.ask("GET", "/api/downtime")[1]
assert "downtime" in boss.may and "downtime" in chief.may and "downtime" not in ada.may and "backload" in ada.may and "backload" not in chief.may, boss.may
d = now()
assert d["state"] == "none" and d["next"] == "down" and "since" not in d and d["units"] == [] and d["balance"]["open"] == d["balance"]["items"] == 4 and d["byOwner"]["nursing"]["items"] == 2, d
assert d["mayDecide"] and len(d["mayReview"]) == 5 and now(reg)["mayReview"] == ["registration"] and "registration" not in now(ada)["mayReview"] and not now(aud)["mayDecide"] and now(chief)["mayReview"] == [], now(ada)
# ---- steps
step = lambda p, **b: p.ask("POST", "/api/downtime", b)
for p in (ada, reg, aud): assert step(p, act="begin", reason="x")[0] == 403
assert step(boss, act="begin")[0] == 400 and step(boss, act="end", reason="x")[0] == 400
s, d = step(boss, act="advance", state="read-only"); assert (s, d["error"]["code"]) == (409, "state") and "no downtime is running" in d["error"]["text"], d
s, d = step(chief, act="begin", unit="3W", reason="EHR switched off"); assert s == 200 and d["state"] == "down" and d["units"] == ["3W"] and d["by"] == "chief" and d["reason"] == "EHR switched off" and d["next"] == "read-only", d
s, d = step(boss, act="begin", unit="3W", reason="too"); assert s == 409, d
s, d = step(boss, act="begin", unit="ICU", reason="too"); assert s == 200 and d["units"] == ["3W", "ICU"], d
s, d = boss.ask("GET", "/api/board"); assert d["downtime"]["state"] == "down" and d["downtime"]["running"], d.get("downtime")
s, d = step(boss, act="advance", state="write"); assert s == 409 and "none is passed over" in d["error"]["text"], d
s, d = step(boss, act="advance", state="read-only"); assert s == 200 and d["state"] == "read-only", d
s, d = step(chief, act="advance", state="read-only"); assert s == 409, d  # somebody was faster
s, d = step(boss, act="advance", state="write"); assert s == 200 and d["next"] == "closed", d
assert step(boss, act="advance", state="closed", unreconciled=True)[0] == 400  # not without a word on why
done = lambda p, who: p.ask("POST", "/api/downtime/reconcile", {"patient": who})
assert done(reg, "4711")[0] == 403 and done(aud, "4711")[0] == 403 and done(ada, "9999")[0] == 404
s, d = step(boss, act="advance", state="closed"); assert s == 409 and "4 of 4 items are open" in d["error"]["text"], d
# ---- words: each owner's own
word = lambda p, what, *ids, **b: p.ask("POST", "/api/backload/" + what, dict(b, items=list(ids)))
assert word(aud, "review", "W-1")[0] == 403 and word(chief, "review", "W-1")[0] == 403 and word(ada, "review")[0] == 400
head = dict(ada.head); del ada.head["X-Holdfast-CSRF"]; s, d = word(ada, "review", "W-1"); assert (s, d["error"]["code"]) == (403, "csrf"), d
ada.head = head
s, d = word(ada, "review", "W-1", "W-3", "W-9"); assert s == 200, d
a, b, c = d["items"]
assert a["changed"] and a["state"] == "reviewed" and a["entry"] and not b["changed"] and "another one's" in b["why"] and not c["changed"] and "no captured item" in c["why"], d
s, d = word(ada, "review", "W-1"); assert not d["items"][0]["changed"] and d["items"][0]["why"], d  # once
s, d = word(reg, "review", "W-3"); assert d["items"][0]["state"] == "reviewed", d
assert word(ada, "review", "W-2", refuse=True)[0] == 400
s, d = word(ada, "review", "W-2", refuse=True, reason="given twice"); assert d["items"][0]["state"] == "refused", d
s, d = ada.ask("GET", "/api/capture/W-2"); assert [a["said"]["act"] for a in d["acts"]] == ["refused"] and d["acts"][0]["said"]["by"] == "ada" and d["acts"][0]["said"]["reason"] == "given twice" and d["acts"][0]["source"] == "web/ada", d
assert word(ada, "resolve", "W-1", **{"as": "filed"})[0] == 400 and word(ada, "resolve", "W-1", reason="x", **{"as": "gone"})[0] == 400
s, d = word(ada, "resolve", "W-1", "W-4", reason="typed in by hand", **{"as": "already_there"}); assert [i["state"] for i in d["items"]] == ["already_there"] * 2, d
s, d = word(ada, "resolve", "W-2", reason="looked again", **{"as": "again"}); assert d["items"][0]["state"] == "open", d
s, d = word(ada, "resolve", "W-2", reason="no", **{"as": "refused"}); assert d["items"][0]["state"] == "refused", d
s, d = step(boss, act="advance", state="closed"); assert s == 409 and "1 of 4" in d["error"]["text"], d
PY
python3 story.py 127.0.0.1:$http || fail "the story"
hf status --site site | grep -q '^DOWNTIME *write since .*, units 3W ICU: EHR switched off' || fail "status: $(hf status --site site)"
# ---- while a command sends, nothing is taken from it
cat >silent.py <<'PY'
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
open("silent.port", "w").write(str(s.getsockname()[1]))
c, _ = s.accept()
c.recv(1)
open("heard", "w").write("x")
while c.recv(65536):
    pass
PY
wait_for() { for _ in $(seq 1200); do [ ! -s "$1" ] || return 0; sleep 0.05; done; fail "no $1"; }
python3 silent.py &
silent=$!
wait_for silent.port
"$HOLDFAST" backload send W-3 --site site --to 127.0.0.1:$(cat silent.port) --wait 600 >sent 2>&1 &
sends=$!
wait_for heard
python3 - 127.0.0.1:$http <<'PY' || fail "while items are sent"
import sys
from page import Page
reg = Page(sys.argv[1], "reg")
s, d = reg.ask("POST", "/api/backload/resolve", {"items": ["W-3"], "as": "filed", "reason": "x"}); assert (s, d["error"]["code"]) == (503, "busy"), d
s, d = reg.ask("POST", "/api/backload/review", {"items": ["W-3"]}); assert s == 200, d  # takes nothing
PY
kill -9 $sends; wait $sends 2>/dev/null || true
kill $silent 2>/dev/null || true; wait $silent 2>/dev/null || true
python3 - 127.0.0.1:$http <<'PY' || fail "when it is over"
import sys, time
from page import Page
reg = Page(sys.argv[1], "reg")
for _ in range(600):  # until the keeper sees that it is gone
    s, d = reg.ask("POST", "/api/backload/resolve", {"items": ["W-3"], "as": "filed", "reason": "x"})
    if s != 503: break
    time.sleep(0.05)
assert s == 200 and d["items"][0]["state"] == "filed", d
PY
# ---- the page looked, then somebody wrote something down: not closed by what it saw. Killed, and without its cache, the keeper knows the state
hf capture import --site site more.json >/dev/null 2>&1
kill -9 $daemon; wait $daemon 2>/dev/null || true
rm site/keys/accounts.json
start site
shown site
python3 - 127.0.0.1:$http <<'PY' || fail "after a restart"
import sys
from page import Page
boss = Page(sys.argv[1], "boss")
d = boss.ask("GET", "/api/downtime")[1]; assert d["state"] == "write" and d["units"] == ["3W", "ICU"] and d["reason"] == "EHR switched off" and d["balance"]["open"] == 1, d
s, d = boss.ask("POST", "/api/backload/resolve", {"items": ["W-5"], "as": "already_there", "reason": "x"}); assert s == 200, d
d = boss.ask("GET", "/api/downtime")[1]; seen = d["asOf"]; assert d["balance"]["open"] == 0, d
s, d = boss.ask("POST", "/api/downtime", {"act": "advance", "state": "closed", "asOf": seen}); assert (s, d["error"]["code"]) == (409, "reconcile") and d["error"]["text"].startswith("1 doses"), d
done = lambda: Page(sys.argv[1], "ada").ask("POST", "/api/downtime/reconcile", {"patient": "4711"})  # a dose that was refused: a person has looked at it
s, d = done(); assert s == 200 and d["reconciled"] == 1, d
s, d = done(); assert s == 200 and d["reconciled"] == 0, d
s, d = boss.ask("POST", "/api/downtime", {"act": "advance", "state": "closed", "asOf": 3}); assert s == 409 and "written down meanwhile" in d["error"]["text"], d
seen = boss.ask("GET", "/api/downtime")[1]["asOf"]
s, d = boss.ask("POST", "/api/downtime", {"act": "advance", "state": "closed", "asOf": seen}); assert s == 200 and d["state"] == "closed" and d["next"] == "down" and d["balance"]["items"] == 5, d
PY
stop
refused 1 "no downtime is running" downtime advance --site site
same "$(hf downtime status --site site --json | json state) $(hf downtime balance --site site --json | json items)" "closed 5" "the command says the same"
