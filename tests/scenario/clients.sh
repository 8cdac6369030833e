#!/usr/bin/env bash
# Real HL7 clients (npm, Debian) and real FHIR clients against the daemon, on the shared corpus where it is there, else on the simulated hospital.
. "$(dirname "$0")/lib.sh"
command -v npm >/dev/null || skip "no npm"
cp -r "$top/tests/clients" clients
(cd clients && { [ -d node_modules ] || npm ci --legacy-peer-deps --no-audit --no-fund --loglevel=error || npm install --no-save --legacy-peer-deps --no-audit --no-fund --loglevel=error; }) >/dev/null
"$HOLDFAST" init site --shares 1/1 2>/dev/null
start site
token=$("$HOLDFAST" token create --role api --site site)
"$HOLDFAST" simulate --out sim.hl7 --beds 20 --count 400 --seed 9
mkdir one
python3 - <<'P'
import re
t=open('sim.hl7',newline='').read()
for i,m in enumerate([x for x in re.split(r'(?=MSH\|)',t) if x][20:60]): open(f'one/{i:03}.hl7','w',newline='').write(m)
P
node clients/hl7_clients.mjs 127.0.0.1 $mllp one/*.hl7
for f in one/000.hl7 one/001.hl7; do
	mllp_send --loose -p $mllp -f $f 127.0.0.1 | tr '\r' '\n' | grep -q '^MSA|[AC]A|' || fail "mllp_send"
done
# a client that writes a message its own way (without the last CR, say) sends other bytes under the same control id: an entry of its own, flagged
n=$(entries site hl7v2)
[ "$n" -ge 40 ] && [ "$n" -le 160 ] || fail "$n entries of 40 messages by four clients"
flagged=$("$HOLDFAST" ledger list --site site --json --kind hl7v2 | grep -c control-id-reused || true)
same "$flagged" "$((n - 40))" "what is not the first of its control id is flagged"
"$HOLDFAST" import --site site sim.hl7 >/dev/null
if [ -d "${HOLDFAST_CORPUS:-/nonexistent}/fhir" ]; then
	find "$HOLDFAST_CORPUS/fhir" -name '*.json' -print0 | xargs -0 "$HOLDFAST" import --site site
else
	echo "corpus: skipped: not here"
fi
node clients/fhir_clients.mjs http://127.0.0.1:$http/fhir "$token"
stop
echo "clients hold"
