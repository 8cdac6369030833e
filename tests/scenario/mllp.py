"""What the scenarios' MLLP clients share: frames, sockets, and reading acknowledgements to their end."""
import socket
import ssl
import time

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def message(control_id, text="", mode="", version="2.5"):
    """One small ADT; mode: the accept and application acknowledgement fields, such as 'AL|NE'."""
    head = f"MSH|^~\\&|EHR|GAB^1.2.3^ISO|HF|SITE|20260105120000||ADT^A01^ADT_A01|{control_id}|P|{version}"
    if mode:
        head += "|||" + mode
    return (head + f"\rEVN|A01|20260105120000\rPID|1||{control_id}^^^GAB^MR||Test^{text or 'Person'}||19570312|F\r").encode()


def frame(body):
    return VT + body + FS + CR


def connect(port, tls=None, name="localhost", timeout=20):
    s = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls.wrap_socket(s, server_hostname=name) if tls else s


def acks(s, count, timeout=20):
    """Read until `count` frames are here, or the peer closes, or time is up. Returns the frames' contents."""
    s.settimeout(0.2)
    got, data, end = [], b"", time.monotonic() + timeout
    while len(got) < count and time.monotonic() < end:
        try:
            piece = s.recv(1 << 20)
        except (socket.timeout, TimeoutError, ssl.SSLWantReadError):
            continue
        except ConnectionError:
            break
        if not piece:
            break
        data += piece
        while True:
            i, j = data.find(VT), data.find(FS + CR)
            if i < 0 or j < 0:
                break
            got.append(data[i + 1:j])
            data = data[j + 2:]
    return got


def msa(ack):
    """(code, control id) of an acknowledgement."""
    for line in ack.split(b"\r"):
        if line.startswith(b"MSA"):
            f = line.decode().split("|")
            return f[1], f[2] if len(f) > 2 else ""
    raise AssertionError(f"no MSA in {ack!r}")


def field(ack, n):
    """MSH-n of an acknowledgement, n from 3."""
    return ack.split(b"\r")[0].decode().split("|")[n - 1]
