"""What agent.sh needs beside the shell: AGENT.PY tree DIR [SEED] | change DIR PERCENT | encrypt DIR | ids FILE | raw URL CREDENTIAL CA VERB PATH [BODY-FILE]"""
import hashlib, json, os, random, ssl, struct, sys, urllib.request, zlib


def png(r):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + bytes(r.randrange(256) for _ in range(3 * 40)) for _ in range(40))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, 40, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


WORDS = 'the patient was seen on ward for review of results and discharged home with letter to general practitioner temperature pulse blood pressure normal'.split()


def text(r, n):
    return (' '.join(r.choice(WORDS) for _ in range(n)) + '\n').encode()


def tree(top, seed=1):
    r = random.Random(int(seed))
    for d in range(8):
        os.makedirs(f'{top}/ward {d}', exist_ok=True)
        for i in range(30):
            with open(f'{top}/ward {d}/letter-{i:02d}.txt', 'wb') as f:
                f.write(text(r, 300 + r.randrange(600)))
        for i in range(20):
            with open(f'{top}/ward {d}/scan-{i:02d}.png', 'wb') as f:
                f.write(png(r))
    with open(f'{top}/pictures.bin', 'wb') as f:
        for _ in range(12):
            f.write(r.randbytes(1 << 20))
    with open(f'{top}/odd\nname\xff'.encode('latin-1'), 'wb') as f:
        f.write(b'odd')
    os.symlink('ward 0/letter-00.txt', f'{top}/link')
    os.link(f'{top}/ward 1/letter-01.txt', f'{top}/ward 2/second name.txt')
    with open(f'{top}/sparse', 'wb') as f:
        f.truncate(50 << 20)
        f.seek(20 << 20)
        f.write(b'in the middle')


def files(top):
    return sorted(os.path.join(d, n) for d, _, ns in os.walk(top) for n in ns)


def change(top, percent):
    r = random.Random(7)
    all_of = [p for p in files(top) if p.endswith('.txt')]
    for p in r.sample(all_of, max(1, len(all_of) * int(percent) // 100)):
        with open(p, 'ab') as f:
            f.write(text(r, 40))


def encrypt(top):
    r = random.Random(9)
    for p in files(top):
        if p.endswith(('.txt', '.png')) and not os.path.islink(p):
            with open(p, 'wb') as f:
                f.write(r.randbytes(os.path.getsize(p) if os.path.getsize(p) else 1000) or r.randbytes(1000))
            with open(p, 'wb') as f:
                f.write(r.randbytes(4000))
            os.rename(p, p + '.locked')
    for d in {os.path.dirname(p) for p in files(top)}:
        with open(d + '/HOW TO RECOVER.txt', 'w') as f:
            f.write('Your files are encrypted. Write to us.\n')


def raw(url, credential, ca, verb, path, body=None):
    token = [l.split()[1] for l in open(credential) if l.startswith('token ')][0]
    data = open(body, 'rb').read() if body else None
    q = urllib.request.Request(url + path, data=data if verb != 'GET' else None, method=verb, headers={'Authorization': 'Bearer ' + token})
    try:
        with urllib.request.urlopen(q, context=ssl.create_default_context(cafile=ca)) as a:
            print(a.status, a.read().decode('utf-8', 'replace'))
    except urllib.error.HTTPError as e:
        print(e.code, e.read().decode('utf-8', 'replace'))


if __name__ == '__main__':
    {'tree': tree, 'change': change, 'encrypt': encrypt, 'raw': raw}[sys.argv[1]](*sys.argv[2:])
