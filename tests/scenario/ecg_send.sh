#!/usr/bin/env bash
# Store and forward: recordings wait in a folder while the server is gone, and arrive exactly once, whoever is killed and whatever answer is lost; what is refused is set aside; the certificate is always checked.
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip "needs openssl"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
hf token create --role ecg-send --label cart7 --site site >tok
python3 - <<'PY'
import struct
for k in range(1, 31):
    v = []
    for i in range(2500):
        t = (i + 7 * k) % 400
        x = 1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0
        v += [x, x // 2 + k]
    open("r%02d.dat" % k, "wb").write(struct.pack("<%dh" % len(v), *v))
    open("r%02d.hea" % k, "w").write("r%02d 2 500 2500\nr%02d.dat 16 1000 16 0 0 0 0 II\nr%02d.dat 16 1000 16 0 0 0 0 V5\n" % (k, k, k))
PY
port=$(free_port)
base=http://127.0.0.1:$port
up() {
	"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$port --mllp 127.0.0.1:$(free_port) 2>>serve.log &
	daemon=$!
	for _ in $(seq 400); do curl -sf $base/healthz >/dev/null 2>&1 && return 0; sleep 0.05; done
	fail "serve did not come up"
}
down() { kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true; daemon=; for _ in $(seq 100); do curl -sf $base/healthz >/dev/null 2>&1 || return 0; sleep 0.05; done; fail "it still answers"; }
send() { hf ecg send --to $base --token-file tok --queue q "$@"; }
waiting() { find ${1:-q} -maxdepth 1 -name '*.ecg' | wc -l; }

# ---- the server is gone: the recording is safe here, and that is a success
send r01.hea --patient 1001@HOSP --birth 1957-03-12 --urgency stat --note 'after stairs & lift' >said 2>why || fail "gone is no failure: $(cat said why)"
grep -q '^queued: 1 waiting$' said || fail "not said: $(cat said)"
grep -q 'cannot be reached' why || fail "not said why: $(cat why)"
same "$(stat -c %a q q/*.ecg | tr '\n' ' ')" "700 600 " "who may read what waits"
hf ecg send --queue q r02.hea >said 2>/dev/null # without an address: only queued
grep -q '^queued: 2 waiting$' said || fail "$(cat said)"
refused 2 "belong together" ecg send --queue q --to $base --token-file tok r01.hea --patient 1001
refused 2 "loopback\|this machine" ecg send --queue q --to http://10.0.0.1 --token-file tok --flush
refused 2 "insecure" ecg send --queue q --to $base --token-file tok --insecure --flush
rm r03.dat; refused 1 "" ecg send --queue q --to $base --token-file tok r03.hea # a header without its samples
same "$(waiting)" 2 "what could not be read is not queued"

# ---- it is back
up
send --flush --json >said
same "$(waiting)" 0 "delivered"
same "$(entries site ecg)" 2 "entries"
n=$(json entry < <(head -1 said))
hf ledger show --site site "$n" >shown 2>/dev/null || hf ledger read --site site "$n" >shown 2>/dev/null || true
hf ecg list --site site --list all --json >list
grep -q '"urgency":"stat"' list || fail "urgency did not come along: $(cat list)"
grep -q '1001' list || fail "who it is did not come along"

# ---- a letter is set aside with the server's sentence, the next one goes on
echo 'Dear colleague' >letter.txt
set +e; send letter.txt r04.hea >said 2>why; status=$?; set -e
same $status 1 "one was refused"
grep -q 'entry' said || fail "the other one did not go: $(cat said)"
same "$(ls q/refused/*.ecg | wc -l) $(waiting)" "1 0" "set aside"
grep -qi 'no ECG' q/refused/*.why || fail "without a reason: $(cat q/refused/*.why)"
same "$(entries site ecg)" 3 "a letter is no entry"

# ---- a token that is none: nothing goes, nothing is lost
echo hft_aaaaaaaaaa_bbbbbbbb >wrong
refused 1 "token" ecg send --to $base --token-file wrong --queue q r05.hea
same "$(waiting)" 1 "it waits"
send --flush >/dev/null

# ---- the answer is lost on the way: sent again, it is not there twice
cat >loses.py <<'PY'
import socket, sys, threading
srv = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
while True:
    c, _ = srv.accept()
    s = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    def pump(a, b):
        try:
            while True:
                d = a.recv(65536)
                if not d: break
                b.sendall(d)
        except OSError: pass
    threading.Thread(target=pump, args=(c, s), daemon=True).start()
    s.recv(1)          # the server has answered: it is durable
    for x in (c, s):
        x.shutdown(socket.SHUT_RDWR)
PY
lossy=$(free_port)
python3 loses.py $lossy $port >lossy.log & proxy=$!
for _ in $(seq 100); do grep -q up lossy.log && break; sleep 0.05; done
hf ecg send --to http://127.0.0.1:$lossy --token-file tok --queue q r06.hea >said 2>/dev/null
grep -q '^queued: 1 waiting$' said || fail "without an answer it waits: $(cat said)"
same "$(entries site ecg)" 5 "it is there"
send --flush --json >said
kill $proxy; wait $proxy 2>/dev/null || true
grep -q '"duplicate":true' said || fail "the second time is no duplicate: $(cat said)"
same "$(entries site ecg)" 5 "and not twice"

# ---- the sender is killed at any point, and the server, too
want=5
files=$(ls r*.hea | sed -n '7,20p')
for f in $files; do
	want=$((want + 1))
	ms=$(((want * 37) % 90 + 2))
	set +e
	timeout -s KILL 0.0$(printf %02d $ms) "$HOLDFAST" ecg send --to $base --token-file tok --queue q "$f" >k 2>&1
	set -e
	# killed before it said "queued": it promised nothing, and whoever sent it does so again; it may lie there twice now, and is one entry in the end
	grep -q queued k || hf ecg send --queue q "$f" >/dev/null 2>&1
	[ $((want % 7)) != 0 ] || { down; up; }
done
send --flush >/dev/null
same "$(waiting) $(entries site ecg)" "0 $want" "each once"

# ---- it follows: the server goes in the middle and comes back, a second sender does not collide
"$HOLDFAST" ecg send --to $base --token-file tok --queue q --follow >follow.out 2>follow.err &
follower=$!
for _ in $(seq 100); do [ -e q/send.lock ] && break; sleep 0.05; done
sleep 0.7
for f in $(ls r*.hea | sed -n '27,28p'); do send "$f" >said 2>&1; grep -q 'another one delivers' said || fail "two at once: $(cat said)"; done
for _ in $(seq 100); do [ "$(waiting)" = 0 ] && break; sleep 0.1; done
same "$(waiting) $(entries site ecg)" "0 $((want + 2))" "the follower took them"
down
hf ecg send --queue q r29.hea r30.hea >/dev/null 2>&1
sleep 1.2
grep -q 'cannot be reached' follow.err || fail "not said that it is gone: $(cat follow.err)"
up
for _ in $(seq 200); do [ "$(waiting)" = 0 ] && break; sleep 0.1; done
same "$(waiting) $(entries site ecg)" "0 $((want + 4))" "and when it is back"
kill $follower; wait $follower 2>/dev/null || true
stop
hf ledger verify --site site >/dev/null

# ---- the disk is full: said, and nothing half is left
mkdir -p small
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k none small 2>/dev/null; then
	dd if=/dev/zero of=small/fill bs=1k count=56 2>/dev/null
	refused 3 "No space\|full" ecg send --queue small/q r01.hea r02.hea r04.hea r05.hea r06.hea r07.hea
	same "$(find small -name '*.tmp' | wc -l)" 0 "half of a recording"
	umount small
fi

# ---- over TLS: the site's own authority, or nothing is sent
"$HOLDFAST" serve --site site --http 127.0.0.1:$port --mllp 127.0.0.1:$(free_port) 2>>serve.log &
daemon=$!
for _ in $(seq 400); do curl -sf --cacert site/tls/ca.crt https://127.0.0.1:$port/healthz >/dev/null 2>&1 && break; sleep 0.05; done
before=$(entries site ecg)
refused 1 "certificate" ecg send --to https://127.0.0.1:$port --token-file tok --queue t r25.hea
same "$(entries site ecg) $(waiting t)" "$before 1" "nothing was sent"
hf ecg send --to https://127.0.0.1:$port --token-file tok --ca site/tls/ca.crt --queue t --flush >/dev/null
same "$(entries site ecg) $(waiting t)" "$((before + 1)) 0" "with the authority's certificate"
stop
