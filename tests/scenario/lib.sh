# What scenarios share. Source it; it makes an empty folder to work in and cleans up.
set -euo pipefail
: "${HOLDFAST:?the program to test}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
daemon=
helpers= # processes beside it, which end with the story whatever becomes of it
cleanup() {
	status=$?
	[ -z "$helpers" ] || kill $helpers 2>/dev/null || true
	[ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true
	[ -z "$daemon" ] || wait "$daemon" 2>/dev/null || true
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		echo "--- scenario failed ($status) ---"
		tail -n 30 "$work"/*.log 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

# A launcher that picks one of several Pythons (pyenv's is a script of its own) takes longer than what is asked of it, and stories ask hundreds of times: what it picks is called directly.
if [ "$(head -c 2 "$(command -v python3)" 2>/dev/null)" = '#!' ]; then
	PATH=$(dirname "$(python3 -c 'import sys; print(sys.executable)')"):$PATH
	export PATH
fi

fail() { echo "FAIL: $*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
same() { [ "$1" = "$2" ] || fail "$3: '$1' is not '$2'"; }
json() { python3 -IS -c 'import json,sys
d=json.load(sys.stdin)
for k in sys.argv[1].split("."):
    d=d[int(k)] if isinstance(d,list) else d[k]
print(d if not isinstance(d,(dict,list)) else json.dumps(d))' "$1"; }
# With pipefail `program | grep -q` is a race: grep ends at the first hit, and what the program writes after it kills the program, which then counts as failed (tar writes each name by itself, and fell over this once in some thirty runs). Here what
# is read with -q is read to its end. (Into cat, not into /dev/null: grep knows that one, and stops at the first hit, too.)
grep() {
	local a ended= quiet= args=()
	for a; do
		case $ended$a in
		--) ended=yes ;;
		-[a-zA-Z]*q* | -q*)
			quiet=yes a=${a//q/}
			[ "$a" != - ] || continue
			;;
		esac
		args+=("$a")
	done
	if [ -n "$quiet" ]; then command grep "${args[@]}" | cat >/dev/null; else command grep "$@"; fi
}
hf() { timeout 100 "$HOLDFAST" "$@"; }
# The program says no: with this status, and a word (or none) of why.
refused() { # STATUS WORD COMMAND...
	local want=$1 word=$2
	shift 2
	set +e
	timeout 100 "$HOLDFAST" "$@" >out 2>said
	local status=$?
	set -e
	same $status "$want" "exit status of $* ($(cat said))"
	[ -z "$word" ] || grep -q -- "$word" out said || fail "$*: '$word' is not said: $(cat out said)"
}
# The program under strace, which has one call of it fail, or kills it there: HOW as strace's inject has it ("fsync:signal=KILL:when=2"). $status is how it ended: as it likes, but it neither hangs nor crashes; what it wrote is in hurt.out and
# hurt.said. $hurt counts how often something was hit; false: nothing was, there are not so many of these calls.
hurt=0
hurt() { # HOW COMMAND...
	local how=$1 filter=
	shift
	case $how in *signal*) ;; *) filter=--seccomp-bpf ;; esac # strace 6.1 injects no signal where it filters with seccomp, which is much faster
	status=0
	(timeout 100 strace -f -qq $filter -o hurt.trace -e trace="${how%%:*}" -e inject="$how" "$HOLDFAST" "$@" >hurt.out 2>hurt.said; exit $?) 2>/dev/null || status=$? # (bash says of each that it was killed)
	case $status in
	124) fail "$how: it hangs: $*: $(tail -3 hurt.said)" ;;
	132 | 134 | 135 | 136 | 139) fail "$how: it crashes ($status): $*: $(tail -3 hurt.said)" ;;
	esac
	grep -q 'INJECTED\|killed by SIGKILL' hurt.trace || return 1
	hurt=$((hurt + 1))
}
can_hurt() { command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; }
# count of entries of a kind
entries() { "$HOLDFAST" ledger list --site "$1" --json --kind "${2:-hl7v2}" | wc -l; }
# A port that nobody holds, below those that the kernel hands to whoever connects: it cannot be taken by a connection between the question and its use. None is handed out twice.
free_port() {
	local port there
	while port=$((15000 + SRANDOM % 17000)); printf -v there '^ *[0-9]*: [0-9A-F]*:%04X ' $port; command grep -qs "$there" /proc/net/tcp /proc/net/tcp6 || command grep -qsx $port "$work/.ports"; do :; done
	echo $port >>"$work/.ports"
	echo $port
}
# start SITE: plain daemon on free loopback ports: $http, $mllp
start() {
	local site=$1
	shift
	http=$(free_port) mllp=$(free_port)
	"$HOLDFAST" serve --site "$site" --plain --http 127.0.0.1:$http --mllp 127.0.0.1:$mllp "$@" 2>>"$work/serve.log" &
	daemon=$!
	for _ in $(seq 400); do
		if curl -sf "http://127.0.0.1:$http/healthz" >/dev/null 2>&1; then return 0; fi
		kill -0 "$daemon" 2>/dev/null || fail "serve ended: $(tail -5 "$work/serve.log")"
		sleep 0.05
	done
	fail "serve did not come up"
}
# The view of a running daemon's site has what was said so far.
shown() {
	for _ in $(seq 200); do
		[ "$(hf status --site "$1" --json | json view.behind)" != 0 ] || return 0
		sleep 0.05
	done
	fail "the view of $1 does not catch up"
}
stop() {
	kill -TERM "$daemon"
	wait "$daemon" || fail "serve did not stop cleanly"
	daemon=
}
# An object store of this machine's own (Debian's Ceph): its address and keys as $work/ceph/env gives them, and s3 speaks to it; gone at the end.
bucket_up() {
	set +e
	timeout 120 "$top/tests/ceph-up" "$work/ceph" "$(free_port)"
	local status=$?
	set -e
	[ $status -eq 0 ] || skip "the object gateway does not start on this machine"
	trap 'timeout 20 "$top/tests/ceph-up" "$work/ceph" stop; cleanup' EXIT
	. "$work/ceph/env"
}
s3() { curl -s --aws-sigv4 "aws:amz:default:s3" -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@"; }
