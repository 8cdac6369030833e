"""Odd byte streams over a real socket: how many acknowledgements come, with which codes, and in which order. Arguments: port of a listener in mode auto."""
import sys
import time

from mllp import VT, FS, CR, acks, connect, field, frame, message, msa

port = int(sys.argv[1])
failures = 0
number = 0


def ids(n):
    global number
    number += n
    return [f"S{number - n + i}" for i in range(n)]


def row(name, data, want, pieces=None, half_close=False, extra_wait=0.5):
    """Send data (or its pieces with pauses), expect exactly the control ids in want, each with AA, and not one acknowledgement more."""
    global failures
    s = connect(port)
    for piece in pieces or [data]:
        s.sendall(piece)
        if pieces:
            time.sleep(0.03)
    if half_close:
        s.shutdown(1)
    got = [msa(a) for a in acks(s, len(want), 10)]
    got += [msa(a) for a in acks(s, 1, extra_wait)]
    s.close()
    if got != [("AA", w) for w in want]:
        print(f"FAIL {name}: {got} instead of {want}")
        failures += 1
    else:
        print(f"ok {name}")


a, b, c = ids(3)
row("three frames in one write", frame(message(a)) + frame(message(b)) + frame(message(c)), [a, b, c])
a, = ids(1)
row("the same message twice", frame(message(a)) * 2, [a, a])
a, b = ids(2)
row("NUL bytes between frames", frame(message(a)) + b"\0" * 7 + frame(message(b)), [a, b])
a, b = ids(2)
row("FS CR LF, then the next frame", VT + message(a) + FS + CR + b"\n" + frame(message(b)), [a, b])
a, b = ids(2)
row("FS without CR, then the next frame", VT + message(a) + FS + frame(message(b)), [a, b])
a, = ids(1)
row("FS without CR, then silence", VT + message(a) + FS, [a])
a, b = ids(2)
row("a sender that starts again", VT + message(a)[:60] + frame(message(b)), [b])
a, = ids(1)
row("no VT on the first frame", message(a) + FS + CR, [a])
a, = ids(1)
row("doubled VT and doubled FS CR", VT + VT + message(a) + FS + CR + FS + CR, [a])
a, = ids(1)
row("an empty frame, then a message", VT + FS + CR + frame(message(a)), [a])
a, = ids(1)
row("an HTTP request, then a frame", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + frame(message(a)), [a])
a, b = ids(2)
row("two MSH in one frame", VT + message(a) + message(b) + FS + CR, [a, b])
a, b = ids(2)
row("a whole frame, half of another, end", frame(message(a)) + VT + message(b)[:70], [a], half_close=True)
a, = ids(1)
row("byte by byte", None, [a], pieces=[bytes([x]) for x in frame(message(a))])
a, = ids(1)
row("line feeds for segment ends", frame(message(a).replace(b"\r", b"\n")), [a])
a, = ids(1)
row("a sender that closes its half at once", frame(message(a)), [a], half_close=True)
a, = ids(1)
row("a release 2 commit block", VT + b"\x06" + FS + CR + frame(message(a)), [a])

a, = ids(1)
row("an acknowledgement comes in, then a message", frame(b"MSH|^~\\&|A|B|C|D|2026||ACK^A01^ACK|x1|P|2.5\rMSA|AA|HF1\r") + frame(message(a)), [a])
a, b = ids(2)
row("NULs between two MSH of one frame", VT + message(a) + b"\0\0" + message(b) + FS + CR, [a, b])

# a batch, and the same sent again in several ways; the shell counts what of it is stored
def batch(messages, head="20260105", tail=b"2"):
    lines = [b"FHS|^~\\&|EHR|GAB|||" + head.encode() + b"\r", b"BHS|^~\\&|EHR|GAB|||" + head.encode() + b"\r"]
    return lines + messages + [b"BTS|" + tail + b"\r", b"FTS|1\r"]


