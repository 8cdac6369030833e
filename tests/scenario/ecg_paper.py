"""Draws a record of known shape, reads the paths out of the PDF (ISO 32000-1, 8.5) and measures them."""
import re, struct, subprocess, sys, zlib

program, work = sys.argv[1:3]
MM = 72 / 25.4
LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


def record(name, seconds, leads=LEADS, rate=500, value=lambda lead, t: 0, gap=None):
    n = int(seconds * rate)
    with open(f"{work}/{name}.dat", "wb") as f:
        for i in range(n):
            for k, lead in enumerate(leads):
                v = -32768 if gap and gap[0] <= i / rate < gap[1] else round(value(lead, i / rate))
                f.write(struct.pack("<h", v))
    with open(f"{work}/{name}.hea", "w") as f:
        f.write(f"{name} {len(leads)} {rate} {n}\n")
        for lead in leads:
            f.write(f"{name}.dat 16 1000/mV 16 0 0 0 0 {lead}\n")  # a step is a microvolt
    return f"{work}/{name}.hea"


def run(*args, status=0):
    r = subprocess.run([program, "ecg", "report", *args], capture_output=True, timeout=100)
    assert r.returncode == status, (args, r.returncode, r.stderr)
    return r.stderr.decode()


def pages(path):
    """Of each page its size and its paths, stroked or filled: (points in mm from the top left, width of the line, colour)."""
    data = open(path, "rb").read()
    sizes = [tuple(float(x) for x in m) for m in re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)]
    streams = []
    for m in re.finditer(rb"stream\r?\n", data):
        try:
            text = zlib.decompressobj().decompress(data[m.end():])
        except zlib.error:
            continue
        if re.search(rb"\bRG\b", text) and b" m " in text or b"\nBT" in text:
            streams.append(text.decode("latin-1"))
    assert len(streams) == len(sizes) > 0, (len(streams), len(sizes))
    out = []
    for (w, h), text in zip(sizes, streams):
        text = re.sub(r"BT.*?ET", " ", text, flags=re.S)
        stack, matrix, saved, sub, subs, colour, width, found = [], (1, 0, 0, 1, 0, 0), [], [], [], None, None, []

        def at(x, y):
            a, b, c, d, e, f = matrix
            return ((a * x + c * y + e) / MM, (h - (b * x + d * y + f)) / MM)
        for token in re.findall(r"/\S+|\[[^\]]*\]|[^\s]+", text):
            if re.fullmatch(r"-?\d*\.?\d+", token):
                stack.append(float(token))
                continue
            if token == "cm":
                a, b, c, d, e, f = stack[-6:]
                A, B, C, D, E, F = matrix
                matrix = (a * A + b * C, a * B + b * D, c * A + d * C, c * B + d * D, e * A + f * C + E, e * B + f * D + F)
            elif token == "q":
                saved.append(matrix)
            elif token == "Q":
                matrix = saved.pop()
            elif token == "w":
                width = stack[-1]
            elif token == "RG":
                colour = tuple(stack[-3:])
            elif token == "m":
                sub = [at(*stack[-2:])]
                subs.append(sub)
            elif token == "l":
                sub.append(at(*stack[-2:]))
            elif token in ("S", "s"):
                found.append((subs, width / MM, colour))
                subs = []
            elif token in ("f", "n", "f*", "B"):
                subs = []
            if not token.startswith("/"):
                stack = []
        out.append(((w / MM, h / MM), found))
    return out


def near(a, b, slack, what):
    assert abs(a - b) <= slack, f"{what}: {a} is not {b} within {slack}"


def traces(page):
    """Black lines of the trace's width, pulses first: a pulse is six points."""
    black = [subs for subs, width, colour in page[1] if colour == (0, 0, 0) and abs(width - 0.25) < 0.01]
    pulses = [s for s in black if len(s) == 1 and len(s[0]) == 6]
    return pulses, [s for s in black if not (len(s) == 1 and len(s[0]) == 6)]


def span(subs):
    xs = [x for s in subs for x, _ in s]
    ys = [y for s in subs for _, y in s]
    return min(xs), max(xs), min(ys), max(ys)


# a spike of 1 mV of one sample at 1 s and at 9 s, nothing else
spike = lambda lead, t: 1000 if abs(t - 1) < 1e-9 or abs(t - 9) < 1e-9 else 0
ecg = record("spikes", 10.1, value=spike)

for paper, size in (("a4", (297, 210)), ("letter", (279.4, 215.9))):
    run(ecg, "-o", f"{work}/{paper}.pdf", "--paper", paper)
    (page,) = pages(f"{work}/{paper}.pdf")
    near(page[0][0], size[0], 0.1, "width of the paper")
    near(page[0][1], size[1], 0.1, "height of the paper")
    pulses, lines = traces(page)
    assert len(pulses) == 4, len(pulses)
    for (p,) in pulses:
        near(p[2][1] - p[1][1], -10, 0.02, "height of the calibration pulse")
        near(p[3][0] - p[2][0], 5, 0.02, "length of the calibration pulse")
    assert len(lines) == 13, len(lines)
    long = [t for t in lines if span(t)[1] - span(t)[0] > 100]
    assert len(long) == 1
    x1, x2, y1, y2 = span(long[0])
    near(x2 - x1, 250, 0.5, "ten seconds")
    near(y2 - y1, 10, 0.05, "a millivolt")
    tops = [x for x, y in long[0][0] if y < y1 + 0.01]
    near(tops[0] - x1, 25, 0.05, "the first second")
    near(tops[-1] - tops[0], 200, 0.05, "eight seconds")
    for t in lines:
        if t is not long[0]:
            near(span(t)[1] - span(t)[0], 62.5, 0.1, "a quarter of the line")
    # the grid: a line a millimetre, and the trace begins on one
    minor = [s for subs, width, colour in page[1] if colour and colour[0] > 0.97 for s in subs]
    xs = sorted({round(s[0][0], 2) for s in minor if abs(s[0][0] - s[1][0]) < 0.01})
    near(xs[1] - xs[0], 1, 0.02, "a millimetre of the grid")
    near(x1 - xs[0], round(x1 - xs[0]), 0.03, "the trace begins between two lines")
    inside = page[0][0]
    assert all(0 <= x <= inside for subs, _, _ in page[1] for s in subs for x, _ in s)

