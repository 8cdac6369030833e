#!/usr/bin/env python3
"""Makes the small real files that tests/content reads, with the tools that people make such files with. Run here; the results are in the repository."""
import bz2, gzip, io, lzma, os, random, sqlite3, struct, subprocess, tarfile, wave, zipfile, zlib

R = random.Random(11)
WORDS = 'patient ward dose blood pressure allergy penicillin admitted discharged nurse review stable fever cough left right chest pain normal result pending with without given daily'.split()


def text(n):
    out = ''
    while len(out) < n:
        out += ' '.join(R.choice(WORDS) for _ in range(R.randint(5, 11))) + '.\n'
    return out[:n - 1] + '\n'


def put(name, data):
    with open(name, 'wb') as f:
        f.write(data)


def run(*args, **kw):
    subprocess.run(args, check=True, stderr=subprocess.DEVNULL, **kw)


class Pipe(io.RawIOBase):
    def __init__(self):
        self.b = b''

    def write(self, b):
        self.b += bytes(b)
        return len(b)

    def writable(self):
        return True


# archives
with zipfile.ZipFile('letter.docx', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('[Content_Types].xml', '<Types/>')
    z.writestr('_rels/.rels', '<Relationships/>')
    z.writestr('word/document.xml', '<w:document>' + text(30000) + '</w:document>')
with zipfile.ZipFile('letter.odt', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr(zipfile.ZipInfo('mimetype'), 'application/vnd.oasis.opendocument.text')
    z.writestr('content.xml', '<office>' + text(20000) + '</office>')
with zipfile.ZipFile('stored.zip', 'w') as z:
    z.writestr('a.txt', text(4000))
    z.writestr('b.txt', text(4000))
p = Pipe()
with zipfile.ZipFile(p, 'w', zipfile.ZIP_DEFLATED) as z:
    for k in range(3):
        z.writestr('%d.txt' % k, text(9000))
put('streamed.zip', p.b)
t = text(40000).encode()
put('log.gz', gzip.compress(t, mtime=0) + gzip.compress(t[:5000], mtime=0))
put('log.bz2', bz2.compress(t))
put('log.xz', lzma.compress(t))
put('t', t)
run('zstd', '-q', '-f', 't', '-o', 'log.zst')
os.unlink('t')
with tarfile.open('files.tar', 'w') as tar:
    for k in range(3):
        i = tarfile.TarInfo('d/%d.txt' % k)
        b = text(1500).encode()
        i.size = len(b)
        tar.addfile(i, io.BytesIO(b))

# pictures, sound, documents
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">' + ''.join(
    '<circle cx="%d" cy="%d" r="%d" fill="#%06x"/>' % (R.randint(0, 300), R.randint(0, 300), R.randint(3, 60), R.randint(0, 0xFFFFFF)) for _ in range(120)) + '</svg>\n'
put('drawing.svg', svg.encode())
run('rsvg-convert', '-f', 'png', '-o', 'picture.png', 'drawing.svg')
run('rsvg-convert', '-f', 'pdf', '-o', 'drawing.pdf', 'drawing.svg')
run('pdftocairo', '-jpeg', '-r', '60', '-singlefile', 'drawing.pdf', 'picture')
w = wave.open('voice.wav', 'wb')
w.setnchannels(1)
w.setsampwidth(2)
w.setframerate(8000)
w.writeframes(b''.join(struct.pack('<h', (k * 37 % 2000) + R.randint(-99, 99)) for k in range(12300)))
w.close()

# Office before 2007: one FAT sector, one directory sector, one stream
data = text(9000).encode()
sectors = (len(data) + 511) // 512
fat = [0xFFFFFFFD, 0xFFFFFFFE] + [k + 3 for k in range(sectors - 1)] + [0xFFFFFFFE]
fat += [0xFFFFFFFF] * (128 - len(fat))


def entry(name, kind, child, start, size):
    n = (name + '\0').encode('utf-16le')
    return n.ljust(64, b'\0') + struct.pack('<HBBIII', len(n), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child) + b'\0' * 36 + struct.pack('<IQ', start, size)


head = bytes.fromhex('D0CF11E0A1B11AE1') + b'\0' * 16 + struct.pack('<HHHHH', 0x3E, 3, 0xFFFE, 9, 6) + b'\0' * 6 + struct.pack('<IIIIIIIII', 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack('<I', 0) + b'\xff' * 432
put('letter.doc', head + struct.pack('<128I', *fat) + entry('Root Entry', 5, 1, 0xFFFFFFFE, 0) + entry('WordDocument', 2, 0xFFFFFFFF, 2, len(data)) + b'\0' * 256 + data.ljust(sectors * 512, b'\0'))

# DICOM, explicit little endian, native pixels


def element(g, e, vr, v):
    v += b'\0' * (len(v) & 1)
    return struct.pack('<HH', g, e) + vr + (struct.pack('<HI', 0, len(v)) if vr in (b'OB', b'OW') else struct.pack('<H', len(v))) + v


meta = element(2, 1, b'OB', b'\0\1') + element(2, 2, b'UI', b'1.2.840.10008.5.1.4.1.1.2') + element(2, 0x10, b'UI', b'1.2.840.10008.1.2.1')
put('image.dcm', b'\0' * 128 + b'DICM' + element(2, 0, b'UL', struct.pack('<I', len(meta))) + meta + element(8, 0x60, b'CS', b'CT') + element(0x10, 0x10, b'PN', b'DOE^JOHN') +
    element(0x28, 0x10, b'US', struct.pack('<H', 100)) + element(0x7FE0, 0x10, b'OW', b''.join(struct.pack('<H', (k % 100) * (k // 100) % 4096) for k in range(10000))))

# databases and what owners encrypt
if os.path.exists('base.sqlite'):
    os.unlink('base.sqlite')
db = sqlite3.connect('base.sqlite')
db.execute('pragma page_size=1024')
db.execute('create table t(id integer primary key, a text, b real)')
db.execute('create index x on t(a)')
for k in range(150):
    db.execute('insert into t(a, b) values(?, ?)', (text(40), k / 3))
db.execute('delete from t where id % 5 = 0')
db.commit()
db.close()
run('gpg', '--batch', '--yes', '--passphrase', 'x', '--pinentry-mode', 'loopback', '-c', '-o', 'secret.gpg', 'drawing.svg')
run('gpg', '--batch', '--yes', '--passphrase', 'x', '--pinentry-mode', 'loopback', '-a', '-c', '-o', 'secret.asc', 'drawing.svg')
run('age', '-r', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', '-o', 'secret.age', 'drawing.svg')
