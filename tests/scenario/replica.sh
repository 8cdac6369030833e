#!/usr/bin/env bash
# A site and its copies: pushed, pulled, tampered with, rewritten, lost, rebuilt, in folders and over HTTP; killed in the middle of each.
. "$(dirname "$0")/lib.sh"
export_of() { hf chart export --site "$1" 2>/dev/null | sha256sum | cut -d' ' -f1; }
bodies() { hf ledger cat --kind hl7v2 --site "$1" | sha256sum | cut -d' ' -f1; }

hf init site --name "St. Gabriel" --shares-dir shares 2>/dev/null
hf simulate --out feed.hl7 --beds 60 --count 1500 --seed 7 >/dev/null 2>&1
hf import feed.hl7 --site site >/dev/null
mkdir -p share/deep
cp "$top/README.md" share/deep/
head -c 300000 /dev/urandom >share/image.raw
hf vault backup share --source share --site site >/dev/null

# --- settings
refused 1 "no replica of this name" replica push off --site site
refused 2 "name one replica" replica push --site site
refused 2 "https" replica add x http://example.org/x --site site
refused 2 "s3://BUCKET" replica add x s3:// --site site
refused 2 "a replica's name" replica add ../x "$work/x" --site site
hf replica list --site site | grep -q UNPROTECTED
hf replica add off "$work/off" --site site >/dev/null
refused 1 "there is a replica of this name" replica add off "$work/off2" --site site
refused 1 "nothing has been pushed" replica status off --site site

# --- push, and again: only a new head
hf replica push off --site site >/dev/null
printf 'MSH|^~\\&|A|B|C|D|20260105120000||ADT^A08|after-push|P|2.5\rPID|1||99^^^B||PUSH^AFTER\r' >after.hl7
hf import --site site after.hl7 >/dev/null 2>said
! grep -q "did not belong" said || fail "what a push by hand left is not as the daemon would have left it: $(cat said)"
hf replica push off --site site >/dev/null
same "$(hf replica push off --site site --json | json objects)" 1 "a second push puts a head and nothing else"
same "$(hf replica status off --site site --json | json behind)" 0 "behind"
same "$(ls off/vault)" "$(cd site/vault && ls -- *.age)" "the backups of files are there"
hf replica status off --data --site site >/dev/null
! grep -rqa "AGE-SECRET-KEY\|PRIVATE+KEY" off || fail "a private key is in the replica"

# --- a replica that pulls keeps its own head, signs as a witness, and is a log that anybody reads
hf replica add up "$work/off" --site mirror >/dev/null
hf replica pull up --site mirror >/dev/null
same "$(tail -n +5 mirror/ledger/checkpoint | wc -l)" 2 "the checkpoint carries the witness's line beside the log's"
grep -q witness mirror/ledger/checkpoint
same "$(hf replica pull up --site mirror --json | json objects)" 0 "a second pull brings nothing"

# --- over a web server
port=$(free_port)
python3 -m http.server $port --bind 127.0.0.1 --directory off >/dev/null 2>&1 &
web=$!
for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:$port/newest && break; sleep 0.05; done
hf replica add web http://127.0.0.1:$port --site mirror3 >/dev/null
hf replica pull web --site mirror3 >/dev/null
diff -r off/packs mirror3/packs
kill $web

