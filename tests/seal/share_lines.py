#!/usr/bin/python3
"""The lines of a recovery share, from the comment in src/seal/share_text.c alone: how the expected text in test_share.c was made.

usage: share_lines.py SET-HEX INDEX K N DATA-HEX
"""
import hashlib
import sys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SET, SHARE, BYTES, WHOLE = 3, 4, 5, 6


def symbols(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]


def check(values):
    crc = 0
    for value in values:
        for bit in range(4, -1, -1):
            top = crc >> 9 ^ value >> bit & 1
            crc = crc << 1 & 0x3ff
            if top:
                crc ^= 0x233
    return ALPHABET[crc >> 5] + ALPHABET[crc & 31]


def line(label, kind, data):
    values = symbols(data)
    text = "".join(ALPHABET[v] for v in values)
    groups = " ".join(text[i:i + 4] for i in range(0, len(text), 4))
    return f"{label:<6} {groups}  {check(kind + values)}"


def main():
    set_id, data = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[5])
    index, k, n = (int(a) for a in sys.argv[2:5])
    print("holdfast-share-v1")
    print(line("set", [SET], set_id))
    print(f"share  {index} of {n} any {k}  {check([SHARE, index, n, k])}")
    pieces = [data[i:i + 10] for i in range(0, len(data), 10)]
    for i, piece in enumerate(pieces, 1):
        print(line(f"{i}/{len(pieces)}", [BYTES, i, len(pieces)], piece))
    whole = b"holdfast-share-v1\n" + set_id + bytes([index, k, n, len(data)]) + data
    print(line("whole", [WHOLE], hashlib.sha256(whole).digest()[:5]))


main()
