"""A far side that speaks TLS: PORT TO NAME: NAME.crt and NAME.key are shown on PORT, and what comes goes on in plain to TO. GATE_TLS_ASKS: whoever connects shows a certificate that the authority in this file has signed."""
import os, select, socket, ssl, sys, threading

def one(c, s, to):  # one thread a connection: OpenSSL's connection is not for two
    try:
        t = c.wrap_socket(s, server_side=True)
        far = socket.create_connection(("127.0.0.1", to))
        while True:
            ready = [t] if t.pending() else select.select([t, far], [], [])[0]
            for a in ready:
                got = a.recv(65536)
                if not got:
                    return
                (far if a is t else t).sendall(got)
    except OSError:
        return
    finally:
        s.close()

port, to, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain(name + ".crt", name + ".key")
if "GATE_TLS_ASKS" in os.environ:
    c.verify_mode = ssl.CERT_REQUIRED
    c.load_verify_locations(os.environ["GATE_TLS_ASKS"])
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("127.0.0.1", port))
l.listen(100)
while True:
    threading.Thread(target=one, args=(c, l.accept()[0], to), daemon=True).start()
