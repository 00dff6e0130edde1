r"""`cleantext.normalize` gives what ftfy gives: for every option, every code point, and text broken in every way we know.

The ordinary run takes seconds. The long run, two million fuzzed texts and every code point in every context, takes half an
hour on one core::

    python -m pytest tests/test_normalize.py -m long
"""

from __future__ import annotations

import functools
import gzip
import importlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ftfy
import pytest
from ftfy import TextFixerConfig, badness, chardata, fixes
from hypothesis import given, settings
from hypothesis import strategies as st

from cleantext import ftfy_marks, ftfy_tables, normalize
from cleantext.normalize import DEFAULT_CONFIG, fix_encoded, fix_many, fix_text

CASES = Path(__file__).parent / "cases" / "normalize"
CORPORA = Path(os.environ.get("CLEANTEXT_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))


def with_options(config: TextFixerConfig, options: dict[str, Any]) -> TextFixerConfig:
    """A config with some options changed, named by strings."""
    return config._replace(**options)


FTFY_DEFAULT = TextFixerConfig()
SWITCHES = [name for name, value in FTFY_DEFAULT._asdict().items() if isinstance(value, bool)]
ALL_OFF = with_options(FTFY_DEFAULT, dict.fromkeys([*SWITCHES, "unescape_html"], False) | {"normalization": None})


def _configs() -> dict[str, TextFixerConfig]:
    """Every value of every option, against our defaults, ftfy's, and everything off."""
    values: dict[str, list[object]] = {name: [True, False] for name in SWITCHES}
    values["unescape_html"] = ["auto", True, False]
    values["normalization"] = [None, "NFC", "NFD", "NFKC", "NFKD"]
    values["max_decode_length"] = [1, 2, 3, 7, 20, 1_000_000]
    configs = {}
    for base, config in {"ours": DEFAULT_CONFIG, "ftfy's": FTFY_DEFAULT, "off": ALL_OFF}.items():
        configs[base] = config
        for option, choices in values.items():
            for value in choices:
                if getattr(config, option) != value:
                    configs[f"{base}, {option}={value!r}"] = with_options(config, {option: value})
    # Options that act together: explain=True is what makes ftfy heed the four sub-options of fix_encoding.
    heeded = ("restore_byte_a0", "replace_lossy_sequences", "decode_inconsistent_utf8", "fix_c1_controls")
    for option in heeded:
        configs[f"heeded {option}=False"] = with_options(DEFAULT_CONFIG, {option: False, "explain": True})
    configs["heeded, all off"] = with_options(DEFAULT_CONFIG, dict.fromkeys(heeded, False) | {"explain": True})
    configs["short pieces, NFC"] = FTFY_DEFAULT._replace(max_decode_length=5, explain=False)
    return configs


CONFIGS = _configs()


def assert_same(texts: Sequence[str], config: TextFixerConfig) -> None:
    """Compare `fix_many` and `fix_encoded` with ftfy, text by text; a difference is shown as escapes."""
    expected = [ftfy.fix_text(text, config) for text in texts]
    pages = [text.encode("utf-8", "surrogatepass") for text in texts]
    many_suspects = ftfy_marks._MANY_SUSPECTS
    try:
        got = [fix_many(texts, config), fix_encoded(pages, config)]
        ftfy_marks._MANY_SUSPECTS = 1.0  # also where it would not be quick
        got.append(fix_encoded(pages, config))
    finally:
        ftfy_marks._MANY_SUSPECTS = many_suspects
    for results in got:
        for text, result, right in zip(texts, results, expected, strict=True):
            assert result == right, f"{text!a} gave {result!a}, not {right!a}, with {config}"


# --- Texts broken in every way we know -----------------------------------------------------------------------------


def _listed(*rows: str) -> list[str]:
    """What stands between spaces, in rows for the reader's sake."""
    return " ".join(rows).split()


WORDS = _listed(
    "the harbour café naïve piñata Grüße Straße über Ångström señor façade œuvre cœur Œdipe Íslenska ÞAÐ ñandú",
    "łódź żółć příliš žluťoučký kůň őrült űr șapte ģimene ķēdes ēna Ğ İstanbul šķūnis ÀÉÎÕÜ MANHÃ É À Â Ã",
    "Привет мир Съешь ещё ГОРОД Вода Рост Сад ґанок їжак Њиве καλημέρα Ξένος ΒΟΗΘΕΙΑ Άνοιξη Γη",
    "שלום مرحبا नमस्ते สวัสดี 안녕하세요 한국어 日本語 こんにちは 漢字 ｶﾅ ＡＢＣ tiếng Việt ứng dụng",
    "AT&T Q&A R&D x<y 2×3 5² 10½ №5 £20 €9 30°C ©2020 naïve® ™ § ¶ «ja» »nein« „so“ ‚ach‘ “yes” ‘no’ don’t rock’n’roll – — … •",
    "│ ┌ ═ █ ▀ (°ロ°) ¯\\_(ツ)_/¯ ಠ_ಠ 😀 🇫🇷 👩‍👩‍👧 𝒥𝓸𝓱𝓷 ﬁnal ﬂow oﬃce ĳs ǆ ŉ ſt ﬀ",
)
ENCODINGS = _listed(
    "cp1252 latin-1 cp1251 mac-roman shift-jis cp437 cp1250 cp1253 cp1254 cp1257 iso-8859-2 gb18030 euc-kr cp866",
)
ENTITIES = _listed(
    "&amp; &lt; &gt; &quot; &nbsp; &eacute; &EACUTE; &Ntilde; &nTILDE; &hellip; &euro; &copy; &foo; &#233; &#x2019; &#0; &#10;",
    "&#x85; &#150; &#xD800; &#55357;&#56832; &#x110000; &#9999999999; &#xFEFF; &#27; &amp;amp; &amp;lt; &amp;#233; &NewLine;",
    "&#x2028; &acE; &NotEqualTilde; &ThickSpace; &CounterClockwiseContourIntegral; &aaaaaaaaaaaaaaaaaaaaaaaa; &; &#; &#x; & amp;",
    "&amp &eacute &lang &AMP; &Acirc;&copy; &Atilde;&copy; &acirc;&euro;&trade; &fjlig; &#64257; &#x301; e&#x301; &shy; &zwj;",
)
CONTROLS = [
    *map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0), 0xA0, 0xAD, 0x200B, 0x200D, 0x200E, 0x2028, 0x2029, 0x202E]),
    *map(chr, [*range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFE), 0x1D173, 0xE0067]),
    *("\r\n", "\r", "\x1b[1m", "\x1b[36;44m", "\x1b[m", "\x1b[", "\x1b[12", "\x1b]0;x\x07"),
]
SURROGATES = ["\ud83d\ude00", "\ud83d", "\ude00", "\ude00\ud83d", "\udbff\udfff", "\udc80", "\ud800", "😀\ude00"]
SCRAPS = ["\n", " ", "  ", "\t", "\xa0", "<", "<b>", "</p>", "<3", ">", "&", ";", "?", "�", "\u0301", "\u0308", "\u3000", "!"]


