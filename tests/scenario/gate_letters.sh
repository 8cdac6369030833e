#!/usr/bin/env bash
# Links from a file, whole or not at all; a link is changed and removed only while it stands still; a condition holds a step back until it is met, and a cut forgets it; a step signed at a terminal; letters in three languages
# whose figures are the ledger's: entry numbers that are there, counts that follow what happens, and an entry for each letter with the hash of its file.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
peer="python3 $here/gate_peer.py"
hf init site --name "St. Example" --shares-dir shares >/dev/null 2>&1
for who in ada bob; do
	hf user add $who --role security --site site >/dev/null 2>&1
	eval "t_$who=$(hf token create --user $who --site site)"
done
far=$(free_port) out=$(free_port) in=$(free_port) other=$(free_port)
$peer recv $far got & p1=$!
quit() { local s=$?; set +e; kill $p1 2>/dev/null; return $s; }
trap 'quit; cleanup' EXIT
start site
cat >links.ini <<END
# our partners
[link lab-out]
partner = Central Laboratory
contact = IT desk, telephone 4711
owner = Dr. Lin
purpose = results and orders
class = lab
direction = out
listen = 127.0.0.1:$out
to = 127.0.0.1:$far
protocol = mllp
condition = edr: EDR runs on every host
condition = letter before TEST: a signed letter of assurance is here

