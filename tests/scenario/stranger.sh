#!/usr/bin/env bash
# What a stranger does to the commands: folders deleted by hand, checkpoints that went through a mail, shares from a scanner, options where they mean nothing.
. "$(dirname "$0")/lib.sh"

timeout 30 "$HOLDFAST" simulate --to 127.0.0.1:$(free_port) --count 1 2>nobody.said & # looked at below: it takes ten seconds
nobody=$!

# --- init
refused 2 "empty" init ''
refused 2 "empty" init x --name ''
refused 2 "empty" init x --shares-dir ''
mkdir inside
refused 2 "shares-dir" init inside --shares-dir inside
same "$(ls -A inside)" "" "nothing is left of a site that was not made"
refused 3 "cannot go there" init inside2 --shares-dir inside2/shares
[ ! -e inside2 ] || fail "a site that was not made"
"$HOLDFAST" init site --name "St. Gabriel" --shares 2/3 --shares-dir shares 2>/dev/null
same "$(stat -c %a shares) $(ls shares | wc -l)" "700 3" "a folder for the shares is made"

# --- a share from the scanner
share="shares/St. Gabriel-share-2-of-3.txt"
python3 - "$share" <<'P'
import re, sys
text = open(sys.argv[1]).read()
lines = text.split('\n')
mine = [i for i, l in enumerate(lines) if re.match(r'(set|share|whole|\d/\d)\s', l)]
def put(name, text, **how): open(name, 'w', newline='', **how).write(text)
put('crlf.s', text.replace('\n', '\r\n')); put('mac.s', text.replace('\n', '\r')); put('small.s', text.lower()); put('bom.s', '\ufeff' + text)
put('quoted.s', '\n'.join('> ' + l for l in lines)); put('blanks.s', text.replace(' ', '\u00a0'))
put('narrow.s', '\n'.join(l[:len(l) // 2] + '\n' + l[len(l) // 2:] if i in mine and l[0] in '1234w' else l for i, l in enumerate(lines)))
put('letters.s', '\n'.join(l.replace('1', 'l').replace('0', 'O') if i in mine else l for i, l in enumerate(lines)))
put('lines.s', '\n'.join(lines[i] for i in mine))
put('two.s', text + open(sys.argv[1].replace('2-of', '3-of')).read()); put('cut.s', text[:len(text) * 3 // 4]); put('none.s', 'Dear all,\nshare this with 1 of 3 people.\n')
at = mine[3]; wrong = lines[at]; put('wrong.s', text.replace(wrong, wrong[:-6] + ('A' if wrong[-6] != 'A' else 'B') + wrong[-5:]))
put('joined.s', text.replace('\n' + lines[mine[3]], '\n' + lines[mine[3]][:12] + '\nQQ'))
P
for f in crlf mac small bom quoted blanks narrow letters lines; do
	"$HOLDFAST" key check $f.s --site site >out 2>&1 || fail "share $f: $(cat out)"
done
for f in two cut none wrong joined; do refused 1 "" key check $f.s --site site; done

# --- a record number stands whole in every list
long=123456789012345678901234567890
printf 'MSH|^~\\&|E|G|H|G|20260105120000||ADT^A01|S1|P|2.5\rPID|1||%s^^^G^MR||Longnumber^Al||19570312|F\rPV1|1|I|A-WARD-WITH-A-NAME^101^A\r' $long >a.hl7
printf 'MSH|^~\\&|E|G|H|G|20260105120000||ADT^A01|S2|P|2.5\rPID|1||7^^^G^MR||Other^Bo||19570312|F\rPV1|1|I|B^1^A\r' >b.hl7
"$HOLDFAST" import --site site a.hl7 >/dev/null
"$HOLDFAST" ledger head --site site >kept
"$HOLDFAST" import --site site b.hl7 >/dev/null
"$HOLDFAST" chart search Longnumber --site site | grep -q "$long p" || fail "the number is cut off in a search"
"$HOLDFAST" chart census --site site | grep -q "A-WARD-WITH-A-NAME .*$long p" || fail "the number or the place is cut off in the census"
refused 1 '"count":0' chart search nobody --site site --json
refused 1 "0 patients" chart search nobody --site site

# --- options where they mean nothing
refused 2 "census" chart search x --unit ICU --site site
refused 2 "verify" ledger head --since kept --site site
refused 2 "list" ledger verify --from 3 --site site
refused 2 "show" ledger list --raw --site site

# --- a checkpoint that was kept in a mail, or in an editor; and what is none
sed 's/$/\r/' kept >kept.crlf
{ printf '\357\273\277\n'; cat kept; printf '\n\n'; } >kept.editor
for k in kept kept.crlf kept.editor; do
	"$HOLDFAST" ledger verify --site site --since $k | grep -q "extends the kept" || fail "verify since $k"
done
echo "a shopping list" >list
refused 1 "nothing can be told" ledger verify --site site --since list
sed '2s/.*/2/' kept >kept.forged
refused 1 "signature" ledger verify --site site --since kept.forged

# --- the view's folder deleted: every way in makes it again, and the charts are the same
"$HOLDFAST" chart export --site site >before
for how in "view rebuild" "chart census" "import"; do
	rm -rf site/view
	case $how in import) "$HOLDFAST" import --site site b.hl7 >/dev/null ;; *) "$HOLDFAST" $how --site site >/dev/null 2>said || fail "$how without a view: $(cat said)" ;; esac
	"$HOLDFAST" chart export --site site | cmp - before || fail "charts after $how"
done
rm -rf site/view
start site
"$HOLDFAST" chart export --site site | cmp - before || fail "charts by a daemon that began without a view"
stop
[ "$(id -u)" != 0 ] || same "$(stat -c %a site/view)" 2750 "who may read the view"

# --- the view of a copy that was made at work is ahead of its ledger: nobody is shown what the ledger does not hold
"$HOLDFAST" chart export --site site >before
cp -a site copy
printf 'MSH|^~\\&|E|G|H|G|20260105120000||ADT^A01|S3|P|2.5\rPID|1||9^^^G^MR||Later^Cy||19570312|F\rPV1|1|I|B^2^A\r' >c.hl7
"$HOLDFAST" import --site site c.hl7 >/dev/null
"$HOLDFAST" chart census --site site | grep -q Later || fail "the later patient is in the census"
rm -rf copy/view && cp -a site/view copy/view
"$HOLDFAST" chart census --site copy >out 2>said
grep -q Later out && fail "a patient is shown whom this ledger does not hold"
"$HOLDFAST" chart export --site copy | cmp - before || fail "charts of a copy whose view was ahead"

# --- a sealed copy of a key that is gone, or no more than a piece
rm copy/keys/care.age; truncate -s 100 copy/keys/signing.age
"$HOLDFAST" ledger verify --site copy >/dev/null 2>said || fail "the ledger itself is whole: $(cat said)"
grep -q "care.age.*missing" said && grep -q "signing.age.*damaged" said || fail "sealed copies of keys are looked at"
"$HOLDFAST" ledger verify --site site 2>said >/dev/null; [ ! -s said ] || fail "nothing is wrong with the site: $(cat said)"

# --- a sender that nobody answers says so soon
set +e
wait $nobody
same $? 3 "nobody answers"
set -e
grep -q "nobody answers" nobody.said || fail "that nobody answers is said"
