#!/usr/bin/env bash
# Isolation plans that a site keeps: saved by name, rehearsed, carried out in one move (links of a class, an address, this host), proven, and undone in stages by two people; what was cut before stays cut; never-block addresses
# stay; killed at any moment the plan is carried out whole or not at all, and says so. With libnftables and in a network namespace of its own where there are such; else the links alone.
# A daemon that is killed eight times, and five stages of two signatures: longer than most.
if [ "$(id -u)" = 0 ] && [ -z "${GATE_PLANS:-}" ] && ip netns add hfp$$ 2>/dev/null; then
	GATE_PLANS=hfp$$ ip netns exec hfp$$ bash "$0"
	status=$?
	for pid in $(ip netns pids hfp$$); do kill -9 "$pid" 2>/dev/null; done
	ip netns del hfp$$
	exit $status
fi
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE HOLDFAST_TOKEN
ns=
[ -z "${GATE_PLANS:-}" ] || ip link set lo up
[ -z "${GATE_PLANS:-}" ] || ! ls /usr/lib/*/libnftables.so.1 >/dev/null 2>&1 || ns=1
hf init site --name Ward --shares-dir shares >/dev/null 2>&1
for who in ada:security bob:owner eve:auditor nora:clinician; do
	hf user add ${who%:*} --role ${who#*:} --site site >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*} --site site)"
done
start site
base=http://127.0.0.1:$http
g() { hf gate "$@" --site site; }
far=$(free_port)
for l in lab-in:lab lab-out:lab bank:payers mail:; do
	c=${l#*:}
	g add ${l%:*} --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --direction out ${c:+--class $c}
done
state() { g list --json | python3 -c 'import json,sys
print(" ".join(json.loads(l)["state"] for l in sys.stdin))'; }
plan() { g plan show $1 --json | json $2; }
as() { local t=t_$1; shift; curl -s -o reply -w '%{http_code}' -H "Authorization: Bearer ${!t}" "$@"; }
post() { local who=$1 path=$2; shift 2; as $who -d "$1" $base/api/$path; }

# ---- saved: what is wrong is said then, and not in the night in which it is needed ----
refused 2 "cuts nothing" gate plan save none --site site
refused 1 "no link of this name" gate plan save none --link lba --site site
refused 1 "no link is of this class" gate plan save none --class labs --site site
refused 2 "loopback" gate plan save none --all --address 127.0.0.1 --site site
refused 2 "keeps it" gate plan save none --link bank --keep bank --site site
refused 1 "no plan of this name" gate plan show none --site site
refused 1 "no plan of this name" gate plan carry-out none --site site
refused 2 "say the plan's name" gate plan carry-out --site site
same "$(g plan list)" "" "no plans"
g plan save partners --class lab,payers --keep lab-in --reason "agreed with the laboratory" >saved
grep -q "cuts links of class: lab payers" saved && grep -q "but not: lab-in" saved || fail "saved: $(cat saved)"
g plan list | grep -q "^partners .*ready" || fail "list: $(g plan list)"
same "$(plan partners state)$(plan partners open)" ready2 "a plan that is only kept"

# ---- rehearsed: nothing changes ----
before=$(hf ledger list --site site --json | wc -l)
g plan carry-out partners --dry-run >dry
grep -q "would cut 2 links" dry || fail "dry run: $(cat dry)"
same "$(g plan carry-out partners --dry-run --json | json cut.links)" '["lab-out", "bank"]' "which"
same "$(state)" "OPEN OPEN OPEN OPEN" "after a rehearsal"
same "$(hf ledger list --site site --json | wc -l)" "$before" "entries of a rehearsal"

# ---- carried out; what was cut before is not its own ----
g cut bank --reason earlier >/dev/null || fail "cut"
g plan carry-out partners --reason "files are being encrypted" >cut || fail "carry out: $(cat cut)"
grep -q "cut 1 links" cut && grep -q "0 bytes since" cut || fail "carried out: $(cat cut)"
same "$(state)" "OPEN CUT CUT OPEN" "carried out"
same "$(plan partners state)$(plan partners carried.links)" 'carried-out["lab-out"]' "carried out"
same "$(g plan carry-out partners --json | json moved)" 0 "twice is once"
same "$(plan partners carried.links)" '["lab-out"]' "carried out twice"
# a link of that class that comes later is cut by it, too, and until then it is said to be open
g add lab-new --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --class lab
same "$(plan partners state)$(plan partners open)" partly1 "a new link of its class"
g plan carry-out partners >/dev/null || fail "carried out again"
same "$(plan partners state)$(plan partners carried.links)" 'carried-out["lab-new", "lab-out"]' "the new link"
refused 1 "undo it first" gate plan remove partners --site site
restart() { kill -9 $daemon; wait $daemon 2>/dev/null || true; daemon=; start site; base=http://127.0.0.1:$http; }
restart
same "$(plan partners state)$(plan partners carried.links)$(plan partners carried.reason)" 'carried-out["lab-new", "lab-out"]files are being encrypted' "after a kill"

# ---- undone, a stage at a time, by two ----
refused 1 "person" gate plan undo partners --site site
HOLDFAST_TOKEN=$t_nora refused 1 "role" gate plan undo partners --site site
HOLDFAST_TOKEN=$t_ada g plan undo partners --reason "their report is here" >first
grep -q "lab-out is signed for" first || fail "first signature: $(cat first)"
same "$(plan partners state)$(plan partners undo.signed)" undoingada "signed"
HOLDFAST_TOKEN=$t_ada refused 1 "another person" gate plan undo partners --site site
same "$(state)" "OPEN CUT CUT OPEN CUT" "one signature"
restart
for s in QUARANTINED TEST ONE-WAY LIMITED OPEN; do
	[ $s = QUARANTINED ] || HOLDFAST_TOKEN=$t_ada g plan undo partners >/dev/null || fail "ada for $s"
	HOLDFAST_TOKEN=$t_bob g plan undo partners --expires 2h >second || fail "bob for $s: $(cat second)"
	same "$(state)" "OPEN $s CUT OPEN $s" "the stage $s"
done
grep -q "nothing of the plan is left" second || fail "the last stage: $(cat second)"
same "$(plan partners state)" ready "undone"
refused 1 "not carried out" gate plan undo partners --site site
HOLDFAST_TOKEN=$t_ada g plan remove partners
same "$(g plan list)" "" "removed"
# a condition holds its link back, and no other
g add gp --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --class gp --condition "rebuilt: their machines were rebuilt"
g add gp2 --listen 127.0.0.1:$(free_port) --to 127.0.0.1:$far --protocol mllp --class gp
g plan save practices --class gp >/dev/null
g plan carry-out practices >/dev/null || fail "practices"
HOLDFAST_TOKEN=$t_ada g plan undo practices >held
grep -q "gp stays: .*rebuilt" held && grep -q "gp2 is signed" held || fail "a condition: $(cat held)"
HOLDFAST_TOKEN=$t_bob g plan undo practices >/dev/null
same "$(state)" "OPEN OPEN CUT OPEN OPEN CUT QUARANTINED" "a condition holds one back"

# ---- over the API ----
same "$(post nora gate/plans/carry-out '{"name":"practices"}')$(post eve gate/plans/carry-out '{"name":"practices"}')" 403403 "who may"
same "$(post ada gate/plans/save '{"name":"all but mail","cuts":{"all":true}}')" 400 "a name that is none"
same "$(post ada gate/plans/save '{"name":"night","cuts":{"all":true,"keep":["mail"]}}')" 200 "saved"
same "$(json state <reply)$(json open <reply)" ready3 "saved"
same "$(as eve $base/api/gate/plans)" 200 "looked at"
same "$(json plans.1.name <reply)" night "the list"
same "$(post ada gate/plans/carry-out '{"name":"night","dry_run":true}')$(json moved <reply)$(json dry_run <reply)" 2004True "rehearsed"
same "$(post ada gate/plans/carry-out '{"name":"nothing"}')" 404 "no such plan"
same "$(post ada gate/plans/carry-out '{"name":"night","reason":"over the page"}')" 200 "carried out"
same "$(json moved <reply)$(json recorded <reply)$(json state <reply)$(json links.0.name <reply)" 4Truecarried-outlab-in "carried out"
json links.0.proof.result <reply | grep -q "0 bytes since" || fail "proof: $(cat reply)"
same "$(state)" "CUT CUT CUT OPEN CUT CUT CUT" "over the page"
same "$(as eve $base/api/gate/plans/night)$(json carried.by <reply)" 200ada "shown"
same "$(post eve gate/plans/undo '{"name":"night"}')" 403 "who undoes"
same "$(post ada gate/plans/undo '{"name":"night"}')$(json signed <reply)" '200["gp2", "lab-in", "lab-new", "lab-out"]' "the first"
same "$(post bob gate/plans/undo '{"name":"night"}')$(json moved.0.state <reply)$(json done <reply)" 200QUARANTINEDFalse "the second"
same "$(post ada gate/plans/remove '{"name":"night"}')" 409 "it is carried out"
g plan save spare --link mail >/dev/null
same "$(post ada gate/plans/remove '{"name":"spare"}')" 204 "removed"

# ---- killed while it is carried out: the command asks the next keeper, and where it gives up the plan is whole or not at all, and says which ----
keeper() { pgrep -P $daemon -x keeper | head -1; }
fresh() { # N: five links of their own, OPEN, and a plan
	local i
	for i in 1 2 3 4 5; do
		printf '[link s%s-%s]\nclass = s%s\ndirection = out\nlisten = 127.0.0.1:%s\nto = 127.0.0.1:%s\nprotocol = mllp\n' $1 $i $1 $(free_port) $far
	done >fresh.ini
	g add --config fresh.ini
	g plan save sweep$1 --class s$1 >/dev/null
}
fresh 0
began=$(date +%s%N)
g plan carry-out sweep0 >/dev/null || fail "carry out"
took=$(($(date +%s%N) - began))
whole=0 none=0
kill_at() { # I: 1 to 8: at a moment of the time that it takes; from 9 on: as the keeper is about to write what it has done, or to make it durable
	if [ $1 -le 8 ]; then
		(sleep $(python3 -c "print($took * $1 / 8e9)"); kill -9 "$victim" 2>/dev/null || true) & killer=$!
		return
	fi
	case $1 in 9) call=pwrite64:signal=KILL:when=1 ;; 10) call=pwrite64:signal=KILL:when=2 ;; 11) call=fdatasync:signal=KILL:when=1 ;; *) call=fdatasync:signal=KILL:when=2 ;; esac
	strace -f -qq -o traced -p "$victim" -e trace=pwrite64,fdatasync -e inject=$call 2>attached & killer=$!
	for _ in $(seq 200); do [ -d /proc/$victim ] && ! grep -q "^TracerPid:	[1-9]" /proc/$victim/status 2>/dev/null || break; sleep 0.02; done
}
moments=12
command -v strace >/dev/null && [ "$(id -u)" = 0 ] || moments=8
for i in $(seq $moments); do
	fresh $i
	victim=$(keeper)
	[ -n "$victim" ] || fail "no keeper"
	kill_at $i
	hf gate plan carry-out sweep$i --site site >carried 2>&1 && told=yes || told=no
	[ $i -le 8 ] || ! kill -0 "$victim" 2>/dev/null || fail "$i of $moments: the keeper was not killed"
	wait $killer 2>/dev/null || true
	for _ in $(seq 300); do [ -n "$(keeper)" ] && [ "$(keeper)" != "$victim" ] && break; sleep 0.05; done
	for _ in $(seq 200); do g plan show sweep$i --json >shown.json 2>/dev/null && break; sleep 0.1; done
	how=$(json state <shown.json)$(json open <shown.json)
	states=$(python3 -c 'import json; print(" ".join(sorted({l["state"] for l in json.load(open("shown.json"))["links"]})))')
	case $how$states in
		carried-out0CUT) whole=$((whole + 1)) ;;
		ready5OPEN) none=$((none + 1)); [ $told = no ] || fail "it was told to be carried out, and is not: $(cat carried)" ;;
		*) fail "after a kill at $i of $moments: $how $states: $(cat shown.json)" ;;
	esac
	[ $told = yes ] || grep -q "carrying it out again does no harm" carried || fail "a command that failed: $(cat carried)"
	[ $how != ready5 ] || g plan carry-out sweep$i >/dev/null || fail "carried out again"
	same "$(plan sweep$i state)$(plan sweep$i open)" carried-out0 "once more"
done
echo "killed while it is carried out: $whole whole, $none not at all"

# ---- addresses, and this host ----
if [ -n "$ns" ]; then
	ip link add far type veth peer name far2 || skip "no veth here"
	ip addr add 10.9.0.1/24 dev far; ip link set far up; ip link set far2 up
	g island --members 10.8.0.0/24 --admin 10.8.0.9 >/dev/null
	refused 1 "administrator" gate plan save hosts --address 10.9.0.7,10.8.0.9 --site site
	g plan save hosts --address 10.9.0.7,10.9.0.8 --isolate --members 10.9.0.0/24 --admin 10.9.0.99 >/dev/null
	g cut --address 10.9.0.8 >/dev/null || fail "cut an address"
	SSH_CONNECTION="10.7.0.2 1 10.7.0.1 22" refused 1 "cut you off" gate plan carry-out hosts --site site
	same "$(plan hosts addresses.0.cut)$(plan hosts isolated)" FalseFalse "nothing of a plan that was refused"
	g plan carry-out hosts --reason drill --json >hosts.json || fail "hosts: $(cat hosts.json)"
	same "$(json cut.addresses <hosts.json)$(json cut.isolated <hosts.json)" '["10.9.0.7"]True' "what it changed"
	same "$(json addresses.0.proof.method <hosts.json)$(json addresses.1.proof.method <hosts.json)$(json proof.method <hosts.json)" nftnftnft "proof: $(cat hosts.json)"
	nft list ruleset >rules 2>/dev/null && { grep -q "10.9.0.7" rules && grep -q island rules || fail "the kernel: $(cat rules)"; }
	same "$(as eve $base/api/gate/island)$(json isolated <reply)$(json members.0 <reply)" 200True10.9.0.0/24 "the island is the plan's"
	restart
	same "$(plan hosts state)" carried-out "after a kill"
	HOLDFAST_TOKEN=$t_ada g plan undo hosts >/dev/null || fail "first"
	same "$(plan hosts state)$(plan hosts isolated)" undoingTrue "one signature"
	HOLDFAST_TOKEN=$t_ada refused 1 "another person" gate plan undo hosts --site site
	restart
	HOLDFAST_TOKEN=$t_bob g plan undo hosts >undone || fail "second: $(cat undone)"
	grep -q "free again: 10.9.0.7$" undone && grep -q "nothing of the plan is left" undone || fail "undone: $(cat undone)"
	same "$(as eve $base/api/gate/island)$(json isolated <reply)$(json addresses.0.address <reply)" 200False10.9.0.8 "what was cut before stays"
	# an address that became an administrator's since is left alone
	g plan save hosts --address 10.9.0.7 >/dev/null
	g island --members 10.9.0.0/24 --admin 10.9.0.7 >/dev/null
	g plan carry-out hosts >left || fail "left: $(cat left)"
	grep -q "LEFT AS IT IS 10.9.0.7: an administrator" left || fail "never: $(cat left)"
	# the same by pages
	same "$(post ada gate/cut-address '{"address":"10.9.0.44","reason":"odd"}')$(json proof.method <reply)" 200nft "an address"
	same "$(post ada gate/cut-address '{"address":"10.9.0.7"}')" 403 "an administrator's"
	same "$(post ada gate/free-address '{"address":"10.9.0.44"}')$(json signed <reply)$(json freed <reply)$(post ada gate/free-address '{"address":"10.9.0.44"}')" 200adaFalse403 "free again, the first of two"
	same "$(post bob gate/free-address '{"address":"10.9.0.44"}')$(json freed <reply)$(json state <reply)$(post ada gate/free-address '{"address":"10.9.0.44"}')" 200TrueFREE404 "free again, by the second"
	same "$(post ada gate/island '{"members":["10.9.0.0/24"],"admins":["10.9.0.5"]}')$(json admins.0 <reply)" 20010.9.0.5 "the island"
	same "$(post eve gate/island '{"members":[]}')$(post eve gate/isolate '{}')" 403403 "who may"
	same "$(post ada gate/isolate '{"reason":"drill"}')$(json isolated <reply)$(json proof.method <reply)" 200Truenft "isolated"
	same "$(post ada gate/isolate-end '{}')$(json signed <reply)$(post ada gate/isolate-end '{}')$(post bob gate/isolate-end '{}')$(json isolated <reply)" 200ada403200False "ended by two"
fi

# ---- of an inventory ----
printf 'name,address,group\nward pc,10.9.0.5,ward\nanalyser,10.9.0.6,laboratory\noffice,10.9.9.9,office\n' >hosts.csv
printf 'group,address,island,link\nward,10.9.0.0/28,yes,\noffice,10.9.9.0/24,no,bank\n' >groups.csv
g plan save island --inventory hosts.csv --groups groups.csv --isolate >made || fail "made: $(cat made)"
grep -q "cuts links: bank" made && grep -q "still talks to: 10.9.0.0/28" made || fail "of an inventory: $(cat made)"
shown site
as eve $base/api/plan >/dev/null
same "$(json plan.groups.0.group <reply)" ward "the page of the plan"
hf ledger verify --site site >/dev/null || fail "ledger verify"
echo ok
