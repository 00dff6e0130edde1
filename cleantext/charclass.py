"""Classes of bytes and characters: what is a word, a full stop, a capital, in every script.

The tables are written by hand as ranges of code points, not taken from `unicodedata`, so that a model gives the same scores
under every Python (their Unicode versions differ) and so that building them costs microseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WORD = 0x80  # bit 7: the byte belongs to a word

# Classes of bytes outside words.
(
    OTHER, SPACE, NEWLINE, STOP, COMMA, COLON, QUOTE, OPEN, CLOSE, DASH, PIPE, HASH, STAR, CODE, MONEY, MARK, COPYRIGHT, ODD,
) = range(18)  # fmt: skip
# Classes of bytes inside words.
LOWER, UPPER, DIGIT, HIGH, CJK = (WORD | kind for kind in range(5))
# Only returned by `letter_class`, for the first character of a word that is not ASCII.
HIGH_UPPER, HIGH_LOWER = WORD | 5, WORD | 6

CLASS_NAMES = {
    OTHER: "other", SPACE: "space", NEWLINE: "line end", STOP: "full stop", COMMA: "comma", COLON: "colon", QUOTE: "quote",
    OPEN: "opening bracket", CLOSE: "closing bracket", DASH: "dash", PIPE: "separator", HASH: "hash", STAR: "bullet",
    CODE: "code sign", MONEY: "money sign", MARK: "symbol", COPYRIGHT: "copyright sign", ODD: "to be replaced",
    LOWER: "small letter", UPPER: "capital", DIGIT: "digit", HIGH: "letter without case", CJK: "ideograph",
    HIGH_UPPER: "accented capital", HIGH_LOWER: "accented letter",
}  # fmt: skip

_ASCII = {
    SPACE: " \t\x0b\x0c\x1c\x1d\x1e\x1f", NEWLINE: "\n\r", STOP: ".!?", COMMA: ",;", COLON: ":", QUOTE: "\"'", OPEN: "([{",
    CLOSE: ")]}", DASH: "-", PIPE: "|>/", HASH: "#", STAR: "*", CODE: "<=\\_`^~", MONEY: "$%", MARK: "&@+",
}  # fmt: skip

# Code points from U+0080 on; later rows win over earlier ones. What no row names is a letter (HIGH).
_RANGES: tuple[tuple[int, int, int], ...] = (
    (0x80, 0xBF, MARK), (0xAA, 0xAA, HIGH), (0xB5, 0xB5, HIGH), (0xBA, 0xBA, HIGH),
    (0x85, 0x85, SPACE), (0xA0, 0xA0, SPACE), (0xA3, 0xA3, MONEY), (0xA5, 0xA5, MONEY), (0xA1, 0xA1, OPEN), (0xBF, 0xBF, OPEN),
    (0xAB, 0xAB, QUOTE), (0xBB, 0xBB, QUOTE), (0xB7, 0xB7, PIPE),
    (0xA9, 0xA9, COPYRIGHT), (0xD7, 0xD7, MARK), (0xF7, 0xF7, MARK),
    (0x37E, 0x37E, STOP), (0x387, 0x387, COMMA),          # Greek question mark, ano teleia
    (0x55C, 0x55E, STOP), (0x589, 0x589, STOP), (0x55D, 0x55D, COMMA),  # Armenian
    (0x5BE, 0x5BE, DASH), (0x5C0, 0x5C0, PIPE), (0x5C3, 0x5C3, STOP), (0x5F3, 0x5F4, HIGH),  # Hebrew; gershayim join words
    (0x60C, 0x60C, COMMA), (0x61B, 0x61B, COMMA), (0x61F, 0x61F, STOP), (0x6D4, 0x6D4, STOP),  # Arabic, Urdu
    (0x964, 0x965, STOP),                                 # danda, in every Indian script
    (0xE2F, 0xE2F, MARK), (0xE3F, 0xE3F, MONEY),
    (0x104A, 0x104B, STOP), (0x1362, 0x1362, STOP), (0x1363, 0x1365, COMMA), (0x1367, 0x1368, STOP),  # Burmese, Ethiopic
    (0x1680, 0x1680, SPACE), (0x17D4, 0x17D5, STOP),      # Ogham space, Khmer khan
    (0x0E01, 0x0E2E, CJK), (0x0E30, 0x0E3A, CJK), (0x0E40, 0x0E4E, CJK), (0x0E81, 0x0EDF, CJK),  # Thai, Lao: no spaces
    (0x1000, 0x1049, CJK), (0x1780, 0x17D3, CJK),         # Burmese, Khmer: no spaces
    (0x2000, 0x2BFF, MARK), (0x2000, 0x200A, SPACE), (0x2028, 0x2029, SPACE), (0x202F, 0x202F, SPACE), (0x205F, 0x205F, SPACE),
    (0x200C, 0x200C, OTHER),
    (0x2010, 0x2015, DASH), (0x2018, 0x201F, QUOTE), (0x2039, 0x203A, QUOTE), (0x2026, 0x2026, STOP), (0x203C, 0x203D, STOP),
    (0x2022, 0x2023, STAR), (0x25A0, 0x25FF, STAR), (0x2190, 0x21FF, PIPE), (0x2500, 0x257F, PIPE), (0x20A0, 0x20CF, MONEY),
    (0x2027, 0x2027, PIPE), (0x2219, 0x2219, PIPE), (0x22C5, 0x22C5, PIPE), (0x2713, 0x2718, STAR), (0x2C00, 0x2DFF, HIGH),
    (0x2E00, 0x2E7F, MARK), (0x2E80, 0x2FDF, CJK),
    (0x3000, 0x303F, MARK), (0x3000, 0x3000, SPACE), (0x3001, 0x3001, COMMA), (0x3002, 0x3002, STOP), (0x3005, 0x3007, CJK),
    (0x3008, 0x3011, QUOTE), (0x3014, 0x301B, OPEN), (0x301D, 0x301F, QUOTE), (0x3041, 0x9FFF, CJK), (0x30FB, 0x30FB, PIPE),
    (0xAC00, 0xD7A3, CJK), (0xD800, 0xF8FF, OTHER), (0xF900, 0xFAFF, CJK),
    (0xFE10, 0xFE6F, MARK), (0xFE50, 0xFE52, STOP),
    (0xFF01, 0xFF0F, MARK), (0xFF01, 0xFF01, STOP), (0xFF0C, 0xFF0C, COMMA), (0xFF0E, 0xFF0E, STOP), (0xFF08, 0xFF08, OPEN),
    (0xFF09, 0xFF09, CLOSE), (0xFF0F, 0xFF0F, PIPE), (0xFF1A, 0xFF1A, COLON), (0xFF1B, 0xFF1B, COMMA), (0xFF1C, 0xFF1E, PIPE),
    (0xFF1F, 0xFF1F, STOP), (0xFF3B, 0xFF3D, OPEN), (0xFF5B, 0xFF65, MARK), (0xFF5C, 0xFF5C, PIPE), (0xFF61, 0xFF61, STOP),
    (0xFFE0, 0xFFFF, MARK),
)  # fmt: skip


# What nobody sees, and what `plain` takes out: soft hyphens, joiners, marks of direction, byte order marks, variation selectors, fillers of
# Hangul, the empty pattern of Braille, anchors of annotations. Not U+200C, which stands between the parts of Persian words, and nothing
# beyond U+FFFF (tags, more selectors), where all characters are symbols to the features.
INVISIBLE: tuple[tuple[int, int], ...] = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200B), (0x200D, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
)  # fmt: skip
# The digit 0 of each script that has digits of its own in use, before its other nine: Arabic, Persian and Urdu, N'Ko, the Indian
# scripts, Thai, Lao, Tibetan, Burmese and Shan, Khmer, Mongolian, and full width.
ZEROS = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0xFF10,
)  # fmt: skip


def _byte_classes() -> bytes:
    table = bytearray([OTHER]) * 128 + bytearray([HIGH]) * 128
    for kind, characters in _ASCII.items():
        for character in characters:
            table[ord(character)] = kind
    for first, last, kind in (("a", "z", LOWER), ("A", "Z", UPPER), ("0", "9", DIGIT)):
        for code in range(ord(first), ord(last) + 1):
            table[code] = kind
    # Four-byte characters are mostly emoji: symbols, never words. Their continuation bytes are set by `tokens`.
    for lead in range(0xF0, 0x100):
        table[lead] = MARK
    return bytes(table)


def _fold_table() -> bytes:
    """ASCII capitals to small letters, every digit to 0: "12 comments" and "45 Comments" are one phrase."""
    table = bytearray(range(256))
    for code in range(ord("A"), ord("Z") + 1):
        table[code] = code + 32
    for code in range(ord("1"), ord("9") + 1):
        table[code] = ord("0")
    return bytes(table)


BYTE_CLASS = _byte_classes()
FOLD = _fold_table()


def code_point_classes() -> npt.NDArray[np.uint8]:
    """Class of every code point below U+10000.

    Returns
    -------
    uint8 array of shape (65536,)
        HIGH for letters, ODD for what `plain` replaces; only entries from U+0080 on are meant to be read.
    """
    table = np.full(0x10000, HIGH, np.uint8)
    for first, last, kind in _RANGES:
        table[first : last + 1] = kind
    for first, last in (*INVISIBLE, *((zero, zero + 9) for zero in ZEROS)):
        table[first : last + 1] = ODD
    return table


def two_byte_folds() -> npt.NDArray[np.uint16]:
    """Small letter of every code point below U+0800, itself where it has none or where that one is longer in UTF-8.

    Written as ranges for the same reason as the classes. Latin, Greek and Cyrillic are what has case there, and Armenian; of Latin
    Extended-B only the letters of living national alphabets.

    Returns
    -------
    uint16 array of shape (2048,)
    """
    fold = np.arange(0x800, dtype=np.uint16)
    for first, last, step in (
        (0xC0, 0xD6, 32), (0xD8, 0xDE, 32), (0x391, 0x3A1, 32), (0x3A3, 0x3AB, 32), (0x410, 0x42F, 32), (0x400, 0x40F, 80),
        (0x531, 0x556, 48), (0x386, 0x386, 38), (0x388, 0x38A, 37), (0x38C, 0x38C, 64), (0x38E, 0x38F, 63),
        (0x18F, 0x18F, 202), (0x1A0, 0x1A0, 1), (0x1AF, 0x1AF, 1),  # Azerbaijani schwa, Vietnamese o and u with horn
    ):  # fmt: skip
        fold[first : last + 1] += step
    # Latin Extended-A, parts of -B, and the rest of Cyrillic: capitals are even (or odd) and their small letters follow.
    for first, last in (
        (0x100, 0x136), (0x14A, 0x176), (0x1DE, 0x1EE), (0x1F8, 0x21E), (0x222, 0x232), (0x460, 0x480), (0x48A, 0x4BE), (0x4D0, 0x52E),
    ):  # fmt: skip
        fold[first : last + 1 : 2] += 1
    for first, last in ((0x139, 0x147), (0x179, 0x17D), (0x1CD, 0x1DB), (0x4C1, 0x4CD)):
        fold[first : last + 1 : 2] += 1
    fold[0x130] = 0x130  # dotted capital I folds to an ASCII i, one byte shorter
    fold[0x178] = 0xFF
    return fold


def letter_classes(fold: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """HIGH_UPPER, HIGH_LOWER or HIGH for every code point below U+0800, told by `two_byte_folds`."""
    table = np.full(0x800, HIGH, np.uint8)
    changed = np.flatnonzero(fold != np.arange(0x800))
    table[fold[changed]] = HIGH_LOWER
    table[changed] = HIGH_UPPER
    table[0x130] = HIGH_UPPER
    table[[0xDF, 0x149, 0x131, 0x138, 0x3C2, 0x390, 0x3B0]] = HIGH_LOWER
    return table
