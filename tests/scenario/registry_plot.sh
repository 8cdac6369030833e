#!/usr/bin/env bash
# Pictures of the registry: every kind as SVG that an XML reader takes and as PNG, in three languages; what stands on them; what is refused, and that nothing is left behind then.
. "$(dirname "$0")/lib.sh"
python3 - <<'P'
kinds = ["Hacking/IT Incident", "Unauthorized Access/Disclosure", "Theft, Loss"]
rows = []
for i in range(90):
    rows.append(f'"Hospital {i} & Sons","{["TX","CA","NY"][i%3]}","{["Healthcare Provider","Health Plan"][i%2]}","{500 if i%9==0 else 700+37*i*i}","{1+i%9:02d}/{1+i%27:02d}/2024","{kinds[i%3]}","{["Network Server","Email, Laptop"][i%2]}","No","{{}}"')
head = '"Name of Covered Entity","State","Covered Entity Type","Individuals Affected","Breach Submission Date","Type of Breach","Location of Breached Information","Business Associate Present","Web Description"'
open("ui.csv", "w").write(head + "\n" + "\n".join(r.format("") for r in rows[:60]) + "\n")
open("archive.csv", "w").write(head + "\n" + "\n".join(r.format("It was closed.") for r in rows[60:]) + "\n")
P
$HOLDFAST registry import ui.csv --view under-investigation --as-of 2024-10-08 --db one.db >/dev/null 2>&1 || fail "the first list"
cp one.db both.db
$HOLDFAST registry import archive.csv --view archive --as-of 2024-10-08 --db both.db >/dev/null 2>&1 || fail "the second list"

well() { python3 -c 'import sys,xml.dom.minidom as m; d=m.parse(sys.argv[1]).documentElement; assert d.getAttribute("role")=="img" and d.getElementsByTagName("title") and d.getElementsByTagName("desc") and not d.getElementsByTagName("script")' "$1" || fail "$1 is no picture"; }
for kind in trend months map types locations largest distribution drift timeline; do
	$HOLDFAST registry plot $kind --db both.db --year 2024 -o $kind.svg || fail "$kind"
	well $kind.svg
done
$HOLDFAST registry plot place --db both.db --persons 45357 --state TX --type "Hacking/IT Incident" -o place.svg || fail "place"
well place.svg
grep -q "larger than" place.svg && grep -q "Same state: TX" place.svg || fail "place does not say among what"
grep -q "<title>TX: 30</title>" map.svg || fail "30 incidents in TX"
grep -q "as of 8 Oct 2024" map.svg && grep -q "45 CFR 164.408" map.svg || fail "without day or source"
if grep -q "Only one of the portal" map.svg; then fail "both lists are in"; fi
for lang in "en Only one of the portal" "fr Une seule des deux listes" "zh 两份列表中只有一份"; do
	$HOLDFAST registry plot map --db one.db --year 2024 --lang ${lang%% *} -o one.svg || fail "$lang"
	grep -q "${lang#* }" one.svg || fail "one list, and it is not said: $lang"
done
$HOLDFAST registry plot trend --db both.db --width 400 -o t.png --json >t.json || fail "a PNG"
[ "$(head -c 4 t.png | tail -c 3)" = PNG ] || fail "no PNG"
python3 -c 'import json; d=json.load(open("t.json")); assert d["format"]=="png" and d["width"]==800 and d["kind"]=="trend", d' || fail "JSON"
cp map.svg before.svg
$HOLDFAST registry plot map --db both.db --year 2024 -o map.svg && cmp -s map.svg before.svg || fail "the same figures give the same bytes"

refused() { local want=$1 is=0; shift; "$@" 2>err >out || is=$?; [ $is = "$want" ] && [ -s err ] || fail "$* ended with $is: $(cat err)"; }
refused 2 $HOLDFAST registry plot pie --db both.db -o x.svg
refused 2 $HOLDFAST registry plot map --db both.db
refused 2 $HOLDFAST registry plot map --db both.db -o x.gif
refused 2 $HOLDFAST registry plot map --db both.db -o x.svg --width 20
refused 2 $HOLDFAST registry plot place --db both.db -o x.svg
refused 2 $HOLDFAST registry plot drift --db both.db -o x.svg
refused 1 $HOLDFAST registry plot map --db both.db --year 1999 -o x.svg
refused 1 $HOLDFAST registry plot aware-to-notice --db both.db -o x.svg
refused 1 $HOLDFAST registry plot map --db none.db -o x.svg
[ ! -e x.svg ] || fail "a picture of what was refused"
echo "pictures stand"