[link lab-in]
listen = 127.0.0.1:$in
to = 127.0.0.1:$far
protocol = mllp
END
g() { hf gate "$@" --site site; }
links() { g list --json | wc -l; }
state() { g list --json | python3 -c 'import json,sys
for l in sys.stdin:
    d = json.loads(l)
    if d["name"] == sys.argv[1]:
        print(d[sys.argv[2]])' "$@"; }
wait_for() { local want=$1; shift; for _ in $(seq 300); do [ "$("$@")" = "$want" ] && return 0; sleep 0.05; done; fail "$*: '$("$@")' does not become '$want'"; }

# ---- a file: all of it, or nothing and the line ----
sed 's/^protocol = mllp$/protocol = mllp\nhours = Mon-Fri 18:00-08:00/' links.ini >bad.ini
refused 1 "bad.ini:12: .*midnight" gate add --config bad.ini --site site
same "$(links)" 0 "after a bad file"
sed "s/127.0.0.1:$in/127.0.0.1:$out/" links.ini >bad.ini
refused 1 "listens where" gate add --config bad.ini --site site
g add --config links.ini
same "$(links)" 2 "links of the file"
refused 1 "there is a link of the name" gate add --config links.ini --site site
same "$(g set links.ini --json)" '{"added":0,"changed":0,"same":2}' "the same file again"
sed 's/purpose = results and orders/purpose = results/' links.ini >changed.ini
printf '[link third]\nlisten = 127.0.0.1:%s\nto = 127.0.0.1:%s\nprotocol = tcp\n' "$other" "$far" >>changed.ini
refused 1 "cut it before" gate set changed.ini --site site
same "$(links)" 2 "nothing of a file that cannot be"

# ---- cut, with what waits ----
wait_for 12 eval "$peer send $out 1 12"
HOLDFAST_TOKEN=$t_ada g cut lab-out --reason "their server is encrypted" >/dev/null || fail "cut"
same "$($peer send $out 13 17)" 5 "taken while cut"
refused 1 "messages wait" gate change lab-out --purpose results --site site
refused 1 "cut it before" gate remove lab-in --site site

# ---- conditions ----
HOLDFAST_TOKEN=$t_ada refused 1 "edr: EDR runs on every host" gate advance lab-out --site site
refused 1 "no condition of this name" gate condition lab-out --met nothing --site site
HOLDFAST_TOKEN=$t_bob g condition lab-out --met edr --evidence "report of the firm"
step() { HOLDFAST_TOKEN=$t_ada g advance lab-out >/dev/null && HOLDFAST_TOKEN=$t_bob g advance lab-out >/dev/null; }
step
same "$(state lab-out state)" QUARANTINED "a step with its condition met"
HOLDFAST_TOKEN=$t_ada refused 1 "letter: a signed letter" gate advance lab-out --site site

# ---- letters ----
for what in cut.en conditions.en assurance.en cut.fr assurance.zh; do
	g letter lab-out --kind ${what%.*} --lang ${what#*.} -o $what.txt
done
python3 - <<'END' || fail "letters"
import re, json, subprocess, os, hashlib
hf = os.environ["HOLDFAST"]
def entries():
    return {json.loads(l)["seq"]: json.loads(l) for l in subprocess.run([hf, "ledger", "list", "--site", "site", "--json"], capture_output=True, text=True, check=True).stdout.splitlines()}
def body(n):
    return json.loads(subprocess.run([hf, "ledger", "show", str(n), "--site", "site", "--raw"], capture_output=True, check=True).stdout.split(b"\n")[0])
have = entries()
for name in "cut.en", "conditions.en", "assurance.en", "cut.fr", "assurance.zh":
    t = open(f"{name}.txt", encoding="utf-8").read()
    cited = {int(x) for m in re.findall(r"\[#(\d+)(?:–(\d+))?\]", t) for x in m if x}
    assert cited and cited <= set(have), (name, cited)
    listed = {int(x) for x in re.findall(r"^#(\d+) ", t, re.M)}
    assert listed == cited, (name, cited ^ listed)
    assert all(have[n]["kind"].startswith(("gate-", "alarm", "account", "snapshot", "session", "keys")) for n in cited)
    assert max(cited) < int(re.search(r"#(\d+)", t[t.rindex("-----"):]).group(1)), "the checkpoint covers them"
t = " ".join(open("cut.en.txt", encoding="utf-8").read().split())
n = int(re.search(r"“their server is encrypted” \[#(\d+)\]", t).group(1))
assert body(n)["reason"] == "their server is encrypted" and body(n)["by"] == "ada"
bytes_, n = re.search(r": (\d+) bytes? \[#(\d+)\]\. Checked", t).groups()
assert body(int(n))["bytesSince"] == int(bytes_) == 0
assert re.search(r"\b12 \[#\d+\] messages had passed", t), t
assert re.search(r"\b5 \[#\d+–\d+\] messages have been kept", t), t
assert "Central Laboratory [#" in t and "telephone 4711 [#" in t and "M12, M11" in t
t = " ".join(open("conditions.en.txt", encoding="utf-8").read().split())
assert re.search(r"Of 2 \[#\d+\] conditions, 1 \[#", t) and "“report of the firm”" in t and "UNKNOWN" in t, t
t = open("assurance.en.txt", encoding="utf-8").read()
assert [int(x) for x in re.findall(r"^(\d+)\. ", t, re.M)] == list(range(1, 41))
assert t.count("Not known to Holdfast: to be answered by") >= 15
made = [body(n) for n, e in have.items() if e["kind"] == "gate-letter"]
assert len(made) == 5
for m in made:
    name = f'{m["letter"]}.{m["lang"]}.txt'
    assert m["sha256"] == hashlib.sha256(open(name, "rb").read()).hexdigest(), name
    assert m["link"] == "lab-out" and m["to"] == "partner" and "(uid " in m["by"]
END
# ---- a setting is taken back; a link that begins closed ----
port=$(free_port)
g add clinic --listen 127.0.0.1:$port --to 127.0.0.1:$far --protocol mllp --class clinics --types ADT --rate 5 --hours "Mon-Fri 08:00-18:00" --allow 127.0.0.0/8 --condition "edr: EDR runs" --auto-cut --closed --tls-listen --tls-client-pin $(printf 'ab%.0s' $(seq 32))
same "$(state clinic state)" CUT "a link that begins closed"
HOLDFAST_TOKEN=$t_ada refused 1 "edr: EDR runs" gate advance clinic --site site
of() { hf ledger cat --site site --kind gate-act | grep '"name":"clinic"' | tail -1; }
for k in types rate hours allow conditions autoCut tlsClientPin class; do of | grep -q "\"$k\"" || fail "no $k: $(of)"; done
g change clinic --types none --rate none --hours "" --allow none --condition none --tls-client-pin none --no-auto-cut --class ""
for k in types rate hours allow conditions tlsClientPin class '"autoCut":true'; do ! of | grep -q "$k" || fail "$k stays: $(of)"; done
of | grep -q '"tlsListen":true' || fail "TLS went, too: $(of)"
refused 2 "which" gate change clinic --auto-cut --no-auto-cut --site site
refused 2 "a million" gate change clinic --rate 1000001 --site site
HOLDFAST_TOKEN=$t_ada g advance clinic >/dev/null || fail "a step without conditions"
g remove clinic
sed "s/^\[link .*/[link late]/; s/^listen = .*/listen = 127.0.0.1:$port/; /^condition/d; 13,\$d" links.ini >late.ini
g set late.ini --closed
same "$(state late state)$(state lab-in state)" CUTOPEN "new links of a file begin closed"
g remove late

refused 1 "never cut" gate letter lab-in --kind cut --site site -o x.txt
refused 1 "no link" gate letter nobody --kind cut --site site -o x.txt
refused 2 "kind is" gate letter lab-in --kind nice --site site -o x.txt
if g letter lab-out --kind cut --lang zh --paper letter -o cut.pdf 2>said; then
	head -c 5 cut.pdf | grep -q '%PDF-' || fail "a PDF"
	if command -v pdftotext >/dev/null; then
		pdftotext cut.pdf cut.pdf.txt
		grep -q "关于切断数据连接的通知" cut.pdf.txt || fail "the PDF's text"
		grep -q "第 1 页，共 2 页" cut.pdf.txt || fail "the PDF's pages"
	fi
else
	grep -q "cannot be loaded" said || fail "a PDF: $(cat said)"
fi

# ---- the ledger goes on, and the letter with it ----
same "$($peer send $out 18 18)" 1 "one more"
HOLDFAST_TOKEN=$t_bob g condition lab-out --met letter --evidence "#3"
g letter lab-out --kind cut -o later.txt
tr '\n' ' ' <later.txt | tr -s ' ' | grep -qE '\b6 \[#[0-9]+–[0-9]+\] messages have been kept' || fail "the letter does not follow: $(grep -A1 'kept' later.txt)"
for _ in 1 2 3 4; do step --expires 1h; done
wait_for 0 state lab-out queue
HOLDFAST_TOKEN=$t_ada g cut lab-out --reason drill >/dev/null
HOLDFAST_TOKEN=$t_ada refused 1 "edr: EDR" gate advance lab-out --site site

# ---- changed and removed while it stands still; a new one may take its place ----
g change lab-out --purpose "results only" --condition "edr: EDR runs on every host"
g cut lab-in >/dev/null
g remove lab-in --reason "the contract has ended"
same "$(links)" 1 "after a removal"
g add lab-in2 --listen 127.0.0.1:$in --to 127.0.0.1:$far --protocol mllp
wait_for AA $peer once $in I1
kill -9 $daemon; wait $daemon 2>/dev/null || true
daemon=
sleep 0.3
start site
same "$(links)" 2 "links after a kill"
same "$(state lab-out state)$(state lab-in2 state)" CUTOPEN "states after a kill"
g list --json >/dev/null
HOLDFAST_TOKEN=$t_ada refused 1 "edr: EDR" gate advance lab-out --site site

# ---- signed at a terminal ----
g condition lab-out --met edr
cat >term.py <<'END'
import os, pty, sys, select, time
def run(argv, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    out = b""
    end = time.time() + 30
    while time.time() < end:
        r, _, _ = select.select([fd], [], [], 1)
        if r:
            try:
                got = os.read(fd, 4096)
            except OSError:
                break
            if not got:
                break
            out += got
            while answers and answers[0][0].encode() in out:
                os.write(fd, answers[0][1].encode() + b"\n")
                answers = answers[1:]
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()
status, said = run([os.environ["HOLDFAST"], "gate", "advance", "lab-out", "--site", "site"], [("account", sys.argv[1]), ("Password", sys.argv[2])])
assert sys.argv[2] not in said, "the password is shown"
print(said)
sys.exit(status)
END
first=$(hf user add carla --role owner --site site 2>&1 | grep -oE '[A-Za-z0-9-]{12,}' | tail -1)
python3 term.py carla wrong-password >said && fail "a wrong password signs"
grep -q "name or the password is wrong" said || fail "a wrong password: $(cat said)"
python3 term.py carla "$first" >said && fail "a one-time password signs"
grep -q "one-time" said || fail "a one-time password: $(cat said)"
curl -s -d "{\"user\":\"carla\",\"password\":\"$first\"}" -c jar "http://127.0.0.1:$http/api/login" >login.json
csrf=$(json csrf <login.json)
curl -s -b jar -H "X-Holdfast-CSRF: $csrf" -d "{\"old\":\"$first\",\"new\":\"a long enough passphrase 7\"}" "http://127.0.0.1:$http/api/password" >changed.json
python3 term.py carla "a long enough passphrase 7" >said || fail "a password at the terminal: $(cat said) $(cat changed.json)"
grep -q "signed by carla" said || fail "signed at the terminal: $(cat said)"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
