#!/usr/bin/env bash
# Whom to call: lists in the forms that people save, each in the place of the one before it; staff and units of master files; who is on call at which hour; what is refused leaves everything as it was; printed for a unit, with numbers large enough to dial
# from; as of any moment; nothing is lost when the import is killed at its writes. It takes longer than 10 s where strace is installed: an import is killed six times.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
hf init site --name "St. Gabriel" >/dev/null 2>&1
list() { hf contacts list --site site "$@"; }
many() { list --json "$@" | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["contacts"]))'; }

cat >phones.csv <<'C'
name,role,unit,phone,phone2,mobile,pager,email,address,category
"Keller, Anna",Charge nurse,ICU,+41 44 555 01 02,5102,079 555 01 02,4711,anna.keller@gabriel.example,,staff
Max Roth,Physiotherapist,MED,5200,,,,,,
Laboratory,,LAB,5600,,,,,,unit
St. Mary's Hospital,,,+41 44 700 00 00,,,,,"Lake Road 1
8000 Town",neighbour
Canton police,cybercrime,,117,,,,,,police
C
printf 'Nom;Fonction;T\xe9l\xe9phone;du;au\r\nN\xe9vot \xc9lo\xefse;Cardiologie;5500;2026-11-23 18:00;2026-11-24 08:00\r\nDiaz Noor;Cardiologie;5501;2026-11-24 08:00;2026-11-24 18:00\r\nInformatique;;5999;18:00;08:00\r\n' >garde.csv
hf contacts import --site site phones.csv --dry-run >out
grep -q "nothing was stored" out || fail "a dry run: $(cat out)"
same "$(many)" 0 "contacts after a dry run"
hf contacts import --site site phones.csv --json >out
same "$(json contacts <out)" 5 "contacts imported"
same "$(json categories.staff <out)" 2 "of them staff"
hf contacts import --site site --source duty garde.csv >/dev/null
same "$(entries site contacts)" 2 "entries"
list >out
grep -q "Keller, Anna.*+41 44 555 01 02.*mobile 079" out || fail "$(cat out)"

# ---- who is on call: at each hour, over midnight, with nobody who is not any more
call() { list --on-call --at "$1" --json | python3 -c 'import json,sys; print(",".join(sorted(c["phone"] for c in json.load(sys.stdin)["contacts"])))'; }
same "$(call 2026-11-23T17:59)" "" "on call at 17:59"
same "$(call 2026-11-23T18:00)" 5500,5999 "on call at 18:00"
same "$(call 2026-11-24T07:59)" 5500,5999 "on call before the change"
same "$(call 2026-11-24T08:00)" 5501 "on call after it"
same "$(call 2026-11-25T03:00)" 5999 "on call in the next night"
same "$(many --at 2027-01-01T12:00 --category on-call)" 1 "a month later"
same "$(many --at 2027-01-01T12:00 --category on-call --past)" 3 "and those whose time is over"

# ---- the newest of a source takes its place; what cannot be read changes nothing
cp phones.csv old.csv
then=$(list --source phones --json | json contacts.0.entry)
printf 'name,phone\nMax Roth,5201\n' >phones.csv
hf contacts import --site site phones.csv >/dev/null
same "$(many --source phones)" 1 "contacts of the new list"
same "$(list --source phones --json | json contacts.0.phone)" 5201 "the new number"
same "$(many --as-of "#$then" --source phones)" 5 "contacts as of before"
bad() { # WORD FILE TEXT
	printf "$3" >"$2"
	refused 1 "$1" contacts import --site site --source phones "$2"
	same "$(many --source phones)" 1 "contacts after a list that was refused ($1)"
}
bad "line 3 has 3 fields" bad.csv 'name,phone\nA,1\nB,2,3\n'
bad "line 3, column category" bad.csv 'name,phone,category\nA,1,\nB,2,friend\n'
bad "line 2, column du" bad.csv 'nom;téléphone;du;au\nA;1;03/04/2026;04/04/2026\n'
bad "quote" bad.csv 'name,phone\nA,1\n"B,2\n'
bad "no header" bad.csv 'A,1\nB,2\n'
bad "no contact under it" bad.csv 'name,phone\n'
refused 1 "does not exist" contacts import --site site nowhere.csv
refused 2 category contacts import --site site --category friends old.csv
refused 2 source contacts import --site site --source "a b" old.csv
refused 2 "name one file" contacts import --site site
refused 2 "--source" contacts import --site site - </dev/null

