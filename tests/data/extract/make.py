#!/usr/bin/env python3
"""make.py DIR [long]: files of many formats about persons that do not exist, as programs write them and as attackers do, for tests of what is read in them."""
import io, os, struct, sys, tarfile, zipfile, zlib, gzip, bz2, lzma, base64

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def put(name, data):
    with open(os.path.join(out, name), 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def pack(files, **kw):
    b = io.BytesIO()
    with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED, **kw) as z:
        for name, data in files:
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), data, zipfile.ZIP_DEFLATED)
    return b.getvalue()


# ---- office ----
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def para(*runs):
    return '<w:p>' + ''.join('<w:r><w:t xml:space="preserve">%s</w:t></w:r>' % r for r in runs) + '</w:p>'


def table(rows):
    return '<w:tbl>' + ''.join('<w:tr>' + ''.join('<w:tc>%s</w:tc>' % para(c) for c in r) + '</w:tr>' for r in rows) + '</w:tbl>'


put('letter.docx', pack([
    ('[Content_Types].xml', TYPES),
    ('word/document.xml', '<?xml version="1.0" encoding="UTF-8"?><w:document %s><w:body>%s%s%s%s%s</w:body></w:document>' % (
        W, para('RE: Maria ', 'Sanchez'), para('DOB 03/07/1964'), table([['Patient Name', 'MRN', 'Balance'], ['Olsen, Kai', 'M100045', '12.50'], ['Ruiz, Ana', 'M100046', '0']]),
        table([['Signed', 'Dr. Weber'], ['Room', '4B']]), '<w:p><w:del w:id="1"><w:r><w:delText>was deleted: 219-88-1234</w:delText></w:r></w:del></w:p>')),
    ('word/header1.xml', '<w:hdr %s>%s</w:hdr>' % (W, para('Header for Sanchez'))),
    ('word/footnotes.xml', '<w:footnotes %s><w:footnote>%s</w:footnote></w:footnotes>' % (W, para('A footnote'))),
    ('word/comments.xml', '<w:comments %s><w:comment w:author="Nurse Lee">%s</w:comment></w:comments>' % (W, para('call back'))),
    ('word/styles.xml', '<w:styles %s><w:style w:name="nobody reads this"/></w:styles>' % W),
    ('docProps/core.xml', '<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:creator>J. Weber</dc:creator></cp:coreProperties>'),
    ('word/embeddings/list.csv', 'Name,SSN\r\nKai Olsen,219-88-4321\r\n'),
]))

X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
put('list.xlsx', pack([
    ('[Content_Types].xml', TYPES),
    ('xl/worksheets/sheet1.xml', '<worksheet %s><sheetData>'
     '<row r="1"><c r="A1" t="inlineStr"><is><t>Discharges of May</t></is></c></row>'
     '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>1</v></c><c r="C3" t="s"><v>2</v></c><c r="D3" t="s"><v>3</v></c><c r="F3" t="s"><v>4</v></c></row>'
     '<row r="4"><c r="A4" t="s"><v>5</v></c><c r="B4" s="1"><v>23443</v></c><c r="C4" s="2"><v>12345678</v></c><c r="D4" s="3"><v>2134</v></c><c r="F4"><v>0.10000000000000001</v></c></row>'
     '<row r="5"><c r="A5" t="s"><v>6</v></c><c r="B5" s="4"><v>45000.5</v></c><c r="C5"><v>1.23456789E8</v></c><c r="D5" t="str"><v>02134</v></c></row>'
     '</sheetData><headerFooter><oddHeader>Confidential</oddHeader></headerFooter></worksheet>' % X),
    ('xl/worksheets/sheet2.xml', '<worksheet %s><sheetData><row><c><v>7</v></c><c t="inlineStr"><is><t>loose cell</t></is></c></row></sheetData></worksheet>' % X),
    ('xl/workbook.xml', '<workbook %s xmlns:r="r"><sheets><sheet name="May &amp; June" sheetId="9" r:id="rId2"/><sheet name="Rest" sheetId="1" r:id="rId1"/></sheets></workbook>' % X),
    ('xl/_rels/workbook.xml.rels', '<Relationships><Relationship Id="rId2" Target="worksheets/sheet1.xml"/><Relationship Id="rId1" Target="/xl/worksheets/sheet2.xml"/></Relationships>'),
    ('xl/sharedStrings.xml', '<sst %s>%s</sst>' % (X, ''.join('<si><t>%s</t></si>' % t for t in ['Patient Name', 'Date of Birth', 'SSN', 'ZIP', 'Rate']) +
     '<si><r><t>Okafor, </t></r><r><t>Ngozi</t></r><rPh><t>noise</t></rPh></si><si><t>Smith, Jo</t></si>')),
    ('xl/styles.xml', '<styleSheet %s><numFmts><numFmt numFmtId="164" formatCode="000\\-00\\-0000"/><numFmt numFmtId="165" formatCode="00000"/><numFmt numFmtId="166" formatCode="[$-409]d\\-mmm\\-yyyy\\ h:mm;@"/></numFmts>'
     '<cellStyleXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>' % X),
]))

