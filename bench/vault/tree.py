#!/usr/bin/env python3
"""tree.py DIR SEED SCALE: a tree like a hospital's file server, the same for the same seed. tree.py DIR SEED edit: 2 % of it changed, as a day changes it.

SCALE 1 is some 520 MiB: 4,000 small texts (HL7, CSV, notes), 500 office files (zip), 150 DICOM-like pictures, one database file of 256 MiB.
An edit: 2 % of the texts and office files written anew with a change in them, one picture in fifty added, 2 % of the database's 8 KiB pages changed in hot stretches, as tables change.
"""
import io
import os
import random
import struct
import sys
import zipfile

NAMES = "Weber Rossi Nguyen Smith Müller Okafor Tanaka Silva Novak Haddad Kowalski Jensen".split()
WORDS = ("patient admitted with stable vitals no acute distress labs within range follow up in two weeks discussed with family medication reviewed dose adjusted "
         "imaging shows no change since last study ward round plan continue observation discharge pending transport").split()


def words(r, n):
    return " ".join(r.choice(WORDS) for _ in range(n))


def hl7(r):
    out = []
    for _ in range(r.randint(2, 12)):
        t = "2026%02d%02d%02d%02d" % (r.randint(1, 12), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59))
        out.append("MSH|^~\\&|LAB|HOSP|HIS|HOSP|%s||ORU^R01|%d|P|2.5\r" % (t, r.getrandbits(32)))
        out.append("PID|1||%d^^^HOSP||%s^%s||19%02d0101|F\r" % (r.randint(100000, 999999), r.choice(NAMES), r.choice(NAMES), r.randint(20, 99)))
        for i in range(r.randint(1, 9)):
            out.append("OBX|%d|NM|%d-%d^RESULT^LN||%.2f|mmol/L|||||F|||%s\r" % (i + 1, r.randint(1000, 9999), r.randint(0, 9), r.random() * 200, t))
    return "".join(out).encode()


def text(r):
    kind = r.randint(0, 2)
    if kind == 0:
        return "hl7", hl7(r)
    if kind == 1:
        rows = ["id,time,ward,value,unit"] + ["%d,2026-01-%02dT%02d:%02d,W%d,%.1f,mmHg" % (r.getrandbits(24), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), r.randint(1, 20),
                r.random() * 180) for _ in range(r.randint(20, 200))]
        return "csv", "\n".join(rows).encode() + b"\n"
    return "txt", (words(r, r.randint(100, 900)) + "\n").encode()


def office(r):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        def put(name, data, how=zipfile.ZIP_DEFLATED):
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, how)
        put("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        put("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="x">' + "".join("<w:p>%s</w:p>" % words(r, 60) for _ in range(r.randint(20, 200))) + "</w:document>")
        if r.random() < 0.6:
            put("word/media/image1.jpeg", b"\xff\xd8\xff\xe0" + r.randbytes(r.randint(20000, 250000)) + b"\xff\xd9", zipfile.ZIP_STORED)
    return b.getvalue()


def dicom(r):
    n = r.randint(300000, 1000000) // 2
    head = b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0) + struct.pack("<HH2sH8s", 8, 0x60, b"CS", 8, b"CT      ")
    noise = r.randbytes(n)
    base = r.randint(200, 1500)
    body = bytearray(2 * n)  # 12-bit pixels: smooth, with noise in the low bits
    body[0::2] = bytes(x & 0x3f for x in noise)
    body[1::2] = bytes([base >> 8]) * n
    return head + struct.pack("<HH2sHI", 0x7fe0, 0x10, b"OW", 0, len(body)) + bytes(body)


def page(r):
    rows = b"".join(struct.pack("<IIQ", r.getrandbits(20), r.getrandbits(16), r.getrandbits(40)) + r.choice(NAMES).encode() + b"\0" + words(r, 8).encode() for _ in range(60))
    return (struct.pack("<IIII", 0x0d000001, r.getrandbits(32), 60, 0) + rows)[:8192].ljust(8192, b"\0")


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def make(d, seed, scale):
    r = random.Random(seed)
    for i in range(int(4000 * scale)):
        suffix, data = text(r)
        put(f"{d}/wards/{i % 40:02d}/{i // 40:04d}.{suffix}", data)
    for i in range(int(500 * scale)):
        put(f"{d}/office/{i % 25:02d}/letter-{i:04d}.docx", office(r))
    for i in range(int(150 * scale)):
        put(f"{d}/pacs/{i % 15:02d}/{i:05d}.dcm", dicom(r))
    pages = [page(r) for _ in range(512)]
    os.makedirs(f"{d}/db", exist_ok=True)
    with open(f"{d}/db/hospital.db", "wb") as f:
        for i in range(int(256 * scale) * 128):
            f.write(struct.pack("<Q", i) + r.choice(pages)[8:4096] + r.choice(pages)[4096:])


def edit(d, seed):
    r = random.Random(seed)
    for top, again in (("wards", lambda: text(r)[1]), ("office", lambda: office(r))):
        paths = sorted(os.path.join(a, f) for a, _, fs in os.walk(f"{d}/{top}") for f in fs)
        for p in r.sample(paths, len(paths) // 50):
            put(p, again())
    paths = sorted(os.path.join(a, f) for a, _, fs in os.walk(f"{d}/pacs") for f in fs)
    for p in r.sample(paths, max(1, len(paths) // 50)):
        put(p[:-4] + "-%08x.dcm" % r.getrandbits(32), dicom(r))
    with open(f"{d}/db/hospital.db", "r+b") as f:
        n = os.path.getsize(f.name) // 8192
        for _ in range(max(1, n // 50 // 16)):  # stretches of 16 pages
            at = r.randrange(n - 16)
            for i in range(16):
                f.seek((at + i) * 8192)
                f.write(page(r))


if sys.argv[3] == "edit":
    edit(sys.argv[1], int(sys.argv[2]))
else:
    make(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
