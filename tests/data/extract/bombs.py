#!/usr/bin/env python3
"""bombs.py DIR: files made to take all memory, all time or all of a disk of whoever reads them, one or more of each format; small, so that a reader that is quadratic takes minutes for what a linear one does in a second."""
import bz2, gzip, io, lzma, os, sqlite3, struct, sys, tarfile, zipfile, zlib

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
os.chdir(out)
M = 1 << 20


def put(name, data):
    with open(name, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def pack(name, files):
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        for n, data in files:
            z.writestr(zipfile.ZipInfo(n, (2024, 1, 2, 3, 4, 6)), data, zipfile.ZIP_DEFLATED)


# ---- archives ----
zeros = b'\0' * (48 * M)
pack('zeros.zip', [('zeros', zeros)])
put('zeros.gz', gzip.compress(zeros, 1))
put('zeros.bz2', bz2.compress(zeros, 1))
put('zeros.xz', lzma.compress(zeros, preset=0))
put('behind.xz', lzma.compress(b'\0' * 4096 + b'words behind the zeros, about Ida Berg\n', preset=0))
raw = zlib.compress(b'\0' * M, 9)[2:-4]
head = struct.pack('<IHHHHHIIIHH', 0x04034b50, 20, 0, 8, 0, 0, zlib.crc32(b'\0' * M), len(raw), M, 1, 0) + b'a' + raw
entries = b''.join(struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, 0, 8, 0, 0, zlib.crc32(b'\0' * M), len(raw), M, 5, 0, 0, 0, 0, 0, 0) + b'%05d' % i for i in range(2000))
put('overlap.zip', head + entries + struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, 2000, 2000, len(entries), len(head), 0))  # each entry is the same one
inner = b'the very end'
for d in range(20):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode='w') as t:
        i = tarfile.TarInfo('%d.tar' % d)
        i.size = len(inner)
        t.addfile(i, io.BytesIO(inner))
    inner = b.getvalue()
put('deep.tar', inner)
inner = b'the very end'
for d in range(100):
    inner = gzip.compress(inner, 1)
put('deep.gz', inner)
h = bytearray(512)  # GNU's sparse file: one hole of 8 GiB
h[0:5], h[100:108], h[124:136], h[136:148], h[156:157], h[257:265] = b's.bin', b'0000644\0', b'%011o ' % 0, b'%011o ' % 0, b'S', b'ustar  \0'
h[386:398], h[398:410], h[483:495] = b'%011o ' % ((1 << 33) - 512), b'%011o ' % 0, b'%011o ' % ((1 << 33) - 1)
h[148:156] = b'        '
h[148:155] = b'%06o\0' % sum(h)
put('sparse.tar', bytes(h) + b'\0' * 1024)

