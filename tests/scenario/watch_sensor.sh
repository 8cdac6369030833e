# The sensor where it is hardest: what was made a moment ago, folders made faster than they are marked, a queue that is full, a responder that is held still, attributes of every kind.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "watching needs root"
command -v python3 >/dev/null || skip "python3 makes the trees"
. "$here/lib_watch.bash"
python3 "$here/watch_tree.py" "$work/made" 48
pids_of() { # NAME: of this test's sensor
	for pid in $(pgrep -x "$1"); do ! grep -q "$work/tree" /proc/$pid/cmdline || echo $pid; done
}
restore_all() {
	for id in $(ids); do hf watch restore "$id" --state state --json >restored || fail "$1: $(cat restored)"; done
}
as_before() { # WHAT
	look tree >now
	diff was now >differs || fail "$1: not as it was: $(head -n 5 differs)"
}

# ---- files that one session just made are everybody else's to lose: nothing is ignored for who comes next ----
rm -rf tree state
mkdir tree
touch tree/made-by-the-test
watch "$work/tree"
cp -r made/. tree # (as quick as it goes, and no pause behind it)
setsid "$work/sim" overwrite "$work/tree" >/dev/null 2>&1 &
wait_for stopped
sleep 0.3
n=0
for f in $(cd made && find . -type f); do cmp -s "made/$f" "tree/$f" || n=$((n + 1)); done
[ "$n" -le 3 ] && [ "$n" -ge 1 ] || fail "just made: $n files were touched"
restore_all "just made"
for f in $(cd made && find . -type f); do cmp "made/$f" "tree/$f"; done
end_sims
unwatch
echo "just made: $n touched, all back"