A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
put('talk.pptx', pack([
    ('[Content_Types].xml', TYPES),
    ('ppt/presentation.xml', '<p:presentation xmlns:p="p"/>'),
    ('ppt/slides/slide1.xml', '<p:sld xmlns:p="p" %s><a:p><a:r><a:t>Case: </a:t></a:r><a:r><a:t>T. Novak</a:t></a:r></a:p></p:sld>' % A),
    ('ppt/notesSlides/notesSlide1.xml', '<p:notes xmlns:p="p" %s><a:p><a:r><a:t>MRN M77</a:t></a:r></a:p></p:notes>' % A),
    ('ppt/media/image1.png', b'\x89PNG\r\n\x1a\n' + b'\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55' + b'\0\0\0\x0aIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82'),
]))

O = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="t" xmlns:table="tab"'
MANIFEST = '<manifest:manifest xmlns:manifest="m"/>'
put('letter.odt', pack([
    ('mimetype', 'application/vnd.oasis.opendocument.text'), ('META-INF/manifest.xml', MANIFEST),
    ('content.xml', '<office:document-content %s><office:body><office:text><text:h>Referral</text:h><text:p>Patient:<text:tab/>Eva<text:s/>Lind</text:p>'
     '<table:table table:name="T"><table:table-row><table:table-cell><text:p>Last name</text:p></table:table-cell><table:table-cell><text:p>Phone</text:p></table:table-cell></table:table-row>'
     '<table:table-row><table:table-cell><text:p>Lind</text:p></table:table-cell><table:table-cell><text:p>212-555-0187</text:p></table:table-cell></table:table-row></table:table>'
     '</office:text></office:body></office:document-content>' % O),
    ('styles.xml', '<office:document-styles %s><text:p>Ward 5 footer</text:p></office:document-styles>' % O),
    ('meta.xml', '<office:document-meta %s xmlns:dc="d"><dc:creator>Dr. Ek</dc:creator></office:document-meta>' % O),
]))
put('list.ods', pack([
    ('mimetype', 'application/vnd.oasis.opendocument.spreadsheet'), ('META-INF/manifest.xml', MANIFEST),
    ('content.xml', '<office:document-content %s><office:body><office:spreadsheet><table:table table:name="People">'
     '<table:table-row><table:table-cell><text:p>Name</text:p></table:table-cell><table:table-cell><text:p>DOB</text:p></table:table-cell><table:table-cell><text:p>MRN</text:p></table:table-cell></table:table-row>'
     '<table:table-row><table:table-cell><text:p>Nguyen, An</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="1971-12-30"><text:p>30.12.71</text:p></table:table-cell>'
     '<table:table-cell table:number-columns-repeated="2"><text:p>M5</text:p></table:table-cell></table:table-row>'
     '</table:table></office:spreadsheet></office:body></office:document-content>' % O),
]))
put('sealed.odt', pack([('mimetype', 'application/vnd.oasis.opendocument.text'), ('META-INF/manifest.xml', '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'), ('content.xml', os.urandom(64))]))

# ---- archives ----
inner = pack([('note.txt', 'inner note about Ida Berg\n'), ('../../etc/passwd', 'root of Ida Berg\n')])
put('nested.zip', pack([('a.zip', inner), ('b.txt', 'outer\n')]))
b = io.BytesIO()
with tarfile.open(fileobj=b, mode='w') as t:
    for name, data in (('sub/one.txt', b'first member\n'), ('two.txt.gz', gzip.compress(b'second member\n', mtime=0)), ('/absolute.txt', b'third member\n')):
        i = tarfile.TarInfo(name); i.size = len(data); t.addfile(i, io.BytesIO(data))
    i = tarfile.TarInfo('link'); i.type = tarfile.SYMTYPE; i.linkname = '/etc/shadow'; t.addfile(i)
    i = tarfile.TarInfo('hard'); i.type = tarfile.LNKTYPE; i.linkname = 'sub/one.txt'; t.addfile(i)
