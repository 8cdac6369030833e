#!/usr/bin/env bash
# The disk of the site fills: no message gets a positive answer, senders wait, people still sign in and charts still open; then there is room again, and the very same connections go on.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "a small file system is mounted as root"
mkdir small
mount -t tmpfs -o size=800m,mode=755 tmpfs small 2>/dev/null || skip "no tmpfs can be mounted here"
unmount() { umount -l "$work/small" 2>/dev/null || true; }
trap 'unmount; cleanup' EXIT
"$HOLDFAST" init small/site --shares 1/1 --shares-dir . 2>/dev/null
sed -i 's/^#reserve-mib.*/reserve-mib = 24/' small/site/site.ini
password=$("$HOLDFAST" user add nora --role clinician --site small/site </dev/null)
start small/site
python3 "$here/disk.py" "$mllp" "$HOLDFAST" small/site "$http" "$password" || fail "disk"
stop
"$HOLDFAST" ledger verify --site small/site --bodies >/dev/null || fail "verify"
echo "refused while full, went on when there was room"
