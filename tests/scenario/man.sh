#!/usr/bin/env bash
# The manual pages against the program: what they show runs, the options they list are the program's, and mandoc finds no error in them.
# An example is every line of a literal block in EXAMPLES that begins with "holdfast" (and of a .Dl line that begins with "$ holdfast"), run in the page's order,
# each page in a folder of its own: a copy of a prepared one with a site called "site", a day of it in day.hl7, and two registrations, 4711 and 4712; empty where the
# page makes the site itself. A literal block behind a .Pa line is that file; one behind a .Dl command is what it prints, broken for the page.
. "$(dirname "$0")/lib.sh"
command -v mandoc >/dev/null || skip "mandoc is not installed"

# Lines that are not run, and why. Each must still stand in a page.
cat >not-run <<'T'
holdfast serve	runs until it is told to stop; the other scenarios run it
holdfast vault backup --to	needs a site on another host; agent.sh runs it
holdfast replica add ward https	needs a site on another host; pull.sh runs it
holdfast vault mount	runs until it is told to stop, and needs FUSE; mount.sh runs it
holdfast erase entry	needs a message in a closed pack with another behind it; body.sh runs it
holdfast station run	runs until it is told to stop, and needs a core; station_run.sh runs it
holdfast paper show	needs a page that could not be filed; paper_scan.sh runs it
holdfast paper file	needs a page that could not be filed; paper_scan.sh runs it
holdfast simulate --to	needs a listener, which its page does not start; the other scenarios send to one
T

mkdir bin prepared empty
ln -s "$(readlink -f "$HOLDFAST")" bin/holdfast
export PATH="$work/bin:$PATH"
unset HOLDFAST_SITE
(
	cd prepared
	holdfast init site --shares 1/1 2>/dev/null
	holdfast simulate --out day.hl7 --beds 40 --count 300
	for n in 4711 4712; do
		printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A04|R%s|P|2.5.1\rEVN|A04|20260105120000\rPID|1||%s^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|O|ED\r' $n $n
	done >two.hl7
	holdfast import --site site two.hl7 day.hl7
) >prepared.log

cat >pages.py <<'P'
import os, re, shutil, subprocess, sys

pages = sys.argv[1:]
not_run = {}
for line in open('not-run'):
    begin, why = line.rstrip('\n').split('\t')
    not_run[begin] = 0
bad, run = [], 0


def plain(text):
    for a, b in ((r'\(dq', '"'), (r'\(aq', "'"), (r'\&', ''), (r'\-', '-'), (r'\e', '\\')):
        text = text.replace(a, b)
    return text


def section(page, name):
    m = re.search(r'^\.Sh ' + name + r'\n(.*?)(?=^\.Sh |\Z)', page, re.M | re.S)
    return m.group(1) if m else ''


def pieces(examples):
    """(what, text, name of the file): command, file or prints"""
    file, command, block, kind = None, False, None, None
    for line in examples.splitlines():
        if block is not None:
            if line.startswith('.Ed'):
                text = '\n'.join(plain(x) for x in block) + '\n'
                if text.startswith('holdfast'):
                    for x in text.replace('\\\n', ' ').splitlines():
                        if x.startswith('holdfast'):
                            yield 'command', x, None
                elif command:
                    yield 'prints', text, None
                elif file:
                    yield 'file', text, file
                file, command, block = None, False, None
            else:
                block.append(line)
        elif line.startswith('.Bd -literal'):
            block = []
        elif line.startswith('.Pa '):
            file = line.split()[1]
        elif line.startswith('.Dl $ holdfast'):
            command = True
            yield 'command', plain(line[6:]), None


