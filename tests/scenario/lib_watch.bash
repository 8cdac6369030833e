# What the stories of the sensor share: source it behind lib.sh. A tree that may be changed (made), the simulator (sim), a sensor that is started and ended.
cc=$(command -v cc || command -v gcc) || skip "a compiler makes the simulator"
"$cc" -O2 -pthread -o sim "$here/watch_sim.c"
run=
watch() { # FOLDER OPTIONS...: until it is ready
	local folder=$1
	shift
	: >events
	setsid "$HOLDFAST" watch run --path "$folder" --state "$work/state" --json "$@" >>events 2>run.log &
	run=$!
	for _ in $(seq 300); do
		grep -q '"event":"ready"' events && return
		kill -0 $run 2>/dev/null || break
		sleep 0.1
	done
	grep -q 'no fanotify\|needs root' events run.log && skip "this kernel or container offers no fanotify"
	fail "watch run is not ready: $(cat events run.log)"
}
unwatch() {
	kill -TERM $run 2>/dev/null || true
	wait $run 2>/dev/null || true
	run=
}
# Whatever they call themselves: some start anew under another name.
end_sims() {
	for link in $(find /proc -maxdepth 2 -name exe -lname "$work/*" 2>/dev/null); do kill -KILL "$(basename "${link%/exe}")" 2>/dev/null || true; done
}
finish() {
	status=$?
	end_sims
	[ -z "$run" ] || unwatch
	(exit $status)
	cleanup
}
trap finish EXIT
ids() { sed -n 's/^{"event":"verdict","id":"\([^"]*\)".*/\1/p' events; }
wait_for() { # EVENT
	for _ in $(seq 150); do
		grep -q "\"event\":\"$1\"" events && return
		sleep 0.1
	done
	fail "no $1: $(cat events)"
}
look() { (cd "$1" && find . -type f -printf '%P %m %U %G %T@ %s %n\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
changed() { # files that are not as they were
	look tree >now
	local n=0
	while IFS= read -r -d '' f; do
		cmp -s "before/$f" "tree/$f" || n=$((n + 1))
	done < <(cd before && find . -type f -print0)
	echo $n
}
fresh() {
	rm -rf tree before state
	cp -a "$work/made" tree
	cp -a tree before
	look before >was
}
