#!/usr/bin/env bash
# The vault from outside: a hostile tree comes back exactly, also its older generation, one path of it, and over a restore or backup that was killed; packs that are flipped, shortened or gone are named and
# everything else is given back; a site without the recovery key gives no content away; a file comes out by hand with age and zstd.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
tree="python3 $here/vault_tree.py"
mkdir shares src
"$HOLDFAST" init site --name Ward --shares-dir shares 2>/dev/null
set -- shares/*
"$HOLDFAST" key join "$1" "$3" --site site >id
vault() { local verb=$1; shift; "$HOLDFAST" vault "$verb" --site site "$@"; }
$tree make src/t

# ---- there and back ----
first=$(vault backup --source files "$work/src/t" | tail -1)
case $first in s[0-9]*) ;; *) fail "backup printed '$first' last" ;; esac
vault backup --source files "$work/src/t" --json >again.json
same "$(json new_bytes <again.json)" 0 "bytes that an unchanged tree adds"
same "$(json verdict <again.json)" clean "verdict of an unchanged tree"
vault restore "$first" out --identity id >restore.log || fail "restore: $(cat restore.log)"
$tree compare src/t "out$work/src/t" || fail "the tree that came back is another"
before=$(stat -c %i "out$work/src/t/random.bin")
vault restore "$first" out "$1" --shares "$2" >again.log 2>&1 && fail "one share opened it"
vault restore "$first" out --shares "$1" "$2" | tee again.log >/dev/null
same "$(stat -c %i "out$work/src/t/random.bin")" "$before" "a file that was there already"
$tree compare src/t "out$work/src/t" || fail "a second restore changed what was there"

# ---- who may see what ----
vault ls latest --source files >ls.log
grep -q '/plain.txt$' ls.log || fail "ls does not show a file"
vault ls "$first" "$work/src/t/documents" --json | wc -l | { read -r n; same "$n" 121 "lines of a folder"; }
(cd src && vault() { "$HOLDFAST" vault "$@" --site ../site; } && vault ls "$first" ./t//documents/ --json | wc -l) | { read -r n; same "$n" 121 "lines of a folder that is named from where the command is given"; }
status=0
vault restore "$first" stolen --identity site/keys/care.key >stolen.log 2>&1 || status=$?
same $status 1 "restore with the care key"
[ -z "$(find stolen -type f 2>/dev/null)" ] || fail "the care key opened content"
status=0
vault restore "$first" stolen >stolen.log 2>&1 || status=$?
same $status 2 "restore without a key"
! grep -aqr 'a line of text' site || fail "content lies in the site in clear"
! grep -aqr 'another text altogether\|report-00' site/vault/*.age || fail "names lie in packs in clear"

# ---- a second generation, and both come back ----
cp -a --sparse=always src/t/plain.txt src/t/random.bin src/t/many . 2>/dev/null
sleep 1.1
moment=$(date -u +%Y-%m-%dT%H:%M:%S.999Z)
sleep 1.1
$tree again src/t
vault backup --source files "$work/src/t" --json >second.json
second=$(json id <second.json)
[ "$(json changed <second.json)" -ge 4 ] || fail "changed: $(cat second.json)"
vault restore latest two --source files --identity id >/dev/null
$tree compare src/t "two$work/src/t" || fail "the second generation came back otherwise"
vault restore "$first:$work/src/t/many/00101.txt" one --identity id >/dev/null
cmp "one$work/src/t/many/00101.txt" many/00101.txt || fail "one path of the older generation"
same "$(find one -type f | wc -l)" 1 "files that one path gives back"
vault restore "latest:$work/src/t/plain.txt" then --before "$moment" --identity id >/dev/null
cmp "then$work/src/t/plain.txt" plain.txt || fail "--before gave another version"
status=0
vault restore "latest:$work/src/t/gone" then --identity id >/dev/null 2>&1 || status=$?
same $status 1 "a path that there never was"
vault restore "$second:$work/src/t/many/hard-2" link --identity id >/dev/null
cmp "link$work/src/t/many/hard-2" src/t/hard-1 || fail "a hard link by itself"

# ---- what is newer stays, what was planted is not followed ----
echo newer >"two$work/src/t/plain.txt"
vault restore "$second" two --identity id | grep -q '1 were left alone' || fail "a newer file is not told"
grep -q newer "two$work/src/t/plain.txt" || fail "a newer file was replaced"
vault restore "$second" two --overwrite --identity id >/dev/null
cmp "two$work/src/t/plain.txt" src/t/plain.txt || fail "--overwrite did not replace"
mkdir outside
rm -r "two$work/src/t/a"
ln -s "$work/outside" "two$work/src/t/a"
status=0
vault restore "$second" two --identity id >planted.log 2>&1 || status=$?
same $status 1 "a link in the place of a folder"
[ -z "$(ls outside)" ] || fail "a planted link was followed"
rm "two$work/src/t/a"
vault restore "$second" two --identity id >/dev/null
$tree compare src/t "two$work/src/t" || fail "after a planted link"
# the same size and time, and other bytes: seen
python3 - "two$work/src/t/random.bin" <<'P'
import os, sys
st = os.stat(sys.argv[1])
with open(sys.argv[1], 'r+b') as f:
    f.seek(777)
    f.write(b'XXXX')
os.utime(sys.argv[1], ns=(st.st_atime_ns, st.st_mtime_ns))
P
vault restore "$second" two --identity id >/dev/null
$tree compare src/t "two$work/src/t" || fail "a hidden change was taken for the file"

# ---- check, and a drill ----
vault check >/dev/null
vault check --data >/dev/null
vault check --data --identity id --json | json chunks >chunks
[ "$(cat chunks)" -gt 100 ] || fail "chunks checked: $(cat chunks)"
vault drill --identity id --percent 100 --json >drill.json # all of it: also files with holes, locked ones, links
same "$(json ok <drill.json)" True "the drill"
same "$(json opened <drill.json)" True "the drill opened"
vault drill | grep -q 'bytes proven, opening not proven' || fail "a drill without a key says too much"
same "$(entries site snapshot)" 5 "entries of snapshots and drills"
[ -z "$(ls -d "${TMPDIR:-/var/tmp}"/holdfast-drill-* 2>/dev/null)" ] || fail "a drill left files behind"

# ---- by hand ----
if command -v age >/dev/null && command -v zstd >/dev/null; then
	mkdir hand
	python3 - "$top/doc/recovery-by-hand.md" hand <<'P'
import re, sys
for name, text in re.findall(r'^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$', open(sys.argv[1]).read(), re.M | re.S):
    open(f'{sys.argv[2]}/{name}', 'w').write(text)
P
	(
		cd hand
		sh packs.sh ../site ../id >entries
		python3 tail.py ../site ../id >>entries
		python3 split.py ../site out <entries >/dev/null
		sh catalogue.sh ../site ../id "out/${second#s}" >catalogue
		sh file.sh ../site ../id catalogue "$(printf %s "$work/src/t/new%0Aline%20and%20blank")" >odd
		sh file.sh ../site ../id catalogue "$work/src/t/random.bin" >random
	) 2>hand.log || fail "by hand: $(cat hand.log)"
	cmp hand/random src/t/random.bin || fail "a file by hand"
	cmp hand/odd "src/t/$(printf 'new\nline and blank')" || fail "an odd name by hand"
fi

# ---- for looking ----
if [ -c /dev/fuse ] && command -v fusermount3 >/dev/null; then
	mkdir mounted
	vault mount "$second" mounted --identity id 2>mount.log &
	mount=$!
	for _ in $(seq 100); do grep -q 'is mounted' mount.log && break; kill -0 $mount 2>/dev/null || break; sleep 0.1; done
	if grep -q 'is mounted' mount.log; then
		cmp "mounted$work/src/t/random.bin" src/t/random.bin || fail "a mounted file is another"
		cmp "mounted$work/src/t/many/hard-2" src/t/hard-1 || fail "a mounted hard link is another"
		same "$(readlink "mounted$work/src/t/link")" plain.txt "a mounted link"
		same "$(find "mounted$work/src/t" -name d00-\* -prune -o -print | wc -l)" "$(find src/t -name d00-\* -prune -o -print | wc -l)" "names in a mounted snapshot"
		same "$(stat -c '%a %u %g %s %y' "mounted$work/src/t/plain.txt")" "$(stat -c '%a %u %g %s %y' src/t/plain.txt)" "attributes of a mounted file"
		dd if="mounted$work/src/t/sparse" bs=1 skip=$((33 << 20)) count=70000 2>/dev/null | cmp - <(dd if=src/t/sparse bs=1 skip=$((33 << 20)) count=70000 2>/dev/null) || fail "the middle of a mounted file"
		! touch "mounted$work/src/t/new" 2>/dev/null || fail "a mounted snapshot takes a file"
		umount mounted 2>/dev/null || fusermount3 -u mounted
		wait $mount || fail "mount ended badly: $(cat mount.log)"
	else
		kill $mount 2>/dev/null || true
		wait $mount 2>/dev/null || true
		echo "not mounted here: $(cat mount.log)"
	fi
fi

# ---- damage: named, and everything else comes back ----
damage() { # SOURCE-FILE: which files may be missing is what the program says; what is there must be right
	local status=0
	rm -rf damaged
	vault restore "$second" damaged --identity id >damage.out 2>damage.err || status=$?
	same $status 1 "restore from damaged packs"
	python3 - "$work" <<'P' || fail "what came back from damaged packs is wrong"
import os, sys
work = sys.argv[1]
said = open('damage.err', 'rb').read()
src, got = os.fsencode(work + '/src/t'), os.fsencode(work + '/damaged' + work + '/src/t')
there = missing = 0
for d, _, names in os.walk(src):
    for n in names:
        p = os.path.join(d, n)
        if os.path.islink(p) or not os.path.isfile(p) or os.path.getsize(p) > 1 << 30 or len(p) > 4000:
            continue
        q = got + p[len(src):]
        if not os.path.exists(q):
            missing += 1
            plain = p.decode('utf-8', 'surrogateescape').isascii() and not any(c < 32 for c in p)
            if plain and p not in said:
                sys.exit(f'{p} is missing and was not named')
        elif open(p, 'rb').read() != open(q, 'rb').read():
            sys.exit(f'{p}: wrong bytes')
        else:
            there += 1
print('damaged:', there, 'files came back,', missing, 'did not')
sys.exit(not there or not missing)
P
}
pack=$(ls site/vault/content-*.age | head -1)
name=$(basename "$pack")
cp -a "$pack" kept
for hurt in flip cut gone swap; do
	case $hurt in
	flip) python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(1500000); b = f.read(1); f.seek(1500000); f.write(bytes([b[0] ^ 1]))' "$pack" ;;
	cut) truncate -s 2000000 "$pack" ;;
	gone) rm "$pack" ;;
	swap) # somebody who knows the public key puts a pack of their own there
		command -v age >/dev/null || continue
		head -c 3000000 /dev/urandom | zstd -q | age -r "$(head -1 site/keys/period/files-*.pub)" >"$pack"
		;;
	esac
	status=0
	vault check --data >check.out 2>check.err || status=$?
	same $status 1 "check after $hurt"
	grep -q "$name" check.err || fail "$hurt: check does not name $name: $(cat check.err)"
	same "$(grep -c '^content-.*age' check.err)" 1 "packs named after $hurt"
	[ $hurt = flip ] || { vault check >/dev/null 2>&1 && fail "the quick check does not see $hurt"; }
	case $hurt in
	gone | swap)
		status=0
		rm -rf damaged
		vault restore "$second" damaged --identity id >damage.out 2>damage.err || status=$?
		same $status 1 "restore after $hurt"
		[ -L "damaged$work/src/t/link" ] || fail "$hurt: a link needs no pack"
		python3 -c 'import os, sys
a, b = sys.argv[1:]
for d, _, names in os.walk(b):
    for n in names:
        q = os.path.join(d, n)
        p = a + q[len(b):]
        if os.path.isfile(q) and not os.path.islink(q) and os.path.getsize(q) < 1 << 30 and open(p, "rb").read() != open(q, "rb").read():
            sys.exit(q)' "$work/src/t" "$work/damaged$work/src/t" || fail "$hurt: wrong bytes were written"
		;;
	*) damage ;;
	esac
	cp -a kept "$pack"
done
vault check --data >/dev/null || fail "the pack that was put back is not accepted"

# ---- killed at any moment: it opens, checks and goes on ----
head -c 12000000 /dev/urandom >src/t/large
for wait in 0.02 0.05 0.1 0.15 0.2 0.3; do
	"$HOLDFAST" vault backup --site site --source killed "$work/src/t" >/dev/null 2>&1 &
	pid=$!
	sleep $wait
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	for _ in $(seq 100); do flock -n site/lock true 2>/dev/null && break; sleep 0.05; done
done
vault check >/dev/null || fail "a killed backup left a vault that does not check"
vault backup --source killed "$work/src/t" >/dev/null || fail "a backup after killed ones"
vault check --data --identity id >/dev/null || fail "after killed backups and one that ended"
for wait in 0.05 0.1 0.2; do
	"$HOLDFAST" vault restore latest killed --source killed --site site --identity id >/dev/null 2>&1 &
	pid=$!
	sleep $wait
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
done
vault restore latest killed --source killed --identity id >/dev/null || fail "a restore after killed ones"
$tree compare src/t "killed$work/src/t" || fail "a restore that was killed and run again"
"$HOLDFAST" ledger verify --site site >/dev/null || fail "the ledger does not verify"

# ---- the log is a cache ----
vault list --json >list.before
rm site/vault/log
vault list --json >list.after
cmp list.before list.after || fail "the log was made again otherwise"
printf 'nonsense\n' >site/vault/log
vault list --json >list.after
cmp list.before list.after || fail "a damaged log was believed"

# ---- with a daemon ----
start site
vault backup --source files "$work/src/t" >/dev/null || fail "backup beside a daemon"
curl -sf "http://127.0.0.1:$http/healthz" >/dev/null || fail "the daemon is gone"
"$HOLDFAST" status --site site --json | json vault.sources >sources
grep -q '"files"' sources || fail "status does not show the backup: $(cat sources)"
stop
# ---- root backs up into somebody else's site: that user goes on ----
if [ "$(id -u)" = 0 ] && getent passwd nobody >/dev/null; then
	chmod 755 "$work"
	mkdir theirs
	chown nobody theirs
	su -s /bin/sh nobody -c "cd '$work/theirs' && '$HOLDFAST' init s --shares 1/1 2>/dev/null && mkdir t && echo one >t/one && '$HOLDFAST' vault backup --site s --source x t >/dev/null" || fail "an ordinary user's backup"
	echo two >theirs/t/two
	"$HOLDFAST" vault backup --site theirs/s --source x theirs/t >/dev/null || fail "root's backup into another's site"
	same "$(find theirs/s -user root)" "" "what root left of its own in another's site"
	su -s /bin/sh nobody -c "cd '$work/theirs' && '$HOLDFAST' vault backup --site s --source x t >/dev/null && '$HOLDFAST' vault restore latest --site s --shares Hospital-share-1-of-1.txt back >/dev/null" || fail "the user after root"
	cmp theirs/t/two "theirs/back$work/theirs/t/two" || fail "what root backed up"
fi
echo "the vault holds"
