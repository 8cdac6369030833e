#!/usr/bin/env bash
# The registry by its commands: two lists of one day and one of eighteen months later, counted without a double; the same bytes once; a site's from its entries, its cache lost, spoiled and of another ledger; what cannot be told is asked for;
# a row drafted from a case; an import that is killed or whose disk fails is there whole or not at all.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
head='Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date,Type of Breach,Location of Breached Information,Business Associate Present,Web Description'
cat >ui_2024-10.csv <<C
$head
"TheraCom, L.L.C.",PA,Healthcare Provider,9271,10/08/2024,Hacking/IT Incident,Network Server,No,
Change House,MN,Business Associate,500,07/19/2024,Hacking/IT Incident,"Email, Network Server",Yes,
Moved Away,NY,Health Plan,9000,02/02/2024,"Theft, Loss","Laptop, Other",No,
C
cat >archive_2024-10.csv <<C
$head
Mill Creek Plan,MA,Health Plan,3659,06/28/2024,Theft,Other,No,A laptop was stolen.
Old One,TX,Healthcare Provider,700,03/03/2014,Theft,Laptop,No,Settled.
C
printf '"javax.faces.component.UIPanel@495f2e1e","State","Covered Entity Type","Individuals Affected","Breach Submission Date","Type of Breach","Location of Breached Information","javax.faces.component.UIPanel@3408c427","Web Description"\r\n"Change House","MN","Business Associate","192700000","07/19/2024","Hacking/IT Incident","Email, Network Server","Yes",""\r\n"Lake Clinic","UT","Healthcare Provider","50640","04/03/2026","Hacking/IT Incident","Network Server","No",""\r\n' >export.csv

stats() { hf registry stats --db "$@" --json 2>said; }
hf registry import archive_2024-10.csv ui_2024-10.csv --db a.db --json >out 2>said
same "$(sed -n 1p out | json view) $(sed -n 1p out | json as_of) $(sed -n 2p out | json view) $(sed -n 2p out | json as_of)" "under-investigation 2024-10-08 archive 2024-10-08" "what was recognised"
stats a.db --year 2024 >s1
same "$(json incidents <s1) $(json persons <s1) $(json placeholders <s1) $(json business_associate <s1)" "4 22430 1 1" "2024, both lists"
same "$(json warnings <s1) $(json view <s1) $(json as_of <s1)" "[] full 2024-10-08" "what it stands on"
same "$(json location_any.Other <s1) $(json breach_type.Theft <s1) $(json month.2024-07 <s1) $(json top.0.name <s1)" "2 2 1 TheraCom, L.L.C." "its parts"
same "$(stats a.db --year 2024 --view archive | json incidents)" 1 "one list"
grep -q "one of the portal's two lists" said || fail "nobody says that it is one list: $(cat said)"
hf registry import ui_2024-10.csv --db one.db >/dev/null 2>&1
stats one.db --year 2024 >out
grep -q "only one of the portal's two lists is in" said || fail "nobody says that a list is missing: $(cat said)"

cp a.db before.db
hf registry import export.csv --db a.db >out 2>said
grep -q "column 8 has no title" said || fail "a broken header is not said: $(cat said)"
grep -q "1 new, 0 as they were, 1 revised, 1 of them placeholders" out || fail "what came of it: $(cat out)"
hf registry import export.csv --db a.db >out 2>said
grep -q "the same bytes" out || fail "twice: $(cat out)"
hf registry diff 2024-10 2026-04 --db a.db --json >d 2>said
same "$(json totals.added <d) $(json totals.removed <d) $(json changed.0.name <d) $(json changed.0.before <d) $(json changed.0.after <d)" "1 2 Change House 500 192700000" "what changed"
same "$(json removed.0.now <d)" not-known "where it is now"
stats a.db --year 2024 --as-of 2024-10-31 >out
cmp s1 out || fail "what was known in October is not what was known in October"
hf registry top --db a.db --floor 0.1M -n 1 2>/dev/null | grep -q 192.7M || fail "floor"
hf registry show change --db a.db 2>/dev/null | grep -q "192,700,000" || fail "show"
n=$(hf registry show change --db a.db --json 2>/dev/null | json incident)
same "$(hf registry show --incident "$n" --db a.db --json | json history.0.persons)" 500 "its history"

