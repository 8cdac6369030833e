"""An EHR's interface engine with moods. ecg_receiver.py PORT LOG MOOD...: each message that comes takes the next mood, the last one stays. LOG gets a line a message: its SHA-256, MSH-10 and the bytes, base64."""
import base64
import hashlib
import socket
import ssl
import sys
import time

port, log, moods = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def ack(control_id, code="AA", text=""):
    return f"MSH|^~\\&|EHR|HOSP|HOLDFAST|S|20261122120000||ACK^R01^ACK|A{time.monotonic_ns()}|P|2.5.1\rMSA|{code}|{control_id}{'|' + text if text else ''}\r".encode()


def frame(b):
    return VT + b + FS + CR


def answer(s, mood, i):
    """True: the connection stays."""
    right = frame(ack(i))
    if mood == "close":
        return False
    if mood == "half":
        s.sendall(right[: len(right) // 2])
        return False
    if mood == "nofs":
        s.sendall(right[:-2])
        return False
    if mood == "kill":  # whoever started us kills the sender now, and it hears nothing of this
        time.sleep(3)
        return False
    if mood == "silent":
        return True
    if mood == "late":
        time.sleep(2.5)
    out = {"aa": right, "late": right, "ca": frame(ack(i, "CA")), "ae": frame(ack(i, "AE", "no such patient here")), "ar": frame(ack(i, "AR", "wrong type")), "wrong": frame(ack("other")), "longer": frame(ack(i + "0")),
           "blank": frame(ack("")), "padded": frame(ack(i + " ")), "two": right + right, "stray": frame(ack("X1")) + frame(ack("X2", "AR")) + right, "contrary": right + frame(ack(i, "AR")), "nocr": right[:-1],
           "naked": ack(i) + FS + CR, "poem": frame(b"roses are red"), "http": b"HTTP/1.1 400 Bad Request\r\n\r\n", "word": frame(ack(i, "OK"))}[mood]
    try:
        s.sendall(out)
    except OSError:
        return False
    return True


def main():
    srv = socket.socket()
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    srv.bind(("127.0.0.1", port))
    srv.listen(8)
    ctx = None
    if moods[0].startswith("tls:"):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cert, key = moods.pop(0)[4:].split(",")
        ctx.load_cert_chain(cert, key)
    print("ready", flush=True)
    while True:
        s, _ = srv.accept()
        try:
            if ctx:
                s = ctx.wrap_socket(s, server_side=True)
            data = b""
            stays = True
            while stays:
                piece = s.recv(1 << 16)
                if not piece:
                    break
                data += piece
                while stays and FS + CR in data:
                    m, data = data.split(FS + CR, 1)
                    m = m.lstrip(VT)
                    i = m.split(b"\r")[0].split(b"|")[9].decode()
                    with open(log, "a") as f:
                        f.write(f"{hashlib.sha256(m).hexdigest()} {i} {base64.b64encode(m).decode()}\n")
                    stays = answer(s, moods.pop(0) if len(moods) > 1 else moods[0], i)
        except OSError:
            pass
        s.close()


main()
