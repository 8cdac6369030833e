# A file server is attacked: the writer is stopped, every file is back as it was; who does ordinary work is not stopped; whoever dies, the files go on.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "watching needs root"
command -v python3 >/dev/null || skip "python3 makes the trees"
. "$here/lib_watch.bash"
python3 "$here/watch_tree.py" "$work/made" 48

# ---- every way in which files are destroyed: at most three touched (one a worker), the writer stopped, all back as it was ----
all_still() { # whoever works with the writer is stopped, too, within a moment
	local link moves
	for _ in $(seq 100); do
		moves=
		for link in $(find /proc -maxdepth 2 -name exe -lname "$work/*" 2>/dev/null); do
			! grep -qs '^State:[[:space:]]*[^TZX[:space:]]' "${link%/exe}/status" || moves=1
		done
		[ -n "$moves" ] || return 0
		sleep 0.1
	done
}
attack() { # PATTERN TOUCHED
	fresh
	watch "$work/tree"
	setsid "$work/sim" "$1" "$work/tree" >/dev/null 2>&1 &
	local sim=$!
	wait_for stopped
	all_still
	grep -qs "^State:.*T (stopped)" /proc/$sim/status || grep -q '"pids":\[[0-9]' events || fail "$1: nobody is stopped"
	local n
	n=$(changed)
	[ "$n" -le "$2" ] || fail "$1: $n files were touched"
	for id in $(ids); do
		hf watch restore "$id" --state state --dry-run >proposal || true
		hf watch restore "$id" --state state >restored || fail "$1: $(cat restored)"
	done
	look tree >now
	diff was now >differs || fail "$1: not as it was: $(head -n 5 differs)"
	same "$(hf watch list --state state --json | grep -c '"state":"stopped"')" "$(ids | wc -l)" "$1: listed"
	for id in $(ids); do # again: nothing more is done
		hf watch restore "$id" --state state --json >again || true
		grep -q '"put_back":0,"set_aside":0,"left":0,' again || fail "$1: restored twice: $(cat again)"
	done
	end_sims
	wait $sim 2>/dev/null || true
	unwatch
	echo "$1: $n touched, all back"
}
for pattern in overwrite truncate mmap rename delete over partial sixteen header base64 shrink forks; do
	attack $pattern 3
done
for pattern in xor tail direct ring link symlink renamefirst tempfar exchange nameless sendfile newname deletefirst holdopen exec/over names names/delete; do
	attack $pattern 3
done
for pattern in third lastthird backwards emptied cut collapse splice handle procfd openfirst threads/over; do # (of the large ones in one tree: watch_sensor)
	attack $pattern 3
done
attack workers 6
attack eight/delete 10
# a process and a session of its own for each file, all at once: who starts them is stopped, too
for pattern in daemons daemons/over daemons/delete daemons/halfway; do
	attack $pattern 10
done
attack slow 3

# ---- a writer that is let go, and writes long after (no processor; here it is somebody's read lease, which truncate(2) waits for behind our answer): what was looked at in between is looked at again ----
cat >leases.py <<'P'
import fcntl, os, signal, sys, time
held = [os.open(p, os.O_RDONLY) for p in sys.argv[1:]]
def let_go(*_):
    time.sleep(1.2) # what is kept open is looked at twice meanwhile
    for fd in held:
        if fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_UNLCK:
            try:
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            except BlockingIOError: # let go before
                pass
signal.signal(signal.SIGIO, let_go)
for fd in held:
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
print("held", flush=True)
while True:
    signal.pause()
P
fresh
watch "$work/tree"
: >leases
# (the second and the third that it comes to)
python3 leases.py $(find "$work/tree" -type f -size +0 | LC_ALL=C sort | sed -n '2,3p') >leases 2>&1 &
holder=$!
for _ in $(seq 300); do ! grep -q held leases || break; sleep 0.1; done
setsid "$work/sim" cut "$work/tree" >/dev/null 2>&1 &
wait_for stopped
kill $holder 2>/dev/null || fail "nobody held a lease: $(cat leases)"
n=$(changed)
[ "$n" -le 3 ] || fail "let go long before it wrote: $n files were touched"
for id in $(ids); do hf watch restore "$id" --state state >restored || fail "let go long before it wrote: $(cat restored)"; done
look tree >now
diff was now >differs || fail "let go long before it wrote: not as it was: $(head -n 5 differs)"
end_sims
unwatch
echo "let go long before it wrote: $n touched, all back"

