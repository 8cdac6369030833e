"""A small tree of files of several types, each valid: watch_tree.py FOLDER COUNT. The mark "made-by-the-test" lets watch_sim change it."""
import gzip
import io
import json
import os
import random
import struct
import sys
import zipfile
import zlib

folder, count = sys.argv[1], int(sys.argv[2])
draw = random.Random(5)
words = "patient ward dose result normal potassium sodium heart rhythm left right upper lower daily given nurse doctor plan review discharge".split()


def text(n):
    return " ".join(draw.choice(words) for _ in range(n))


def png():
    w = h = 64
    raw = b"".join(b"\0" + bytes(draw.randrange(256) for _ in range(w * 3)) for _ in range(h))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(4):
            z.writestr(f"doc{i}.txt", text(500))
    return out.getvalue()


kinds = [
    ("note%d.txt", lambda: (text(400) + "\n").encode()),
    ("scan%d.png", png),
    ("letters%d.zip", archive),
    ("result%d.json", lambda: json.dumps([{"code": draw.choice(words), "value": draw.random(), "note": text(9)} for _ in range(60)]).encode()),
    ("log%d.gz", lambda: gzip.compress(text(3000).encode())),
    ("table%d.csv", lambda: ("\n".join(",".join([draw.choice(words), str(draw.randrange(999)), draw.choice(words)]) for _ in range(300)) + "\n").encode()),
]
os.makedirs(folder)
open(f"{folder}/made-by-the-test", "w").close()
for i in range(count):
    os.makedirs(f"{folder}/ward{i % 7}", exist_ok=True)
    name, make = kinds[i % len(kinds)]
    with open(f"{folder}/ward{i % 7}/" + name % i, "wb") as f:
        f.write(make())
