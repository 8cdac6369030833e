# Samba on this host, attacked through it: Debian's smbd with vfs full_audit, real smbclient sessions of two machines (network namespaces), one of which destroys files. It is denied, by its address; smbd is never stopped; the same user's
# other machine writes on meanwhile; nothing is lost. Longer than ten seconds: every way of destroying is another attack, with sessions of its own.
. "$(dirname "$0")/lib.sh"
. "$here/lib_watch.bash"
[ "$(id -u)" = 0 ] || skip "watching needs root"
for c in smbd smbclient smbpasswd ip python3; do command -v $c >/dev/null || skip "$c is not installed"; done
ls /usr/lib/*/samba/vfs/full_audit.so >/dev/null 2>&1 || skip "Samba's vfs full_audit is not installed (samba-vfs-modules)"
python=/usr/bin/python3 # Samba's own, for writes in the middle of a file
net=hf$$
run= smbd= healthy=
sub_clean() {
	status=$?
	for pid in $healthy $run $smbd; do kill -TERM "$pid" 2>/dev/null || true; done
	[ -z "$smbd" ] || for pid in $(pgrep -f "^smbd -F .*$work/smb.conf" || true); do kill -KILL "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	for n in s a b; do ip netns del $net$n 2>/dev/null || true; done
	(exit $status)
	cleanup
}
trap sub_clean EXIT

# ---- a server and two machines, in networks of their own ----
for n in s a b; do ip netns add $net$n 2>/dev/null || skip "no network namespaces here"; done
ip netns exec ${net}s ip link add br0 type bridge 2>/dev/null || skip "no bridge here"
ip netns exec ${net}s ip addr add 10.77.1.1/24 dev br0
ip netns exec ${net}s ip link set br0 up
ip netns exec ${net}s ip link set lo up
for n in a b; do
	ip -n ${net}s link add v$n type veth peer name e0 netns $net$n
	ip -n ${net}s link set v$n master br0 up
	ip -n $net$n addr add 10.77.1.$([ $n = a ] && echo 2 || echo 3)/24 dev e0
	ip -n $net$n link set e0 up
done
mkdir -p share lock private state cache run ncalrpc
chmod 755 "$work"
chmod 777 share
cat >smb.conf <<C
[global]
server role = standalone server
interfaces = 10.77.1.1/24
bind interfaces only = yes
private dir = $work/private
lock directory = $work/lock
state directory = $work/state
cache directory = $work/cache
pid directory = $work/run
ncalrpc dir = $work/ncalrpc
log file = $work/smbd.audit
passdb backend = smbpasswd:$work/private/smbpasswd
disable spoolss = yes
load printers = no
printcap name = /dev/null
log level = 0 full_audit:1
server min protocol = SMB2
client min protocol = SMB2
vfs objects = full_audit
full_audit:prefix = holdfast|%U|%I|%d|%S
full_audit:success = connect disconnect
full_audit:failure = none
full_audit:syslog = no
map to guest = never
[share]
path = $work/share
read only = no
force user = mail
C
for u in games news; do printf 'geheim\ngeheim\n' | smbpasswd -c smb.conf -a -s $u >/dev/null 2>&1; done
setsid ip netns exec ${net}s smbd -F --no-process-group -s "$work/smb.conf" </dev/null >smbd.out 2>&1 &
smbd=$! # (it kills its process group when it ends)
at() { # MACHINE USER: commands on stdin, one connection
	timeout 60 ip netns exec $net$1 smbclient -s "$work/smb.conf" -U "$2%geheim" //10.77.1.1/share
}
for _ in $(seq 100); do
	echo ls | at b news >/dev/null 2>&1 && break
	kill -0 $smbd 2>/dev/null || skip "smbd does not start here: $(tail -n 3 smbd.out)"
	sleep 0.1
done

cat >cipher.py <<'P'
import random
r = random.Random(7)
for f in open("names").read().split():
    a = bytearray(open("made/" + f, "rb").read())
    for i in range(len(a)):
        a[i] ^= r.randrange(256)
    open("enciphered/" + f.replace("/", "_"), "wb").write(a)
P
cat >partial.py <<'P'
import os, random, sys
from samba import credentials
from samba.samba3 import libsmb_samba_internal, param
lp = param.get_context()
lp.load(sys.argv[1])
c = credentials.Credentials()
c.guess(lp)
c.set_username("games")
c.set_password("geheim")
conn = libsmb_samba_internal.Conn("10.77.1.1", "share", lp=lp, creds=c)
for line in open(sys.argv[2]):
    name = line.strip()
    size = os.path.getsize(sys.argv[3] + "/" + name)
    f = conn.create(name.replace("/", "\\"), DesiredAccess=0x12019F, ShareAccess=7)
    for at in range(0, size, 1024):
        conn.write(f, random.randbytes(256), at)
    conn.close(f)
P
"$python" - <<'P' 2>/dev/null && partial=1 || partial=
from samba.samba3 import libsmb_samba_internal
P
python3 "$here/watch_tree.py" "$work/made" 36
(cd made && find . -type f -name '*.*' -printf '%P\n' | sort) >names
mkdir enciphered
python3 cipher.py

wait_for() {
	for _ in $(seq 100); do
		grep -q "$1" events && return
		sleep 0.1
	done
	fail "$pattern: no $1: $(cat events run.log)"
}
fresh() {
	rm -rf share/* state before
	cp -r made/. share/
	mkdir share/well
	chown -R mail share
	cp -a share before
}
# The same user at another machine goes on with his letters, and every one of them must arrive.
well() {
	local i=0
	: >well.count
	while [ ! -e well.stop ]; do
		i=$((i + 1))
		for k in 1 2 3 4 5 6; do echo "letter $i $k: the patient slept well and nothing was changed in the plan of this ward" >letter$k; done
		printf 'put letter1 well/one.txt\nput letter2 well/two.txt\nput letter3 well/three%s.txt\nput letter4 well/t.tmp\nrename well/t.tmp well/four%s.txt\nget well/one.txt back\n' $i $i | at b games >well.out 2>&1
		! grep -q 'NT_STATUS' well.out || { cp well.out well.refused; return; }
		cmp -s letter1 back || { echo "what came back is another" >well.refused; return; }
		echo $i >well.count
	done
}
commands() { # PATTERN: what smbclient is told
	while read -r f; do
		local e="$work/enciphered/${f//\//_}"
		echo "get $f $work/got"
		case $1 in
		overwrite) echo "put $e $f" ;;
		rename) printf 'put %s %s\nrename %s %s.locked\n' "$e" "$f" "$f" "$f" ;;
		delete) printf 'put %s %s.locked\ndel %s\n' "$e" "$f" "$f" ;;
		over) printf 'put %s %s.tmp\nrename %s.tmp %s -f\n' "$e" "$f" "$f" "$f" ;;
		esac
	done <names
}
touched() {
	local n=0
	while read -r f; do cmp -s "before/$f" "share/$f" || n=$((n + 1)); done <names
	echo $n
}
attack() { # PATTERN
	pattern=$1
	fresh
	watch "$work/share" --samba-audit "$work/smbd.audit"
	rm -f well.stop well.refused
	well &
	healthy=$!
	if [ $1 = partial ]; then
		timeout 60 ip netns exec ${net}a "$python" partial.py "$work/smb.conf" names made >attack.out 2>&1 || true
	else
		commands $1 | at a games >attack.out 2>&1 || true
	fi
	wait_for '"event":"denied"'
	local n id told
	n=$(touched)
	[ "$n" -le 3 ] || fail "$1: $n files were touched: $(cat events)"
	id=$(sed -n 's/^{"event":"verdict","id":"\([^"]*\)".*/\1/p' events)
	same "$(echo "$id" | wc -w)" 1 "$1: verdicts"
	grep '"event":"denied"' events | grep -q '"client":"10.77.1.2","user":"games"' || fail "$1: who it is is not said: $(cat events)"
	grep '"event":"verdict"' events | grep -q '"client":"10.77.1.2"' || fail "$1: the verdict does not name the client: $(cat events)"
	! grep -q '10\.77\.1\.3' events || fail "$1: the other machine is taken for it: $(cat events)"
	! grep -q '"event":"stopped"' events || fail "$1: somebody was stopped: $(cat events)"
	grep -q 'NT_STATUS\|NTSTATUSError' attack.out || fail "$1: the denied one was not told: $(tail -n 5 attack.out)"
	# connected again, as somebody else: it is the same machine
	told=$(cat share/well/one.txt)
	echo "$told" >again.txt
	echo "put again.txt ward0/$(basename "$(grep ward0 names | tail -n 1)")" | at a news >again.out 2>&1 || true
	grep -q 'NT_STATUS' again.out || fail "$1: connected again it may write: $(cat again.out)"
	same "$(touched)" "$n" "$1: files touched after the verdict"
	# ... and one file for each connection, by what the kernel asks nobody about
	for f in $(tail -n 6 names); do
		echo "del $f" | at a games >again.out 2>&1 || true
		[ -e "share/$f" ] || fail "$1: connected again it deleted $f: $(cat again.out)"
	done
	same "$(touched)" "$n" "$1: files removed after the verdict"
	local before
	before=$(cat well.count)
	for _ in $(seq 100); do [ "$(cat well.count)" -gt "${before:-0}" ] 2>/dev/null && break; [ -e well.refused ] && break; sleep 0.1; done
	touch well.stop
	wait $healthy
	healthy=
	[ ! -e well.refused ] || fail "$1: the other machine is hindered: $(cat well.refused)"
	[ "$(cat well.count)" -gt "${before:-0}" ] || fail "$1: the other machine does not go on ($before, $(cat well.count))"
	for pid in $(pgrep -f "^smbd -F .*$work/smb.conf"); do ! grep -q '^State:.*stopped' /proc/$pid/status || fail "$1: an smbd was stopped"; done
	hf watch restore "$id" --state state >restored || fail "$1: $(cat restored)"
	same "$(touched)" 0 "$1: files lost after put back"
	ls share/ward*/*.locked share/ward*/*.tmp >left 2>/dev/null && fail "$1: what it made is still there: $(cat left)"
	[ -s share/well/one.txt ] || fail "$1: the other machine's letters were taken back, too"
	echo "$1: $n touched, all back; the other machine wrote $(cat well.count) rounds"
}
for p in overwrite delete over ${partial:+partial} rename; do
	[ -z "$run" ] || unwatch
	attack $p
done

# ---- a release lifts the denial ----
id=$(sed -n 's/^{"event":"verdict","id":"\([^"]*\)".*/\1/p' events)
hf watch release "$id" --state state >/dev/null
wait_for '"event":"released"'
echo "put letter1 ward0/$(basename "$(grep ward0 names | tail -n 1)")" | at a games >again.out 2>&1 || true
! grep -q 'NT_STATUS' again.out || fail "released, and still denied: $(cat again.out)"
unwatch
echo "released"