# ---- nobody is stopped, and all of an odd tree is changed: names of any bytes, tiny and large and sparse files, other names of one file, read-only ones with attributes. All back ----
mv made made.small
python3 - <<'P'
import os, random
r = random.Random(3)
words = "ward patient dose result night sodium normal plan review".split()
def text(n):
    s = ""
    while len(s) < n:
        s += r.choice(words) + " "
    return s[:n].encode()
os.makedirs("made/a b/c")
open("made/made-by-the-test", "w").close()
for i in range(8):
    open(f"made/tiny{i}.txt", "wb").write(text(i * 8 + 1))
    open(f"made/a b/letter {i}.txt", "wb").write(text(3000 + i))
    open(os.fsencode("made/a b/c/") + b"r\xe9sum\xe9%d.txt" % i, "wb").write(text(5000 + i))
for i in range(4):
    p = f"made/only-read{i}.txt"
    open(p, "wb").write(text(4000 + i))
    os.setxattr(p, "user.note", b"kept")
    os.chmod(p, 0o440)
with open("made/sparse.bin", "wb") as f:
    f.write(text(6000))
    f.truncate(20 << 20)
open("made/large.txt", "wb").write(text(2 << 20))
open("made/one.txt", "wb").write(text(7000))
os.link("made/one.txt", "made/a b/two.txt")
P
for pattern in overwrite truncate mmap rename delete over newname nameless exchange; do
	fresh
	watch "$work/tree" --act observe
	setsid "$work/sim" $pattern "$work/tree" >sim.out 2>&1 || fail "$pattern: $(cat sim.out)"
	wait_for verdict
	sleep 1
	for id in $(ids); do hf watch restore "$id" --state state >restored || fail "$pattern, all of it: $(tail -n 5 restored)"; done
	(cd before && find . -type f -print0 | sort -z | xargs -0 sha256sum) >was.sums
	(cd tree && find . -type f -print0 | sort -z | xargs -0 sha256sum) >now.sums
	diff was.sums now.sums >differs || fail "$pattern, all of it: not as it was: $(head -n 5 differs)"
	unwatch
	echo "$pattern: all of it touched, all back"
done
rm -rf made
mv made.small made

# ---- a stop is undone by one command, and the writer is left alone from then on ----
fresh
watch "$work/tree"
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 &
sim=$!
wait_for stopped
id=$(ids | head -n 1)
hf watch release "$id" --state state | grep -q 'released' || fail "not released"
for _ in $(seq 100); do kill -0 $sim 2>/dev/null || break; sleep 0.1; done
kill -0 $sim 2>/dev/null && fail "released, and it does not go on"
same "$(cat sim.out)" 48 "what the released one got through"
refused 1 'no verdict' watch release w1 --state state
refused 2 '' watch release nonsense --state state
unwatch
echo "released: goes on"

# ---- the supervisor is killed at many points of an attack: what was kept is there, and is put back ----
for point in 0 1 2 3 4 6 8 12; do
	fresh
	watch "$work/tree" --act observe
	setsid "$work/sim" overwrite "$work/tree" 5000 >/dev/null 2>&1 &
	sim=$!
	wait_for verdict
	sleep 0.0$point
	kill -KILL $run
	wait $run 2>/dev/null || true
	kill -KILL $sim 2>/dev/null || true
	wait $sim 2>/dev/null || true
	for _ in $(seq 50); do flock -n state/lock true && break; sleep 0.1; done
	id=$(ids | head -n 1)
	sleep 0.2
	cp -a tree left
	hf watch restore "$id" --state state --json >restored || true
	look tree >now
	# whoever went on unwatched after the kill is not ours to undo; what was changed while watched is back
	for f in $(sed -n 's/.*"action":"put-back","path":"\([^"]*\)".*/\1/p' restored); do
		cmp -s "$f" "before/${f#$work/tree/}" || fail "killed at $point: $f"
	done
	grep -q '"action":"put-back"' restored || fail "killed at $point: nothing was put back: $(cat restored)"
	rm -rf left
done
echo "killed at many points: what was kept is put back"

# ---- stopped, then everything is killed: release works from the records alone ----
fresh
watch "$work/tree"
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 &
sim=$!
wait_for stopped
id=$(ids | head -n 1)
for pid in $(pgrep -f "^$HOLDFAST watch run --path $work/tree"); do kill -KILL $pid 2>/dev/null || true; done
wait $run 2>/dev/null || true
run=
hf watch release "$id" --state state >/dev/null
for _ in $(seq 100); do kill -0 $sim 2>/dev/null || break; sleep 0.1; done
kill -0 $sim 2>/dev/null && fail "released from the records alone, and it does not go on"
echo "released from the records alone"