def mojibake_alphabet() -> list[str]:
    """Every character that ftfy's badness pattern names, ranges included, and a few that it does not."""
    alphabet = set("aZ0_ .,\n\t\xa0") | set("ホ漢שﷺ😀ſ\u0301")
    for name, members in badness.MOJIBAKE_CATEGORIES.items():
        assert name, members
        for first, last in zip(members, members[2:], strict=False):
            if f"{first}-{last}" in members:
                alphabet.update(map(chr, range(ord(first), ord(last) + 1)))
        alphabet.update(members)
    alphabet.update(char for char in badness.BADNESS_RE.pattern if ord(char) >= 0x80)
    return sorted(alphabet)


ALPHABET = mojibake_alphabet()


class Breaker:
    """A seeded source of short broken texts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._sources: list[Callable[[], str]] = [
            *[self._words] * 4,
            *[self._mojibake] * 3,
            *[self._neighbours] * 3,
            *[lambda: self.random.choice(ENTITIES)] * 2,
            *[lambda: self.random.choice(SCRAPS)] * 2,
            lambda: self.random.choice(CONTROLS),
            lambda: chr(self.random.randrange(0x250)),
            lambda: chr(self.random.randrange(0x3000)),
            self._anything,
            lambda: unicodedata.normalize(self.random.choice(("NFD", "NFKD", "NFKC")), self._words()),
        ]

    def text(self) -> str:
        """One text: mostly a line or two, with a surrogate now and then."""
        choice = self.random.choice
        parts = [choice(self._sources)() for _ in range(self.random.choice((1, 1, 2, 3, 4, 6, 9)))]
        if self.random.random() < 0.02:
            parts.insert(self.random.randrange(len(parts) + 1), choice(SURROGATES))
        return choice(("", " ", "", "\n")).join(parts)

    def texts(self, count: int) -> list[str]:
        return [self.text() for _ in range(count)]

    def _words(self) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.choice((1, 2, 3))))

    def _mojibake(self) -> str:
        text = self._words()
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            right = self.random.choice(("utf-8", "utf-8", self.random.choice(ENCODINGS)))
            wrong = self.random.choice(ENCODINGS)
            errors = self.random.choice(("replace", "ignore"))
            text = text.encode(right, errors).decode(wrong, errors)
        return text.replace("\xa0", " ") if self.random.random() < 0.2 else text

    def _neighbours(self) -> str:
        return "".join(self.random.choices(ALPHABET, k=self.random.choice((2, 3, 4, 5, 6))))

    def _anything(self) -> str:
        code = self.random.randrange(0x110000)
        return chr(code) if not 0xD800 <= code < 0xE000 else ""


# --- Cases ------------------------------------------------------------------------------------------------------------


def cases() -> dict[str, dict[str, Any]]:
    """The cases of all files, by file and label."""
    return {
        f"{path.stem}: {case['label']}": case
        for path in sorted(CASES.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("case", cases().values(), ids=cases())
def test_cases(case: dict[str, Any]) -> None:
    config = with_options(DEFAULT_CONFIG, case.get("options", {}))
    original, expected = case["original"], case["expected"]
    assert fix_text(original, config) == expected
    assert ftfy.fix_text(original, config) == expected, "the case itself says something else than ftfy"
    surrounded = fix_many(["All is well here.\n", original, "Nothing — to do."], config)
    assert surrounded == ["All is well here.\n", expected, "Nothing — to do."]


def test_cases_are_all_there() -> None:
    assert {path.stem for path in CASES.glob("*.json")} == {"in-the-wild", "negative", "synthetic"}
    for name, case in cases().items():
        assert set(case) - {"options"} == {"label", "comment", "original", "expected"}, name
        assert case["comment"], name
        changed = case["original"] != case["expected"]
        assert changed or not name.startswith("in-the-wild"), name
        assert not changed or not name.startswith("negative"), name


# --- What is promised beyond equality ------------------------------------------------------------------------------------


def test_default_config_is_the_corpus_set() -> None:
    off = {"uncurl_quotes", "fix_latin_ligatures", "fix_character_width", "fix_line_breaks", "explain"}
    assert with_options(FTFY_DEFAULT, dict.fromkeys(off, False) | {"normalization": None}) == DEFAULT_CONFIG


def test_text_without_repairs_is_the_same_object() -> None:
    texts = ["plain & simple\n", "„schön“ – naïve café\nзима\n", "漢字、かな。\n", "", "emoji 😀 and\r\n more"]
    assert all(got is text for got, text in zip(fix_many(texts), texts, strict=True))
    # Even if it had to be asked of ftfy, as a line longer than the limit with an ampersand in it has.
    suspect = "Q&A, " * 10
    assert fix_text(suspect, DEFAULT_CONFIG._replace(max_decode_length=20)) is suspect


def test_entities_stay_from_the_line_with_a_less_than_sign_on() -> None:
    text = "a &amp; b\r\nc &eacute;\nx < y &amp; z\nd &amp; e\nÃ© &amp;\n"
    assert fix_text(text) == "a & b\r\nc é\nx < y &amp; z\nd &amp; e\né &amp;\n"
    # A new text begins anew, in one call as in two.
    assert fix_many([text, "a &amp; b"]) == [fix_text(text), "a & b"]
    # What was decoded to "<" does not count, what stands in a later piece of a long line does, from there on.
    assert fix_text("&lt;b&gt;\n&amp;") == "<b>\n&"
    assert fix_text("&amp;1&amp;2<&amp;3\n&amp;", DEFAULT_CONFIG._replace(max_decode_length=6)) == "&1&2<&amp;3\n&amp;"
    assert fix_text("a < b &amp; c\n&amp;", DEFAULT_CONFIG._replace(unescape_html=True)) == "a < b & c\n&"


def test_halves_of_a_character() -> None:
    """Not among the cases: JSON cannot tell two escaped halves from the character."""
    halves = ["é\ud83d\ude00\n&amp;\n", "é &amp;", "\ude00\ud83d"]
    assert fix_many(halves) == ["é😀\n&\n", "é &", "\ufffd\ufffd"]
    pages = [text.encode("utf-8", "surrogatepass") for text in halves]
    # Some may be in one page and not make the others slow, or wrong.
    assert fix_encoded([*pages, b"fine, " * 200]) == [*fix_many(halves), "fine, " * 200]


@pytest.mark.parametrize("wrong", [b"bytes", None, 3, ["a"]])
def test_only_str(wrong: Any) -> None:
    for texts in ([wrong], ["a", wrong], ["é", wrong]):
        with pytest.raises(TypeError):
            fix_many(texts)
    with pytest.raises(TypeError):
        fix_text(wrong)


@pytest.mark.parametrize("length", [0, -1])
def test_piece_length_that_never_ends(length: int) -> None:
    with pytest.raises(ValueError, match="max_decode_length"):
        fix_text("a", DEFAULT_CONFIG._replace(max_decode_length=length))


def test_no_texts() -> None:
    assert fix_many([]) == []
    assert fix_many(()) == []
    assert fix_many(["", "", ""]) == ["", "", ""]


def test_many_blocks_and_one_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Breaker(11)
    texts = [*source.texts(300), "x" * 5000 + " Ã© &amp; " + "ÿ" * 5000, "\n".join(source.texts(200))]
    whole = fix_many(texts)
    for size in (1, 10, 64, 1000, 4096):
        monkeypatch.setattr(normalize, "_BLOCK_CHARACTERS", size)
        assert fix_many(texts) == whole
    pages = [text.encode("utf-8", "surrogatepass") for text in texts]
    for size in (1, 10, 64, 1000, 4096, 1 << 20):
        monkeypatch.setattr(normalize, "_BLOCK_BYTES", size)
        assert fix_encoded(pages) == whole
    monkeypatch.setattr(ftfy_marks, "_MANY_SUSPECTS", 1.0)
    monkeypatch.setattr(ftfy_marks, "_MANY_OFFSETS", 0)
    assert fix_encoded(pages) == whole
    monkeypatch.setattr(ftfy_marks, "_PIECE", 3)
    assert fix_many(texts) == whole
    monkeypatch.setattr(ftfy_marks, "_MANY_MARKS", 0)
    assert fix_many(texts) == whole


def test_texts_that_are_all_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """More marks than are kept one by one: of one line, of many lines, and of pairs that turn out to be fine."""
    monkeypatch.setattr(ftfy_marks, "_MANY_MARKS", 1000)
    many = 1001
    texts = ["\0" * many, "\0\n" * many, "é» " * many, "&a " * many + "\n&amp;", "é» \n&amp;\n" * 100 + "\0" * many]
    expected = ["", "\n" * many, texts[2], texts[3][:-5] + "&", "é» \n&\n" * 100]
    assert fix_many(texts) == expected
    assert [fix_text(text) for text in texts] == expected


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_import_is_light() -> None:
    code = "import sys, cleantext.normalize; print('ftfy' in sys.modules)"
    assert _run(code).strip() == "False"


def test_ascii_needs_no_tables_of_mojibake() -> None:
    count = "print(ftfy_tables.required_pairs.cache_info().currsize)"
    setup = "from cleantext import ftfy_tables; from cleantext.normalize import fix_text"
    assert _run(f"{setup}; fix_text('a &amp; b'); {count}; fix_text('é'); {count}").split() == ["0", "1"]


# --- Equality ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_fuzzed_texts(name: str) -> None:
    count = 20_000 // len(CONFIGS) + 1
    texts = Breaker(seed=zlib.crc32(name.encode())).texts(count)
    for start in range(0, count, 50):
        assert_same(texts[start : start + 50], CONFIGS[name])
    assert [fix_text(text, CONFIGS[name]) for text in texts[:60]] == fix_many(texts[:60], CONFIGS[name])


def test_fuzzed_pages() -> None:
    source = Breaker(seed=5)
    for _ in range(30):
        assert_same(["\n".join(source.texts(source.random.randrange(40))) for _ in range(4)], DEFAULT_CONFIG)


@pytest.mark.long
def test_fuzzed_texts_long() -> None:
    """Two million texts, every config in turn."""
    total, batch = int(os.environ.get("CLEANTEXT_FUZZ", "2_000_000")), 200
    source = Breaker(seed=2024)
    configs = itertools.cycle(CONFIGS.values())
    for _ in range(0, total, batch):
        assert_same(source.texts(batch), next(configs))


CONTEXTS = [
    *("{}", "a{}b", "Z{}Z", " {} ", "é{}é", "É{}É", "Â{}Â", "{}¨", "¨{}", "£{}£", "”{}“", "“{}”", "½{}½", "§{}§", "═{}═"),
    *("В{}В", "Β{}Β", "Ø{}Ø»", "œ{}", "β€{}", "‚Ä{}", "à{}à", "д{}", "{}\u0301", "&{};", "&#{};", "\x1b[{}m", "漢{}字", "😀{}😀"),
]


def _in_contexts(codes: Sequence[int], contexts: Sequence[str], config: TextFixerConfig) -> None:
    """Each code point in each context is a line of its own, so that nothing else explains a change."""
    lone = {ord("<"), *range(0xD800, 0xE000)}  # these decide over the whole text, so they come as texts of their own
    for context in contexts:
        for start in range(0, len(codes), 2000):
            chosen = codes[start : start + 2000]
            assert_same(["\n".join(context.replace("{}", chr(code)) for code in chosen if code not in lone)], config)
            assert_same([context.replace("{}", chr(code)) for code in chosen if code in lone], config)


@pytest.mark.parametrize("config", [DEFAULT_CONFIG, FTFY_DEFAULT], ids=["ours", "ftfy's"])
def test_every_code_point_of_the_bmp_alone(config: TextFixerConfig) -> None:
    _in_contexts(range(0x10000), ["{}"], config)


def test_code_points_in_contexts() -> None:
    _in_contexts([*range(0x250), *range(0x370, 0x460), *range(0x2000, 0x2070), 0xFEFF, *range(0x1F600, 0x1F604)], CONTEXTS, DEFAULT_CONFIG)
    _in_contexts(range(0x250, 0x110000, 0x101), ["a{}b", "é{}é"], DEFAULT_CONFIG)


@pytest.mark.long
@pytest.mark.parametrize("context", CONTEXTS)
def test_every_code_point_in_context_long(context: str) -> None:
    _in_contexts(range(0x110000), [context], DEFAULT_CONFIG)


@pytest.mark.long
def test_every_pair_long() -> None:
    """Every two characters that mojibake can consist of, in contexts that complete its longer patterns."""
    for context in ("{}", "a{}b", "é{}“", "В{}В"):
        for first in ALPHABET:
            text = "\n".join(context.replace("{}", first + second) for second in ALPHABET)
            assert fix_text(text) == ftfy.fix_text(text, DEFAULT_CONFIG), (context, first)


configs_strategy = st.builds(
    TextFixerConfig,
    **{name: st.booleans() for name in SWITCHES},
    unescape_html=st.sampled_from(["auto", True, False]),
    normalization=st.sampled_from([None, "NFC", "NFD", "NFKC", "NFKD"]),
    max_decode_length=st.sampled_from([1, 2, 5, 30, 1_000_000]),
)
pieces_strategy = st.one_of(
    st.sampled_from([*WORDS, *ENTITIES, *CONTROLS, *SCRAPS, *SURROGATES, "\n", "\n", "<"]),
    st.text(st.sampled_from(ALPHABET), max_size=5),
    st.text(st.characters(codec=None), max_size=5),
    st.integers(0, 2**32).map(lambda seed: Breaker(seed).text()),
)
texts_strategy = st.lists(pieces_strategy, max_size=8).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(texts_strategy, max_size=6), config=st.one_of(st.just(DEFAULT_CONFIG), configs_strategy))
def test_same_as_ftfy(texts: list[str], config: TextFixerConfig) -> None:
    assert_same(texts, config)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(texts_strategy, max_size=8), data=st.data())
def test_same_alone_and_in_any_batch(texts: list[str], data: st.DataObject) -> None:
    alone = [fix_text(text) for text in texts]
    assert fix_many(texts) == alone
    cut = data.draw(st.integers(0, len(texts)))
    assert fix_many(texts[:cut]) + fix_many(texts[cut:]) == alone
    assert fix_many(texts[::-1]) == alone[::-1]


# --- Another ftfy ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def another_ftfy(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Change ftfy's tables for one test, with everything derived from them forgotten before and after."""

    def forget() -> None:
        normalize._screen.cache_clear()
        normalize._warn_once.cache_clear()
        ftfy_tables.required_pairs.cache_clear()

    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def _spy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that go to ftfy from now on."""
    seen: list[str] = []
    repair = ftfy.fix_text

    def spy(text: str, config: TextFixerConfig | None = None) -> str:
        seen.append(text)
        return repair(text, config)

    monkeypatch.setattr(ftfy, "fix_text", spy)
    return seen


def test_only_suspect_lines_go_to_ftfy(another_ftfy: pytest.MonkeyPatch) -> None:
    seen = _spy(another_ftfy)
    assert fix_many(["fine\n", "Grüße\nschÃ¶n\ufeff\n“ok”\n&amp;\n", "naïve – «été»\n"])[1] == "Grüße\nschön\n“ok”\n&\n"
    assert seen == ["schÃ¶n\ufeff\n"]


def test_one_change_of_encoding_is_the_whole_repair(another_ftfy: pytest.MonkeyPatch) -> None:
    seen = _spy(another_ftfy)
    assert fix_many(["schÃ¶n &amp; gut", "a \x93quote\x94", "<i>schÃ¶n</i>"]) == ["schön & gut", "a “quote”", "<i>schön</i>"]
    assert seen == []
    # Without that step of ftfy's, which is not public, the lines go to ftfy whole.
    for plain in (True, False):
        screen = normalize._screen(DEFAULT_CONFIG, plain)
        assert screen is not None
        another_ftfy.setattr(screen, "_decode_once", None)
    assert fix_many(["schÃ¶n &amp; gut", "schÃƒÂ¶n"]) == ["schön & gut", "schön"]
    assert seen == ["schÃ¶n &amp; gut", "schÃƒÂ¶n"]


@pytest.mark.parametrize(
    ("line", "kept", "to_ftfy", "encodings"),
    [
        ("Fish &amp;amp;amp; chips", "Fish & chips", 0, 0),
        ("a &amp;lt;b&amp;gt;", "a <b>", 0, 0),
        ("schÃƒÂ¶n &amp; gut", "schön & gut", 0, 2),
        ("\ufeffschÃ¶n", "schön", 1, 0),
        ("schÃ¶n\x00", "schön", 1, 0),
        ("\x1b[1mFish\x1b[0m &amp; Ã©", "Fish & é", 1, 0),
        ("schÃ¶n &amp;amp; gut", "schön & gut", 1, 2),
        ("schÃ¶n &amp;amp; gut " * 8, "schön & gut " * 8, 1, 2),
    ],
    ids=ascii,
)
def test_short_cuts(another_ftfy: pytest.MonkeyPatch, line: str, kept: str, to_ftfy: int, encodings: int) -> None:
    """How often a line goes to ftfy, and how often ftfy's step for encodings is tried before, without arrays for a line by itself."""
    seen, screen = _spy(another_ftfy), normalize._screen(DEFAULT_CONFIG, False)
    assert screen is not None
    decode, find = screen._decode_once, screen._marks.find
    assert decode is not None
    decoded: list[str] = []
    looked: list[list[str]] = []

    def decode_once(text: str, config: TextFixerConfig) -> Any:
        decoded.append(text)
        return decode(text, config)

    def find_marks(pages: list[str], plain: bool) -> Any:
        looked.append(pages)
        return find(pages, plain)

    another_ftfy.setattr(screen, "_decode_once", decode_once)
    another_ftfy.setattr(screen._marks, "find", find_marks)
    assert fix_text("Grüße\n" + line) == "Grüße\n" + kept
    assert ftfy.fix_text(line, DEFAULT_CONFIG) == kept
    assert (len(seen) - 1, len(decoded)) == (to_ftfy, encodings)
    assert len(looked) == 1


