#!/usr/bin/env bash
# What an attack leaves beside enciphered files, and what restore --clean gives back beside contents: times of folders, other names of a file, flags; no note stays, also where a folder has no files of its own.
# A source that is backed up with other paths is no deletion. An operator accepts a verdict, with a reason, and what comes later is found as before.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
"$HOLDFAST" init site --shares 1/1 2>/dev/null
"$HOLDFAST" key join Hospital-share-1-of-1.txt >id
vault() { "$HOLDFAST" vault "$@"; }
last() { vault list --site site --source "$1" --json | tail -n 1; }
verdict() { last "$1" | grep -o '"verdict":"[a-z]*"' | cut -d'"' -f4; }
cat >tree.py <<'PY'
import io, os, random, sys, zipfile
def docx(r):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        z.writestr("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="x">' + "".join("<w:p>%d</w:p>" % r.getrandbits(60) for _ in range(300)) + "</w:document>")
    return b.getvalue()
def put(p, data):
    os.makedirs(os.path.dirname(p), exist_ok=True)
    with open(p, "wb") as f:
        f.write(data)
def files(d):
    return sorted(os.path.join(a, f) for a, _, fs in os.walk(d) for f in fs)
def make(d, seed):
    r = random.Random(seed)
    for k in range(6): # shelf/ and shelf/N/ hold folders only
        for i in range(20):
            put("%s/shelf/%d/letters/%02d.docx" % (d, k, i), docx(r))
        os.link("%s/shelf/%d/letters/00.docx" % (d, k), "%s/shelf/%d/letters/zz-again.docx" % (d, k))
    put(d + "/notes/rounds.txt", b"call the ward, order the forms, look at the plan for the week\n" * 20)
    os.link(d + "/shelf/0/letters/05.docx", d + "/notes/five.docx")
    for a, _, _ in os.walk(d, topdown=False):
        os.utime(a, (1700000000, 1700000000 + len(a)))
def attack(d):
    # each name is read, written anew beside it and removed, as most families do: links mean nothing to them
    r = random.Random(7)
    for p in files(d + "/shelf") + [d + "/notes/five.docx"]:
        data = open(p, "rb").read()
        if "/4/" in p: # under its own name, as a new file
            open(p + ".tmp", "wb").write(r.randbytes(len(data) + 32))
            os.rename(p + ".tmp", p)
            continue
        put(p + ".lckd", r.randbytes(len(data) + 32))
        os.unlink(p)
    for a, _, _ in list(os.walk(d + "/shelf")):
        put(a + "/HOW_TO_GET_IT_BACK.txt", (b"Your files are with us. http://" + b"abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx" + b".onion/\n") * 4)
def tell(d):
    inodes = {}
    for a, ds, fs in sorted(os.walk(d)):
        rel = os.path.relpath(a, d)
        print("d %s %d" % (rel, os.stat(a).st_mtime_ns))
        for f in sorted(fs):
            p = os.path.join(a, f)
            st = os.stat(p)
            first = inodes.setdefault(st.st_ino, os.path.join(rel, f))
            print("f %s/%s %d %d %s %x" % (rel, f, st.st_mtime_ns, st.st_size, first, hash_of(p)))
def hash_of(p):
    import zlib
    return zlib.crc32(open(p, "rb").read())
{"make": lambda: make(sys.argv[2], int(sys.argv[3])), "attack": lambda: attack(sys.argv[2]), "tell": lambda: tell(sys.argv[2])}[sys.argv[1]]()
PY

# --- an attack, undone
python3 tree.py make tree 1
python3 tree.py tell tree >before
vault backup --site site --source share tree >/dev/null
python3 tree.py attack tree
vault backup --site site --source share tree >/dev/null
[ "$(verdict share)" = damage ] || fail "the attack was not seen: $(last share)"
vault restore --site site latest out --source share --clean --identity id >/dev/null || fail "restore --clean"
python3 tree.py tell "out$PWD/tree" >after
diff before after || fail "the tree is not as it was"
vault restore --site site latest out --source share --clean --identity id >/dev/null || fail "restore --clean once more"
python3 tree.py tell "out$PWD/tree" >after
diff before after || fail "a second run made it other than it was"
vault restore --site site "latest:$PWD/tree/notes" part --source share --clean --identity id >/dev/null || fail "restore --clean of a part"
cmp "part$PWD/tree/notes/five.docx" "out$PWD/tree/notes/five.docx" || fail "a name of a file elsewhere is not back"
rm -rf out part

# --- accepted: an operator's word, an entry, and a new beginning
vault accept latest --site site --source share 2>err && fail "accepted without a reason"
vault accept latest --site site --source share --reason "a test of ours, the originals are in the archive" >out.txt || fail "accept"
grep -q 'counts as clean' out.txt || fail "accept says: $(cat out.txt)"
[ "$(verdict share)" = clean ] || fail "accepted, and still damage"
last share | grep -q '"accepted":true' || fail "list does not say that it was accepted"
last share | grep -q 'accepted by .*a test of ours' || fail "reasons do not say why"
vault clean-point --site site --source share --json | tee point | grep -q '"damaged":\[\]' || fail "clean-point: $(cat point)"
vault accept latest --site site --source share --reason again 2>err && fail "accepted twice"
vault backup --site site --source share tree >/dev/null
[ "$(verdict share)" = clean ] || fail "what was accepted came back as damage: $(last share)"
vault restore --site site latest out --source share --clean --identity id >/dev/null || fail "restore --clean of what was accepted"
[ -e "out$PWD/tree/shelf/0/letters/01.docx.lckd" ] || fail "what was accepted was not given back"
rm -rf out tree
python3 tree.py make tree 2
vault backup --site site --source share tree >/dev/null
python3 tree.py tell tree >before
python3 tree.py attack tree
vault backup --site site --source share tree >/dev/null
[ "$(verdict share)" = damage ] || fail "damage after an accepted one was not seen"
vault restore --site site latest out --source share --clean --identity id >/dev/null || fail "restore --clean after an accepted one"
python3 tree.py tell "out$PWD/tree" >after
diff before after || fail "after an accepted one the tree is not as it was"
rm -rf out tree log.old
cp site/vault/log log.old
rm site/vault/log # it is a cache: what was accepted is found again
vault list --site site --source share --json | grep -q '"accepted":true' || fail "a new log does not know what was accepted"
cmp site/vault/log log.old || fail "a new log is another one"

# --- other paths, and exclusions
python3 tree.py make tree 3
mkdir tree/other
cp -r tree/shelf tree/other/
vault backup --site site --source wide tree/shelf tree/other >/dev/null
vault backup --site site --source wide tree/other >/dev/null
[ "$(verdict wide)" = clean ] || fail "other paths were taken for deletion: $(last wide)"
last wide | grep -q 'not asked for this time' || fail "other paths were not mentioned: $(last wide)"
last wide | grep -q '"removed":0' || fail "other paths were counted as removed: $(last wide)"
vault backup --site site --source wide tree/shelf tree/other >/dev/null
vault backup --site site --source wide --exclude 'letters' tree/shelf tree/other >/dev/null
[ "$(verdict wide)" = clean ] || fail "an exclusion was taken for deletion: $(last wide)"
vault backup --site site --source wide tree/shelf tree/other >/dev/null
find tree/shelf tree/other -name '*.docx' -delete
vault backup --site site --source wide tree/shelf tree/other >/dev/null
[ "$(verdict wide)" = damage ] || fail "a deletion was not seen: $(last wide)"

# --- flags as chattr sets them
rm -rf tree
mkdir -p tree/kept
echo one >tree/kept/a
echo two >tree/b
ln tree/b tree/c
if chattr +d tree/kept/a tree/b 2>/dev/null; then
	locked=
	chattr +i tree/b tree/kept 2>/dev/null && locked=yes
	chattr +a tree/kept/a 2>/dev/null || true
	trap '{ chattr -R -i -a tree out; } 2>/dev/null || true; cleanup' EXIT
	flags() { (cd "$1" && lsattr -d kept kept/a b c | sed 's/[^-iad ].*//; s/ .*//' | cut -c1-8); }
	vault backup --site site --source flags tree >/dev/null
	for _ in 1 2; do
		vault restore --site site latest out --source flags --identity id >/dev/null 2>err || fail "restore of flags: $(cat err)"
		[ "$(flags tree)" = "$(flags "out$PWD/tree")" ] || fail "flags: $(flags tree) and $(flags "out$PWD/tree")"
	done
	[ -z "$locked" ] || [ "out$PWD/tree/b" -ef "out$PWD/tree/c" ] || fail "names of a locked file"
	vault check --site site --data --identity id >/dev/null || fail "check"
else
	echo "skipped: this file system has no flags"
fi
echo "what an attack leaves is undone"
