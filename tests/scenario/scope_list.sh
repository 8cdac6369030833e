#!/usr/bin/env bash
# Lists as they come: without a row of names, behind sep= and comments, with a total at the end, in UTF-16, a date of birth in three columns. No record is lost, none is made, and what was assumed is said.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE

linked() { # LIST WORDS CLUSTERS: what is said on standard error has the words
	hf scope link "$1" -o out.csv 2>said || fail "$1: $(cat said)"
	grep -qF -- "$2" said || fail "$1: not said: $2: $(cat said)"
	[ "$(tail -n +2 out.csv | tr '\n' ' ')" = "$3 " ] || fail "$1: $(cat out.csv)"
}

printf '1,Smith,John,1964-03-07,123-45-6788\n2,Smith,John,1964-03-07,123-45-6788\n3,Jones,Mary,1971-05-05,321-54-9876\n4,Jones,Mary,1971-05-05,321-54-9876\n' >bare.csv
linked bare.csv 'no row names the columns' '1,0 2,0 3,2 4,2'
hf scope link bare.csv -o out.csv --json --map 4=- 2>said >report.json
grep -q '"columns":{"1":"id","2":"last","3":"first","4":"-","5":"ssn"}' report.json || fail "$(cat report.json)"
printf '2,Smith\n3,Smith\n4,Jones\n' >chance.csv # a surname alone is nobody
linked chance.csv '--map 2=last' '2,0 3,1 4,2'
printf 'sep=;\r\n# of today\r\nid;last;first;dob\r\n1;Smith;John;1964-03-07\r\n2;Smith;John;1964-03-07\r\n3;Jones;Ann;1970-01-02\r\nTotal: 3 rows\r\n' >sheet.csv
linked sheet.csv 'its last row says how many rows there are' '1,0 2,0 3,2'
linked sheet.csv '1 line before the row that names the columns' '1,0 2,0 3,2'
printf '\xff\xfe' >wide.csv
printf 'id\tlname\tfname\tby\tbm\tbd\n1\tSmith\tJohn\t1964\t3\t7\n2\tSmith\tJohn\t1964\tMar\t7\n3\tJones\tAnn\t1970\t1\t2\n' | iconv -f utf-8 -t utf-16le >>wide.csv
linked wide.csv '3 records are 2 persons' '1,0 2,0 3,2'

# rows longer than what is read at a time, and than the room before it; from a pipe as from the file
people() { # LONG: thirty persons, each twice; with 1, every fourth row has a value of up to 12 MB
	awk -v long="$1" 'BEGIN {
		z = "note "
		while (length(z) < 12000000)
			z = z z
		print "id,last,first,dob,note"
		for (i = 0; i < 60; i++)
			printf "%d,%s,%s,%d-03-%02d,%s\n", i, substr("smithjonespooleberrymoorefrankquillsdwyer", i % 30 + 1, 7), i % 2 ? "Ann" : "Zebulon", 1950 + i % 30, i % 30 % 27 + 1, long && i % 4 == 1 ? substr(z, 1, i * 200000) : ""
	}'
}
people 0 >short.csv
people 1 >long.csv
hf scope link short.csv -o short.out 2>said || fail "$(cat said)"
[ "$(tail -n +2 short.out | cut -d, -f2 | sort -u | wc -l)" = 30 ] || fail "$(cat said)"
hf scope link long.csv -o long.out 2>said || fail "$(cat said)"
cmp short.out long.out || fail "with long values: $(cat said)"
people 1 | hf scope link - -o long.out 2>said || fail "$(cat said)"
cmp short.out long.out || fail "from a pipe: $(cat said)"

# the list of persons of a scan, and a list among the files
printf 'K1,Smith,John,1964-03-07,142-81-6943\nK2,Poole,Mary,2011-02-03,142-81-6944\nK3,Berry,Ann,1980-12-30,142-81-6945\n' >persons.csv
printf 'A letter about John Smith, born March 7, 1964, SSN 142-81-6943.\n' >letter.txt
printf 'lname,fname,by,bm,bd\nPoole,Mary,2011,2,3\n' >list.csv
hf scope scan letter.txt list.csv --persons persons.csv -o hits.csv 2>said || fail "$(cat said)"
for hit in K1,name,letter K1,dob,letter K1,ssn,letter K2,name,list K2,dob,list; do grep -q "^$hit" hits.csv || fail "no $hit: $(cat hits.csv)"; done
