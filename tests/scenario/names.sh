#!/usr/bin/env bash
# A 500-bed house as `simulate` fills it: some beds wear LOOK-ALIKE, as on real wards, and most do not.
. "$(dirname "$0")/lib.sh"
for seed in 1 2; do
	"$HOLDFAST" init site$seed --shares 1/1 --shares-dir . 2>/dev/null
	rm -f ./*share*
	"$HOLDFAST" simulate --beds 500 --seed $seed --count 4000 --out beds.hl7 2>/dev/null
	"$HOLDFAST" import --site site$seed beds.hl7 >/dev/null
	"$HOLDFAST" chart census --site site$seed --json | python3 -c '
import json, sys
beds = json.load(sys.stdin)["patients"]
alike = sum(1 for b in beds if b.get("lookalike"))
names = len({b["name"][0]["family"] for b in beds})
print(f"{len(beds)} beds, {alike} look-alikes, {names} family names")
assert len(beds) > 300 and 4 <= alike <= 0.06 * len(beds), "a few in a hundred"
assert names > len(beds) / 2, "names as uneven as real ones, and as many"' || fail "names of seed $seed"
done
echo "a few beds are warned of"
