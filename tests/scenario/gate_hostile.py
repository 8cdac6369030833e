"""Sides of a link that do not behave.
   far PORT LOG MODES    a receiver: each message is answered as the first word of the file MODES says, and that word goes unless it is the last; LOG: lines "ID WORD"
                         AA AE AR CE CR: that code; wrong: AA for another message; junk: no acknowledgement at all; half: half of one; flood: bytes without an end; close: nothing; two: AA twice;
                         smuggle: messages with an MSA of their own, acknowledgements of nothing, CA and AA twice. All but the codes, two and smuggle close then
   ask PORT ID THEN      two messages; prints what comes back up to the answer to the second: MSH-9, MSA-1, MSA-2, and SMUGGLED where it holds what it should not
   crowd PORT N          N connections at once: prints how many stand and how many were ended, then holds them until it is killed
   loris PORT N ID       N connections that send a byte and no more, and beside them one message: prints its acknowledgement
   huge PORT             a frame of 2.2 MB: prints what became of it
   half PORT FILE        half a frame; makes FILE; prints what became of it"""
import select, socket, sys, threading, time

def field(m, name, n):
    for line in m.split(b"\r"):
        f = line.split(b"|")
        if f[0] == name:
            return f[n] if len(f) > n else b""
    return b""

def ack(code, to):
    return b"\x0bMSH|^~\\&|F||N||20260101||ACK|A" + to + b"|P|2.5\rMSA|" + code + b"|" + to + b"\r\x1c\r"

def far(port, log, modes):
    out, lock = open(log, "a", buffering=1), threading.Lock()
    def mode():
        with lock:
            words = open(modes).read().split()
            if len(words) > 1:
                open(modes, "w").write(" ".join(words[1:]))
            return words[0]
    def one(s):
        b = b""
        try:
            while True:
                got = s.recv(65536)
                if not got:
                    return
                b += got
                while b"\x1c\r" in b:
                    m, b = b.split(b"\x1c\r", 1)
                    i, how = field(m.lstrip(b"\x0b"), b"MSH", 9), mode()
                    out.write(i.decode() + " " + how + "\n")
                    if how in ("AA", "AE", "AR", "CE", "CR"):
                        s.sendall(ack(how.encode(), i))
                        continue
                    if how == "smuggle":
                        hidden = b"\rPID|1||SMUGGLED\r\x1c\r"
                        msh = b"\x0bMSH|^~\\&|F||N||20260101||%s|Z|P|2.5\r"
                        s.sendall(ack(b"AA", b"NOBODYS") + msh % b"ACK" + b"MSA|AA|NOBODYS" + hidden + msh % b"ORU^R01" + b"NTE|1\rMSA|AA|" + i + hidden + msh % b"ORU^R01" + b"OBX|1\rMSA|AA|" + i + hidden
                                  + msh % b"ORU^R01" + b"MSA|AA|NOBODYS" + hidden + ack(b"CA", i) + ack(b"CA", i) + ack(b"AA", i) + ack(b"AA", i) + msh % b"ACK" + b"MSA|AA|" + i + hidden)
                        continue
                    if how == "two":
                        s.sendall(ack(b"AA", i) * 2)
                        continue
                    s.sendall({"wrong": ack(b"AA", b"X" + i), "junk": b"HTTP/1.1 400 Bad Request\r\n\r\n\x0bMSA|AA|" + i + b"\r\x1c\r\x0b\x1c\r", "half": ack(b"AA", i)[:-2], "flood": b"\x0b" + b"A" * (2200 << 10), "close": b""}[how])
                    time.sleep(0.1)
                    s.close()
                    return
        except OSError:
            s.close()
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(("127.0.0.1", port))
    l.listen(512)
    while True:
        threading.Thread(target=one, args=(l.accept()[0],), daemon=True).start()

def message(i, more=b""):
    return b"\x0bMSH|^~\\&|N||F||20260101||ADT^A01|" + i.encode() + b"|P|2.5\rPID|1||77\rNTE|1||" + more + b"\r\x1c\r"

def connect(port):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.settimeout(8)
    return s

def what_comes(s):
    try:
        b = b""
        while b"\x1c\r" not in b:
            got = s.recv(65536)
            if not got:
                return "closed"
            b += got
        return field(b, b"MSA", 1).decode()
    except ConnectionResetError:
        return "reset"
    except TimeoutError:
        return "silence"

def crowd(port, n):
    left, ended = set(), 0
    for _ in range(n):
        try:
            left.add(connect(port))
        except ConnectionResetError:
            ended += 1
    until = time.time() + 3
    while time.time() < until and len(left) > 256:
        for s in select.select(list(left), [], [], 0.1)[0]:
            try:
                gone = s.recv(1) == b""
            except OSError:
                gone = True
            if gone:
                ended += 1
                left.discard(s)
    print(len(left), ended, flush=True)
    time.sleep(60)

def loris(port, n, i):
    slow = [connect(port) for _ in range(n)]
    for s in slow:
        s.sendall(b"\x0b")
    s = connect(port)
    s.sendall(message(i))
    print(what_comes(s))

def huge(port):
    s = connect(port)
    try:
        s.sendall(message("HUGE", b"A" * (2200 << 10)))
        print(what_comes(s))
    except (ConnectionResetError, BrokenPipeError):
        print("reset")

def half(port, name):
    s = connect(port)
    s.sendall(message("HALF")[:40])
    time.sleep(0.2)
    open(name, "w").close()
    print(what_comes(s))

def ask(port, i, then):
    s = connect(port)
    s.sendall(message(i) + message(then))
    b, says = b"", []
    while not says or field(says[-1], b"MSA", 2) != then.encode():
        got = s.recv(65536)
        if not got:
            break
        b += got
        while b"\x1c\r" in b:
            m, b = b.split(b"\x1c\r", 1)
            says.append(m.lstrip(b"\x0b"))
    print(" ".join((field(m, b"MSH", 8) + b":" + field(m, b"MSA", 1) + b":" + field(m, b"MSA", 2)).decode() + (":SMUGGLED" if b"SMUGGLED" in m else "") for m in says))

verb, rest = sys.argv[1], sys.argv[2:]
{"far": lambda: far(int(rest[0]), rest[1], rest[2]), "crowd": lambda: crowd(int(rest[0]), int(rest[1])), "loris": lambda: loris(int(rest[0]), int(rest[1]), rest[2]), "huge": lambda: huge(int(rest[0])), "ask": lambda: ask(int(rest[0]), rest[1], rest[2]),
 "half": lambda: half(int(rest[0]), rest[1])}[verb]()