put('mixed.tar', b.getvalue())
put('mixed.tar.gz', gzip.compress(b.getvalue(), mtime=0))
put('note.txt.bz2', bz2.compress(b'packed by bzip2\n'))
put('note.txt.xz', lzma.compress(b'packed by xz\n'))
put('cut.zip', pack([('one.txt', 'told before the cut\n'), ('two.txt', os.urandom(3000))])[:2500])
c = io.BytesIO()
with tarfile.open(fileobj=c, mode='w') as t:
    data = open(os.path.join(out, 'cut.zip'), 'rb').read()
    i = tarfile.TarInfo('cut.zip'); i.size = len(data); t.addfile(i, io.BytesIO(data))
put('cut-in.tar', c.getvalue())
put('cut.tar.gz', gzip.compress(b.getvalue() + os.urandom(40000), mtime=0)[:1200])
deep = pack([('end.txt', 'the very end\n')])
for i in range(12):
    deep = pack([('level%d.zip' % i, deep)])
put('deep.zip', deep)
put('bomb.zip', pack([('zeros%d.bin' % i, b'\0' * (40 << 20)) for i in range(4)]))

# ---- mail ----
put('mail.eml', b'''From: =?UTF-8?Q?J=C3=B6rg_Weber?= <j.weber@example.org>
To: "Records" <records@example.org>
Subject: =?ISO-8859-1?Q?R=E9sultats?= =?ISO-8859-1?Q?_de_Lef=E8vre?=
Date: Mon, 6 May 2024 10:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

This is a multi-part message.
--b1
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Patient: Andr=E9 Lef=E8vre, born =
03/07/1964
--b2
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<p>Patient: <b>Andr\xc3\xa9</b> Lef\xc3\xa8vre</p>
--b2--
--b1
Content-Type: application/zip; name="list.zip"
Content-Disposition: attachment; filename*=UTF-8''r%C3%A9sultats.zip
Content-Transfer-Encoding: base64

''' + base64.encodebytes(pack([('list.csv', 'Last,First,SSN\nLefevre,Andre,219-88-7777\n')])) + b'''--b1
Content-Type: message/rfc822

From: a@example.org
To: b@example.org
Subject: forwarded

Forwarded body of Ida Berg
--b1--
''')
put('box.mbox', b'''From a@example.org Mon May  6 10:00:00 2024
From: a@example.org
Subject: first
Date: Mon, 6 May 2024 10:00:00 +0200

First body
>From the ward

From b@example.org Mon May  6 11:00:00 2024
From: b@example.org
Subject: second

Second body
''')

# ---- text ----
put('cp1252.txt', 'Müller, José – 12 € für die Praxis\n'.encode('cp1252'))
put('utf16.txt', '\ufeffŁukasz Żak, born 1970\n'.encode('utf-16-le'))
put('utf16be.txt', 'No mark, but zeros in every second byte\n'.encode('utf-16-be'))
put('cyrillic.txt', ('Пациент: Иванов Иван Иванович, дата рождения 03.07.1964\n' * 3).encode('cp1251'))
put('gb.txt', ('姓名：王小明，出生日期：一九六四年三月七日，病历号：M100045。\n' * 2).encode('gb18030'))
put('sjis.txt', ('患者の名前は田中さくらです。生年月日は昭和三十九年です。\n' * 2).encode('cp932'))
put('big5.txt', ('姓名：王小明，出生日期：一九六四年三月七日，病歷號碼。\n' * 2).encode('big5'))
put('cp850.txt', 'Frau Müller und Herr Jäger, Größe 1,80, für José Peña\n'.encode('cp850'))
put('latin2.txt', 'Paní Dvořáková a pan Černý, Łukasz Wiśniewski\n'.encode('iso-8859-2'))
put('letter.rtf', rb'''{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset204 Arial Cyr;}}{\colortbl;\red0\green0\blue0;}{\info{\title Referral of Sanchez}{\author Weber}}
{\*\generator nobody}\pard RE: Mar\'eda S\u225?nchez\par DOB\tab 03/07/1964\par{\f1 \'c8\'e2\'e0\'ed}\par {\pict\pngblip 89504e47}
\trowd\cellx1\cellx2 Name\cell MRN\cell\row\trowd\cellx1\cellx2 Ruiz, Ana\cell M100046\cell\row\pard the end \{braces\}\par}''')
put('page.html', b'''<html><head><meta charset="iso-8859-1"><title>Results</title><style>p{color:red}</style></head><body><!-- by J. Weber --><p>Dear Jos\xe9 &amp; Ana&nbsp;Ruiz,<br>your&shy;self</p>
<table><tr><th>Patient Name<th>DOB<tr><td>Ruiz, Ana<td>1970-01-02</table><input type=hidden name=mrn value="M100046"><a href="mailto:ana@example.org">mail</a></body></html>''')
put('records.xml', ('<?xml version="1.0" encoding="windows-1252"?><export><patient><lastName>Muñoz</lastName><firstName>Luz</firstName><birthDate value="1970-01-02"/><guarantor><lastName>Perez</lastName></guarantor></patient>'
    '<patient id="2"><lastName>Ek</lastName><remark><![CDATA[allergic to <penicillin>]]></remark></patient></export>').encode('cp1252'))
