"""The story of infection.sh: HOLDFAST SITE-FOLDER IDENTITY. One process, because it looks after a hundred commands."""
import base64, gzip, io, json, os, random, shutil, struct, subprocess, sys, zipfile, zlib

program, site, identity = sys.argv[1:]


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)


def words(r, n):
    return ' '.join(r.choice('the patient was seen on ward for review of results and discharged home with letter to general practitioner temperature pulse blood pressure normal'.split()) for _ in range(n))


def png(r):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + bytes(r.randrange(256) for _ in range(3 * 40)) for _ in range(40))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, 40, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def docx(r):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
        z.writestr('word/document.xml', '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>' + words(r, 600) + '</w:t></w:r></w:p></w:body></w:document>')
    return b.getvalue()


KINDS = {
    'txt': lambda r: (words(r, 400) + '\n').encode(),
    'csv': lambda r: b'time,value,unit\n' + b''.join(b'%d,%d.%d,mmol/l\n' % (k, r.randrange(3, 9), r.randrange(10)) for k in range(300)),
    'json': lambda r: json.dumps([{'n': k, 'text': words(r, 8)} for k in range(60)], indent=1).encode(),
    'hl7': lambda r: b'\r'.join([b'MSH|^~\\&|LAB|GAB|HF|GAB|20260105120000||ORU^R01|%d|P|2.5.1' % r.randrange(10**6), b'PID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F'] + [b'OBX|%d|NM|718-7^Hb^LN||%d|g/L|120-160|N|||F' % (k, r.randrange(100, 170)) for k in range(1, 60)]) + b'\r',
    'gz': lambda r: gzip.compress(words(r, 3000).encode(), mtime=0),
    'png': png,
    'docx': docx,
}


def files(top):
    return sorted(os.path.join(d, n) for d, _, ns in os.walk(top) for n in ns)


def make(top):
    r = random.Random(1)
    for d in range(6):
        for i in range(14):
            for kind, f in KINDS.items():
                put(f'{top}/ward {d}/file-{i:02d}.{kind}', f(r))


def day(top, n):
    r = random.Random(100 + n)
    for p in r.sample(files(top), 6):
        kind = p.rsplit('.', 1)[1]
        if kind in KINDS:
            put(p, KINDS[kind](r))
    put(f'{top}/ward {n % 6}/day-{n}.txt', KINDS['txt'](r))


NOTE = b'ALL YOUR FILES ARE ENCRYPTED\nvisit http://' + b'abcdefgh234567' * 4 + b'.onion and pay\n'


