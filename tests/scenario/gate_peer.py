"""A partner of the gate: a receiver that acknowledges and writes down what it got, and a sender that keeps what has no acknowledgement.
   recv PORT LOG            lines "ID TEXT" as they are acknowledged
   send PORT FROM TO [T]    messages M<FROM>..M<TO>, each until it is acknowledged with AA; a refused connection is tried again; PACE: seconds between two; prints how many
   once PORT ID             one try: prints the acknowledgement's code, or why there was none
   echo PORT                bytes come back
   tcp PORT TEXT            sends TEXT, prints what comes back, or why nothing does
   bulk PORT MIB            to an echo that is slower: prints how many MiB came back, and whether whole
   deaf PORT                accepts, reads 64 MiB, slower than they come, and then never again
   flood PORT FILE          sends until nothing is taken any more; writes how many bytes that were into FILE; prints what became of the connection
   pipe PORT FROM TO        messages M<FROM>..M<TO>, with bytes in no frame between some, without waiting; prints how many acknowledgements came, and whether in order"""
import os, socket, sys, threading, time

def frames(s):
    b = b""
    while True:
        got = s.recv(65536)
        if not got:
            return
        b += got
        while b"\x1c\r" in b:
            f, b = b.split(b"\x1c\r", 1)
            yield f.lstrip(b"\x0b")

def field(m, name, n):
    for line in m.split(b"\r"):
        f = line.split(b"|")
        if f[0] == name:
            return f[n] if len(f) > n else b""
    return b""

def recv(port, log):
    out = open(log, "a", buffering=1)
    def one(s):
        try:
            for m in frames(s):
                i = field(m, b"MSH", 9)
                out.write(i.decode() + " " + field(m, b"NTE", 3).decode() + "\n")
                s.sendall(b"\x0bMSH|^~\\&|F||N||20260101||ACK|A" + i + b"|P|2.5\rMSA|AA|" + i + b"|far side\r\x1c\r")
        except OSError:
            pass
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind((os.environ.get("BIND", "127.0.0.1"), port))
    l.listen(100)
    while True:
        threading.Thread(target=one, args=(l.accept()[0],), daemon=True).start()

def message(i, mark="P"):
    return b"\x0bMSH|^~\\&|N||F||20260101||ADT^A01|" + i.encode() + b"|" + mark.encode() + b"|2.5\rPID|1||77\rNTE|1||text of " + i.encode() + b"\r\x1c\r"

def send(port, lo, hi, mark="P"):
    s, tries = None, 0
    for n in range(lo, hi + 1):
        until = time.time() + 30
        while True:
            try:
                if s is None:
                    s = socket.create_connection(("127.0.0.1", port), 5)
                    s.settimeout(10)
                    it = frames(s)
                s.sendall(message("M%d" % n, mark))
                a = next(it, None)
                if a is None:
                    raise OSError("closed")
                assert field(a, b"MSA", 1) == b"AA" and field(a, b"MSA", 2) == b"M%d" % n, a
                time.sleep(float(os.environ.get("PACE", "0")))
                break
            except OSError:
                if s:
                    s.close()
                s, tries = None, tries + 1
                if time.time() > until:
                    print("stuck at", n); sys.exit(1)
                time.sleep(0.02)
    print(hi - lo + 1)

def once(port, i):
    try:
        s = socket.create_connection(("127.0.0.1", port), 5)
        s.settimeout(5)
        s.sendall(message(i))
        a = next(frames(s), None)
        print("closed" if a is None else field(a, b"MSA", 1).decode())
    except ConnectionRefusedError:
        print("refused")
    except ConnectionResetError:
        print("reset")
    except TimeoutError:
        print("silence")

def echo(port):
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(("127.0.0.1", port))
    l.listen(10)
    def one(s):
        try:
            while True:
                b = s.recv(65536)
                if not b:
                    break
                s.sendall(b)
        except OSError:
            pass
        s.close()
    while True:
        threading.Thread(target=one, args=(l.accept()[0],), daemon=True).start()

def tcp(port, text):
    try:
        s = socket.create_connection(("127.0.0.1", port), 5)
        s.settimeout(5)
        s.sendall(text.encode())
        s.shutdown(socket.SHUT_WR)
        b = b""
        while True:
            got = s.recv(65536)
            if not got:
                break
            b += got
        print(b.decode())
    except ConnectionRefusedError:
        print("refused")
    except OSError:
        print("reset")

def pipe(port, lo, hi):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.settimeout(20)
    threading.Thread(target=s.sendall, args=(b"".join(message("M%d" % i) + b"junk" * (i % 7 == 0) for i in range(lo, hi + 1)),), daemon=True).start()
    got = []
    for f in frames(s):
        got.append(field(f, b"MSA", 2))
        if len(got) > hi - lo:
            break
    print(len(got), "in order" if got == [b"M%d" % i for i in range(lo, hi + 1)] else "not in order: %s" % got[:5])

def bulk(port, mib):
    """Many bytes to the echo, which is slower than we are: all come back, as they were."""
    s = socket.create_connection(("127.0.0.1", port))
    block = bytes(range(256)) * 4096
    def fill():
        for _ in range(mib):
            s.sendall(block)
        s.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=fill, daemon=True)
    t.start()
    n, odd = 0, 0
    while got := s.recv(1 << 18):
        odd += got != (block + block)[n % 256:n % 256 + len(got)]
        n += len(got)
    t.join(10)
    print(n >> 20, "odd" if odd else "whole")

def deaf(port):
    l, kept = socket.socket(), []
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(("127.0.0.1", port))
    l.listen(10)
    while True:
        kept.append(l.accept()[0])
        left = 64 << 20
        while left > 0 and (got := len(kept[-1].recv(min(left, 1 << 18)))):
            left -= got
            time.sleep(0.001)

def flood(port, name):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(2)
    n, block, last = 0, bytes(1 << 18), time.time()
    while time.time() < last + (2 if n > 8 << 20 else 30):  # less than all buffers hold: a machine that is busy, and no end
        try:
            n += s.send(block)
            last = time.time()
        except TimeoutError:
            pass
    with open(name + ".new", "w") as f:
        f.write(str(n))
    os.rename(name + ".new", name)
    s.settimeout(60)
    try:
        print("closed" if not s.recv(1) else "bytes")
    except ConnectionResetError:
        print("reset")

verb, rest = sys.argv[1], sys.argv[2:]
{"recv": lambda: recv(int(rest[0]), rest[1]), "send": lambda: send(int(rest[0]), int(rest[1]), int(rest[2]), *rest[3:]), "once": lambda: once(int(rest[0]), rest[1]), "echo": lambda: echo(int(rest[0])),
 "tcp": lambda: tcp(int(rest[0]), rest[1]), "bulk": lambda: bulk(int(rest[0]), int(rest[1])), "deaf": lambda: deaf(int(rest[0])), "flood": lambda: flood(int(rest[0]), rest[1]), "pipe": lambda: pipe(int(rest[0]), int(rest[1]), int(rest[2]))}[verb]()
