# Ordinary work by real programs in a watched folder: none of it is stopped, whatever of them is installed here. Longer than ten seconds: two dozen programs run.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "watching needs root"
command -v python3 >/dev/null || skip "python3 makes the trees"
run=
finish() {
	status=$?
	[ -z "$run" ] || { kill -TERM $run 2>/dev/null || true; wait $run 2>/dev/null || true; }
	(exit $status)
	cleanup
}
trap finish EXIT
python3 "$top/tests/vault/change_tree" make "$work/made" --files 60 --seed 7 >/dev/null
cp -a made tree
setsid "$HOLDFAST" watch run --path "$work/tree" --state "$work/state" --json >events 2>run.log &
run=$!
for _ in $(seq 300); do
	grep -q '"event":"ready"' events && break
	kill -0 $run 2>/dev/null || break
	sleep 0.1
done
grep -q '"event":"ready"' events || { grep -q 'no fanotify\|needs root' events run.log && skip "this kernel or container offers no fanotify"; fail "watch run is not ready: $(cat events run.log)"; }
names= absent=
job() { # NAME PROGRAM COMMANDS: in a folder of its own, a copy of the tree, in a session of its own
	local what=$1 need=$2
	if ! command -v $need >/dev/null; then
		absent="$absent $what"
		return
	fi
	cp -a made "tree/$what"
	rm -f "tree/$what/made-by-the-test"
	(cd "tree/$what" && HOME=$work timeout 100 setsid bash -c "$3") >"$work/job.log" 2>&1 || fail "$what did not work: $(tail -n 5 "$work/job.log")"
	sleep 0.2
	! grep -q '"event":"verdict"' events || fail "$what was taken for an attack: $(grep -h '"event":"verdict"' events | cut -c 1-900)"
	names="$names $what"
}
export GNUPGHOME=$work/gnupg
mkdir -m 700 gnupg
all='find . -type f -size +0'
job gzip gzip "gzip -r share"
job find-gzip gzip "$all -name '*.*' -exec gzip -k {} \;"
job xargs-gzip gzip "$all -print0 | xargs -0 -P 8 -n 1 gzip"
job xz xz "$all -print0 | xargs -0 -P 4 -n 1 xz -0"
job zip zip "zip -qr all.zip share && zip -qr -m moved.zip share"
job unzip unzip "$(command -v zip >/dev/null && echo "zip -qr all.zip share && rm -r share && unzip -q all.zip && unzip -qo all.zip" || echo true)"
job sevenzip 7z "7z a -bd all.7z share >/dev/null && rm -r share && 7z x -bd all.7z >/dev/null"
job tar tar "tar czf all.tgz share && rm -r share && tar xzf all.tgz && tar xzf all.tgz && tar cf moved.tar --remove-files share"
job gpg-file gpg "f=\$($all -name '*.docx' | head -n 1) && gpg -q --batch --pinentry-mode loopback --passphrase x --s2k-count 1024 -c \$f && rm \$f"
job gpg-folder gpg "$all -name '*.*' | head -n 25 | while read -r f; do gpg -q --batch --pinentry-mode loopback --passphrase x --s2k-count 1024 -c \"\$f\"; done"
job openssl openssl "tar cf - share | openssl enc -aes-256-cbc -pbkdf2 -iter 1000 -pass pass:x -out all.enc"
job rsync rsync "rsync -a share/ copy && $all -path './share/*' -name '*.txt' -exec sed -i s/ward/WARD/ {} + && rsync -a --inplace share/ copy && rsync -a --delete --inplace $work/made/share/ copy"
job git git "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm 1 && $all -path './share/*' -name '*.csv' -exec sed -i s/a/b/ {} + && git -c user.name=a -c user.email=a@b commit -qam 2 && git checkout -q HEAD~1 && git checkout -q - && git gc -q && git clone -q . ../cloned"
job restic restic "RESTIC_PASSWORD=x restic init -q -r repo && RESTIC_PASSWORD=x restic backup -q -r repo share && RESTIC_PASSWORD=x restic backup -q -r repo share usr && RESTIC_PASSWORD=x restic forget -q --keep-last 1 --prune -r repo && rm -r share"
job borg borg "export BORG_PASSPHRASE=x && borg init -e repokey repo && borg create repo::a share && borg create repo::b share && borg delete repo::a && borg compact repo"
job sqlite sqlite3 "for i in 1 2 3 4; do sqlite3 a.db \"create table if not exists t(a,b); with recursive c(x) as (select 1 union all select x+1 from c where x<4000) insert into t select x, hex(randomblob(30)) from c; update t set b=hex(randomblob(40)) where a%5=0; delete from t where a%3=0; vacuum;\"; done; $all -name '*.sqlite' | while read -r f; do sqlite3 \"\$f\" 'pragma journal_mode=wal; create table extra(x); insert into extra values(randomblob(9000)); vacuum' >/dev/null; done"
job convert convert "$all -name '*.jpg' | while read -r f; do convert \"\$f\" -quality 60 \"\$f\"; done; $all -name '*.png' -exec convert {} -resize 50% {} \;"
job dicom dcmodify "$all -name '*.dcm' -print0 | xargs -0 -r -n 1 dcmodify -q -nb -m PatientName=ANON"
job ffmpeg ffmpeg "$all -name '*.wav' | while read -r f; do ffmpeg -nostdin -loglevel error -y -i \"\$f\" \"\$f.mp3\" && rm \"\$f\"; done"
job dpkg dpkg-deb "mkdir -p p/DEBIAN p/usr/share && cp -r share p/usr/share/ && printf 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: x\n' >p/DEBIAN/control && dpkg-deb -b p x.deb >/dev/null && mkdir root && for i in 1 2; do dpkg-deb -x x.deb root; done"
job logs logrotate "mkdir l && for i in \$(seq 30); do seq 4000 | sed \"s/^/ward log line /\" >l/app\$i.log; done && printf '$work/tree/logs/l/*.log {\n rotate 3\n size 1\n compress\n copytruncate\n}\n' >rotate.conf && logrotate -f -s state rotate.conf"
job office python3 'python3 - <<P
import os, shutil
for d, _, fs in os.walk("share"):
    for f in fs:
        if f.endswith((".docx", ".xlsx")):
            p = os.path.join(d, f)
            b = open(p, "rb").read()
            open(os.path.join(d, "~\$" + f), "wb").write(b"lock")
            open(p + ".tmp", "wb").write(b)
            os.rename(p, p + ".bak"); os.rename(p + ".tmp", p); os.unlink(p + ".bak"); os.unlink(os.path.join(d, "~\$" + f))