def attack(top, way):
    r = random.Random(way)
    for p in files(top):
        if os.path.basename(p).startswith('new-'):
            continue
        data = open(p, 'rb').read()
        noise = r.randbytes(len(data))
        if way == 'whole':
            put(p, noise)
        elif way == 'header':  # the first 64 bytes stand
            put(p, data[:64] + noise[64:])
        elif way == 'partial':  # every other 512 bytes
            put(p, b''.join(noise[i:i + 512] if i // 512 % 2 == 0 else data[i:i + 512] for i in range(0, len(data), 512)))
        elif way == 'renamed':
            put(p + '.k8x2q', noise + r.randbytes(256))
            os.unlink(p)
        elif way == 'random-names':
            put(os.path.join(os.path.dirname(p), base64.urlsafe_b64encode(r.randbytes(12)).decode() + '.lckd'), noise + r.randbytes(256))
            os.unlink(p)
        elif way == 'base64':
            put(p, base64.b64encode(noise))
        elif way == 'wiped':
            put(p, bytes(len(data)))
    if way in ('renamed', 'random-names'):
        for d in sorted({os.path.dirname(p) for p in files(top)}):
            put(d + '/HOW_TO_RESTORE.txt', NOTE)


def benign(top, way):
    r = random.Random(way)
    for p in files(top):
        if way == 'reencode' and p.endswith('.gz'):
            put(p, gzip.compress(gzip.decompress(open(p, 'rb').read()), 1, mtime=1))
        elif way == 'reencode' and p.endswith('.json'):
            put(p, json.dumps(json.loads(open(p, 'rb').read())).encode())
        elif way == 'edit-all' and p.endswith('.txt'):
            put(p, KINDS['txt'](r))
        elif way == 'move' and 'ward 5' in p:
            to = p.replace('ward 5', 'archive/ward 5')
            os.makedirs(os.path.dirname(to), exist_ok=True)
            os.rename(p, to)
    if way == 'zip':
        with zipfile.ZipFile(f'{top}/all.zip', 'w', zipfile.ZIP_DEFLATED) as z:
            for p in files(top):
                z.write(p)


def one(top, i):
    """One more file, as a slow one does."""
    p = [p for p in files(top) if not p.endswith('.txt') and not os.path.basename(p).startswith('new-')][i]
    put(p, random.Random(i).randbytes(os.path.getsize(p)))


# ---- the story ----

def vault(verb, *args, status=0):
    p = subprocess.run([program, 'vault', verb, '--site', site, *args], capture_output=True, text=True)
    if p.returncode != status:
        sys.exit(f'FAIL: vault {verb} {args}: {p.returncode}: {p.stdout[-300:]}{p.stderr[-600:]}')
    return p.stdout


def backup(name):
    return json.loads(vault('backup', '--source', name, os.path.abspath(name), '--json'))


def same(got, want, what):
    if got != want:
        sys.exit(f'FAIL: {what}: {got!r} is not {want!r}')


def history(name):
    """A share with some days of history. Its last snapshot."""
    shutil.copytree('prototype', name)
    snaps = [backup(name)]
    for n in (1, 2, 3):
        day(name, n)
        snaps.append(backup(name))
    for s in snaps:
        same(s['verdict'], 'clean', f'an ordinary day of {name}: {s["reasons"]}')
    return snaps[-1]


def people(name):
    put(f'{name}/new-1', b'made by somebody at work\n')
    put(f'{name}/new-2.txt', b''.join(b'%d\n' % i for i in range(2000)))


def whole_again(name, good):
    """After damage all is as it was, and new files stay. What clean-point says."""
    point = json.loads(vault('clean-point', '--source', name, '--json'))
    shutil.rmtree('back', ignore_errors=True)
    vault('restore', 'latest', 'back', '--clean', '--source', name, '--identity', identity)
    back = 'back' + os.path.abspath(name)
    want = dict(good)
    for p in ('/new-1', '/new-2.txt'):
        want[p] = open(name + p, 'rb').read()
    have = content(back)
    bad = [p for p in sorted(set(want) | set(have)) if want.get(p) != have.get(p)]
    if bad:
        sys.exit(f'FAIL: restore --clean of {name}: {len(bad)} are missing, other, or should not be there: {bad[:5]}')
    return point


def content(top):
    return {p[len(top):]: open(p, 'rb').read() for p in files(top)}


make('prototype')
for way in ('whole', 'header', 'partial', 'renamed', 'random-names', 'base64', 'wiped'):
    name = 'way-' + way
    last = history(name)
    good = content(name)
    attack(name, way)
    people(name)
    s = backup(name)
    same(s['verdict'], 'damage', f'the verdict after {way}')
    point = whole_again(name, good)
    same(point['source'], name, 'whose point it is')
    same(point['clean_until'], last['time'], f'until when {way} was clean')
    same(point['first_damage'], s['time'], f'when {way} was first seen')
    same(sorted(d['path'] for d in point['damaged']), sorted(os.path.abspath(name) + p for p in good), f'files named after {way}')
    for d in point['damaged']:
        same((d['clean_snapshot'], d['clean_time']), (last['id'], last['time']), f'the clean version after {way}')
        assert d['reason'], d

# a file at a time, one in each snapshot: it adds up
history('slow')
good = content('slow')
people('slow')
for n in range(1, 16):
    one('slow', 3 * n)
    s = backup('slow')
    if s['verdict'] == 'damage':
        break
same(s['verdict'], 'damage', 'the verdict on a file at a time')
print('slow encryption was seen after', n, 'files')
same(len(whole_again('slow', good)['damaged']), n, 'files that slow encryption damaged')

# what people do
for way in ('reencode', 'edit-all', 'move', 'zip'):
    name = 'day-' + way
    history(name)
    benign(name, way)
    s = backup(name)
    same(s['verdict'], 'clean', f'the verdict after {way}: {s["reasons"]}')
    same(json.loads(vault('clean-point', '--source', name, '--json')), {'source': name, 'damaged': [], 'clean_until': s['time'], 'first_damage': None}, f'clean-point after {way}')