def examples_of(path, page):
    global run
    here = 'run-' + os.path.basename(path)
    steps = list(pieces(section(page, 'EXAMPLES')))
    makes = any(t.startswith('holdfast init') for w, t, f in steps if w == 'command')
    subprocess.run(['cp', '-a', '--sparse=always', 'empty' if makes else 'prepared', here], check=True)
    out = ''
    for what, text, name in steps:
        if what == 'file':
            to = os.path.join(here, name)
            if os.path.basename(name) == 'site.ini':  # its origin is the site's own and never changes
                own = re.search(r'^origin = .*$', open(os.path.join(here, 'site/site.ini')).read(), re.M).group(0)
                text, n = re.subn(r'^origin = .*$', own, text, flags=re.M)
                if n != 1:
                    bad.append(f'{path}: its site.ini has no origin')
            with open(to, 'w') as f:
                f.write(text.replace('\n', '\r') if name.endswith('.hl7') else text)
        elif what == 'prints':
            if out.replace('\n', '') != text.replace('\n', ''):
                bad.append(f'{path}: an example prints\n{out}\nand not\n{text}')
        else:
            skipped = [b for b in not_run if text.startswith(b)]
            if skipped:
                not_run[skipped[0]] += 1
                continue
            p = subprocess.run(['bash', '-euo', 'pipefail', '-c', text], cwd=here, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            out, run = p.stdout, run + 1
            if p.returncode:
                bad.append(f'{path}: {text}\nexit {p.returncode}: {p.stderr[-600:]}')
    if not any(w == 'command' for w, t, f in steps):
        bad.append(f'{path}: no example')
    shutil.rmtree(here)


def help_of(*words):
    text = subprocess.run(['holdfast', *words, '--help'], capture_output=True, text=True, check=True).stdout
    return text, set(re.findall(r'^  (?:-o, )?--([a-z-]+)', text, re.M)) - {'help'}


def named(text):
    """options that a piece of a page speaks of, in whatever manner; those of other commands stand in quotes with their command"""
    text = re.sub(r'"holdfast [^"\n]*"', '', text)
    return set(re.findall(r'(?:\bFl -|(?<![\w-])--)([a-z][a-z-]*)', text)) - {'help'}


def differs(path, what, ours, theirs):
    if theirs != ours:
        bad.append(f'{path}: {what}: lacks {sorted(ours - theirs)}, has no such option {sorted(theirs - ours)}')


def options_of(path, page):
    """A command's options stand in the list and in SYNOPSIS. A command of verbs has a subsection for each, which names the options that the verb's own --help has, and no others."""
    name = re.match(r'holdfast-(.*)\.1$', os.path.basename(path)).group(1)
    text, ours = help_of(name)
    listed = lambda text: re.findall(r'^  ([a-z][a-z-]*)  ', text, re.M)
    verbs = [v + more for v in listed(text) for more in [''] + [' ' + w for w in listed(help_of(name, v)[0])]] # a verb may have verbs of its own
    every = set(ours)
    for verb in verbs:
        m = re.search(r'^\.Ss ' + verb + r'\n(.*?)(?=^\.S[sh] |\Z)', page, re.M | re.S)
        has = help_of(name, *verb.split())[1]
        every |= has
        if m:
            differs(path, f'.Ss {verb}', has, named(m.group(1)))
        else:
            bad.append(f'{path}: no .Ss {verb}')
    shown = set(re.findall(r'\bFl -([a-z-]+)', section(page, 'SYNOPSIS')))
    if verbs:
        if shown - every:
            bad.append(f'{path}: SYNOPSIS: no verb has {sorted(shown - every)}')
        if ours: # what the command itself has stands outside of its verbs' subsections
            rest = re.sub(r'^\.Ss (?:' + '|'.join(verbs) + r')\n.*?(?=^\.S[sh] |\Z)', '', page, flags=re.M | re.S)
            differs(path, 'list of options', ours, set(re.findall(r'^\.It Fl -([a-z-]+)', section(rest, 'DESCRIPTION') + section(rest, 'OPTIONS'), re.M)))
        return
    differs(path, 'list of options', ours, set(re.findall(r'^\.It Fl -([a-z-]+)', section(page, 'DESCRIPTION') + section(page, 'OPTIONS'), re.M)))
    differs(path, 'SYNOPSIS', ours, shown)


names = set()
for path in pages:
    page = open(path).read()
    examples_of(path, page)
    m = re.match(r'holdfast-(.*)\.1$', os.path.basename(path))
    if m:
        names.add(m.group(1))
        options_of(path, page)
    for ref, n in re.findall(r'^\.Xr (holdfast\S*) (\d)', page, re.M):
        if not any(os.path.basename(p) == f'{ref}.{n}' for p in pages):
            bad.append(f'{path}: refers to {ref}({n}), which is no page of ours')

said = set(re.findall(r'^  ([a-z0-9]+)  ', subprocess.run(['holdfast', '--help'], capture_output=True, text=True, check=True).stdout, re.M))
if said != names:
    bad.append(f'commands without a page: {sorted(said - names)}; pages without a command: {sorted(names - said)}')
front = next(open(p).read() for p in pages if os.path.basename(p) == 'holdfast.1')
told = {w for line in re.findall(r'^\.It Cm (.*)$', section(front, 'DESCRIPTION'), re.M) for w in re.split(r'[ ,]+', line) if w}
if told != names:
    bad.append(f'holdfast.1 lists {sorted(told ^ names)} otherwise than there are pages')
bad += [f'no page shows {b!r} any more: take it out of not-run' for b, n in not_run.items() if n == 0]
for b in bad:
    print('FAIL:', b, file=sys.stderr)
print(f'{len(pages)} pages, {run} examples run, {sum(not_run.values())} not run')
sys.exit(1 if bad else 0)
P
python3 pages.py "$top"/doc/man/*.[157]
for page in "$top"/doc/man/*.[157]; do
	mandoc -T lint -W error "$page" || fail "mandoc finds errors in $page"
done
echo "the manual holds"