# ---- a tree is made deep and filled faster than its folders can be marked; then it is attacked: every folder is watched ----
rm -rf tree state
mkdir tree
watch "$work/tree"
python3 - <<'P'
import os
for i in range(40):
    d = "tree/" + "/".join("f%d" % (i // 8 if k == 0 else i % (k + 2)) for k in range(7))
    os.makedirs(d + "/last%d" % i, exist_ok=True)
    with open(d + "/last%d/note.json" % i, "w") as f:
        f.write('[{"code":"potassium","value":%d,"note":"left ward daily dose review plan"}]' % i * 1)
P
cp -r tree before
touch tree/made-by-the-test
setsid "$work/sim" overwrite "$work/tree" >/dev/null 2>&1 &
wait_for stopped
sleep 0.2
n=$(changed)
[ "$n" -le 3 ] || fail "made deep: $n files were touched"
restore_all "made deep"
same "$(changed)" 0 "made deep: files that are not back"
end_sims
unwatch
echo "made deep: $n touched, all back"

# ---- the site's folder lies below what is watched, and is never marked: our records raise no events of their own ----
fresh
mkdir tree/inside
was_run=$work/tree/inside/state
: >events
setsid "$HOLDFAST" watch run --path "$work/tree" --state "$was_run" --json >events 2>run.log &
run=$!
wait_for ready
folders=$(sed -n 's/.*"folders":\([0-9]*\).*/\1/p' events | head -n 1)
same "$folders" "$(find tree -path tree/inside/state -prune -o -type d -print | wc -l)" "folders that are marked"
setsid "$work/sim" overwrite "$work/tree" >/dev/null 2>&1 &
wait_for stopped
for id in $(ids); do hf watch restore "$id" --state "$was_run" >restored || fail "inside: $(cat restored)"; done
for f in $(cd before && find . -type f); do cmp "before/$f" "tree/$f"; done
end_sims
unwatch
echo "records below the watched folder: not watched, all back"

# ---- the responder is killed, or held still, while somebody works: he waits for half a second and a little, never longer; what he changed meanwhile is looked at ----
fresh
watch "$work/tree"
cat >worker.py <<'P'
import os, sys, time
os.chdir("tree")
if len(sys.argv) > 2:
    os.setuid(int(sys.argv[2]))
worst, n, until = 0, 0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    a = time.monotonic()
    with open("ward0/busy%d" % (n % 9), "w") as f:
        f.write("ward %d\n" % n)
    with open("ward1/log", "a") as f:
        f.write("dose given\n")
    worst, n = max(worst, time.monotonic() - a), n + 1
    time.sleep(0.001)
print(n, int(worst * 1000))
P
for signal in KILL STOP; do
	: >events
	rm -f tree/ward0/busy*
	python3 worker.py 3 >worked &
	worker=$!
	for _ in $(seq 100); do [ ! -e tree/ward0/busy8 ] || break; sleep 0.05; done
	for pid in $(pids_of hf-watch); do kill -$signal $pid; done
	wait $worker || fail "$signal: the worker failed"
	read -r n worst <worked
	[ "$worst" -le "${WATCH_WORST_MS:-2500}" ] || fail "$signal: somebody waited for $worst ms"
	wait_for alarm
	wait_for rescanned
	grep '"event":"rescanned"' events | grep -q '"why":"restart".*"damaged":0' || fail "$signal: what changed meanwhile: $(cat events)"
	[ "$(sed -n 's/.*"event":"rescanned".*"changed":\([0-9]*\).*/\1/p' events)" -ge 1 ] || fail "$signal: nothing was found that changed: $(cat events)"
	echo "responder $signal: $n rounds of work went on, the longest waited $worst ms"
done
# the judge: the answer comes all the same
rm -f tree/ward0/busy* tree/ward1/log
chmod 777 tree/ward0 tree/ward1
setsid "$work/sim" overwrite "$work/tree" 20000 >/dev/null 2>&1 &
for pid in $(pids_of hf-watch-judge); do kill -STOP $pid; done
python3 worker.py 3 65534 >worked # (another user: who works as the attacker's own user may be held back with him)
read -r n worst <worked
[ "$worst" -le "${WATCH_WORST_MS:-2500}" ] || fail "judge held still: somebody waited for $worst ms"
for pid in $(pids_of hf-watch-judge); do kill -CONT $pid 2>/dev/null || true; done
wait_for stopped
end_sims
unwatch
echo "judge held still: $n rounds went on, the longest waited $worst ms; the attack was stopped"

# ---- the queue is full: it is said, what changed meanwhile is looked at, and what is broken is named ----
fresh
sysctl=/proc/sys/fs/fanotify/max_queued_events
limit=$(cat $sysctl)
echo 300 >$sysctl 2>/dev/null || true # (read when a group without its own word is made: ours, now)
watch "$work/tree" --limited-queue
echo "$limit" >$sysctl 2>/dev/null || true
responder=$(pids_of hf-watch)
first=$(command -v chrt >/dev/null && echo chrt -f 1)
python3 -c 'import os; d = bytearray(open("tree/ward1/scan1.png", "rb").read()); d[60:] = os.urandom(len(d) - 60); open("broken.png", "wb").write(d)'
# held still for less than what is taken for hanging: all its steps go before other work, on a busy machine. What is broken takes its place while nobody looks: a rename asks nobody, so it waits for nobody
$first bash -c "kill -STOP $responder; '$work/sim' flood '$work/tree' 900 >/dev/null; mv broken.png tree/ward1/scan1.png; kill -CONT $responder 2>/dev/null || true" || fail "the flood failed"
if grep -q overflow events || { sleep 1; grep -q overflow events; }; then
	wait_for rescanned
	grep '"event":"rescanned"' events | grep -q '"damaged":1.*scan1.png' || fail "overflow: what is broken is not named: $(cat events)"
	echo "overflow: said, and what is broken is named"
else
	echo "(this machine was too slow to fill the queue)"
fi
unwatch

# ---- all that belongs to a file comes back with it ----
fresh
python3 - <<'P'
import os, struct
def acl(*entries):  # version 2, then (tag, rights, id)
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
none = 0xffffffff
for k in range(7):
    d = "tree/ward%d" % k
    names = sorted(os.listdir(d))
    for i, n in enumerate(names):
        p = d + "/" + n
        os.chown(p, 1000 + k, 2000 + i)
        os.chmod(p, [0o640, 0o604, 0o4755, 0o2750, 0o400, 0o666][i % 6])
        os.setxattr(p, "user.origin", b"ward \0 %d" % k)
        os.setxattr(p, "trusted.note", b"n" * 300)
        if i % 2:
            os.setxattr(p, "system.posix_acl_access", acl((1, 6, none), (2, 4, 12345), (4, 4, none), (0x10, 6, none), (0x20, 0, none)))
        os.utime(p, ns=(1500000000123456789 + i, 1400000000987654321 + k))
    os.link(d + "/" + names[0], d + "/0-other-name")
    os.link(d + "/" + names[0], "tree/0-third-%d" % k)
    os.symlink(names[0], d + "/link")
with open("tree/ward0/0-sparse.json", "wb") as f:  # holes, and a little at both ends
    f.write(b'[{"code":"potassium"}')
    f.seek(6 << 20)
    f.write(b"]")
P
all_of() { python3 - <<'P'
import os
for d, _, names in sorted(os.walk("tree")):
    for n in sorted(names):
        p = os.path.join(d, n)
        s = os.lstat(p)
        if os.path.islink(p):
            print(p, "->", os.readlink(p))
            continue
        print(p, oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, s.st_size, s.st_nlink, sorted((x, os.getxattr(p, x)) for x in os.listxattr(p)))
P
}
names_of() { find tree -type f -links +1 -printf '%i %p\n' | sort | awk '{if ($1 != last) {line++; last = $1} print line, $2}'; }
rm -rf before
cp -a tree before
all_of >was.all
names_of >was.names
watch "$work/tree" --act observe # (so that everything is changed before anything is put back)
for how in overwrite truncate; do
	setsid "$work/sim" $how "$work/tree" >/dev/null 2>&1 || fail "the simulator failed"
	wait_for verdict
	sleep 1.5
	restore_all "attributes"
	all_of >now.all
	diff was.all now.all >differs || fail "attributes after $how: $(head -n 6 differs)"
	names_of >now.names
	diff was.names now.names >differs || fail "hard links after $how: $(head -n 6 differs)"
	for f in $(cd before && find . -type f); do cmp "before/$f" "tree/$f"; done
	[ "$(du -k tree/ward0/0-sparse.json | cut -f1)" -le 1024 ] || fail "the holes were filled: $(du -k tree/ward0/0-sparse.json)"
done
unwatch
echo "owner, mode, times, attributes, ACLs, names and holes are back"

# ---- large files that were only read, and are then emptied by truncate(2), which opens nothing: by who has closed them, by who has them open still, by a process that never opened them, and by one who has read all before the first. Each waits until it is kept ----
mv made made.small
mkdir made
python3 - <<'P'
import random
words = "ward patient dose result night sodium normal plan review letter".split()
for n in range(8):
    r = random.Random(n)
    with open(f"made/large{n}.txt", "w") as f:
        while f.tell() < 3 << 20:
            f.write(" ".join(r.choice(words) for _ in range(12)) + "\n")
P
cat >empty.py <<'P'
import os, sys
how, tree = sys.argv[1:]
names = sorted(f"{tree}/{n}" for n in os.listdir(tree))
held = [open(n, "rb") for n in names if how == "all"]
for f in held:
    f.read()
for n in names:
    f = open(n, "rb")
    f.read()
    if how == "closed":
        f.close()
    if how != "other":
        os.truncate(n, 0)
    elif os.fork() == 0:
        os.closerange(3, 100)
        os.truncate(n, 0)
        os._exit(0)
    else:
        os.wait()
P
for how in closed open other all; do
	fresh
	watch "$work/tree"
	setsid python3 empty.py $how "$work/tree" &
	sim=$!
	wait_for stopped
	n=$(changed)
	[ "$n" -le 3 ] || fail "large and emptied ($how): $n were touched"
	restore_all "large and emptied ($how)"
	as_before "large and emptied ($how)"
	for pid in $(pgrep -f "empty.py $how $work/tree"); do kill -KILL $pid 2>/dev/null || true; done
	wait $sim 2>/dev/null || true
	unwatch
	echo "large and emptied ($how): $n touched, all back"
done
# who opens such a file for writing does not wait for us, and neither does who reads or renames it
fresh
watch "$work/tree" --act observe
timeout 100 python3 - "$work/tree" <<'P' || fail "somebody waited"
import os, sys, time
tree = sys.argv[1]
names = sorted(os.listdir(tree))
for n in names:
    open(f"{tree}/{n}", "rb").read()
slowest = 0
for n in names:
    t = time.monotonic()
    with open(f"{tree}/{n}", "ab") as f:
        f.write(b"one more line\n")
    with open(f"{tree}/{n}", "rb") as f:
        f.read()
    os.rename(f"{tree}/{n}", f"{tree}/{n}.1")
    slowest = max(slowest, time.monotonic() - t)
sys.exit(0 if slowest < 20 else 1) # a lease that nobody lets go lasts 45 s
P
unwatch
rm -rf made
mv made.small made

# ---- the responder is killed and made again, and then there are two attacks: who worked beside them since before goes on, though the new judge hears of him for the first time; who comes up with them does not ----
fresh
for w in 1 2; do touch tree/ward$w/made-by-the-test; done
cp sim sim.other
cp "$(command -v bash)" beside.bash
chown 65534 beside.bash # (a program that root did not install)
cat >beside.sh <<'B'
while [ ! -e "$1" ]; do sleep 0.05; done
for round in $(seq 12); do
	for f in "$2"/ward5/*.txt "$2"/ward5/*.csv; do echo "seen at the ward, round $round" >>"$f"; done
done
echo done >"$3"
B
watch "$work/tree"
setsid ./beside.bash beside.sh "$work/go" "$work/tree" "$work/beside.done" &
beside=$!
sleep 1.2 # older than the attack by more than what counts as together
for pid in $(pids_of hf-watch); do kill -KILL $pid; done
for _ in $(seq 300); do grep -q '"again":true' events && break; sleep 0.1; done
grep -q '"again":true' events || fail "not watched again: $(cat events)"
setsid "$work/sim" overwrite "$work/tree/ward1" >/dev/null 2>&1 &
for _ in $(seq 300); do [ "$(grep -c '"event":"stopped"' events)" -ge 1 ] && break; sleep 0.1; done
setsid "$work/sim.other" overwrite "$work/tree/ward2" >/dev/null 2>&1 &
for _ in $(seq 300); do [ "$(grep -c '"event":"stopped"' events)" -ge 2 ] && break; sleep 0.1; done
[ "$(grep -c '"event":"stopped"' events)" -ge 2 ] || fail "beside two attacks: they are not stopped: $(cat events)"
at=$SECONDS
touch go
for _ in $(seq 300); do [ -e beside.done ] && break; sleep 0.1; done
[ -e beside.done ] || fail "who worked beside the attacks was stopped: $(cat events)"
wait $beside
setsid ./beside.bash beside.sh "$work/go" "$work/tree" "$work/newcomer.done" &
newcomer=$!
for _ in $(seq 300); do [ -e newcomer.done ] && break; grep -qs "^State:.*T (stopped)" /proc/$newcomer/status && break; sleep 0.1; done
[ ! -e newcomer.done ] || [ $((SECONDS - at)) -ge 50 ] || fail "who came up with the attacks is not held" # (for a minute)
kill -KILL $newcomer
wait $newcomer 2>/dev/null || true
end_sims
unwatch
rm -f go beside.done
echo "made again: who worked beside goes on"

# ---- put back is killed at any point, and said again: all of it is done, once ----
for point in 1 2 3 5 8 13; do
	fresh
	watch "$work/tree" --act observe
	setsid "$work/sim" rename "$work/tree" >/dev/null 2>&1 || fail "the simulator failed"
	wait_for verdict
	sleep 1.3
	unwatch
	id=$(ids | head -n 1)
	strace -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=$point "$HOLDFAST" watch restore "$id" --state state --json >/dev/null 2>&1 || true
	restore_all "killed at $point"
	look tree | grep -v '\.tmp' >now
	diff was now >differs || fail "put back killed at $point: $(head -n 5 differs)"
done
echo "put back, killed at many points and said again: once"

# ---- notification only: said, and what was opened before it was deleted is there ----
fresh
watch "$work/tree" --mode notify
grep '"event":"ready"' events | grep -q '"mode":"notify".*"cannot":\["nothing' || fail "what it cannot is not said: $(cat events)"
setsid "$work/sim" delete "$work/tree" >/dev/null 2>&1 &
wait_for stopped
sleep 0.3
n=$(cd before && find . -type f | while read -r f; do [ -e "../tree/$f" ] || echo; done | wc -l)
for id in $(ids); do hf watch restore "$id" --state state >restored || true; done
m=$(cd before && find . -type f | while read -r f; do cmp -s "$f" "../tree/$f" || echo; done | wc -l)
[ "$m" -lt "$n" ] || [ "$n" = 0 ] || fail "notify: $n were gone, $m are not back"
end_sims
unwatch
echo "notify: stopped after $n, $m of them are for the vault"

# ---- frozen where the cgroup holds nobody else, and thawed by the release ----
group=
for base in /sys/fs/cgroup/unified /sys/fs/cgroup; do
	[ ! -f $base/cgroup.controllers ] || { mkdir "$base/holdfast-test-$$" 2>/dev/null && group=$base/holdfast-test-$$ && break; }
done
if [ -n "$group" ] && [ -f "$group/cgroup.freeze" ]; then
	for company in no yes; do
		fresh
		watch "$work/tree" --freeze
		other=
		if [ $company = yes ]; then # somebody who has nothing to do with it
			setsid bash -c "echo \$\$ >$group/cgroup.procs; exec sleep 100" &
			other=$!
			for _ in $(seq 300); do ! grep -qx $other "$group/cgroup.procs" || break; sleep 0.1; done
			grep -qx $other "$group/cgroup.procs" || fail "the company does not come"
		fi
		setsid bash -c "echo \$\$ >$group/cgroup.procs; exec $work/sim overwrite $work/tree" >sim.out 2>&1 &
		sim=$!
		wait_for stopped
		sleep 0.3
		same "$(cat "$group/cgroup.freeze")" "$([ $company = no ] && echo 1 || echo 0)" "frozen, company: $company"
		id=$(ids | head -n 1)
		hf watch release "$id" --state state >/dev/null
		for _ in $(seq 100); do kill -0 $sim 2>/dev/null || break; sleep 0.1; done
		kill -0 $sim 2>/dev/null && fail "released from the freezer, and it does not go on"
		same "$(cat "$group/cgroup.freeze")" 0 "frozen after the release"
		[ -z "$other" ] || kill -KILL $other
		unwatch
	done
	rmdir "$group" || true
	echo "frozen when alone, not in company, thawed"
else
	echo "(no cgroup of our own to freeze)"
fi
