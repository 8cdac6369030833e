#!/usr/bin/env bash
# The demonstration plays its story by itself: a site, its feed, kill -9 for all in the middle, nothing acknowledged is lost; an incident with its persons, and its place in a list of breaches; and it answers to who opens it.
. "$(dirname "$0")/lib.sh"
export HOLDFAST_DEMO_DIR=$work/demo HOLDFAST_DEMO_HTTP=127.0.0.1:$(free_port) HOLDFAST_DEMO_MLLP=127.0.0.1:$(free_port) HOLDFAST_DEMO_BEDS=60
timeout 100 "$top/packaging/demo" "$HOLDFAST" --check >said.log 2>&1 || { cat said.log >&2; fail "the demo's own check"; }
grep -q ' 0 of them are missing' said.log || fail "what it says: $(cat said.log)"
[ "$(wc -l <demo/acked.sorted)" -gt 1000 ] || fail "only $(wc -l <demo/acked.sorted) messages had been acknowledged"
"$HOLDFAST" chart census --site demo/site | grep -q 'patients$' || fail "no census afterwards"
persons=$(sed -n 's/^An incident .* data of \([0-9]*\) invented persons.*/\1/p' said.log)
[ "${persons:-0}" -gt 20 ] || fail "the incident's persons: $(cat said.log demo/incident.log)"
grep -q "^touched  *4 objects: 3 acquired" demo/incident.log && grep -q "^read  *3 files" demo/incident.log || fail "the incident: $(cat demo/incident.log)"
"$HOLDFAST" registry show "St. Gabriel" --source other --site demo/site >shown 2>&1 || fail "its place in the registry: $(cat shown)"
grep -q "$persons" shown || fail "as many persons: $(cat shown)"
"$HOLDFAST" registry draft archive --site demo/site 2>drafted | tail -1 | grep -q "^\"St. Gabriel Hospital\",\"TX\",\"\",\"$persons\"," || fail "the row that it would be: $(cat drafted)"
pgrep -f "serve --site $work" >/dev/null && fail "something still runs"
echo "the demo plays"
