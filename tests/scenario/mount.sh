#!/usr/bin/env bash
# Snapshots looked at as folders: the mounted tree is the one that was backed up, in every byte, name and attribute, also when several look at once and at random places; a damaged pack costs the bytes it held and
# is named; nothing can be written; whoever looked is in the ledger; it ends when it is told to, and stands again where it was killed.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
tree="python3 $here/vault_tree.py"
mkdir shares src mnt
"$HOLDFAST" init site --name Ward --shares-dir shares 2>/dev/null
set -- shares/*
"$HOLDFAST" key join "$1" "$3" --site site >id
vault() { local verb=$1; shift; "$HOLDFAST" vault "$verb" --site site "$@"; }
$tree make src/t
vault backup --source files "$work/src/t" >/dev/null

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then # a machine without FUSE says so
	status=0
	unshare -m bash -c 'mount -t tmpfs none /dev && exec "$0" vault mount --site site --identity id mnt' "$HOLDFAST" >none.log 2>&1 || status=$?
	same $status 3 "exit status without /dev/fuse: $(cat none.log)"
	grep -q '/dev/fuse.*vault restore' none.log || fail "without /dev/fuse: $(cat none.log)"
fi
[ -c /dev/fuse ] || skip "there is no /dev/fuse here"

mounter=
unmount() {
	kill -"${1:-TERM}" $mounter
	status=0
	wait $mounter || status=$?
	mounter=
	same $status 0 "the mount's exit status"
	! mountpoint -q mnt || fail "still mounted"
}
mount_it() { # options
	: >ready.log
	"$HOLDFAST" vault mount --site site "${@:---identity=id}" --json mnt >ready.log 2>mount.log &
	mounter=$!
	for _ in $(seq 400); do
		[ ! -s ready.log ] || return 0
		kill -0 $mounter 2>/dev/null || { grep -q 'cannot be mounted here' mount.log && skip "this machine mounts nothing: $(cat mount.log)"; fail "mount ended: $(cat mount.log)"; }
		sleep 0.05
	done
	fail "it does not mount"
}
unwind() {
	ended=$?
	[ -z "$mounter" ] || kill -9 $mounter 2>/dev/null || true
	umount -l "$work/mnt" 2>/dev/null || true
	set +e
	(exit $ended)
	cleanup
}
trap unwind EXIT

# ---- who may ----
status=0
vault mount mnt --identity site/keys/care.key >care.log 2>&1 || status=$?
same $status 1 "mount with the care key: $(cat care.log)"
before=$(entries site audit)

# ---- two generations, each as it was ----
cp -a --sparse=always src/t/plain.txt first.txt
sleep 0.1
mkdir single
echo alone >single/file
ln -s file single/link
mount_it --shares "$1" "$2"
one=$(echo mnt/files/s*)
$tree compare src/t "$one$work/src/t" || fail "the mounted tree is another"
same "$(ls mnt)" files "sources"
same "$(ls "$one/")" "$(echo "$work" | cut -d/ -f2)" "what leads to the tree"
same "$(entries site audit)" $((before + 1)) "entries of whoever looked"
unmount INT
mount_it latest --source files # one, and without a key: names
same "$(ls mnt)" "$(echo "$work" | cut -d/ -f2)" "the top of one snapshot"
same "$(stat -c '%a %s %Y' "mnt$work/src/t/plain.txt")" "$(stat -c '%a %s %Y' src/t/plain.txt)" "names without a key"
! cat "mnt$work/src/t/plain.txt" >/dev/null 2>&1 || fail "the care key opened content"
unmount
$tree again src/t
vault backup --source files "$work/src/t" >/dev/null
vault backup --source single "$work/single/file" "$work/single/link" >/dev/null
mount_it
first=$(ls -d mnt/files/s* | sort -V | head -1) second=$(ls -d mnt/files/s* | sort -V | tail -1)
$tree compare src/t "$second$work/src/t" || fail "the second generation is another"
cmp first.txt "$first$work/src/t/plain.txt" || fail "the first generation changed"
same "$(cat mnt/single/s*"$work/single/link")" alone "a file backed up by itself, through its link"

# ---- several at once, and at random places ----
find mnt -ls >find.log &
a=$!
grep -r --devices=skip -l 'another text altogether' "$second$work/src/t/many" >grep.log &
b=$!
mkdir copy
cp -a "$second$work/src/t/many" copy/ &
c=$!
cat >random.py <<'P'
import os, random, sys
r = random.Random(7)
a, b = (os.open(p, os.O_RDONLY) for p in sys.argv[1:3])
size = os.fstat(a).st_size
assert size == os.fstat(b).st_size
for _ in range(400):
    at, n = r.randrange(size), r.choice((1, 7, 4096, 70000, 300000))
    x, y = os.pread(a, n, at), os.pread(b, n, at)
    assert x == y, (at, n, len(x), len(y))
assert os.pread(b, 10, size) == b''
for at in sorted(r.randrange(size) for _ in range(20)):  # holes where the original has them, or finer
    try:
        x = os.lseek(a, at, os.SEEK_DATA)
    except OSError:
        x = None
    try:
        y = os.lseek(b, at, os.SEEK_DATA)
    except OSError:
        y = None
    assert x is None and y is None or x is not None and (y is None or y >= x or os.pread(a, x - y, y) == bytes(x - y)), (at, x, y)
P
for f in random.bin sparse all-hole plain.txt; do
	python3 random.py "src/t/$f" "$second$work/src/t/$f" || fail "random reads of $f"
done
wait $a || fail "find: $(tail -3 mount.log)"
wait $b || true
wait $c || fail "cp -a: $(tail -3 mount.log)"
diff -r src/t/many copy/many >/dev/null || fail "cp -a made another tree"
[ "$(wc -l <find.log)" -gt 1000 ] || fail "find: $(wc -l <find.log) names"
(grep -r --devices=skip -l 'another text altogether' src/t/many || true) | wc -l | { read -r n; same "$(wc -l <grep.log)" "$n" "files that grep found"; }

# ---- nothing can be written ----
for try in "touch $second/x" "rm $second$work/src/t/plain.txt" "chmod 777 $second$work/src/t/plain.txt"; do
	! $try 2>/dev/null || fail "$try was done"
done
grep -E 'VmHWM' /proc/$mounter/status | { read -r _ kib _; case $HOLDFAST in *asan*) ;; *) [ "$kib" -lt 65536 ] || fail "memory: $kib KiB";; esac; }

# ---- killed, and mounted again over what it left ----
kill -9 $mounter
wait $mounter 2>/dev/null || true
! ls mnt/files >/dev/null 2>&1 || fail "somebody answers for a mount that was killed"
if [ "$(id -u)" != 0 ]; then fusermount3 -u mnt; fi
mount_it
cmp first.txt "$first$work/src/t/plain.txt" || fail "after a kill"
unmount

# ---- damage: what a pack held is lost where it is damaged, all else is there and right ----
cat >look.py <<'P'
import os, sys
good, seen, fine, lost = sys.argv[1], sys.argv[2], 0, 0
for at, dirs, files in os.walk(os.fsencode(good)):
    for f in files:
        p = os.path.join(at, f)
        q = os.path.join(os.fsencode(seen), os.path.relpath(p, os.fsencode(good)))
        if os.path.islink(p) or not os.path.isfile(p) or os.stat(p).st_size > 1 << 28 or len(q) > 3000:
            continue
        with open(p, 'rb') as a:
            want = a.read()
        fd, bad = os.open(q, os.O_RDONLY), 0
        for o in range(0, len(want), 4096):
            try:
                got = os.pread(fd, 4096, o)
            except OSError as e:
                assert e.errno == 5, e
                bad += 1
                continue
            assert got == want[o:o + 4096], (q, o)
        os.close(fd)
        fine, lost = fine + (bad == 0), lost + (bad > 0)
print(fine, lost)
P
pack=$(ls -S site/vault/content-*.age | head -1)
cp "$pack" kept
python3 - "$pack" <<'P'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(0, 2)
    f.seek(f.tell() // 3)
    c = f.read(1)
    f.seek(-1, 1)
    f.write(bytes([c[0] ^ 1]))
P
mount_it
python3 look.py src/t "$second$work/src/t" >look.log || fail "a flipped byte: a wrong byte was shown"
read -r fine lost <look.log
[ "$lost" -ge 1 ] && [ "$lost" -lt 20 ] && [ "$fine" -gt 100 ] || fail "a flipped byte: $fine files are whole and $lost are not"
grep -q "${pack##*/} is damaged" mount.log || fail "the damaged pack is not named: $(cat mount.log)"
grep -q '^holdfast: s[0-9]*:/' mount.log || fail "no file is named: $(cat mount.log)"
unmount
rm "$pack"
mount_it
python3 look.py src/t "$second$work/src/t" >look.log || fail "a missing pack: a wrong byte was shown"
read -r fine lost <look.log
[ "$lost" -ge 1 ] || fail "a missing pack costs nothing"
$tree count src/t >/dev/null
find "$second" -name plain.txt -size +1k | grep -q . || fail "names are gone with a content pack"
unmount
# a pack that somebody else sealed to the same recipient is not shown
cp "$(ls site/vault/content-*.age | head -1)" "$pack" 2>/dev/null || cp site/vault/catalogue-*1.age "$pack"
mount_it
python3 look.py src/t "$second$work/src/t" >look.log || fail "a planted pack was shown"
unmount
cp kept "$pack"
catalogue=$(ls site/vault/catalogue-*.age | tail -1)
cp "$catalogue" kept-catalogue
: >"$catalogue"
mount_it
ls mnt/single/s*/ >/dev/null 2>&1 && fail "a snapshot without its catalogue is shown"
grep -q "${catalogue##*/} is damaged" mount.log || fail "the damaged catalogue is not named: $(cat mount.log)"
unmount
cp kept-catalogue "$catalogue"
mount_it
$tree compare src/t "$second$work/src/t" || fail "at the end"
unmount
echo "mounts hold"
