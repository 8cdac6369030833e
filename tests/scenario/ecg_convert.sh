#!/usr/bin/env bash
# Recordings converted by the program, read by readers that are not ours: WFDB and EDF by the formats' rules in Python, and biosig's save2gdf where it is installed. Then the corpus: each file of formats/{wfdb,edf,rr}
# is read or refused in one sentence, and WFDB samples are those that the rules give.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "python3 is not installed"

cat >check.py <<'P'
import math, os, struct, subprocess, sys, glob, json
H = os.environ['HOLDFAST']


def run(*a, fails=False):
    p = subprocess.run([H, 'ecg', *a], capture_output=True, text=True)
    assert fails or p.returncode == 0, (a, p.stderr)
    return p


def table(path):
    rows = run('convert', path, '--to', 'csv', '-o', '-').stdout.split('\n')
    return rows[0].split(','), [[float(x) for x in r.split(',')] for r in rows[1:] if r]


def samples(fmt, d, first):
    n = len(d)
    sign = lambda v, b: v - (1 << b) if v >> (b - 1) else v
    if fmt == 16:
        return list(struct.unpack('<%dh' % (n // 2), d[:n // 2 * 2]))
    if fmt in (24, 32):
        b = fmt // 8
        return [int.from_bytes(d[i:i + b], 'little', signed=True) for i in range(0, n - b + 1, b)]
    if fmt == 61:
        return list(struct.unpack('>%dh' % (n // 2), d[:n // 2 * 2]))
    if fmt == 80:
        return [x - 128 for x in d]
    if fmt == 160:
        return [x - 32768 for x in struct.unpack('<%dH' % (n // 2), d[:n // 2 * 2])]
    if fmt == 8:
        out = []
        for x in d:
            first += sign(x, 8)
            out.append(first)
        return out
    out, d = [], d + bytes(4)
    if fmt == 212:
        for i in range(0, n - 1, 3):
            out += [sign(d[i] | (d[i + 1] & 15) << 8, 12), sign(d[i + 2] | d[i + 1] >> 4 << 8, 12)]
    for i in range(0, n, 4):
        if fmt == 310:
            a, b = struct.unpack('<HH', d[i:i + 4])
            out += [sign(a >> 1 & 1023, 10), sign(b >> 1 & 1023, 10), sign(a >> 11 | b >> 11 << 5, 10)]
        if fmt == 311:
            a, = struct.unpack('<I', d[i:i + 4])
            out += [sign(a & 1023, 10), sign(a >> 10 & 1023, 10), sign(a >> 20 & 1023, 10)]
    return out


def wfdb(path):
    """one rate, no skew: [(microvolts a step, zero, samples, checksum)]"""
    lines = [x.split(None, 8) for x in open(path, encoding='latin1') if x.strip() and x[0] != '#']
    n, out, at = int(lines[0][3]), [], 1
    while at < len(lines) and len(out) < int(lines[0][1]):
        same = [x for x in lines[at:] if x[0] == lines[at][0]]
        spec, offset = (lines[at][1].split('+') + ['0'])[:2]
        data = open(os.path.join(os.path.dirname(path), lines[at][0]), 'rb').read()[int(offset):]
        v = samples(int(spec), data, int(lines[at][5]) if len(lines[at]) > 5 else 0)
        for i, x in enumerate(same):
            gain, unit = (x[2].split('/') + ['mV'])[:2]
            zero = int(x[4]) if len(x) > 4 else 0
            if '(' in gain:
                gain, z = gain.split('(')
                zero = int(z[:-1])
            out.append(({'mV': 1000, 'uV': 1}.get(unit, 1) / float(gain), zero, v[i::len(same)][:n], int(x[6]) if len(x) > 6 else None))
        at += len(same)
    return out


def edf(path):
    d = open(path, 'rb').read()
    ns, records = int(d[252:256]), int(d[236:244])
    h, at, cols = d[256:], 0, []
    for w in (16, 80, 8, 8, 8, 8, 8, 80, 8, 32):
        cols.append([h[at + i * w:at + i * w + w].decode().strip() for i in range(ns)])
        at += w * ns
    each, p, out = [int(x) for x in cols[8]], 256 * (ns + 1), [[] for _ in range(ns)]
    assert int(d[184:192]) == p and len(d) == p + records * 2 * sum(each), path
    for r in range(records):
        for i in range(ns):
            out[i] += struct.unpack('<%dh' % each[i], d[p:p + 2 * each[i]])
            p += 2 * each[i]
    res = []
    for i in range(ns):
        if cols[0][i] != 'EDF Annotations':
            lo, hi, a, b = (float(cols[k][i]) for k in (3, 4, 5, 6))
            res.append([((v - a) * (hi - lo) / (b - a) + lo) * {'mV': 1000}.get(cols[2][i], 1) for v in out[i]])
    return res


def near(a, b, step, what):
    assert all(math.isnan(x) or abs(x - y) < 0.002 * step + 1e-6 * abs(y) for x, y in zip(a, b)), what


# ---- made here ----
n = 2600
open('m.csv', 'w').write('# rate: 500 Hz\nII,V5,V1\n' + ''.join('%d,%.2f,%.1f\n' % (900 * math.exp(-((i / 500 % .8 - .3) ** 2) / 3e-4), 80 * math.sin(i / 9), -i / 2) for i in range(n)))
names, want = table('m.csv')
assert names == ['II', 'V5', 'V1'] and len(want) == n
cols = list(zip(*want))
run('convert', 'm.csv', '--to', 'wfdb', '-o', 'w.hea')
for (step, zero, v, total), c in zip(wfdb('w.hea'), cols):
    near([(x - zero) * step for x in v], c, step, 'wfdb')
    assert len(v) == n and (sum(v) - total) % 65536 == 0
run('convert', 'm.csv', '--to', 'edf', '-o', 'e.edf')
for got, c in zip(edf('e.edf'), cols):
    assert len(got) >= n
    near(got[:n], c, 1, 'edf')
run('convert', 'm.csv', '--to', 'fhir', '-o', 'f.json')
f = json.load(open('f.json'))
ours = [x for x in f['component'] if 'valueQuantity' in x]
assert ours and all(x['code']['text'].startswith('Holdfast, unconfirmed: ') for x in ours) and f['status'] == 'preliminary'
run('convert', 'm.csv', '--to', 'fhir', '-o', 'p.json', '--plain')
plain = json.load(open('p.json'))
assert plain['status'] == 'final' and 'Holdfast' not in json.dumps(plain)
f['component'] = [x for x in f['component'] if x not in ours]
assert f['component'] == plain['component']
assert f['resourceType'] == 'Observation' and f['code']['coding'][0]['code'] == '131328' and [x['code']['coding'][0]['code'] for x in f['component']] == ['131330', '131335', '131331']
for x, c in zip(f['component'], cols):
    s = x['valueSampledData']
    assert s['period'] == 2 and s['dimensions'] == 1
    near([int(v) * s['factor'] + s['origin']['value'] for v in s['data'].split()], c, 1, 'fhir')
for other in ('w.hea', 'e.edf', 'f.json'):
    assert table(other) == (names, want), other
if subprocess.run('command -v save2gdf >/dev/null && timeout 30 save2gdf -f=ASCII e.edf b >/dev/null 2>&1', shell=True).returncode == 0:
    for i, c in enumerate(cols):
        near([float(x) for x in open('b.a%02d' % (i + 1)).read().split()[:n]], c, 1, 'biosig')

# ---- what fails leaves what was there ----
assert run('convert', 'm.csv', '--to', 'muse', '-o', 'w.hea', fails=True).returncode == 1
assert run('convert', 'w.hea', '--to', 'wfdb', '-o', '-', fails=True).returncode == 2
assert run('convert', 'm.csv', '--to', 'csv', '-o', 'nowhere/x.csv', fails=True).returncode == 1
assert table('w.hea') == (names, want) and not glob.glob('.*.tmp')

# ---- the corpus ----
corpus = os.path.join(os.environ.get('HOLDFAST_CORPUS', '../shared/corpus'), 'ecg')
if not os.path.isdir(corpus):
    print('the corpus is not here')
    sys.exit(0)
refused = {'1003.hea', 'flacformats.hea', 'mixedsignals.hea', 'test_edfann.edf', 'nsr001.hea', 'nsr004.hea', 'nsr009.hea', 'afdb_03665.qrs'}
for path in sorted(glob.glob(corpus + '/formats/*/*.hea') + glob.glob(corpus + '/formats/edf/*') + glob.glob(corpus + '/formats/rr/*.qrs') + glob.glob(corpus + '/ludb/1?.hea') + glob.glob(corpus + '/mitdb/10[16].hea')):
    p = run('info', '--json', path, fails=True)
    base = os.path.basename(path)
    if base in refused:
        assert p.returncode == 1 and not p.stdout and p.stderr.count('\n') == 1, (path, p)
        continue
    assert p.returncode == 0, (path, p.stderr)
    g = json.loads(p.stdout)
    assert not [w for w in g['warnings'] if 'checksum' in w or 'ends' in w], (path, g['warnings'])
    if path.endswith('.hea') and base != 'binformats.hea':
        rows = list(zip(*table(path)[1]))
        for (step, zero, v, total), c in zip(wfdb(path), rows):
            assert len(v) == len(c)
            near([(x - zero) * step for x in v], c, abs(step), path)
P
export HOLDFAST HOLDFAST_CORPUS="${HOLDFAST_CORPUS:-$top/../shared/corpus}"
timeout 200 python3 check.py
