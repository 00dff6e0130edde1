"""Named families of furniture phrases, in many languages, as tables a person can read and extend.

One TOML file beside this module is one family; README.md says how to read and extend them. The tables are read for training
and for tests only: what cleaning needs of them is compiled into the model file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product
from types import MappingProxyType
from typing import Any

import regex

from cleantext.line_columns import SECTIONS
from cleantext.plain import plain_text

MAX_WORDS = 8
"""Most words of a phrase; longer ones are quotations of one site, not phrases."""

MAX_CHARACTER_WORDS = 12
"""Most words of a phrase in a script without spaces, where each character is a word."""

MONTH = "{month}"
"""Stands for each name in the language's list of a table's ``[months]``."""

NUMBER = "#"
"""Stands for a number of one or two digits in a phrase as it is written in the tables ("# comments")."""

# Words as `cleantext.tokens` sees them: runs of letters, marks and digits; one character where scripts put no spaces.
_ALONE = r"\p{Han}\p{Hiragana}\p{Katakana}ー々〇\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"[{_ALONE}]|[[\p{{L}}\p{{M}}\p{{N}}׳״]--[{_ALONE}]]+|{NUMBER}", regex.V1)
_IS_ALONE = regex.compile(rf"[{_ALONE}]", regex.V1)

# "128 comments" is still found as "comments" at the end of a short line; a third spelling of every number did not pay its room.
_DIGITS = ("0", "00")

# Numbers to Unicode, no letters or digits to the tokens: "ü" as mojibake ends in a fraction, "ó" in a small three.
_NO_WORD = regex.compile(r"\p{No}")

# Only labels are set in capitals throughout.
_MOST_WORDS_IN_CAPITALS = 3
_ALEF = str.maketrans("أإآٱ", "اااا")

OFTEN_BROKEN = frozenset({"ca", "da", "de", "es", "fi", "fr", "it", "no", "pt", "sv"})
"""Languages of Western Europe, whose pages are met as mojibake most: lines are scored before their letters are repaired."""

# Five bytes mean nothing in Windows-1252; browsers read them as the C1 controls of the same number.
_CP1252 = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]


@dataclass(frozen=True)
class Family:
    """A kind of furniture and the phrases that give it away.

    Attributes
    ----------
    name : str
        Name of the family and of its file, as `explain` prints it.
    why : str
        What these lines are, where pages print them, and what tells them from prose.
    examples : tuple of str
        Lines of furniture, each with a phrase of the family.
    counterexamples : tuple of str
        Lines of content, each with a phrase of the family: they must stay.
    phrases : mapping of str to tuple of str
        Language code (BCP 47; "mul" for names that are the same everywhere) to phrases as written in the table.
    shared : tuple of str
        Phrases that other families have too, with reason.
    section : str
        Which of `cleantext.line_columns.SECTIONS` a line that is hardly more than such a phrase tells of; "" for none.
    furniture : bool
        Whether such a phrase alone on its line is furniture. A date is not: it may stand above a comment or an entry in a diary.

    Examples
    --------
    >>> credit = next(family for family in families() if family.name == "credit")
    >>> "photo by" in credit.phrases["en"]
    True
    """

    name: str
    why: str
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    shared: tuple[str, ...] = ()
    section: str = ""
    furniture: bool = True

    def spellings(self) -> tuple[str, ...]:
        """Every phrase of the family in every spelling to look for, sorted, each once.

        Returns
        -------
        tuple of str
            In the form `normalise` gives, numbers written as one or two zeros.
        """
        found = {spelling for language, phrases in self.phrases.items() for phrase in phrases for spelling in spellings(phrase, language)}
        return tuple(sorted(found))


def words(text: str) -> tuple[str, ...]:
    """Words of a text, as phrases are compared: small letters, every digit 0, no punctuation.

    The readable twin of `cleantext.tokens.tokenize`. A ``#`` is a word of its own, for the tables' sake.

    Examples
    --------
    >>> words("Don't miss: 25 photos")
    ('don', 't', 'miss', '00', 'photos')
    >>> words("0条评论")
    ('0', '条', '评', '论')
    """
    folded = regex.sub(r"\p{Nd}", "0", unicodedata.normalize("NFC", plain_text(text)).lower())
    return tuple(_WORD.findall(folded))


def normalise(phrase: str) -> str:
    """Phrase as the tables write it: its words joined with a space, without one where characters are words.

    Examples
    --------
    >>> normalise("S'abonner !"), normalise("더 보기"), normalise("PR 記事")
    ('s abonner', '더보기', 'pr記事')
    """
    pieces: list[str] = []
    for word in words(phrase):
        if pieces and not (_IS_ALONE.fullmatch(word) or _IS_ALONE.fullmatch(pieces[-1])):
            pieces.append(" ")
        pieces.append(word)
    return "".join(pieces)


def spellings(phrase: str, language: str) -> Iterator[str]:
    """Spellings under which a phrase of the tables is met on pages, the phrase itself first; some may come twice.

    Numbers are written out as zeros. Where a language's sites often drop the marks above letters, the bare letters are
    another spelling; so is Arabic and Persian without hamza on the alef, and capitals that the tokens' folding leaves apart.
    Phrases of more than three words are rarely set in capitals: of them only the first letter is respelt. Phrases of Western Europe
    are found as mojibake too.

    Examples
    --------
    >>> list(spellings("# comments", "en"))
    ['0 comments', '00 comments']
    >>> list(spellings("à lire", "fr"))
    ['à lire', 'a lire', 'ã lire', 'ã lire']
    """
    label = len(words(phrase)) <= _MOST_WORDS_IN_CAPITALS
    if language in OFTEN_BROKEN and not phrase.isascii():
        respelt = list(_spellings(phrase, language, label))
        # Capitals have another second byte than small letters, but in most words neither is a letter when it is read wrongly.
        yield from respelt
        for plain in _with_digits(phrase):
            for text in (plain, plain[0].upper() + plain[1:]):
                yield normalise(_NO_WORD.sub(" ", mojibake(text)))
    else:
        yield from _spellings(phrase, language, label)


def _spellings(phrase: str, language: str, label: bool) -> Iterator[str]:
    for plain in _with_digits(phrase):
        yield plain
        if language == "fr":
            yield _without_marks(plain) if label else _without_marks(plain[0]) + plain[1:]
        elif language == "ro":
            yield _without_marks(plain)
        elif language == "el":
            # Greek capitals bear no accents, and sigma has one capital.
            yield _without_marks(plain).replace("ς", "σ")
        elif language in {"tr", "az"}:
            yield from _turkish_capitals(plain, label)
        elif language == "vi":
            yield from _vietnamese_capitals(plain, label)
        elif language in {"ar", "fa", "ur"}:
            yield plain.translate(_ALEF)


def mojibake(text: str) -> str:
    """UTF-8 read as Windows-1252, the usual accident.

    Examples
    --------
    >>> mojibake("Publicité")
    'PublicitÃ©'
    """
    return "".join(_CP1252[byte] for byte in text.encode("utf-8", "replace"))


def _with_digits(phrase: str) -> Iterator[str]:
    pieces = phrase.split(NUMBER)
    for numbers in product(_DIGITS, repeat=len(pieces) - 1):
        yield pieces[0] + "".join(number + piece for number, piece in zip(numbers, pieces[1:], strict=True))


def _without_marks(text: str) -> str:
    """Letters without what stands above or below them; đ, ł and ø are letters and stay."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _turkish_capitals(text: str, label: bool) -> Iterator[str]:
    """Words with i: "ilgili" is written "İlgili" and "İLGİLİ", whose capital stays as it is; "yazılar" is "YAZILAR", folded "yazilar"."""
    yield regex.sub(r"^i", "İ", text)
    if label:
        yield text.replace("i", "İ").replace("ı", "i")
        yield regex.sub(r"\bi", "İ", text)


