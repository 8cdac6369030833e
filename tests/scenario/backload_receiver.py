"""An EHR that takes what was captured. backload_receiver.py PORT LOG MOOD...: each message takes the next mood, the last one stays. LOG gets a line a message: SHA-256, MSH-10, MSH-9, the bytes in base64.
It remembers by MSH-10: a message that it has gets its first acknowledgement again, byte for byte (mood "dedupe"); others answer anew each time."""
import base64
import hashlib
import socket
import sys
import time

port, log, moods = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
VT, FS, CR = b"\x0b", b"\x1c", b"\r"
seen = {}


def ack(control_id, code="AA", more=""):
    return f"MSH|^~\\&|EHR|HOSP|HOLDFAST|S|20261122120000||ACK^R01^ACK|A{time.monotonic_ns()}|P|2.5.1\rMSA|{code}|{control_id}\r{more}".encode()


def frame(b):
    return VT + b + FS + CR


def answer(s, mood, i):
    """True: the connection stays."""
    if mood == "dedupe":
        seen.setdefault(i, frame(ack(i)))
        s.sendall(seen[i])
        return True
    right = frame(ack(i))
    if mood == "silent":
        return True
    if mood == "half":
        s.sendall(right[: len(right) // 2])
        return False
    if mood == "late":
        time.sleep(2.5)
    if mood == "slow":
        time.sleep(0.3)
    out = {"aa": right, "late": right, "slow": right, "twice": right + right, "wrong": frame(ack("other")), "ae": frame(ack(i, "AE", "ERR|||101|E|||no such patient here\r")), "contrary": frame(ack(i, "AE")) + right,
           "there": frame(ack(i, "AR", "ERR|||205|E|||duplicate key\r")), "constant": frame(f"MSH|^~\\&|EHR||||20260101||ACK|1|P|2.5\rMSA|AA|{i}\r".encode())}[mood]
    try:
        s.sendall(out)
    except OSError:
        return False
    return True


srv = socket.socket()
srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
srv.bind(("127.0.0.1", port))
srv.listen(8)
print("ready", flush=True)
while True:
    s, _ = srv.accept()
    data, stays = b"", True
    try:
        while stays:
            piece = s.recv(1 << 16)
            if not piece:
                break
            data += piece
            while stays and FS + CR in data:
                m, data = data.split(FS + CR, 1)
                m = m.lstrip(VT)
                head = m.split(b"\r")[0].split(b"|")
                i = head[9].decode()
                mood = moods.pop(0) if len(moods) > 1 else moods[0]
                if mood == "lost":  # it never came to be: neither kept nor answered
                    continue
                with open(log, "a") as f:
                    f.write(f"{hashlib.sha256(m).hexdigest()} {i} {head[8].decode()} {base64.b64encode(m).decode()}\n")
                stays = answer(s, mood, i)
    except OSError:
        pass
    s.close()
