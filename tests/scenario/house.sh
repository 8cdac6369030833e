#!/usr/bin/env bash
# The module list is the law of the house: an include that is not in it does not compile, one that is does.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$(readlink -f "$HOLDFAST")")
faces_of() { # the include path that the build gives a module's files
	python3 - "$build/compile_commands.json" "$1" <<'P'
import json,sys
for u in json.load(open(sys.argv[1])):
    if f"/src/{sys.argv[2]}/" in u['file']:
        print(' '.join(a for a in u['command'].split() if a.startswith('-I'))); break
P
}
try() { # module, header: does it compile there?
	printf '#include "%s"\nint x;\n' "$2" >probe.c
	gcc -std=gnu17 -D_GNU_SOURCE $(faces_of "$1") -fsyntax-only probe.c 2>/dev/null
}
try hl7 facts.h || fail "hl7 may include facts"
try chart fhir.h || fail "chart may include fhir"
for pair in "hl7 chart.h" "hl7 ledger.h" "hl7 seal.h" "facts hl7.h" "fhir hl7.h" "fhir chart.h" "chart ledger.h" "chart hl7.h" "chart serve.h" "ledger facts.h" "ledger chart.h" "seal ledger.h" "base seal.h" "paper facts.h" "paper chart.h" "transfer ledger.h" "transfer chart.h" "ward ledger.h" "ward serve.h" "simulate ledger.h" "simulate chart.h" "serve cli.h" "serve simulate.h"; do
	set -- $pair
	try "$1" "$2" && fail "$1 could include $2"
done
for pair in "chart fhir_internal.h" "serve ledger_internal.h" "cli serve_internal.h"; do
	set -- $pair
	try "$1" "$2" && fail "$1 could see the inside $2"
done
grep -rn '#include "\.\.' "$top/src" && fail "an include by a path"
echo "the house holds"