# ---- Office ----
TYPES = ('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(name, sheet, shared):
    pack(name, [TYPES, ('xl/workbook.xml', '<workbook %s xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>' % X),
                ('xl/_rels/workbook.xml.rels', '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'),
                ('xl/sharedStrings.xml', '<sst %s>%s</sst>' % (X, shared)), ('xl/worksheets/sheet1.xml', '<worksheet %s><sheetData>%s</sheetData></worksheet>' % (X, sheet))])


book('shared.xlsx', ''.join('<row r="%d">%s</row>' % (i, '<c t="s"><v>0</v></c>' * 10) for i in range(1, 1000)), '<si><t>%s</t></si>' % ('A' * 30000))  # one string, told ten thousand times
book('strings.xlsx', '<row r="1"><c t="s"><v>5</v></c></row>', '<si><t>abcdefgh</t></si>' * (M // 2))
book('columns.xlsx', '<row r="1">%s</row>' % ('<c><v>1</v></c>' * (M // 4)), '')
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
pack('tables.docx', [TYPES, ('word/document.xml', '<w:document %s><w:body>%s' % (W, '<w:tbl><w:tr><w:tc>' * 100000))])
pack('paragraph.docx', [TYPES, ('word/document.xml', '<w:document %s><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>' % (W, 'B' * (40 * M)))])

# ---- XML ----
put('laughs.xml', '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">%s]><l>&m;</l>' % ''.join('<!ENTITY %s "%s">' % (chr(98 + i), ('&%s;' % chr(97 + i)) * 10) for i in range(12)))
put('quadratic.xml', '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "%s">]><l>%s</l>' % ('x' * 100000, '&a;' * 100000))
put('outside.xml', '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>')
put('deep.xml', '<?xml version="1.0"?>' + '<a>' * M)
put('attributes.xml', '<?xml version="1.0"?><a %s/>' % ' '.join('a%d="%d"' % (i, i) for i in range(100000)))

# ---- text formats ----
put('deep.rtf', '{\\rtf1 ' + '{' * (4 * M))
put('cells.rtf', '{\\rtf1 ' + '\\trowd\\cell' * (M // 4) + '}')
put('bin.rtf', '{\\rtf1 {\\bin99999999999 xx} {\\pict \\bin-5 aa}\\u-99999999999 ' + '\\u8364?' * (M // 4) + '}')
put('tables.html', '<html><body>' + '<table><tr><td>' * (M // 8))
put('signs.html', '<html><body>' + '<' * (4 * M))
put('comments.html', '<html><body>' + '<!--' * M)
put('attributes.html', '<html><body><a ' + 'x=y ' * M + '>')
put('deep.json', '[' * (4 * M))
put('objects.json', '{"a":' * M)
MAIL = 'From: a@example.org\nTo: b@example.org\nSubject: %s\nMIME-Version: 1.0\n'
put('words.eml', MAIL % ('=?u?B?' * M) + '\nx\n')  # encoded words that never end
put('words2.eml', MAIL % ('=?u?B?YQ==' * (M // 4) + '\n ?=') + '\nx\n')
put('parts.eml', MAIL % 'x' + 'Content-Type: multipart/mixed; boundary=b\n\n' + '--b\n\nx\n' * (M // 4))
deep = MAIL % 'x'
for i in range(2000):
    deep += 'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i)
put('deep.eml', deep + 'Content-Type: text/plain\n\nend\n')
put('messages.eml', MAIL % 'x' + 'Content-Type: message/rfc822\n\nFrom: a\nMIME-Version: 1.0\n' * 2000 + '\nend\n')
put('boundary.eml', MAIL % 'x' + 'Content-Type: multipart/mixed; boundary="%s"\n\n' % ('-' * 60) + '-' * (4 * M))
put('repeats.hl7', 'MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||' + '~' * (4 * M) + '\r')
put('persons.hl7', 'MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\r' + 'PID|1||5\r' * (M // 4))
put('elements.x12', 'ISA*00*          *00*          *ZZ*A              *ZZ*B              *200101*0000*^*00501*000000001*0*P*:~GS*HC*A*B*20200101*0000*1*X*005010X222A1~ST*837*1~NM1' + '*' * (4 * M) + '~')
put('quotes.csv', 'last,first,ssn\n' + '"' * (4 * M))
put('columns.csv', 'last,first,ssn' + ',' * M + '\n' + ',' * M)

# ---- databases, pictures, what programs read ----
db = sqlite3.connect('cycle.sqlite')
db.execute('create table t(id integer primary key, name text, ssn text)')
db.executemany('insert into t values(?,?,?)', [(i, 'n%d' % i * 20, '219-88-%04d' % (i % 10000)) for i in range(20000)])
db.commit()
db.close()
b = bytearray(open('cycle.sqlite', 'rb').read())
for page in range(1, len(b) // 4096):
    o = page * 4096
    if b[o] == 5:  # an inner page whose every child is itself
        b[o + 8:o + 12] = struct.pack('>I', page + 1)
        for i in range(struct.unpack('>H', b[o + 3:o + 5])[0]):
            q = struct.unpack('>H', b[o + 12 + 2 * i:o + 14 + 2 * i])[0]
            b[o + q:o + q + 4] = struct.pack('>I', page + 1)
put('cycle.sqlite', bytes(b))
db = sqlite3.connect('computed.sqlite')  # a column that is computed when it is read
db.execute("create table t(name, much as (replace(hex(zeroblob(4000000)), '0', 'aaaaaaaaaaaaaaaa')))")
db.executemany('insert into t(name) values(?)', [(i,) for i in range(3)])
db.execute('create view w as with recursive r(n) as (select 1 union all select n+1 from r) select n from r')
db.commit()
db.close()


def chunk(t, d):
    return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))


put('huge.png', b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 100000, 100000, 8, 6, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(zeros[:M], 9)) + chunk(b'IEND', b''))


def pdf(name, objects):
    o, at = b'%PDF-1.7\n', []
    for i, x in enumerate(objects, 1):
        at.append(len(o))
        o += b'%d 0 obj\n%s\nendobj\n' % (i, x)
    put(name, o + b'xref\n0 %d\n0000000000 65535 f \n' % (len(at) + 1) + b''.join(b'%010d 00000 n \n' % k for k in at) + b'trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n' % (len(at) + 1, len(o)))


PAGE = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>', b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 6 0 R>>/Font<</F1 5 0 R>>>>>>']
FONT = b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'
packed = zlib.compress(zlib.compress(b'BT /F1 12 Tf (x) Tj ET ' * (2 * M), 6), 6)
pdf('packed.pdf', PAGE + [b'<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream' % (len(packed), packed), FONT])
form = b'/X Do ' * 10
pdf('forms.pdf', PAGE + [b'<</Length 5>>stream\n/X Do\nendstream', FONT] + [b'<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>/Length %d>>stream\n%s\nendstream' % (7 + i if i < 14 else 5, len(form), form) for i in range(15)])
h = bytearray(512)  # an OLE2 file whose table of sectors leads in a circle
h[0:8] = bytes.fromhex('d0cf11e0a1b11ae1')
h[24:34] = b'\x3e\0\x03\0\xfe\xff\x09\0\x06\0'
h[44:76] = struct.pack('<IIIIIIII', 1, 1, 0, 4096, 1, 1, 0, 0)
h[76:80] = struct.pack('<I', 0)
h[80:] = b'\xff' * 432
for name, stream in (('circle.doc', 'WordDocument'), ('circle.xls', 'Workbook')):
    entries = b''
    for n, kind in (('Root Entry', 5), (stream, 2)):
        e = bytearray(128)
        u = n.encode('utf-16le')
        e[0:len(u)], e[64:66], e[66], e[68:80], e[116:124] = u, struct.pack('<H', len(u) + 2), kind, struct.pack('<III', 1, 1, 1), struct.pack('<II', 1, 0x7fffffff)
        entries += bytes(e)
    put(name, bytes(h) + struct.pack('<128I', *([1] * 128)) + entries + b'\0' * 256)
put('deep.dcm', b'\0' * 128 + b'DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0' + (b'\x40\0\x75\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff') * (M // 4))
put('circle.pst', b'!BDN' + bytes(4) + b'SM\x17\0\x13\0\x01\x01' + b'\x18\0\0\0' * 2000)
