#!/usr/bin/env bash
# What scope and notice write, with each write, fsync and rename failing once, and killed at each: a list that stands under its name is whole, a failure is said with its place and reason, and what a kill left the next run takes over. (Under strace the program is started seventy times: half a minute on a machine with other work.)
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
can_hurt || skip "strace may not trace here"

mkdir share lists
for i in $(seq 4); do printf 'Patient: Anna Keller\nDOB 03/09/1961\nSSN 536-90-4399\nguarantor: Otto Unbekannt\n' >share/letter$i.txt; done
head -c 4096 /dev/zero >share/noise.bin
printf 'person_id,last,first,dob,ssn\n=P1,Keller,Anna,1961-03-09,536-90-4399\n' >persons.csv
printf 'id,last,first,dob,ssn,phone\nR1,Keller,Anna,1961-03-09,536-90-4399,1\nR2,Keller,Anna,1961-03-09,536-90-4399,2\nR3,Roth,Max,1975-11-23,,\nR4,Roth,Maxine,1975-11-23,,\n' >records.csv
cat >audit.log <<'L'
[2026/11/21 23:03:00.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)
  mallory|10.0.0.66|records|pread_send|ok|/srv/records/letter1.txt
[2026/11/21 23:03:01.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)
  mallory|10.0.0.66|records|pread_send|ok|/srv/records/noise.bin
L
scan() { "$@" scope scan share --persons persons.csv --jobs 1 -o lists/hits.csv --strangers lists/strangers.csv --unread lists/unread.csv; }
link() { "$@" scope link records.csv --jobs 1 -o lists/link.csv --review lists/grey.csv; }
evidence() { "$@" scope evidence audit.log --zone +00:00 --summary lists/summary.json; }
run() { "$@" scope case run c1 --jobs 1; }

# each undisturbed first, and what it writes kept in good; then disturbed, with none there
sweep() { # COMMAND LIST...
	local what=$1 n how before=$hurt
	shift
	for how in write:error=ENOSPC fsync:error=EIO renameat:error=EIO fsync:signal=KILL renameat:signal=KILL; do
		for n in 1 2 3 5 8 13 21; do # the later ones are the ledger's, which has its own sweep
			rm -f "$@"
			$what hurt "$how:when=$n" || break
			for list; do
				[ ! -e "$list" ] || cmp -s "$list" "good/${list##*/}" || fail "$what, $how $n: half of $list"
				[ -e "$list" ] || [ $status -gt 1 ] || fail "$what, $how $n: no $list, and all is well"
			done
			case $how:$status in *signal*:137) ;; *signal*:[13]) grep -q 'killed by signal' hurt.said || fail "$what, $how $n: not said who was killed: $(cat hurt.said)" ;; *signal*) fail "$what, $how $n: exit status $status: $(cat hurt.said)" ;; *:[01]) ;; *:3) grep -qi 'no space left\|input/output error' hurt.said || fail "$what, $how $n: not said why: $(cat hurt.said)" ;; *) fail "$what, $how $n: exit status $status: $(cat hurt.said)" ;; esac
		done
	done
	[ $((hurt - before)) -gt $# ] || fail "$what: $((hurt - before)) disturbances only"
}
prepare() { # COMMAND LIST...: how it is when nothing is in the way
	local what=$1 status=0
	shift
	$what "$HOLDFAST" >/dev/null 2>said || status=$?
	[ $status -le 1 ] || fail "$what: $(cat said)"
	for list; do [ -s "$list" ] || fail "$what: no $list"; cp "$list" good/; done
}
again() { # COMMAND LIST...: what kills left is taken over
	local what=$1
	shift
	prepare "$what" "$@"
	[ -z "$(find lists $(ls -d site/scope 2>/dev/null) -name '.*' ! -name .lock -type f 2>/dev/null)" ] || fail "$what: a killed run's files stay: $(find lists $(ls -d site/scope 2>/dev/null) -name '.*' ! -name .lock -type f)"
}
mkdir good
for c in "scan lists/hits.csv lists/strangers.csv lists/unread.csv" "link lists/link.csv lists/grey.csv" "evidence lists/summary.json"; do
	prepare $c
	sweep $c
	again $c
done
grep -q "^'=P1,name," lists/hits.csv || fail "a spreadsheet would calculate: $(head -3 lists/hits.csv)"

# a case: the folder of its result; what its entry does not name is not taken for the result
"$HOLDFAST" init site --name "St. Gabriel" >/dev/null 2>&1
export HOLDFAST_SITE=$work/site
hf scope case new c1 --window 2026-11-21T23:02Z/2026-11-21T23:06Z >/dev/null
hf scope case evidence c1 audit.log >/dev/null
hf scope case content c1 share >/dev/null
hf scope case persons c1 persons.csv >/dev/null
r=site/scope/c1
results="$r/exposure.ndjson $r/persons.ndjson $r/objects.ndjson"
prepare run $results
sweep run $results
again run $results
[ ! -e $r/work ] || fail "a run's folder stays"

# two that write one list do not mix, the second is told
mkfifo share/slow
exec 8<>share/slow
flock_py='import fcntl,sys,time,struct
f=open("lists/.hits.csv.tmp","w"); fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)); open("locked","w"); sys.stdin.read()'
python3 -c "$flock_py" <share/slow &
holder=$!
for _ in $(seq 600); do [ -e locked ] && break; sleep 0.02; done
cp lists/hits.csv before
refused 3 "another command" scope scan share/letter1.txt -o lists/hits.csv
cmp before lists/hits.csv || fail "it wrote all the same"
kill $holder; wait $holder 2>/dev/null || true
exec 8>&-
# what is no regular file stays what it is
hf scope scan share/letter1.txt -o /dev/null 2>/dev/null
[ -c /dev/null ] || fail "/dev/null is gone"
echo "lists are whole or not there ($hurt times disturbed)"
