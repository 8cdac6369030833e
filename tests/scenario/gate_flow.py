"""A flow whose end can be told to the millisecond (CLOCK_MONOTONIC, which all network namespaces share).
   recv ADDRESS PORT LOG        takes connections; LOG holds "BYTES TIME-OF-THE-LAST", written anew after each read
   send ADDRESS PORT LOG        100 bytes a millisecond until that fails; LOG: "BYTES TIME WHY"
   try ADDRESS PORT             connects: "open", "refused", "silence", or another reason
   hold ADDRESS PORT N          N listeners from PORT on, whatever comes is read and thrown away
   many ADDRESS PORT N LOG      N connections to PORT, PORT+1 ...; waits until all are ended from outside; LOG: "N TIME-OF-THE-LAST"
"""
import errno, os, select, socket, sys, threading, time

def family(a):
    return socket.AF_INET6 if ":" in a else socket.AF_INET

def write(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)

def listen(a, port):
    l = socket.socket(family(a))
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind((a, port))
    l.listen(100)
    return l

def recv(a, port, log):
    l, total, lock = listen(a, port), [0], threading.Lock()
    write(log, "0 0")
    def one(s):
        try:
            while True:
                b = s.recv(65536)
                if not b:
                    return
                with lock:
                    total[0] += len(b)
                    write(log, "%d %.6f" % (total[0], time.monotonic()))
        except OSError:
            pass
    while True:
        threading.Thread(target=one, args=(l.accept()[0],), daemon=True).start()

def send(a, port, log):
    n, why = 0, "?"
    write(log, "0 0 connecting")
    try:
        s = socket.create_connection((a, port), 5)
        s.settimeout(20)
        while True:
            n += s.send(b"x" * 100)
            if n == 10000:
                write(log, "%d %.6f flowing" % (n, time.monotonic()))
            time.sleep(0.001)
    except OSError as x:
        why = errno.errorcode.get(x.errno, str(x))
    write(log, "%d %.6f %s" % (n, time.monotonic(), why))

def try_(a, port):
    try:
        s = socket.create_connection((a, port), 1.5)
        s.close()
        print("open")
    except ConnectionRefusedError:
        print("refused")
    except TimeoutError:
        print("silence")
    except OSError as x:
        print(errno.errorcode.get(x.errno, str(x)))

def hold(a, port, n):
    ls = [listen(a, port + i) for i in range(n)]
    ep, held = select.epoll(), {}
    for l in ls:
        l.setblocking(False)
        ep.register(l.fileno(), select.EPOLLIN)
    by = {l.fileno(): l for l in ls}
    print("ready", flush=True)
    while True:
        for fd, _ in ep.poll():
            if fd in by:
                s = by[fd].accept()[0]
                s.setblocking(False)
                held[s.fileno()] = s
                ep.register(s.fileno(), select.EPOLLIN)
            else:
                try:
                    if not held[fd].recv(65536):
                        raise OSError
                except BlockingIOError:
                    pass
                except OSError:
                    held.pop(fd).close()

def many(a, port, n, log):
    ep, held = select.epoll(), {}
    for i in range(n):
        while True:
            try:
                s = socket.create_connection((a, port + i), 10)
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        s.send(b"hello")
        held[s.fileno()] = s
        ep.register(s.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
    write(log, "%d up" % n)
    last, until = 0, time.monotonic() + 60
    while held and time.monotonic() < until:
        for fd, _ in ep.poll(1):
            last = time.monotonic()
            held.pop(fd).close()
    write(log, "%d %.6f" % (n - len(held), last))

v, r = sys.argv[1], sys.argv[2:]
{"recv": lambda: recv(r[0], int(r[1]), r[2]), "send": lambda: send(r[0], int(r[1]), r[2]), "try": lambda: try_(r[0], int(r[1])), "hold": lambda: hold(r[0], int(r[1]), int(r[2])),
 "many": lambda: many(r[0], int(r[1]), int(r[2]), r[3])}[v]()
