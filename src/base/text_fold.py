#!/usr/bin/python3
"""Write text_fold.h: what text_fold.c folds each letter to, from the Unicode data that comes with Python.

    src/base/text_fold.py > src/base/text_fold.h

A value is a character, or two small ASCII letters (first << 8 | second): no character in these ranges folds to U+6161..U+7A7A."""
import unicodedata as u

OWN = {  # letters that Unicode does not decompose, as people type them without the key
    "ß": "ss", "ẞ": "ss", "æ": "ae", "ǣ": "ae", "ǽ": "ae", "œ": "oe", "ø": "o", "ǿ": "o", "ð": "d", "đ": "d", "þ": "th", "ħ": "h",
    "ı": "i", "ĸ": "k", "ł": "l", "ŋ": "n", "ŧ": "t", "ſ": "s", "ŉ": "n", "ĳ": "ij", "ŀ": "l", "ƀ": "b", "ƒ": "f", "ɨ": "i", "ƚ": "l",
    "ǥ": "g", "ȥ": "z", "ǆ": "dz", "ǉ": "lj", "ǌ": "nj", "ǳ": "dz", "ƶ": "z", "ȼ": "c", "ɇ": "e", "ɉ": "j", "ɍ": "r", "ɏ": "y",
    "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƭ": "t", "ƥ": "p", "ƈ": "c", "ɖ": "d", "ɠ": "g", "ɲ": "n", "ƞ": "n", "ʈ": "t",
    "ʋ": "v", "ƴ": "y", "ƃ": "b", "ƌ": "d", "ȡ": "d", "ȴ": "l", "ȵ": "n", "ȶ": "t", "ȷ": "j", "ẚ": "a", "ẜ": "s", "ẝ": "s",
    "ȸ": "db", "ȹ": "qp", "ȿ": "s", "ɀ": "z", "ς": "σ", "ё": "е", "ѐ": "е", "ѝ": "и", "ϐ": "β", "ϑ": "θ", "ϕ": "φ", "ϖ": "π",
    "ϰ": "κ", "ϱ": "ρ", "ϲ": "σ", "ϵ": "ε", "ỻ": "ll",
}


def fold(cp):
    c = chr(cp)
    if u.category(c) == "Cn":
        return c
    c = c.lower()
    c = "".join(x for x in c if not (len(c) > 1 and u.combining(x)))  # capital I with dot lowers to two
    c = OWN.get(c, c)
    if len(c) == 1 and not 0x400 <= ord(c) < 0x530:  # Cyrillic short i is a letter, not an accent
        c = u.normalize("NFD", c)[0]
    c = OWN.get(c, c)
    return c


def value(cp):
    c = fold(cp)
    if len(c) == 2:
        assert all("a" <= x <= "z" for x in c), (hex(cp), c)
        return ord(c[0]) << 8 | ord(c[1])
    assert len(c) == 1 and ord(c) < 0x6161, (hex(cp), c)
    return ord(c)


def table(name, first, last):
    print(f"\n/* U+{first:04X}..U+{last:04X} */\nstatic const uint16_t {name}[] = {{")
    for row in range(first, last + 1, 12):
        print("\t" + " ".join(f"0x{value(cp):04x}," for cp in range(row, min(row + 12, last + 1))))
    print("};")


print("/* Made by text_fold.py from Unicode " + u.unidata_version + ". A value is a character, or two ASCII letters (first << 8 | second). */")
print("#ifndef HOLDFAST_TEXT_FOLD_H\n#define HOLDFAST_TEXT_FOLD_H\n\n#include <stdint.h>")
table("fold_latin", 0x00C0, 0x02AF)
table("fold_greek_cyrillic", 0x0370, 0x052F)
table("fold_latin_additional_greek_extended", 0x1E00, 0x1FFF)
print("\n#endif")