P'
job sed bash "$all \( -name '*.txt' -o -name '*.csv' -o -name '*.html' \) -exec sed -i 's/ward/WARD/g;s/a/b/' {} +; $all -name '*.txt' -exec sed -i.bak 's/b/a/' {} \;"
job rewrite python3 'python3 - <<P
import os
for d, _, fs in os.walk("share"):
    for f in fs: # read, and written again in place: shorter, longer, as long
        p = os.path.join(d, f)
        b = open(p, "rb").read()
        if f.endswith((".txt", ".csv", ".py", ".html")):
            open(p, "wb").write(b[: len(b) // 2] if f[0] < "h" else b + b[:99])
            with open(p, "r+b") as o:
                o.write(b.swapcase()[: len(b) // 3])
        elif f.endswith((".jpg", ".png", ".pdf", ".docx", ".zip")):
            with open(p, "r+b") as o: # the same bytes again
                o.write(b)
P'
job clear bash "for f in \$($all -name '*.csv' | head -n 3); do : >\$f; done; mkdir spool && for i in \$(seq 20); do seq 300 >spool/app\$i.log && cp spool/app\$i.log spool/app\$i.log.1 && : >spool/app\$i.log; done; for i in \$(seq 20); do seq 300 | sed 's/^/queue line /' >spool/list\$i.txt && cp spool/list\$i.txt spool/list\$i.old && truncate -s 0 spool/list\$i.txt; done"
job sort sort "$all -name '*.csv' -exec sort -o {} {} \; ; $all -name '*.txt' | while read -r f; do tr a-z A-Z <\$f >t && cat t >\$f; done"
job tags exiftool "$all \( -name '*.jpg' -o -name '*.png' -o -name '*.pdf' \) -exec exiftool -q -q -overwrite_original_in_place -Artist=ward -Author=ward {} + || true; $all -name '*.jpg' -exec exiftool -q -q -m -overwrite_original -Comment=seen {} + || true"
job tag-bytes python3 'python3 - <<P
import os
for d, _, fs in os.walk("share"):
    for f in fs: # the 128 bytes at the end of a recording, written anew in place
        if f.endswith(".wav"):
            p = os.path.join(d, f)
            for turn in range(2):
                with open(p, "r+b") as o:
                    if not turn:
                        o.seek(0, 2)
                    else:
                        o.seek(-128, 2)
                    o.write((b"TAG" + b"recorded at the ward %d" % turn).ljust(128, b"\\0"))
P'
job seal-one zip "f=\$($all -name '*.docx' | head -n 1) && zip -q -P secret \$f.zip \$f && mkdir out && cp \$($all -name '*.pdf' | head -n 8) out && zip -q -r -P secret out.zip out && rm -r out"
job seal-seven 7z "mkdir out && cp \$($all -name '*.pdf' | head -n 8) out && 7z a -bd -psecret -mhe=on out.7z out >/dev/null && rm -r out"
job shred-own shred "for i in 1 2 3 4 5 6; do seq 2000 >tmp\$i.txt && gzip -k tmp\$i.txt && shred -u tmp\$i.txt; done"
job video ffmpeg "for i in 1 2 3 4; do ffmpeg -nostdin -loglevel error -y -f lavfi -i testsrc=duration=1:size=160x120:rate=10 v\$i.avi; done; for i in 1 2 3 4; do ffmpeg -nostdin -loglevel error -y -i v\$i.avi v\$i.mp4 && rm v\$i.avi; done; for i in 1 2 3 4; do ffmpeg -nostdin -loglevel error -y -i v\$i.mp4 -b:v 60k t.mp4 && mv t.mp4 v\$i.mp4; done"
job container cryptsetup "truncate -s 24M c.img && printf secret | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 c.img - && printf secret | cryptsetup luksChangeKey -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 c.img --key-file - <(printf other) && printf other | cryptsetup luksErase -q c.img && for i in 1 2 3; do head -c 3M /dev/urandom >plain\$i.img; done; for i in 1 2 3; do openssl enc -aes-256-ctr -pbkdf2 -iter 1000 -pass pass:x -in c.img -out c\$i.bin; done"
job gocryptfs gocryptfs "mkdir sealed open && printf 'x\\n' >pw && gocryptfs -q -init -scryptn 10 -passfile pw sealed && gocryptfs -q -passfile pw sealed open && { cp -r share/. open/ && find open -name '*.txt' -exec sed -i s/ward/WARD/ {} + && find open -name '*.csv' -delete && find open -name '*.json' -exec mv {} {}.old \;; s=\$?; sync; fusermount -u open || fusermount3 -u open; exit \$s; }"
job encfs encfs "mkdir sealed open && printf 'x\\n' | encfs -S --standard \$PWD/sealed \$PWD/open && { cp -r share/. open/ && find open -name '*.txt' -exec sed -i s/ward/WARD/ {} + && find open -name '*.csv' -delete; s=\$?; fusermount -u open || fusermount3 -u open; exit \$s; }"
job mailbox python3 'python3 - <<P
import mailbox, os, random
r = random.Random(2)
def text(n):
    return " ".join(r.choice("ward patient dose result night sodium normal plan review".split()) for _ in range(n))
os.makedirs("mail")
for k in range(6):
    box = mailbox.mbox("mail/box%d" % k)
    for i in range(60):
        box.add("From: a@b\\nSubject: letter %d\\n\\n%s\\n" % (i, text(80)))
    box.flush()
    for key in list(box.keys())[::2]:
        box.remove(key)
    box.flush() # compacted: a new file, renamed over
    box.close()
for k in range(6): # and in place, as mbox was kept for decades
    p = "mail/box%d" % k
    b = open(p, "rb").read()
    parts = b.split(b"\\nFrom ")
    with open(p, "r+b") as o:
        o.write(b"\\nFrom ".join(parts[len(parts) // 2 :]))
        o.truncate()
P'
job pack-repo git "git init -q . && for i in \$(seq 6); do cp -r share/. . && $all -name '*.txt' -not -path './.git/*' -exec sed -i s/[a-e]/\$i/ {} + ; git add -A; git -c user.name=a -c user.email=a@b commit -qm \$i; done; git repack -qadf && git prune && git clone -q --mirror . ../mirrored && git checkout -q HEAD~3 && git stash list && git checkout -q -"
job dump sqlite3 "for f in \$($all -name '*.sqlite' | head -n 8); do sqlite3 \$f .dump >\$f.sql && rm \$f && sqlite3 \$f <\$f.sql && sqlite3 \$f 'vacuum; pragma page_size=8192; vacuum'; done; sqlite3 b.db 'create table t(a integer primary key, b blob)' && for i in 1 2 3 4 5; do sqlite3 b.db \"with recursive c(x) as (select 1 union all select x+1 from c where x<60) insert or replace into t select x, randomblob(9000) from c\"; done"
job rename bash "$all -name '*.*' | while read -r f; do mv \"\$f\" \"\$f.old\"; done"
job recode iconv "$all -name '*.txt' | while read -r f; do iconv -f utf-8 -t utf-16 \"\$f\" >\"\$f.u\" && mv \"\$f.u\" \"\$f\"; done"
job spool bash "mkdir -p m/tmp m/new m/cur && for i in \$(seq 120); do echo \"Subject: letter \$i\" >m/tmp/\$i && mv m/tmp/\$i m/new/ && mv m/new/\$i m/cur/\$i:2,S; done && rm m/cur/*"
job build make "printf 'all: \$(addsuffix .o,\$(basename \$(wildcard *.txt)))\n%%.o: %%.txt\n\tgzip -c \$< >\$@\n' >Makefile && $all -name '*.txt' -exec cp {} . \; && make -s -j 8 && make -s -j 8 -B"
job rotate-keys openssl "openssl genrsa -out k 2048 2>/dev/null; for i in \$(seq 10); do openssl rand -out key\$i 4096; done; for i in \$(seq 10); do openssl rand -out key\$i 4096; done"
job bulk python3 'python3 -c "
import os
for i in range(400):
    open(\"bulk%d\" % i, \"wb\").write(os.urandom(3000))
for i in range(400):
    open(\"bulk%d\" % i, \"wb\").write(os.urandom(3000))
"'
job shred shred "mkdir s && for i in \$(seq 6); do echo secret \$i >s/\$i; done && shred -u s/1 s/2"
job remove rm "rm -r share usr"
initdb=$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | head -n 1 || true)
if [ -n "$initdb" ]; then
	mkdir tree/pg && chown nobody tree/pg && chmod 755 "$work"
	bin=$(dirname "$(readlink -f "$initdb")")
	pg() { (cd tree/pg && timeout 100 setsid setpriv --reuid=65534 --clear-groups env HOME=/tmp "$@") >job.log 2>&1; }
	if pg "$bin/initdb" -D "$work/tree/pg/data" -A trust; then
		pg "$bin/pg_ctl" -D "$work/tree/pg/data" -o "-k /tmp -c listen_addresses= -p 15999 -c fsync=off" -l "$work/tree/pg/log" -w start && {
			pg "$bin/psql" -h /tmp -p 15999 -d postgres -c "create table t as select g, md5(g::text) a, repeat(md5(g::text), 9) b from generate_series(1,30000) g" -c "update t set a = md5(b) where g%3=0" -c "delete from t where g%2=0" -c "vacuum full t" -c "checkpoint" || fail "the database did not work: $(tail -n 5 job.log)"
			pg "$bin/pg_ctl" -D "$work/tree/pg/data" -m fast -w stop || true
		}
		! grep -q '"event":"verdict"' events || fail "a database was taken for an attack: $(grep -h '"event":"verdict"' events | cut -c 1-900)"
		names="$names postgres"
	fi
fi
kill -0 $run || fail "it does not watch any more: $(tail -n 3 run.log events)"
! grep -q '"event":"alarm"' events || fail "an alarm: $(grep '"event":"alarm"' events | head -n 3)"
kill -TERM $run
wait $run || true
run=
echo "goes on:$names"
[ -z "$absent" ] || echo "not installed here:$absent"