# ---- out, and in again: the same list
hf contacts import --site site old.csv --source old >/dev/null
hf contacts export --site site --source old -o out.csv
hf contacts import --site site --source again out.csv >/dev/null
strip() { list --source "$1" --json | python3 -c 'import json,sys
for c in json.load(sys.stdin)["contacts"]:
    for k in ("source","entry","received"): del c[k]
    print(json.dumps(c, sort_keys=True))'; }
strip old >one
strip again >two
cmp one two || fail "a list that went out and in is another one"
refused 2 reason contacts remove --site site --source old
refused 1 "no list" contacts remove --site site --source nowhere --reason x
hf contacts remove --site site --source old --reason "double" >/dev/null
same "$(many --source old)" 0 "contacts of a list that was taken away"
list --lists >out
grep -q "^again" out && grep -q "^phones" out && ! grep -q "^old" out || fail "lists: $(cat out)"

# ---- staff and units of master files
hf simulate --out day.hl7 --beds 20 --count 600 >/dev/null
hf import --site site day.hl7 >/dev/null 2>&1
master=$(list --json --category staff | python3 -c 'import json,sys; print(sum(c["masterFile"] for c in json.load(sys.stdin)["contacts"]))')
[ "$master" -gt 3 ] || fail "only $master members of staff came from master files"

# ---- printed for a unit: the house's numbers, its own staff, nobody else's
unit=$(hf chart census --site site --json 2>/dev/null | python3 -c 'import json,sys;print([x["location"]["unit"] for x in json.load(sys.stdin)["patients"] if x.get("location",{}).get("unit")][0])')
printf 'name,unit,phone\nOurs,%s,7001\nTheirs,ELSEWHERE,7002\n' "$unit" >staff.csv
hf contacts import --site site staff.csv >/dev/null
if command -v pdftotext >/dev/null; then
	for lang in "en:Hospitals nearby:Telephone" "fr:Établissements voisins:Téléphone" "zh:邻近医院:电话"; do
		IFS=: read -r l group head <<<"$lang"
		hf paper print --site site --unit "$unit" --sheet contacts --lang "$l" -o contacts.pdf >/dev/null
		pdftotext -layout contacts.pdf text
		for words in "$group" "$head" "+41 44 700 00 00" 7001 117; do
			grep -qF -- "$words" text || fail "$l: '$words' is not on the sheet"
		done
		! grep -q 7002 text || fail "$l: another unit's staff is on the sheet"
	done
fi

# ---- killed at its writes: the list before it, or the new one, and never half of it
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	for call in fdatasync pwrite64,pwritev,write; do
		for n in 1 2 4; do
			before=$(many --source phones)
			python3 -c "print('name,phone'); [print(f'P{i},{i}') for i in range(50 + $n)]" >phones.csv
			hurt "$call":signal=KILL:when=$n contacts import --site site phones.csv || continue
			[ $status != 0 ] || [ "$(many --source phones)" = $((50 + n)) ] || fail "$call $n: it says that all is well"
			now=$(many --source phones)
			[ "$now" = "$before" ] || [ "$now" = $((50 + n)) ] || fail "killed at $call $n: $now contacts"
		done
	done
fi

# ---- lists of calls and blocks of numbers: killed, or with a disk that fails, all of it or nothing, and said again it is there once
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	python3 -c "print('name,phone'); [print(f'C{i},{i}') for i in range(40)]" >calls.csv
	calls() { { hf downtime calls list --site site --list sweep --json 2>/dev/null || true; } | wc -l; } # no list yet is an answer of "no"
	hurts() { hurt fdatasync:$1:when=$2 "${@:3}" || fail "$1 $2: nothing was hit: ${*:3}"; return $status; }
	for how in signal=KILL error=EIO; do
		for n in 1 3; do
			hurts $how $n downtime calls import --site site --list sweep calls.csv && said=40 || said=0
			now=$(calls)
			[ "$now" = 0 ] || [ "$now" = 40 ] || fail "$how $n: $now of 40 calls"
			[ "$said" = 0 ] || same "$now" 40 "$how $n: calls that were said to be stored"
			hurts $how $n downtime numbers --site site --unit 3W --count 5 || true
			cat hurt.out >>numbers # a number that was shown is nobody else's
		done
	done
	hf downtime calls import --site site --list sweep calls.csv >/dev/null
	same "$(calls)" 40 "a list that was imported again after each failure"
	hf downtime calls list --site site --list sweep --json >listed
	call=$(python3 -c 'import json; print(json.loads(open("listed").readline())["id"])')
	for how in signal=KILL error=EIO; do
		before=$(hf downtime calls list --site site --list sweep --json | grep -c '"state":"no-answer","by"' || true)
		hurts $how 1 downtime calls mark $call --site site --state no-answer && said=1 || said=0
		now=$(hf downtime calls list --site site --list sweep --json | grep -c '"state":"no-answer","by"' || true)
		[ "$said" = 0 ] || [ "$now" -ge 1 ] || fail "$how: a mark that was said to be stored is not there"
		[ "$now" -ge "$before" ] || fail "$how: a mark is gone"
	done
	for _ in 1 2 3; do hf downtime numbers --site site --unit 3W --count 5 2>/dev/null >>numbers; done
	same "$(sort numbers | uniq -d | wc -l)" 0 "numbers that were given out twice"
fi
hf ledger verify --site site >/dev/null 2>&1 || fail "the ledger does not verify"
echo "whoever is needed can be called"
