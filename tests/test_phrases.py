"""The families of furniture phrases: every table is well formed, and its own examples are matched by it."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib import resources

import numpy as np
import pytest

from cleantext import phrases
from cleantext.line_columns import SECTIONS
from cleantext.phrases import Family, families, normalise, spellings, words
from cleantext.phrasetable import PhraseTable, pair_hashes
from cleantext.tokens import tokenize

FAMILIES = families()
NAMES = [family.name for family in FAMILIES]

# The languages most pages of the open web are written in, less those whose sites use English labels; a family that misses one of
# them is not finished. `agency` holds names, which are the same in most of them.
REQUIRED = frozenset({"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "tr", "ar", "ja", "ko", "zh-hans"})

# Each key takes room in the model file, which may have 2 MB; the weights need three quarters of it.
MOST_KEYS = 45_000

# A phrase of one such word would be found in nearly every line of its language.
TOO_COMMON = frozenset(
    word
    for line in (
        "a about all an and are as at be but by for from i in is it more no of on or the to was which with",
        "das de der des die du e el en er et het il la le les los o para per por que se und van von y",
        "ist ett att og på je na się w nie v ne del alla bir ve bu và của yang dan को में के है",
        "в и на не по с که از و في من على של על",
        "的 是 在 了 の に は を 이 가",
    )
    for word in line.split()
)


@pytest.fixture(params=FAMILIES, ids=NAMES)
def family(request: pytest.FixtureRequest) -> Family:
    found: Family = request.param
    return found


def pairs(family: Family) -> list[tuple[str, str]]:
    """(language, phrase) of everything in a family's table."""
    return [(language, phrase) for language, listed in family.phrases.items() for phrase in listed]


@cache
def compiled() -> PhraseTable:
    return PhraseTable.compile([family.spellings() for family in FAMILIES])


def families_in(line: str) -> set[str]:
    """Families the compiled table finds in a line: the real matcher on the real words."""
    tokens = tokenize(f"\n{line}\n".encode())
    n_words = len(tokens.start)
    matches = compiled().find(tokens.hash, pair_hashes(tokens.hash), np.zeros(n_words, np.int32), np.array([n_words]))
    return {NAMES[index] for index in matches.family.tolist()}


def test_one_family_a_file_and_the_file_bears_its_name() -> None:
    files = {file.name.removesuffix(".toml") for file in resources.files(phrases).iterdir() if file.name.endswith(".toml")}
    assert files == set(NAMES)
    assert sorted(NAMES) == NAMES
    assert 20 <= len(NAMES) <= 64  # a phrase table holds 64 families


def test_a_person_learns_what_the_family_is(family: Family) -> None:
    assert len(family.why.split()) >= 20
    assert len(family.examples) >= 4
    assert len(family.counterexamples) >= 2
    assert not set(family.examples) & set(family.counterexamples)


def test_every_required_language_is_there(family: Family) -> None:
    required = {"en"} if family.name == "agency" else REQUIRED
    assert required <= family.phrases.keys()
    assert all(family.phrases.values()), "a language without phrases"


def test_phrases_are_written_in_normal_form(family: Family) -> None:
    wrong = {phrase: normalise(phrase) for _, phrase in pairs(family) if phrase != normalise(phrase)}
    assert not wrong, "write what stands on the right"


def test_phrases_are_neither_empty_nor_too_long(family: Family) -> None:
    for _, phrase in pairs(family):
        count = len(words(phrase))
        alone = any(len(word) == 1 and word >= "\u0e00" for word in words(phrase))
        assert 1 <= count <= (phrases.MAX_CHARACTER_WORDS if alone else phrases.MAX_WORDS), phrase


def test_no_phrase_is_listed_twice_in_a_language(family: Family) -> None:
    for language, listed in family.phrases.items():
        assert len(set(listed)) == len(listed), f"{language}: {sorted({p for p in listed if listed.count(p) > 1})}"


def test_no_phrase_is_a_bare_common_word_or_number(family: Family) -> None:
    # (Three numbers in a row are a date.)
    bare = [phrase for _, phrase in pairs(family) if phrase in TOO_COMMON or (not set(phrase) - set("# 0") and phrase.count(" ") < 2)]
    assert not bare