# --- what was changed in a replica is named, and put right by the next push; nothing there is lost
hf import feed.hl7 --site site >/dev/null
hf simulate --out more.hl7 --beds 60 --count 300 --seed 8 >/dev/null 2>&1
hf import more.hl7 --site site >/dev/null
pack=$(ls off/packs/*.age | head -1)
cp "$pack" kept.age
python3 - "$pack" <<'P'
import sys
d = bytearray(open(sys.argv[1], 'rb').read()); d[len(d) // 2] ^= 1; open(sys.argv[1], 'wb').write(d)
P
hf replica status off --site site >/dev/null # by names and sizes it looks whole
refused 1 "$(basename "$pack").*not what it should be" replica status off --data --site site
rm "$pack"
refused 1 "$(basename "$pack"): it is missing" replica status off --site site
refused 1 "put again" replica push off --site site
cmp "$pack" kept.age
rm off/vault/content-00000001.age
refused 1 "content-00000001.age.*put again" replica push off --site site
echo 'changed' >>"$(ls off/files/keys/care.age/*)"
refused 1 "set aside" replica push off --data --site site
[ -n "$(find off/aside -type f)" ] || fail "what was changed there is not kept"
hf replica status off --data --site site >/dev/null
printf 'x' >>off/newest
printf 'x' >>"$(ls off/heads/* | tail -1)"
hf replica push off --site site >/dev/null
hf replica pull up --site mirror >/dev/null

# --- what was lost or damaged here comes back from a replica
mine=$(ls site/packs/*.age | head -1)
rm "$mine"
mv site/vault/content-00000001.age content.kept
hf replica pull off --site site >/dev/null
cmp "$mine" kept.age
cmp site/vault/content-00000001.age content.kept
python3 - "$mine" <<'P'
import sys
d = bytearray(open(sys.argv[1], 'rb').read()); d[len(d) // 2] ^= 1; open(sys.argv[1], 'wb').write(d)
P
hf replica pull off --data --site site >/dev/null
hf ledger verify --bodies --site site >/dev/null

# --- a rewritten past: another history under the same name and key is refused, by push and by pull, and nothing changes
cp -a site fork
heads=$(ls off/heads | sort | sha256sum)
hf simulate --out a.hl7 --beds 20 --count 50 --seed 11 >/dev/null 2>&1
hf simulate --out b.hl7 --beds 20 --count 200 --seed 12 >/dev/null 2>&1
hf import a.hl7 --site site >/dev/null
hf import b.hl7 --site fork >/dev/null
hf replica push off --site site >/dev/null
hf replica pull up --site mirror >/dev/null
held=$(cat mirror/ledger/checkpoint)
refused 1 "does not extend" replica push off --site fork
cp -a off off.true
rm -rf off/heads off/newest off/packs off/ledger off/files
hf replica push off --site fork >/dev/null # somebody with the folder's key makes a replica of the other history there
refused 1 "rewritten" replica pull up --site mirror
same "$(cat mirror/ledger/checkpoint)" "$held" "a refused head changes nothing"
refused 1 "ahead of this site" replica status off --site site
hf simulate --out d.hl7 --beds 20 --count 300 --seed 14 >/dev/null 2>&1
hf import d.hl7 --site site >/dev/null
refused 1 "does not extend" replica status off --site site
refused 1 "rewritten here" replica pull off --site site
rm -rf off && mv off.true off
hf replica pull up --site mirror >/dev/null
cp -a off shorter # and one that only lost its end
rm -rf fork

# --- an old copy of the site does not push over what has gone on
cp -a site old
hf import b.hl7 --site site >/dev/null
hf replica push off --site site >/dev/null
refused 1 "ahead" replica push off --site old
rm -rf old

# --- killed at a push and at a pull, at many points: the next one completes it
hf simulate --out c.hl7 --beds 60 --count 600 --seed 13 >/dev/null 2>&1
hf import c.hl7 --site site >/dev/null
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	for at in 1 3 8 17; do
		hf replica add k$at "$work/k$at" --site site >/dev/null
		hurt linkat:signal=KILL:when=$at replica push k$at --site site || fail "there are not $at objects to push"
		[ ! -e k$at/newest ] || [ "$at" -gt 15 ] || fail "a head was put before what it speaks of"
		hf replica push k$at --site site >/dev/null
		hf replica status k$at --data --site site >/dev/null
	done
	for at in 1 9; do
		hf replica add k "$work/k1" --site m$at >/dev/null
		hurt linkat:signal=KILL:when=$at replica pull k --site m$at || fail "there are not $at objects to pull"
		hf replica pull k --site m$at >/dev/null
		diff -r k1/packs m$at/packs
		hf replica add m$at "$work/m$at" --site site >/dev/null
		hf replica status m$at --data --site site >/dev/null
	done
fi

# --- beside a running daemon
start site
hf simulate --to 127.0.0.1:$mllp --beds 60 --count 400 --seed 21 >/dev/null 2>&1
hf replica push off --site site >/dev/null
curl -sf http://127.0.0.1:$http/healthz >/dev/null
stop
hf replica push off --site site >/dev/null

# --- the machine burns down
want=$(bodies site) chart=$(hf chart census --site site --json | python3 -c 'import json,sys; d=json.load(sys.stdin); d.pop("asOf",None); print(len(json.dumps(d)))')
cp off/ledger/checkpoint kept.checkpoint
mv site burnt
refused 2 "recovery key" rebuild --from off new
refused 1 "no replica in it\|no such folder" rebuild --from nowhere --shares shares/*1-of-3.txt shares/*2-of-3.txt new0
hf init other --shares-dir other-shares 2>/dev/null
refused 1 "another site" rebuild --from off --shares other-shares/*1-of-3.txt other-shares/*2-of-3.txt new1
refused 1 "new or empty" rebuild --from off --shares shares/*1-of-3.txt shares/*2-of-3.txt other
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	for at in 3 9 15 22; do # broken off, again and again
		hurt renameat:signal=KILL:when=$at rebuild --from off --shares shares/*1-of-3.txt shares/*2-of-3.txt new || break
		[ $status != 0 ] || [ -e new/site.ini ] || fail "killed at $at, there is no site, and all is well"
		[ ! -e new/site.ini ] || break
	done
fi
[ -e new/site.ini ] || hf rebuild --from off --shares shares/*1-of-3.txt shares/*2-of-3.txt new --json >rebuilt.json
hf ledger verify --bodies --site new >/dev/null
same "$(bodies new)" "$want" "every message is back"
same "$(hf chart census --site new --json | python3 -c 'import json,sys; d=json.load(sys.stdin); d.pop("asOf",None); print(len(json.dumps(d)))')" "$chart" "the charts are back"
same "$(hf ledger head --site new | head -1)" "$(head -1 burnt/ledger/checkpoint)-e2" "a new epoch"
first=$(hf ledger list --site new --json --kind site | tail -1 | json seq)
hf ledger show "$first" --raw --site new | json previous.origin | grep -qx "$(head -1 burnt/ledger/checkpoint)"
hf vault restore latest back --site new --shares shares/*1-of-3.txt shares/*2-of-3.txt >/dev/null
diff -r share "back$work/share"
start new
curl -sf http://127.0.0.1:$http/healthz >/dev/null
stop

# --- a copy that saw what the rebuilt site never had: it asks, too, and keeps what it saw
hf replica add ahead "$work/ahead" --site burnt >/dev/null
hf import a.hl7 d.hl7 --site burnt >/dev/null
hf simulate --out e.hl7 --beds 60 --count 700 --seed 15 >/dev/null 2>&1
hf import e.hl7 --site burnt >/dev/null
hf replica push ahead --site burnt >/dev/null
hf replica add ahead "$work/ahead" --site new >/dev/null
refused 1 "accept-epoch" replica push ahead --site new
hf import b.hl7 feed.hl7 e.hl7 --site new >/dev/null
want=$(bodies new)
hf replica push ahead --accept-epoch --site new >/dev/null 2>said
grep -q "old epoch went on with" said
[ -n "$(find ahead/aside -type f)" ] || fail "what it saw is gone"
hf replica push ahead --site new >/dev/null
hf replica status ahead --data --site new >/dev/null

# --- the new epoch and the copies: the store goes on, the witness asks an operator
hf replica add off "$work/off" --site new >/dev/null 2>&1 || true
hf replica push off --site new >/dev/null
held=$(cat mirror/ledger/checkpoint)
refused 1 "accept-epoch" replica pull up --site mirror
same "$(cat mirror/ledger/checkpoint)" "$held" "an epoch that nobody confirmed changes nothing"
hf replica pull up --accept-epoch --site mirror >/dev/null
grep -q -- "-e2$" mirror/ledger/checkpoint
refused 1 "later epoch" replica push off --site burnt # the burnt machine comes back from a disk image
hf ledger verify --since kept.checkpoint --site new >/dev/null || fail "the old head is proven in the new epoch"
refused 1 "was lost before the next epoch" ledger verify --since burnt/ledger/checkpoint --site new # it had gone on by what nobody else has seen
hf ledger epoch --reason "the signing key was on a stolen laptop" --site new --json | json epoch | grep -qx 3
hf ledger verify --since kept.checkpoint --site new >/dev/null
hf replica push off --site new >/dev/null
hf rebuild --from off --identity <(hf key join shares/*2-of-3.txt shares/*3-of-3.txt) third >/dev/null
hf ledger head --site third | head -1 | grep -q -- '-e4$'
same "$(bodies third)" "$want" "and once more"