put('laughs.xml', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>before &c;</a>')
put('deep.xml', '<a>' * 10000 + 'x' + '</a>' * 10000)
put('noise.bin', bytes((i * 7919 + (i >> 3) * 104729) & 0xFF for i in range(5000)) + b'\0\0some words in the noise\0\0' + 'wide words, too'.encode('utf-16-le'))

# ---- PDF, by hand ----


def pdf(pages, attached=()):
    objects = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [%s] /Count %d >>' % (' '.join('%d 0 R' % (4 + 2 * i) for i in range(len(pages))), len(pages)), '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    for i, text in enumerate(pages):
        objects.append('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>' % (5 + 2 * i))
        s = 'BT /F1 12 Tf 72 700 Td (%s) Tj ET' % text if text else '0 0 10 10 re f'
        objects.append('<< /Length %d >>\nstream\n%s\nendstream' % (len(s), s))
    names = ''
    for name, text in attached:
        objects.append('<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream' % (len(text), text))
        objects.append('<< /Type /Filespec /F (%s) /EF << /F %d 0 R >> >>' % (name, len(objects)))
        names += '(%s) %d 0 R ' % (name, len(objects))
    if names:
        objects[0] = '<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [%s] >> >> >>' % names
    data, at = '%PDF-1.4\n', []
    for i, o in enumerate(objects):
        at.append(len(data))
        data += '%d 0 obj\n%s\nendobj\n' % (i + 1, o)
    x = len(data)
    return (data + 'xref\n0 %d\n0000000000 65535 f \n' % (len(at) + 1) + ''.join('%010d 00000 n \n' % a for a in at) + 'trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(at) + 1, x)).encode('latin-1')


put('three.pdf', pdf(['Patient: Ida Berg   MRN M42', '', 'Third page']))
put('empty.pdf', pdf(['']))
put('attached.pdf', pdf(['See what is attached'], [('list.csv', 'Last,First,SSN\nBerg,Ida,219-88-5555\n'), ('../../../var/tmp/holdfast-pdf-away.txt', 'about Ida Berg\n')]))
put('broken.pdf', pdf(['lost'])[:150])
put('pdfs.zip', pack([('in.pdf', pdf(['inside the zip'])), ('after.txt', 'after the pdf\n')]))
put('empty.bin', b'')
if len(sys.argv) > 2:
    put('rows.xlsx', pack([
    ('[Content_Types].xml', TYPES), ('xl/workbook.xml', '<workbook/>'),
    ('xl/worksheets/sheet1.xml', '<worksheet %s><sheetData><row><c t="inlineStr"><is><t>Patient Name</t></is></c><c t="inlineStr"><is><t>MRN</t></is></c></row>' % X +
     ''.join('<row><c t="inlineStr"><is><t>Berg, Ida</t></is></c><c t="inlineStr"><is><t>M%d</t></is></c></row>' % i for i in range(200000)) + '</sheetData></worksheet>')]))
if len(sys.argv) > 2:
    put('long.csv', 'MRN,Note\n' + ''.join('M%d,"%s, and a\nline"\n' % (i, 'x' * 80) for i in range(700000)))