def _vietnamese_capitals(text: str, label: bool) -> Iterator[str]:
    """Capitals of three bytes, which the tokens do not fold, at the start; for labels at each word's start and throughout as well."""
    for place in ("^", r"\b", "") if label else ("^",):
        yield regex.sub(place + r"[\u1EA0-\u1EF9]", lambda match: match[0].upper(), text)


@cache
def families() -> tuple[Family, ...]:
    """All families, sorted by name.

    Returns
    -------
    tuple of Family

    Raises
    ------
    ValueError
        If a table lacks a key, has an unknown one, or holds something other than lists of strings; it names the file.
    """
    import tomllib

    found = []
    for file in sorted(resources.files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            try:
                found.append(_family(tomllib.loads(file.read_text(encoding="utf-8"))))
            except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
                raise ValueError(f"phrase table {file.name}: {error}") from error
    return tuple(sorted(found, key=lambda family: family.name))


def _family(table: dict[str, Any]) -> Family:
    unknown = table.keys() - Family.__dataclass_fields__.keys() - {"months"}
    if unknown:
        raise KeyError(f"unknown keys {sorted(unknown)}")
    section, furniture = table.get("section", ""), table.get("furniture", True)
    if section not in ("", *SECTIONS):
        raise TypeError(f"section {section!r} is none of {', '.join(SECTIONS)}")
    if not isinstance(furniture, bool):
        raise TypeError(f"expected true or false for furniture, found {furniture!r:.60}")
    months = {language: _strings(names) for language, names in table.get("months", {}).items()}
    return Family(
        name=table["name"],
        why=table["why"].strip(),
        examples=_strings(table["examples"]),
        counterexamples=_strings(table["counterexamples"]),
        phrases=MappingProxyType(
            {language: tuple(_filled(_strings(phrases), months.get(language, ()))) for language, phrases in table["phrases"].items()}
        ),
        shared=_strings(table.get("shared", [])),
        section=section,
        furniture=furniture,
    )


def _filled(phrases: Sequence[str], months: Sequence[str]) -> Iterator[str]:
    """Phrases, those with a ``{month}`` once for each month."""
    for phrase in phrases:
        if MONTH in phrase:
            if not months:
                raise TypeError(f"{phrase!r} stands in a language without [months]")
            yield from (phrase.replace(MONTH, month) for month in months)
        else:
            yield phrase


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"expected a list of strings, found {value!r:.60}")
    return tuple(value)
