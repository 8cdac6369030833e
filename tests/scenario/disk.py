"""Fill the site's file system with messages, then make room. Arguments: MLLP port, program, site, HTTP port, one-time password of nora."""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from mllp import acks, connect, frame, message, msa

port, program, site, http, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
where = os.path.dirname(os.path.abspath(site))


def status():
    r = subprocess.run([program, "status", "--site", site, "--json"], capture_output=True)
    assert r.returncode == 0, (r.returncode, r.stderr)
    return json.loads(r.stdout)


def sign_in():
    req = urllib.request.Request(f"http://127.0.0.1:{http}/api/login", json.dumps({"user": "nora", "password": password}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(req, timeout=20) as r:
        return r.status


# what is not compressible, so that a message takes its size on the disk
def big(i):
    return message(f"D{i:05}") + b"OBX|1|TX|N^Note||" + os.urandom(1 << 19).hex().encode() + b"\r"


# a file that takes most of the room, to be removed later
ballast = os.path.join(where, "ballast")
with open(ballast, "wb") as f:
    f.write(b"\0" * (400 << 20))

s = connect(port)
sent = answered = 0
waiting = None
while sent < 2000:
    m = big(sent)
    s.settimeout(60)
    s.sendall(frame(m))
    sent += 1
    got = acks(s, 1, 6)
    if not got:
        waiting = f"D{sent - 1:05}"
        break
    assert msa(got[0]) == ("AA", f"D{sent - 1:05}"), got
    answered += 1
assert waiting, "the disk never filled"
print(f"{answered} messages of 1 MB stored, then none")

st = status()
assert st["listeners"][0]["state"] == "refusing", st["listeners"]
assert "disk nearly full" in st["listeners"][0]["reason"], st["listeners"]
assert st["disk"]["state"] == "full", st["disk"]
assert any(a["id"] == "disk-full" and a["severity"] == "alarm" for a in st["alarms"]), st["alarms"]
size = st["ledger"]["size"]
# another sender gets nothing either
other = connect(port)
other.settimeout(10)
other.sendall(frame(message("OTHER")))
assert acks(other, 1, 2) == []
# but people sign in, and it is recorded
assert sign_in() == 200
assert status()["ledger"]["size"] > size
# room again: the same connections, the same messages, in the order they came
os.unlink(ballast)
got = acks(s, 1, 30)
assert [msa(a) for a in got] == [("AA", waiting)], got
got = acks(other, 1, 30)
assert [msa(a) for a in got] == [("AA", "OTHER")], got
time.sleep(1)
st = status()
assert st["listeners"][0]["state"] == "listening", st["listeners"]
assert not any(a["id"] == "disk-full" for a in st["alarms"]), st["alarms"]
