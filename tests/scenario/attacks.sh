#!/usr/bin/env bash
# Sixteen types of real files, made and damaged by tests/vault/change_tree: encrypted behind headers that stand, under scrambled names, and one file a snapshot with a prefix. Each is named, and
# restore --clean gives back the tree as it was, byte for byte and name for name. tests/vault/test_judge_tree.c has the other ways.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
change="$here/../vault/change_tree"
"$HOLDFAST" init site --shares 1/1 2>/dev/null
"$HOLDFAST" key join Hospital-share-1-of-1.txt >id
"$change" make master --files 48 >/dev/null

backup() { "$HOLDFAST" vault backup --site site --source "$1" "$PWD/tree" >/dev/null 2>err || fail "backup: $(cat err)"; }
verdict() { "$HOLDFAST" vault list --site site --source "$1" --json | tail -1 | grep -o '"verdict":"[a-z]*"' | cut -d'"' -f4; }
same_again() {
	"$HOLDFAST" vault restore --site site latest out --source "$1" --clean --identity id >/dev/null 2>err || fail "$1: $(cat err)"
	diff -r master "out$PWD/tree" >differences || fail "$1: $(head -3 differences)"
	rm -rf out
}

for way in header scramble; do
	rm -rf tree
	cp -a master tree
	backup $way
	[ "$(verdict $way)" = clean ] || fail "$way: a first backup"
	"$change" $way tree --note >/dev/null
	backup $way
	[ "$(verdict $way)" = damage ] || fail "$way: not seen"
	same_again $way
done

rm -rf tree
cp -a master tree
backup slow
for hour in 1 2 3 4; do
	[ "$(verdict slow)" = clean ] || break
	"$change" prefix tree --count 1 --seed $((hour * 31)) >/dev/null
	backup slow
done
[ "$(verdict slow)" = damage ] || fail "one file an hour was not seen in four"
same_again slow
# What a cloud client leaves when it frees room is no damage, and restore --clean has the data all the same; zeros that somebody wrote are.
for how in freed written; do
	rm -rf tree
	cp -a master tree
	backup zeros-$how
	find tree -type f \( -name '*.docx' -o -name '*.pdf' -o -name '*.jpg' \) | sort >some
	while read -r f; do
		size=$(stat -c %s "$f")
		touch -r "$f" stamp
		if [ $how = freed ]; then
			truncate -s 0 "$f"
			truncate -s "$size" "$f"
			touch -r stamp "$f"
		else
			head -c "$size" /dev/zero | dd of="$f" conv=notrunc status=none
		fi
	done <some
	backup zeros-$how
	want=damage
	[ $how = written ] || want=clean
	[ "$(verdict zeros-$how)" = $want ] || fail "zeros $how: the verdict is not $want"
	[ $how = written ] || "$HOLDFAST" vault list --site site --source zeros-$how --json | grep -q "hold no data any more" || fail "nothing is said of files without data"
	same_again zeros-$how
done
echo "what was damaged was seen and is back"