a, b, c = ids(3)
one, two = batch([message(a), message(b)]), batch([message(c), message(b)])
again = {"extra_wait": 0.1}
row("a batch in one frame", frame(b"".join(one)), [a, b], **again)
row("the same again, on another connection", frame(b"".join(one)), [a, b], **again)
row("twice on one connection", frame(b"".join(one)) * 2, [a, b, a, b], **again)
row("in pieces", None, [a, b], pieces=[VT + one[0], one[1] + one[2][:20], one[2][20:] + one[3], one[4], one[5] + FS + CR], **again)
row("the same envelope around other messages is another batch", frame(b"".join(two)), [c, b], **again)
row("half of it, and then all of it", None, [a, a, b], pieces=[frame(b"".join(one[:3])), frame(b"".join(one))], **again)
if len(sys.argv) > 2:  # what the shell imports as a file
    open(sys.argv[2], "wb").write(b"".join(one))
row("the end of a batch whose beginning nobody saw is kept each time", frame(message(c) + b"BTS|7\r") * 2, [c, c], **again)
for _ in range(2):
    row("a header that leads nowhere", frame(message(c) + b"FHS|^~\\&|EHR|NOWHERE\r"), [c], half_close=True, **again)

# unreadable: stored, refused, and the same answer again
s = connect(port)
s.sendall(frame(b"this is no HL7\r") * 2)
got = acks(s, 2, 10)
if len(got) != 2 or got[0] != got[1] or msa(got[0])[0] not in ("AE", "CE"):
    print(f"FAIL unreadable: {got}")
    failures += 1
s.close()

# the same bytes on another day, on another connection: the same bytes of acknowledgement
a, = ids(1)
first = connect(port)
first.sendall(frame(message(a)))
one = acks(first, 1)
second = connect(port)
time.sleep(1.1)
second.sendall(frame(message(a)))
two = acks(second, 1)
if one != two or len(one) != 1:
    print(f"FAIL repeated acknowledgement: {one} {two}")
    failures += 1

# enhanced mode: commit acknowledgement, application acknowledgement, silence where it is asked for
for mode, want in (("AL|NE", ["CA"]), ("NE|NE", []), ("AL|AL", ["CA", "AA"]), ("ER|NE", []), ("SU|SU", ["CA", "AA"])):
    a, b = ids(2)
    s = connect(port)
    s.sendall(frame(message(a, mode=mode)) + frame(message(b)))
    got = [msa(x) for x in acks(s, len(want) + 1, 10)]
    if got != [(w, a) for w in want] + [("AA", b)]:
        print(f"FAIL mode {mode}: {got}")
        failures += 1
    s.close()

# the answer's shape, field by field
a, = ids(1)
s = connect(port)
s.sendall(frame(message(a, version="2.5.1")))
ack, = acks(s, 1)
shape = [field(ack, n) for n in (3, 4, 5, 6, 9, 11, 12)]
if shape != ["HF", "SITE", "EHR", "GAB^1.2.3^ISO", "ACK^A01^ACK", "P", "2.5.1"]:
    print(f"FAIL shape: {shape}")
    failures += 1

# large: 64 MB of one document
a, = ids(1)
s = connect(port, timeout=120)
big = message(a) + b"OBX|1|ED|DOC||^text^plain^Base64^" + b"QUJD" * (16 << 20) + b"\r"
s.sendall(frame(big))
got = [msa(x) for x in acks(s, 1, 120)]
if got != [("AA", a)]:
    print(f"FAIL 64 MB: {got}")
    failures += 1

# many at once, each its own, in order on each connection
lines = [connect(port) for _ in range(50)]
sent = []
for i, s in enumerate(lines):
    mine = ids(20)
    sent.append(mine)
    s.sendall(b"".join(frame(message(x)) for x in mine))
for s, mine in zip(lines, sent):
    got = [msa(x) for x in acks(s, len(mine), 30)]
    if got != [("AA", x) for x in mine]:
        print(f"FAIL fifty connections: {got[:3]} ...")
        failures += 1
        break
sys.exit(1 if failures else 0)
