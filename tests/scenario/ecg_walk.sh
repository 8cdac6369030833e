#!/usr/bin/env bash
# doc/ecg.md by a stranger: each of its commands as it is written there, one after the other in an empty folder; only the ports are others.
. "$(dirname "$0")/lib.sh"
corpus=${HOLDFAST_CORPUS:-$top/../shared/corpus}/ecg
[ -d "$corpus" ] || skip "no corpus"
mkdir walk bin
ln -s "$HOLDFAST" bin/holdfast
cp "$corpus/formats/scp/sbj123.scp" walk/recording.scp
cp "$corpus/formats/edf/test_generator_2.edf" walk/day.edf
https=$(free_port) feed=$(free_port) ehr=$(free_port)
sed -n 's/^    \(holdfast .*\|curl .*\)/\1/p' "$top/doc/ecg.md" | sed "s/127.0.0.1:8443/127.0.0.1:$https/g; s/127.0.0.1:2575/127.0.0.1:$feed/g; s/127.0.0.1:2576/127.0.0.1:$ehr/g" >cmds
[ "$(wc -l <cmds)" -ge 15 ] || fail "the commands of doc/ecg.md are not found: $(cat cmds)"
cd walk
export PATH=$work/bin:$PATH
while read -r line; do
	if [[ $line = *"serve"*"&" ]]; then
		eval "${line%&} 2>serve.log &"
		daemon=$!
		for _ in $(seq 400); do curl -sf --cacert mysite/tls/ca.crt "https://127.0.0.1:$https/healthz" >/dev/null 2>&1 && break; sleep 0.05; done
		continue
	fi
	bash -c "$line" </dev/null >out 2>err || fail "'$line': $(cat out err)"
	case $line in
	*"ecg report"*) head -c 5 report.pdf | grep -q '%PDF-' || fail "no report" ;;
	*"ecg send"*) grep -q 'delivered\|stored\|taken\|entry' out || fail "send: $(cat out err)" ;;
	curl*) grep -q '"entry"' out || fail "curl: $(cat out)" ;;
	*"ecg list"*) grep -q 'UNMATCHED' out || fail "list: $(cat out)" ;;
	esac
	cat out >>all
done <../cmds
grep -q '^ended' all || fail "no strip was played: $(cat all)"
stop
echo "the walk holds"
