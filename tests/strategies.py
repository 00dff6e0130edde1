"""What the tests of the core feed it: pages of every script with the characters that go wrong, and models with weights drawn by chance."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import strategies as st

from cleantext import charclass as cc
from cleantext.model import LineModel
from cleantext.phrasetable import PhraseTable

# First and last code points of every range of the tables, and the ones outside them: where an off-by-one would show.
EDGE_CHARACTERS = "".join(
    chr(code)
    for code in sorted({near for low, high, _ in cc._RANGES for end in (low, high) for near in (end - 1, end, end + 1)})
    if 0x80 <= code <= 0xFFFF
)
# First and last code points of each length in UTF-8, NUL and other controls, byte order marks, lone surrogates, emoji, a rare ideograph.
ODD_CHARACTERS = (
    "\0\x01\x1f\x7f\x80\x85\xad\u07ff\u0800\u0fff\u200b\u200d\ufeff\ufffe\uffff\ud800\udbff\udc00\udfff\U00010000\U0010ffff🙂👩‍🚒𠮷𝓦"
)
SPACES = " \t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\n \n", "\r\r\n", "\n\r", "\n\t\u3000\n")
WORDS = (
    "read", "more", "READ", "More", "photo", "Photo", "by", "share", "Share", "advertisement", "the", "A", "I", "harbour", "NATO", "x1y",
    "2024", "12.5", "7", "https", "www", "Straße", "ÉCOLE", "école", "Ångström", "Ünal", "İzmir", "ŒUVRE", "Việt", "Ứng", "Москва",
    "новости", "Фото", "ΑΘΗΝΑ", "Ελλάδα", "ψωμί", "Հայաստան", "עברית", "צה״ל", "العربية", "فارسی", "हिन्दी", "বাংলা", "தமிழ்", "ไทย",
    "ข่าว", "ພາສາ", "မြန်မာ", "ខ្មែរ", "東京", "新闻", "写真", "カタカナ", "ひらがな", "한국어", "뉴스", "አማርኛ", "ქართული", "ⵜⵉⴼⵉⵏⴰⵖ",
    "antidisestablishmentarianism", "sixteen-letters-and", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnopq",
)  # fmt: skip
MARKS = (
    ".", "!", "?", "…", "...", "..", ",", ";", ":", "\"", "'", "“", "”", "«", "»", "„", "‘", "’", "(", ")", "[", "]", "](", ")(", "{", "}",
    "-", "–", "—", "|", "•", "·", "#", "##", "*", "**", "<", ">", "=", "\\", "_", "`", "~", "$", "€", "£", "%", "&", "@", "+", "/", "©",
    "。", "、", "，", "！", "？", "：", "；", "（", "）", "「", "」", "『", "【", "】", "．", "｜", "・", "　",
    "।", "॥", "؟", "،", "۔", "־", "׃", "״",
    "์", "ฯ", "¿", "¡", "½", "º", "→", "►", "✓", "☆", "\u200b", "\u200f", "🙂", "👍🏽", ".”", ".»", "!)", "。」", ".“", "．）",
)  # fmt: skip
PHRASES = (
    ("read more", "read", "more by", "share the photo"),
    ("photo", "photo by", "写真", "фото", "photo by the harbour"),
    ("share", "advertisement", "the harbour nato advertisement read more photo by share the 2024 news"),
    ("2024", "东京", "東京", "ข่าว", "צה״ל", "école"),
)
PHRASE_SECTIONS = (3, 0, 2, 1)


def characters() -> st.SearchStrategy[str]:
    """One character of any kind, those at the edges of the tables more often."""
    return st.one_of(
        st.sampled_from(EDGE_CHARACTERS),
        st.sampled_from(ODD_CHARACTERS + SPACES),
        st.characters(),
        st.characters(max_codepoint=0x7F),
        st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"]),
    )


def lines() -> st.SearchStrategy[str]:
    """What stands between two line ends, mostly; a `\\r` or `\\n` may slip in."""
    parts = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(MARKS), st.just(" "), st.just(" "), characters())
    spaced = st.lists(st.sampled_from(WORDS + MARKS), max_size=24).map(" ".join)
    prose = st.lists(st.sampled_from(WORDS[:20]), min_size=1, max_size=16).map(lambda words: " ".join(words).capitalize() + ".")
    return st.one_of(st.lists(parts, max_size=16).map("".join), spaced, prose, prose, st.text(st.sampled_from(SPACES), max_size=4))


def pages(max_lines: int = 14) -> st.SearchStrategy[str]:
    """Pages of lines, some of which come again."""
    few = st.lists(lines(), min_size=1, max_size=4).flatmap(
        lambda known: st.lists(st.one_of(lines(), st.sampled_from(known)), max_size=max_lines)
    )
    ends = st.lists(st.sampled_from(LINE_ENDS), min_size=1, max_size=5)

    def join(texts: list[str], between: list[str], last: str) -> str:
        ended = [text + between[index % len(between)] for index, text in enumerate(texts[:-1])]
        return "".join([*ended, *texts[-1:], last])

    return st.one_of(st.builds(join, few, ends, st.sampled_from(("", "", *LINE_ENDS))), st.text(characters(), max_size=30))


@cache
def drawn_model(seed: int = 0) -> LineModel:
    """A model whose every weight is drawn by chance, so that every feature counts and scores spread over (0, 1)."""
    draw = np.random.default_rng(seed)
    table = PhraseTable.compile(PHRASES, PHRASE_SECTIONS)
    arrays = {f"phrase_{name}": getattr(table, name) for name in ("keys", "known", "sections")}
    for name, (dtype, shape) in LineModel.shapes(len(PHRASES)).items():
        if name not in arrays:
            # About 0.6 log-odds each: the sum of some thirty is a few log-odds, within the bins of the judge and beyond.
            arrays[name] = draw.normal(0, 150 if dtype == np.int16 else 20, shape).round().astype(dtype)
    info = {
        "version": "drawn",
        "families": ["more", "photo", "share", "other"],
        "thresholds": {"precision": 0.7, "balanced": 0.5, "recall": 0.3},
    }
    return LineModel(arrays, info)