def test_a_phrase_of_two_families_is_named_as_shared_in_both() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for family in FAMILIES:
        for _, phrase in pairs(family):
            owners[phrase].add(family.name)
    shared = {family.name: set(family.shared) for family in FAMILIES}
    undeclared = {
        phrase: sorted(names) for phrase, names in owners.items() if len(names) > 1 and not all(phrase in shared[name] for name in names)
    }
    assert not undeclared, "keep each in the family it fits best, or list it in `shared` of all of these"
    idle = {(name, phrase) for name in NAMES for phrase in shared[name] if len(owners[phrase]) < 2}
    assert not idle, "no other family has these any more"


def test_examples_and_counterexamples_hold_a_phrase_of_the_family(family: Family) -> None:
    without = [line for line in (*family.examples, *family.counterexamples) if family.name not in families_in(line)]
    assert not without


def test_the_readable_words_are_those_of_the_tokens() -> None:
    """`words` is the tables' description of `tokenize`: both must cut alike, or a phrase would never be found."""
    for family in FAMILIES:
        for phrase in family.spellings():
            data = phrase.encode()
            tokens = tokenize(b"\n" + data + b"\n")
            cut = [data[start - 1 : end - 1].decode() for start, end in zip(tokens.start, tokens.end, strict=True)]
            assert tuple(word.lower() for word in cut) == words(phrase)


def test_all_families_compile_into_one_table() -> None:
    every = {words(phrase) for family in FAMILIES for phrase in family.spellings()}
    assert len(every) <= len(compiled().keys) <= MOST_KEYS


@pytest.mark.parametrize(
    ("phrase", "language", "expected"),
    [
        ("page # of #", "en", {"page 0 of 0", "page 0 of 00", "page 00 of 0", "page 00 of 00"}),
        ("publicité", "fr", {"publicité", "publicite", "publicitã"}),
        ("für sie", "de", {"für sie", "fã r sie"}),
        ("às # horas", "pt", {"às 0 horas", "às 00 horas", "ã s 0 horas", "ã s 00 horas"}),
        ("διαβάστε επίσης", "el", {"διαβάστε επίσης", "διαβαστε επισησ"}),
        ("ilgili yazılar", "tr", {"ilgili yazılar", "İlgili yazılar", "İlgİlİ yazilar"}),
        ("ảnh", "vi", {"ảnh", "Ảnh"}),
        ("إعلان", "ar", {"إعلان", "اعلان"}),
        ("werbung", "de", {"werbung"}),
    ],
)
def test_spellings(phrase: str, language: str, expected: set[str]) -> None:
    assert set(spellings(phrase, language)) == expected


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ADVERTISEMENT", "ad_label"),
        ("Werbung", "ad_label"),
        ("PUBLICITE", "ad_label"),
        ("İlgili Haberler", "related"),
        ("İLGİLİ HABERLER", "related"),
        ("12 COMMENTS", "comments"),
        ("댓글 쓰기", "comments"),
        ("Don’t have an account?", "login"),
        ("«Интерфакс»", "agency"),
    ],
)
def test_lines_as_sites_print_them_are_found(line: str, name: str) -> None:
    assert name in families_in(line)


def test_phrases_with_a_month_stand_for_one_of_each() -> None:
    date = FAMILIES[NAMES.index("date")]
    assert {"may # 0000", "# december", "jan #"} <= set(date.phrases["en"])
    assert {"# de mayo de 0000", "# de ago"} <= set(date.phrases["es"])
    assert not any(phrases.MONTH in phrase for _, phrase in pairs(date))


def test_dates_are_no_furniture_by_themselves() -> None:
    assert [family.name for family in FAMILIES if not family.furniture] == ["date"]


def test_every_section_has_its_families() -> None:
    assert {family.section for family in FAMILIES} == {"", *SECTIONS}
    assert {family.name for family in FAMILIES if family.section == "dates"} == {"byline", "date", "timestamp"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"section": "menus"}, "section 'menus' is none of dates, replies, related"),
        ({"furniture": "no"}, "expected true or false for furniture, found 'no'"),
        ({"months": {"en": "may"}}, "expected a list of strings, found 'may'"),
        ({"phrases": {"en": ["may #", "{month} #"]}}, "'{month} #' stands in a language without"),
        ({"sections": []}, r"unknown keys \['sections'\]"),
    ],
)
def test_a_table_that_is_not_well_formed(change: dict[str, object], message: str) -> None:
    table = {"name": "a", "why": "", "examples": [], "counterexamples": [], "phrases": {"en": ["may #"]}}
    with pytest.raises((TypeError, KeyError), match=message):
        phrases._family(table | change)