def test_changed_tables_are_followed(another_ftfy: pytest.MonkeyPatch) -> None:
    pattern = re.compile(badness.BADNESS_RE.pattern + r"| (?<=q) 漢 (?: 字 | 語+ ) \b", re.VERBOSE)
    another_ftfy.setattr(badness, "BADNESS_RE", pattern)
    another_ftfy.setitem(chardata.CONTROL_CHARS, ord("☃"), None)
    another_ftfy.setitem(chardata.CONTROL_CHARS, 0x1F600, None)
    another_ftfy.setattr(fixes, "unescape_html", fixes.unescape_html)
    seen = _spy(another_ftfy)
    assert fix_text("a☃b\nc😀d\nq漢字\n漢字x\n日本語\n") == "ab\ncd\nq漢字\n漢字x\n日本語\n"
    assert seen == ["a☃b\n", "c😀d\n", "q漢字\n"]


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setitem(ftfy.FIXERS, "fix_spelling", str.lower),
        lambda patch: patch.delattr(chardata, "C1_CONTROL_RE"),
        lambda patch: patch.setattr(chardata, "C1_CONTROL_RE", "[\x80-\x9f]"),
        lambda patch: patch.setattr(chardata, "C1_CONTROL_RE", re.compile("[\x80-\x9f]+")),
        lambda patch: patch.setattr(chardata, "HTML_ENTITY_RE", re.compile("[&%]\\w+;")),
        lambda patch: patch.setattr(badness, "BADNESS_RE", re.compile("(é)\\1")),
        lambda patch: patch.setattr(badness, "BADNESS_RE", re.compile("é", re.IGNORECASE)),
        lambda patch: patch.setattr(badness, "BADNESS_RE", re.compile("ab")),
        lambda patch: patch.setitem(chardata.CONTROL_CHARS, ord("x"), None),
        lambda patch: patch.setattr(importlib, "import_module", lambda name: object()),
    ],
)
def test_unknown_ftfy_is_called_for_everything(another_ftfy: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None]) -> None:
    texts = ["fine\n", "schÃ¶n &amp; x\né\n", "😀"]
    change(another_ftfy)
    seen = _spy(another_ftfy)
    with pytest.warns(RuntimeWarning, match="not known to cleantext"):
        first = fix_many(texts)
    assert fix_many(texts) == first  # without a second warning, which would be an error
    assert seen == [*texts, *texts]


