"""Odd senders and far sides of an mllp link.
   far PORT LOG     a far side that keeps to MSH-15 and MSH-16: LOG has "ID" for each message as it came, and no answer goes where none is asked for; each message of a batch is answered
   try PORT         all that senders do: prints a line each: what was done, the codes and ids of the answers"""
import re, socket, sys, threading, time

def far(port, log):
    out = open(log, "a", buffering=1)
    def one(s):
        b = b""
        try:
            while got := s.recv(65536):
                b += got
                while b"\x1c\r" in b:
                    f, b = b.split(b"\x1c\r", 1)
                    heads = [l.split(b"|") for l in re.split(b"[\r\n]+", f.lstrip(b"\x0b")) if l.startswith(b"MSH")]
                    out.write((" ".join(h[9].decode() for h in heads) or "-") + "\n")
                    for h in heads:
                        h += [b""] * (17 - len(h))
                        asked = h[14] or h[15]
                        if h[8].startswith(b"ACK") or (asked and h[14] not in (b"AL", b"SU") and h[15] not in (b"AL", b"SU")):
                            continue
                        code = b"CA" if h[14] in (b"AL", b"SU") else b"AA"
                        s.sendall(b"\x0bMSH|^~\\&|F||N||20260101||ACK|A" + h[9] + b"|P|2.5\rMSA|" + code + b"|" + h[9] + b"\r\x1c\r")
        except OSError:
            pass
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(("127.0.0.1", port))
    l.listen(50)
    while True:
        threading.Thread(target=one, args=(l.accept()[0],), daemon=True).start()

def m(i, more="", kind="ADT^A01"):
    return f"MSH|^~\\&|N||F||20260101||{kind}|{i}|P|2.5{more}\rPID|1||77\r".encode()

def w(text):
    return b"\x0b" + text + b"\x1c\r"

cases = [  # name, the bytes, how many answers are awaited (behind them a message that is answered: nothing else came before)
    ("two at once", w(m("P1")) + w(m("P2"))),
    ("byte by byte", [bytes([x]) for x in w(m("P3"))]),
    ("CR LF", b"\x0b" + m("P4").replace(b"\r", b"\r\n") + b"\x1c\r\n"),
    ("LF", w(m("P5").replace(b"\r", b"\n"))),
    ("no last CR", w(m("P6")[:-1])),
    ("junk before", b"hello\r\n" + w(m("P7"))),
    ("no frame", m("X1")),
    ("empty", w(b"")),
    ("batch in one", w(b"BHS|^~\\&|N\r" + m("B1") + m("B2") + b"BTS|2\r")),
    ("batch apart", w(b"FHS|^~\\&|N\r") + w(b"BHS|^~\\&|N\r") + w(m("B3")) + w(b"BTS|1\r") + w(b"FTS|1\r")),
    ("AL NE", w(m("E1", "|||AL|NE"))),
    ("AL AL", w(m("E2", "|||AL|AL"))),
    ("NE NE", w(m("E3", "|||NE|NE"))),
    ("- AL", w(m("E4", "||||AL"))),
    ("NE AL", w(m("E5", "|||NE|AL"))),
    ("ER NE", w(m("E6", "|||ER|NE"))),
    ("acknowledgement", w(b"MSH|^~\\&|N||F||20260101||ACK|K1|P|2.5\rMSA|AA|zzz\r")),
]

def tries(port):
    for n, (name, parts) in enumerate(cases):
        s = socket.create_connection(("127.0.0.1", port), 10)
        s.settimeout(20)
        for p in parts if isinstance(parts, list) else [parts]:
            s.sendall(p)
            if isinstance(parts, list):
                time.sleep(0.001)
        s.sendall(w(m(f"Z{n}")))  # when this one is answered, all before it has been
        b = b""
        while f"|Z{n}".encode() not in b:
            got = s.recv(65536)
            if not got:
                break
            b += got
        print(name + ":", " ".join(c.decode() + "=" + i.decode() for c, i in re.findall(rb"MSA\|([A-Z]*)\|([^|\r]*)", b) if not i.startswith(b"Z")))
        s.close()

if sys.argv[1] == "far":
    far(int(sys.argv[2]), sys.argv[3])
else:
    tries(int(sys.argv[2]))