# ---- responder and judge killed or hung under load: files go on, and the alarm says so ----
fresh
watch "$work/tree"
for who in hf-watch hf-watch-judge; do
	for signal in KILL STOP; do
		: >busy
		(for i in $(seq 400); do echo $i >"tree/ward0/busy$((i % 9))"; done; echo done >busy) &
		writer=$!
		for pid in $(pgrep -x "$who"); do
			grep -q "$work/tree" /proc/$pid/cmdline && kill -$signal $pid
		done
		for _ in $(seq 300); do grep -q done busy && break; sleep 0.1; done
		grep -q done busy || fail "$who $signal: the writer waits for ever"
		wait $writer
		if [ $who-$signal != hf-watch-judge-STOP ]; then # (nobody asked a judge that only was stopped)
			for _ in $(seq 150); do grep -q '"event":"alarm"' events && break; sleep 0.1; done
			grep -q '"event":"alarm"' events || fail "$who $signal: nothing is said"
			for _ in $(seq 150); do grep -q '"again":true' events && break; sleep 0.1; done
			grep -q '"again":true' events || fail "$who $signal: not watched again: $(cat events)"
			: >events
		fi
	done
done
for pid in $(pgrep -x hf-watch-judge); do grep -q "$work/tree" /proc/$pid/cmdline && kill -CONT $pid; done
unwatch
echo "killed and hung: files go on"

# ---- ordinary work is not stopped ----
fresh
watch "$work/tree"
did() { # NAME COMMAND...
	local what=$1
	shift
	timeout 60 setsid bash -c "$*" >did.log 2>&1 || fail "$what: $(cat did.log)"
	! grep -q '"event":"verdict"' events || fail "$what was taken for an attack: $(grep verdict events)"
}
did copy "cp -r tree/ward0 tree/copy && cp -a made/. tree/again"
did pack "tar czf tree/all.tar.gz -C made . && mkdir tree/unpacked && tar xzf tree/all.tar.gz -C tree/unpacked && tar xzf tree/all.tar.gz -C tree/unpacked"
did compress "cp -r made tree/pressed && gzip -r tree/pressed/ward1 tree/pressed/ward0"
did edit "for f in tree/ward*/*.txt; do sed -i s/ward/WARD/ \$f; echo more >>\$f; done"
did move "mkdir tree/moved && mv tree/copy/* tree/moved && for f in tree/moved/*; do mv \$f \$f.old; done"
did remove "rm -r tree/again tree/moved"
! command -v sqlite3 >/dev/null || did database "sqlite3 tree/ward0/a.db 'create table t(a,b);' && for i in 1 2 3 4 5; do sqlite3 tree/ward0/a.db \"with recursive c(x) as (select 1 union all select x+1 from c where x<3000) insert into t select x, hex(randomblob(20)) from c; delete from t where a%3=0; vacuum;\"; done"
! command -v rsync >/dev/null || did synchronise "rsync -a made/ tree/synced && touch made/ward0/* && rsync -a --inplace made/ tree/synced"
! command -v git >/dev/null || did versions "git init -q tree/repo && cd tree/repo && cp -r ../../made/ward2 . && git add -A && git -c user.name=a -c user.email=a@b commit -qm 1 && sed -i s/a/b/ ward2/*.txt && git -c user.name=a -c user.email=a@b commit -qam 2 && git checkout -q HEAD~1 && git gc -q && git clone -q . ../cloned"
unwatch
echo "ordinary work goes on"

# ---- renamed in masses: said, nobody is stopped, and put back where that was not meant ----
rm -rf many && mkdir many && touch many/made-by-the-test
for i in $(seq 150); do echo "letter $i of the ward" >many/letter$i.txt; done
mv made made.small && mv many made
fresh
watch "$work/tree"
setsid "$work/sim" massrename "$work/tree" >sim.out 2>&1 || fail "renamed in masses: it was hindered: $(cat sim.out events)"
wait_for look
! grep -q '"event":"verdict"' events || fail "renamed in masses: taken for an attack"
id=$(sed -n 's/^{"event":"look","id":"\([^"]*\)".*/\1/p' events)
hf watch list --state state --json | grep -q '"state":"look"' || fail "a look is not listed"
hf watch restore "$id" --state state >restored || fail "a look cannot be put back: $(tail -n 3 restored)"
look tree >now
diff was now >differs || fail "a look is not put back: $(head -n 5 differs)"
unwatch
mv made many && mv made.small made
echo "renamed in masses: said, and put back"