def test_unseen_version_is_tried_first(another_ftfy: pytest.MonkeyPatch) -> None:
    another_ftfy.setattr(ftfy, "__version__", "99.0")
    seen = _spy(another_ftfy)
    assert fix_many(["fine", "schÃ¶n\x00\ngut"]) == ["fine", "schön\ngut"]
    assert seen[-1] == "schÃ¶n\x00\n"


def test_unseen_version_that_does_more_is_not_trusted(another_ftfy: pytest.MonkeyPatch) -> None:
    remove = ftfy.FIXERS["remove_control_chars"]
    another_ftfy.setattr(ftfy, "__version__", "99.0")
    another_ftfy.setitem(ftfy.FIXERS, "remove_control_chars", lambda text: remove(text).replace("ß", "ss"))
    with pytest.warns(RuntimeWarning, match=r"ftfy 99\.0 .* trial"):
        assert fix_text("Maß") == "Mass"


# --- The corpora --------------------------------------------------------------------------------------------------------------


@functools.cache
def corpus_files() -> list[Path]:
    return sorted([*CORPORA.glob("*/html/*.gz"), *CORPORA.glob("fundus/*/*.gz")])


@pytest.mark.parametrize(
    ("encoding", "step"),
    [
        pytest.param("utf-8", 5, marks=pytest.mark.corpora),
        pytest.param("utf-8", 1, marks=[pytest.mark.corpora, pytest.mark.long]),
        pytest.param("cp1252", 40, marks=pytest.mark.corpora),
    ],
)
def test_corpora_as_html(encoding: str, step: int) -> None:
    """Source of the pages, or of every so manieth, decoded as what most are and as what they are not: mojibake all through."""
    files = corpus_files()[::step]
    assert files, f"no corpora in {CORPORA}"
    for start in range(0, len(files), 20):
        assert_same([gzip.decompress(path.read_bytes()).decode(encoding, "replace") for path in files[start : start + 20]], DEFAULT_CONFIG)


@pytest.mark.corpora
@pytest.mark.parametrize("config", [DEFAULT_CONFIG, FTFY_DEFAULT], ids=["ours", "ftfy's"])
def test_corpora_as_text(config: TextFixerConfig) -> None:
    extract = pytest.importorskip("resiliparse.extract.html2text").extract_plain_text
    files = corpus_files()
    for start in range(0, len(files), 100):
        pages = [gzip.decompress(path.read_bytes()).decode("utf-8", "replace") for path in files[start : start + 100]]
        assert_same([extract(page) for page in pages], config)
