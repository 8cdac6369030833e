#!/usr/bin/env bash
# Odd byte streams (the table in doc/formats.md) over a real socket, and what of them the ledger holds.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --shares 1/1 --shares-dir . 2>/dev/null
start site
python3 "$here/streams.py" "$mllp" batch.hl7 || fail "streams"

# envelope lines, however often they were sent: four of the first batch; of the second its beginning (its end stands behind the same message); two of an end without a beginning; one that leads nowhere
same "$(entries site hl7v2-envelope)" 9 "envelope lines"
"$HOLDFAST" import --site site batch.hl7 >/dev/null
same "$(entries site hl7v2-envelope)" 9 "envelope lines, imported as a file after they were sent"

# what was no message is kept as evidence: the first half of the sender that started again, the HTTP request, the half frame at the end
same "$(entries site hl7v2-fragment)" 3 "fragments"
# and the figures of the listener say so
"$HOLDFAST" status --site site --json >s.json
[ "$(json listeners.0.duplicates <s.json)" -ge 3 ] || fail "repetitions are counted"
same "$(json listeners.0.fragments <s.json)" 3 "fragments in status"
# the 64 MB one stands as it came
seq=$("$HOLDFAST" ledger list --site site --json | python3 -c 'import json,sys
print(max((json.loads(l) for l in sys.stdin), key=lambda e: e["size"])["seq"])')
same "$("$HOLDFAST" ledger show "$seq" --raw --site site | tail -c 9 | head -c 8)" "QUJDQUJD" "the end of the large message"
stop
"$HOLDFAST" ledger verify --site site --bodies >/dev/null
echo "every row holds"
