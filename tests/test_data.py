"""The labelled lines and pages under data/: well formed, balanced, free of repetition and of contradiction."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
# fmt: off
LANGUAGES = frozenset([
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it",
    "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh",
])
# fmt: on
CASES = Path(__file__).resolve().parent / "cases"
BOX_FILES = sorted((CASES / "boxes").glob("*.jsonl"))
LINE_FILES = sorted((DATA / "lines").glob("*.jsonl"))
HELD_OUT_FILES = sorted((DATA / "held_out").glob("*.txt"))
PAGE_FILES = sorted([*(DATA / "pages").glob("*.txt"), *HELD_OUT_FILES])

# A character of its script that nearly every line of the language has, where the script is the language's mark.
SCRIPTS = {
    "ar": "ARABIC",
    "el": "GREEK",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
    "ja": "CJK|HIRAGANA|KATAKANA",
    "ko": "HANGUL",
    "ru": "CYRILLIC",
    "th": "THAI",
    "uk": "CYRILLIC",
    "zh": "CJK",
}


class Line(NamedTuple):
    """One labelled line: 1 content, 0 furniture."""

    text: str
    label: int
    kind: str
    lang: str


def fold(text: str) -> str:
    """Return what two lines share when a reader would call them the same line."""
    return " ".join(text.casefold().split())


def word_shape(text: str) -> str:
    """Return the line with numbers, and words with a capital but for the first, blanked: what is left is its template."""
    return re.sub(r"\d+", "0", re.sub(r"(?<=\W)[^\W\d_a-z][\w'.-]*", "N", text))


@cache
def lines_of(path: Path) -> tuple[Line, ...]:
    return tuple(Line(**json.loads(row)) for row in path.read_text(encoding="utf-8").split("\n")[:-1])


@cache
def page_of(path: Path) -> tuple[list[str], list[str]]:
    text = path.read_text(encoding="utf-8")
    labels = path.with_suffix(".labels").read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert labels.endswith("\n")
    return text.split("\n")[:-1], labels.split("\n")[:-1]


def test_languages_are_those_promised() -> None:
    assert {path.stem for path in LINE_FILES} == LANGUAGES


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_rows_have_the_documented_form(path: Path) -> None:
    raw = path.read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    for row in raw.decode("utf-8").split("\n")[:-1]:
        assert list(json.loads(row)) == ["text", "label", "kind", "lang"], row
    for line in lines_of(path):
        assert line.lang == path.stem
        assert line.label in (0, 1)
        assert line.text.strip(), line
        assert not re.search(r"[\r\n\u2028\u2029\ufeff\ufffd]", line.text), line
        assert unicodedata.is_normalized("NFC", line.text), line


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_enough_lines_and_both_labels_in_balance(path: Path) -> None:
    counts = Counter(line.label for line in lines_of(path))
    wanted = 700 if path.stem == "en" else 120
    assert min(counts[0], counts[1]) >= wanted, counts
    assert 0.4 <= counts[1] / counts.total() <= 0.6, counts


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_many_kinds_and_none_outweighs_the_rest(path: Path) -> None:
    for label in (0, 1):
        kinds = Counter(line.kind for line in lines_of(path) if line.label == label)
        assert len(kinds) >= 10, kinds
        assert kinds.most_common(1)[0][1] <= 0.4 * kinds.total(), kinds


def test_every_kind_has_one_label_and_is_documented() -> None:
    labels = defaultdict(set)
    for path in LINE_FILES:
        for line in lines_of(path):
            labels[line.kind].add(line.label)
    assert {kind: seen for kind, seen in labels.items() if len(seen) > 1} == {}
    documented = set(re.findall(r"`(\w+)`", (DATA / "README.md").read_text(encoding="utf-8")))
    assert set(labels) <= documented


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_no_line_twice_and_none_on_both_sides(path: Path) -> None:
    texts = Counter(line.text for line in lines_of(path))
    assert [text for text, count in texts.items() if count > 1] == []
    sides = defaultdict(set)
    for line in lines_of(path):
        sides[fold(line.text)].add(line.label)
    assert [text for text, seen in sides.items() if len(seen) > 1] == []


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_no_template_is_repeated(path: Path) -> None:
    """Lines that differ in names and numbers alone stay few.

    Only shapes with a Latin word left in them are counted: a bare name or number has none, and other scripts have no capitals to blank.
    """
    shapes = Counter(shape for line in lines_of(path) if re.search(r"[a-z]{2}", shape := word_shape(line.text)))
    assert [(shape, count) for shape, count in shapes.items() if count > 8] == []


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_lines_are_written_in_their_script(language: str) -> None:
    wanted = re.compile(SCRIPTS[language])
    lines = lines_of(DATA / "lines" / f"{language}.jsonl")
    own = sum(any(wanted.match(unicodedata.name(char, "")) for char in line.text) for line in lines)
    assert own >= 0.9 * len(lines)


@pytest.mark.parametrize("path", BOX_FILES, ids=lambda path: path.stem)
def test_boxes_are_well_formed(path: Path) -> None:
    boxes = [json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row]
    assert all(list(box) == ["lines", "label", "kind", "lang"] and box["lang"] == path.stem for box in boxes)
    assert all(line.strip() and "\n" not in line for box in boxes for line in box["lines"])
    counts = Counter(box["label"] for box in boxes)
    assert set(counts) == {0, 1}
    assert abs(counts[0] - counts[1]) <= max(2, len(boxes) // 10)
    assert max(counts.values()) >= 5
    sides = defaultdict(set)
    for box in boxes:
        for line in box["lines"]:
            sides[fold(line)].add(box["label"])
    assert [text for text, seen in sides.items() if len(seen) > 1] == []


def test_pages_are_many_and_of_both_states() -> None:
    assert len(PAGE_FILES) >= 24
    parts = [path.stem.rsplit("-", 2) for path in PAGE_FILES]
    assert {part[2] for part in parts} == {"full", "clean"}
    assert min(Counter(part[2] for part in parts).values()) >= 10
    assert len({part[1] for part in parts}) >= 10
    assert {part[1] for part in parts} <= LANGUAGES | {"bg", "fa"}  # pages, but no single lines
    for folder in ("pages", "held_out"):
        assert {path.stem for path in (DATA / folder).glob("*.txt")} == {path.stem for path in (DATA / folder).glob("*.labels")}


def test_held_out_pages_are_of_eleven_types_and_none_is_trained_on() -> None:
    topics = Counter(path.stem.split("-")[0] for path in HELD_OUT_FILES)
    assert set(topics) == {"collection", "docs", "forum", "guide", "listing", "news", "nothing", "press", "product", "recipe", "service"}
    assert min(count for topic, count in topics.items() if topic != "guide") >= 5
    assert len({path.stem for path in PAGE_FILES}) == len(PAGE_FILES)


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_page_labels_match_the_lines(path: Path) -> None:
    lines, labels = page_of(path)
    assert len(lines) == len(labels)
    assert set(labels) <= {"0", "1", "-"}
    for line, label in zip(lines, labels, strict=True):
        assert (label == "-") == (not line.strip()), line
    if path.stem.startswith("nothing-"):
        assert "1" not in labels
        return
    assert "1" in labels
    assert ("0" in labels) or path.stem.endswith("-clean")
    characters = {label: sum(len(line) for line, own in zip(lines, labels, strict=True) if own == label) for label in "01"}
    furniture = characters["0"] / (characters["0"] + characters["1"])
    if path.stem.endswith("-full"):
        assert 0.1 <= furniture <= 0.7
    else:
        # Names, dates and buttons stand round every post of a thread, a side menu beside some guides.
        assert furniture <= (0.48 if path.stem.startswith("forum-") else 0.42)


def test_pages_agree_with_the_lines() -> None:
    """A long line has one label wherever it stands, but for a title or heading of up to twelve words that a menu says again.

    Lines of up to three words may differ, since their place decides: "Notes" heads a recipe and names a section of a site.
    """
    sides: dict[str, set[str]] = defaultdict(set)
    for path in PAGE_FILES:
        of_page: dict[str, set[str]] = defaultdict(set)
        for text, label in zip(*page_of(path), strict=True):
            of_page[fold(text)].add(label)
        for text, seen in of_page.items():
            assert len(seen) == 1 or len(text.split()) <= 12, (path.stem, text)
            sides[text] |= seen if len(seen) == 1 else set()
    for path in LINE_FILES:
        for line in lines_of(path):
            sides[fold(line.text)].add(str(line.label))
    assert [text for text, seen in sides.items() if len(seen) > 1 and len(text.split()) > 3] == []