# ---- mapped first, all of it, and changed without a further call: all are touched, it is seen all the same, and all are back ----
fresh
watch "$work/tree"
setsid "$work/sim" mapfirst "$work/tree" >sim.out 2>&1 &
wait_for stopped
sleep 1
for id in $(ids); do hf watch restore "$id" --state state >restored || fail "mapped first: $(tail -n 3 restored)"; done
look tree >now
diff was now >differs || fail "mapped first: not as it was: $(head -n 5 differs)"
end_sims
unwatch
echo "mapped first: all back"

# ---- all of it packed into one archive that nobody can look into, and removed, folders and all, by programs that end at once: said, and put back ----
fresh
watch "$work/tree"
(cd tree && setsid bash -c 'tar cf - ward* | openssl enc -aes-256-cbc -pbkdf2 -iter 1000 -pass pass:x -out all.bin && rm -r ward0 ward1 && for f in ward2/* ward3/*; do rm $f; done; rm -r ward[3-6]') >sim.out 2>&1 || fail "one archive: $(cat sim.out)"
wait_for look
sleep 1
id=$(sed -n 's/^{"event":"look","id":"\([^"]*\)".*/\1/p' events | head -n 1)
hf watch restore "$id" --state state >restored || fail "one archive: $(tail -n 3 restored)"
(cd before && find . -type f -print0 | sort -z | xargs -0 sha256sum) >was.sums
(cd tree && find . -type f -print0 | sort -z | xargs -0 sha256sum) >now.sums
diff was.sums now.sums >differs || fail "one archive: not as it was: $(head -n 5 differs)"
unwatch
echo "one archive, originals removed: said, and all back"

# ---- denied where that is asked for, and observed ----
fresh
watch "$work/tree" --act deny
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 || true
wait_for denied
n=$(changed)
[ "$n" -le 3 ] || fail "denied: $n files were touched"
grep -q 'Operation not permitted' sim.out || fail "the denied one was not told: $(cat sim.out)"
unwatch

# ---- an older kernel: opening is seen, writing is not ----
fresh
watch "$work/tree" --mode open
grep -q '"mode":"open"' events || fail "the mode is not said"
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 &
wait_for stopped
n=$(changed)
[ "$n" -le 3 ] || fail "mode open: $n files were touched"
for id in $(ids); do hf watch restore "$id" --state state >restored || fail "mode open: $(cat restored)"; done
look tree >now
diff was now >differs || fail "mode open: not as it was: $(head -n 5 differs)"
end_sims
unwatch
echo "open: restored"

# ---- changed by somebody after the stop: proposed, not done; nothing newer is lost ----
fresh
watch "$work/tree"
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 &
wait_for stopped
sleep 1.5
id=$(ids | head -n 1)
f=$(hf watch restore "$id" --state state --dry-run --json | sed -n 's/.*"action":"put-back","path":"\([^"]*\)".*/\1/p' | head -n 1)
end_sims
unwatch
echo "written by a colleague" >"$f"
hf watch restore "$id" --state state --json >restored && fail "nothing was left"
grep -q "\"action\":\"left\",\"path\":\"$f\"" restored || fail "it is not said that it was left: $(cat restored)"
same "$(cat "$f")" "written by a colleague" "what is newer"
hf watch restore "$id" --state state --force >/dev/null
cmp "$f" "before/${f#$work/tree/}"
grep -rq "written by a colleague" state/aside || fail "what was replaced is not kept"

# ---- with a site: what happened is in the ledger ----
rm -rf site
hf init site --shares-dir "$work" >/dev/null
fresh
: >events
setsid "$HOLDFAST" watch run --path "$work/tree" --site "$work/site" --json >events 2>run.log &
run=$!
wait_for ready
setsid "$work/sim" overwrite "$work/tree" >sim.out 2>&1 &
wait_for stopped
id=$(ids | head -n 1)
hf watch restore "$id" --site site >/dev/null || true
look tree >now
diff was now >/dev/null || fail "with a site: not as it was"
hf watch release "$id" --site site >/dev/null
for _ in $(seq 100); do [ "$(entries site alarm)" -ge 4 ] && break; sleep 0.2; done
end_sims
unwatch
[ "$(entries site alarm)" -ge 4 ] || fail "the ledger has $(entries site alarm) entries of it: $(cat run.log)"
hf ledger verify --site site >/dev/null
echo "entered"
