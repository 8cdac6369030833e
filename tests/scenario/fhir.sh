#!/usr/bin/env bash
# FHIR over HTTP as somebody meets it who has only read the specification: what is sent comes back, searches find what they name and nothing else, versions replace each other, protected records stay
# closed, and everything that is wrong is said in an OperationOutcome.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
start site
for role in api clinician privacy device auditor; do
	"$HOLDFAST" token create --role $role --site site >token-$role
done
python3 "$here/fhir.py" "$http" "$work"
stop
"$HOLDFAST" ledger verify --site site --bodies >/dev/null
echo "fhir holds"