# speed and gain
run(ecg, "-o", f"{work}/fast.pdf", "--speed", "50", "--gain", "20", "--layout", "12x1")
(page,) = pages(f"{work}/fast.pdf")
pulses, lines = traces(page)
assert len(pulses) == 12 and len(lines) == 12
near(pulses[0][0][3][0] - pulses[0][0][2][0], 10, 0.02, "200 ms at 50 mm/s")
near(pulses[0][0][1][1] - pulses[0][0][2][1], 20, 0.02, "1 mV at 20 mm/mV")
near(span(lines[5])[1] - span(lines[5])[0], 250, 0.5, "five seconds at 50 mm/s")

# layouts
for layout, n in (("3x4", 12), ("3x4+3", 15), ("6x2", 12), ("6x2+1", 13)):
    run(ecg, "-o", f"{work}/l.pdf", "--layout", layout)
    (page,) = pages(f"{work}/l.pdf")
    assert len(traces(page)[1]) == n, (layout, len(traces(page)[1]))

# what was not recorded is not drawn: the line is broken, and a dotted one of another colour stands there
broken = record("gap", 10.1, value=lambda lead, t: 100 if t > 5 else 0, gap=(4, 6))
run(broken, "-o", f"{work}/gap.pdf")
(page,) = pages(f"{work}/gap.pdf")
long = [t for t in traces(page)[1] if len(t) == 2 and span(t)[1] - span(t)[0] > 200]
assert len(long) == 1, "the rhythm strip has no break"
near(long[0][1][0][0] - long[0][0][-1][0], 50, 0.2, "two seconds of nothing")

# an offset of the electrodes does not take the trace off the paper
run(record("offset", 10.1, value=lambda lead, t: 30000 + spike(lead, t)), "-o", f"{work}/offset.pdf")
(page,) = pages(f"{work}/offset.pdf")
x1, x2, y1, y2 = span([t for t in traces(page)[1] if span(t)[1] - span(t)[0] > 100][0])
near(y2 - y1, 10, 0.05, "a millivolt on an offset")

# one lead of 30 seconds: three lines of ten; the same bytes every time; several files into a folder; a bad one among them
one = record("hand", 30, leads=["I"], rate=300, value=spike)
run(one, "-o", f"{work}/one.pdf")
run(one, "-o", f"{work}/two.pdf")
assert open(f"{work}/one.pdf", "rb").read() == open(f"{work}/two.pdf", "rb").read(), "two reports of one recording differ"
(page,) = pages(f"{work}/one.pdf")
pulses, lines = traces(page)
assert len(pulses) == 3 and len(lines) == 3, (len(pulses), len(lines))
open(f"{work}/none.hea", "w").write("this is no header\n")
said = run(one, f"{work}/none.hea", ecg, "-o", f"{work}/folder", status=1)
assert "none.hea" in said and said.count("\n") == 1, said
assert pages(f"{work}/folder/hand.pdf") and pages(f"{work}/folder/spikes.pdf")

# with an earlier one: a page of it
run(ecg, "-o", f"{work}/both.pdf", "--before", broken)
assert len(pages(f"{work}/both.pdf")) == 2

# a filter is run both ways: what it does to a spike stays where it was; refusals
run(ecg, "-o", f"{work}/f.pdf", "--filter", "0.5-40", "--mains", "50")
(page,) = pages(f"{work}/f.pdf")
long = [t for t in traces(page)[1] if span(t)[1] - span(t)[0] > 100][0]
x1, x2, y1, y2 = span(long)
assert 1 < y2 - y1 < 9, "the filter does nothing"
peak = min(long[0], key=lambda p: p[1])[0]
near((peak - x1) % 200, 25, 0.3, "place of a filtered spike")
for bad in (["--layout", "5x5"], ["--paper", "a5"], ["--speed", "0"], ["--filter", "40"], ["--gain", "nan"]):
    run(ecg, "-o", f"{work}/x.pdf", *bad, status=2)

# words: poppler's, where it is
try:
    text = subprocess.run(["pdftotext", "-layout", f"{work}/both.pdf", "-"], capture_output=True).stdout.decode().split("\f")
    run(ecg, "-o", f"{work}/id.pdf", "--patient-id", "4471009", "--before", broken)
    words = subprocess.run(["pdftotext", "-layout", f"{work}/id.pdf", "-"], capture_output=True).stdout.decode().split("\f")
    assert "4471009" in words[0], words[0]
    for p in text[:2]:
        assert "UNCONFIRMED" in p and "25 mm/s" in p and "10 mm/mV" in p and "Patient id" in p and "of 2" in p, p
    assert "PREVIOUS" in text[1] and "PREVIOUS" not in text[0]
    words = subprocess.run(["pdftotext", "-layout", f"{work}/f.pdf", "-"], capture_output=True).stdout.decode()
    assert "FILTERED" in words and "0.5 Hz" in words and "40 Hz" in words and "mains 50 Hz" in words, words
except FileNotFoundError:
    print("pdftotext is not here: words are not read back")
