"""Who gets an acknowledgement over TLS. Arguments: ports of the listeners lab, monitor and open; certificates lie in the current folder."""
import ssl
import warnings
import sys

from mllp import acks, connect, frame, message, msa

warnings.simplefilter("ignore")  # TLS 1.1 is asked for on purpose
lab, monitor, anybody = (int(p) for p in sys.argv[1:4])


def context(cert=None, low=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations("site/tls/ca.crt")
    if low:
        c.set_ciphers("DEFAULT:@SECLEVEL=0")
        c.minimum_version = c.maximum_version = low
    if cert:
        c.load_cert_chain(cert + ".crt", cert + ".key")
    return c


def attempt(port, cert, control_id, low=None):
    """Is it acknowledged?"""
    try:
        s = connect(port, context(cert, low), timeout=10)
        s.sendall(frame(message(control_id)))
        got = acks(s, 1, 3)
        s.close()
        return [msa(a) for a in got] == [("AA", control_id)]
    except (ssl.SSLError, ConnectionError, OSError):
        return False


checks = [
    ("the laboratory", lab, "lab", None, True),
    ("by common name", lab, "nameonly", None, True),
    ("TLS 1.2", lab, "lab", ssl.TLSVersion.TLSv1_2, True),
    ("no certificate", lab, None, None, False),
    ("another name", lab, "billing", None, False),
    ("another authority", lab, "fake", None, False),
    ("signed by itself", lab, "monitor", None, False),
    ("TLS 1.1", lab, "lab", ssl.TLSVersion.TLSv1_1, False),
    ("by fingerprint", monitor, "monitor", None, True),
    ("another fingerprint", monitor, "forger", None, False),
    ("a listener without client certificates", anybody, None, None, True),
]
failures = 0
for i, (name, port, cert, low, want) in enumerate(checks):
    if attempt(port, cert, f"T{i}", low) != want:
        print(f"FAIL {name}")
        failures += 1
s = connect(lab, timeout=10)  # plain MLLP to a TLS port
s.sendall(frame(message("PLAIN")))
if acks(s, 1, 2):
    print("FAIL plain bytes on a TLS port were acknowledged")
    failures += 1
sys.exit(1 if failures else 0)