# what cannot be told, and what is no question
printf '%s\nA,TX,Health Plan,700,06/03/2024,Theft,Laptop,No,\nB,TX,Health Plan,700,03/11/2014,Theft,Laptop,No,\n' "$head" >either.csv
refused 2 "say --view" registry import either.csv --db x.db
refused 1 "map FILE" registry import /etc/passwd --db x.db
refused 2 "say where" registry stats
refused 1 "import makes it" registry stats --db none.db
refused 2 "no day" registry stats --db a.db --as-of 2024-13
refused 1 "no import is of this view" registry stats --db a.db --as-of 2020
[ ! -e none.db ] || fail "a question made a registry"
echo "no database at all, and longer than a page's head would be, so that it is looked at" >bad.db
refused 1 "no registry" registry stats --db bad.db

# a site: entries, and a cache of them
hf init site --name "St. Gabriel" >/dev/null 2>&1
hf registry import ui_2024-10.csv archive_2024-10.csv --site site >/dev/null 2>&1
hf registry import export.csv --site site >/dev/null 2>&1
hf registry import export.csv --site site >/dev/null 2>&1
same "$(entries site registry-import)" 3 "entries"
of_site() { hf registry stats --site site --year 2024 --as-of 2024-10-31 --json 2>said; }
of_site | cmp - s1 || fail "a site counts otherwise"
rm -r site/registry
of_site | cmp - s1 || fail "without its cache it counts otherwise"
echo spoiled, and long enough to be read as the head of a file that is none of ours, as it has to be >site/registry/registry.db
of_site | cmp - s1 || fail "with a spoiled cache it counts otherwise"
hf init other --name Other >/dev/null 2>&1
hf registry import export.csv --site other >/dev/null 2>&1
cp other/registry/registry.db site/registry/registry.db
of_site | cmp - s1 || fail "another site's cache was believed"
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"

# a case of ours
echo '{"name": "Ours", "discovered": "2026-03-01", "entity": {"kind": "covered-entity", "country": "US", "state": "US-MN", "name": "St. Gabriel, Inc.", "type": "Health Plan"}, "persons": {"US-MN": 9100}, "elements": ["name"], "letter": {"cause": "ransomware"}}' >case.json
hf registry draft --case case.json --db a.db >row.csv 2>said
grep -q '^"St. Gabriel, Inc.","MN","Health Plan","9100","","Hacking/IT Incident"' row.csv || fail "the row: $(cat row.csv)"
same "$(hf registry draft --case case.json --db a.db --json 2>/dev/null | json place.entity_type.smaller)" 2 "its place among plans"
sed -i 's/"9100",""/"9100","03\/09\/2026"/' row.csv
hf registry import row.csv --db a.db --as-of 2026-04-08 >/dev/null 2>&1 || fail "our own row cannot be read"

# killed, and the disk fails: the whole import or none
if can_hurt; then
	stats before.db --year 2024 >old
	stats a.db --year 2024 --as-of 2026-04-07 >new
	for how in pwrite64:signal=KILL:when=2 pwrite64:signal=KILL:when=6 fdatasync:signal=KILL:when=1 fdatasync:signal=KILL:when=2 unlink:signal=KILL:when=1 pwrite64:error=ENOSPC:when=3 fdatasync:error=EIO:when=1; do
		cp before.db h.db
		hurt "$how" registry import export.csv --db h.db || continue
		stats h.db --year 2024 >got
		cmp -s got old || cmp -s got new || fail "$how: half of an import: $(cat got)"
		case $how in *error*) [ $status = 3 ] && cmp -s got old || fail "$how: exit status $status: $(cat hurt.said)" ;; esac
		hf registry import export.csv --db h.db >/dev/null 2>&1 || fail "$how: it cannot be taken up again"
		stats h.db --year 2024 | cmp -s - new || fail "$how: taken up again it counts otherwise"
	done
	[ $hurt -ge 5 ] || fail "$hurt disturbances only"
fi
