"""What ftfy looks for in a line, as lookup tables derived from the installed ftfy.

`ftfy.fix_text` runs a dozen steps over every line, and nearly every line comes out as it went in. This module turns
the *condition* of each step into tables, so that `cleantext.ftfy_screen` can tell in a few array operations which
lines no step would touch. A table may be too broad (the line then goes to ftfy, which costs time), never too narrow
(the result would be wrong). Everything is read off ftfy's own objects, never copied:

========================  =====================================================================================
step of ftfy              what must be in a line for the step to change it
========================  =====================================================================================
unescape_html             ``&`` followed by a character that `HTML_ENTITY_RE` allows there
fix_encoding              a character that is not ASCII, and a match of `BADNESS_RE`: see `required_pairs`
fix_c1_controls           a character of `C1_CONTROL_RE`
fix_latin_ligatures       a key of `LIGATURES`
fix_character_width       a key of `WIDTH_MAP`
uncurl_quotes             a character of `SINGLE_QUOTE_RE` or `DOUBLE_QUOTE_RE`
fix_line_breaks           a character that `fix_line_breaks` changes when it stands alone
fix_surrogates            a surrogate (pages with one are not looked at here at all, they go to ftfy)
remove_terminal_escapes   the first character of `ANSI_RE`
remove_control_chars      a key of `CONTROL_CHARS`
normalization             asked of `unicodedata.is_normalized` by `cleantext.ftfy_screen`
========================  =====================================================================================

Tables are indexed by UTF-16 code unit. Both halves of a character beyond U+FFFF stand for *any* such character;
ftfy's tables name none, and if a later version does, every such character is looked at.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import operator
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import ftfy
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]  # shape (UNITS,): is this code unit a member?

__all__ = ["UNITS", "Pairs", "UnknownFtfyError", "changed_characters", "entity_starts", "required_pairs"]

UNITS = 0x10000
"""Number of UTF-16 code units, the length of every table."""

_ASCII = slice(0, 0x80)
_SURROGATES = slice(0xD800, 0xE000)

# The options and fixers of ftfy 6.0 to 6.3, all of which the table above accounts for. An ftfy with others does
# something that this module knows nothing of.
_KNOWN_OPTIONS = frozenset(
    {
        *(
            "unescape_html",
            "remove_terminal_escapes",
            "fix_encoding",
            "restore_byte_a0",
            "replace_lossy_sequences",
        ),
        *("decode_inconsistent_utf8", "fix_c1_controls", "fix_latin_ligatures", "fix_character_width"),
        *("uncurl_quotes", "fix_line_breaks", "fix_surrogates", "remove_control_chars", "normalization"),
        *("max_decode_length", "explain"),
    }
)
_KNOWN_FIXERS = _KNOWN_OPTIONS - {"fix_encoding", "normalization", "max_decode_length", "explain"}

# More than all characters that are not ASCII can weigh in `_commonness`: 10 * UNITS.
_ASCII_COMMONNESS = 1e6

# Branches inside a sequence multiply. ftfy 6.3.1 needs 38 alternatives in all; a pattern that needs thousands is not
# one that this module should pretend to understand.
_MAX_ALTERNATIVES = 1024


class UnknownFtfyError(Exception):
    """The installed ftfy is not built as this module expects, so no table can be derived from it."""


class Pairs(NamedTuple):
    """A necessary condition for a pattern to match, from a few neighbouring characters.

    If the pattern matches somewhere in a text, the match contains a character of `single`, or two neighbours ``a, b``,
    at least one of them in `anchor`, that stand between ``x`` and ``y`` (line feeds around a text that begins or ends
    there), with ``left[a] & right[b] & before[x] & after[y] != 0``.

    Attributes
    ----------
    single, anchor : ndarray of bool, shape (UNITS,)
        No ASCII character is in either.
    left, right, before, after : ndarray of uint64, shape (UNITS,)
        Bit ``k % 64`` stands for alternative k of the pattern. A character of two code units counts with either.
    reach : int or None
        The longest possible match, in characters; None if it has no bound or may depend on what lies around it.
    """

    single: Mask
    anchor: Mask
    left: NDArray[np.uint64]
    right: NDArray[np.uint64]
    before: NDArray[np.uint64]
    after: NDArray[np.uint64]
    reach: int | None


def check_structure() -> None:
    """Raise `UnknownFtfyError` unless ftfy has just the options and fixers that this module accounts for."""
    import ftfy

    options, fixers = frozenset(ftfy.TextFixerConfig._fields), frozenset(ftfy.FIXERS)
    for kind, found, known in (("option", options, _KNOWN_OPTIONS), ("fixer", fixers, _KNOWN_FIXERS)):
        if found != known:
            raise UnknownFtfyError(f"its {kind}s differ from the known ones: {', '.join(sorted(found ^ known))}")


def changed_characters(config: ftfy.TextFixerConfig) -> Mask:
    """The characters that some step of ftfy other than unescape_html, fix_encoding and normalization acts on.

    Parameters
    ----------
    config : ftfy.TextFixerConfig
        Only the steps that it switches on count.

    Returns
    -------
    ndarray of bool, shape (UNITS,)
        A text without these characters passes all those steps unchanged.

    Raises
    ------
    UnknownFtfyError
        If ftfy lacks a table or it is not of the expected form.
    """
    from ftfy import chardata, fixes

    mask = np.zeros(UNITS, np.bool_)
    try:
        if config.fix_c1_controls:
            mask |= _one_character(chardata.C1_CONTROL_RE)
        if config.fix_latin_ligatures:
            mask |= _mask_of(chardata.LIGATURES)
        if config.fix_character_width:
            mask |= _mask_of(chardata.WIDTH_MAP)
        if config.uncurl_quotes:
            mask |= _one_character(chardata.SINGLE_QUOTE_RE) | _one_character(chardata.DOUBLE_QUOTE_RE)
        if config.remove_terminal_escapes:
            mask |= _first(_parse(fixes.ANSI_RE))
        if config.remove_control_chars:
            mask |= _mask_of(chardata.CONTROL_CHARS)
        if config.fix_line_breaks:
            mask |= _changed_alone(fixes.fix_line_breaks)
    except (AttributeError, TypeError) as error:
        raise UnknownFtfyError(f"a table is missing or of another type: {error}") from error
    if mask[0x20:0x7F].any() or mask[0x0A]:
        raise UnknownFtfyError("it changes line feeds or printable ASCII outside entities")
    return mask


def entity_starts() -> tuple[int, Mask]:
    """The character that opens every HTML entity, and those that may follow it.

    Returns
    -------
    opener : int
        Code point, ``ord("&")``.
    following : ndarray of bool, shape (UNITS,)

    Raises
    ------
    UnknownFtfyError
        If ftfy's pattern does not begin with one ASCII character.
    """
    from ftfy.chardata import HTML_ENTITY_RE

    tokens = _parse(HTML_ENTITY_RE)
    if len(tokens) < 2 or tokens[0][0].name != "LITERAL" or not 0x20 < tokens[0][1] < 0x7F:
        raise UnknownFtfyError("its pattern of HTML entities does not begin with one character")
    return int(tokens[0][1]), _first(tokens[1:])


@functools.cache
def required_pairs() -> Pairs:
    """A cheap necessary condition for ftfy to see mojibake, derived from `ftfy.badness.BADNESS_RE`.

    `fix_encoding` returns a text as it is if it is ASCII or its badness pattern has no match. The pattern is a list
    of alternatives, nearly all of two or more characters of which one is rare. Of each alternative two neighbouring
    sets are kept, those that are least common in real text, and the sets before and after these; what else it demands
    is ignored, which can only broaden the condition.

    Raises
    ------
    UnknownFtfyError
        If the pattern uses a construct that is not understood, or has an alternative that ASCII alone can match.
    """
    from ftfy.badness import BADNESS_RE

    tokens = _parse(BADNESS_RE)
    single, anchor = np.zeros(UNITS, np.bool_), np.zeros(UNITS, np.bool_)
    left, right, before, after = (np.zeros(UNITS, np.uint64) for _ in range(4))
    for number, sequence in enumerate(_expand(tokens)):
        sets = [None if mask is None else _Set(_commonness(mask), mask) for mask in sequence]
        known = [a for a in sets if a is not None and a.commonness < _ASCII_COMMONNESS]
        pairs = [
            (a.commonness * b.commonness, i, a, b)
            for i, (a, b) in enumerate(itertools.pairwise(sets))
            if a is not None and b is not None and min(a.commonness, b.commonness) < _ASCII_COMMONNESS
        ]
        if pairs:
            _, i, a, b = min(pairs, key=operator.itemgetter(0))
            bit = np.uint64(1 << number % 64)
            outside = sequence[i - 1] if i else None, sequence[i + 2] if i + 2 < len(sequence) else None
            _set_bit(left, a.mask, bit)
            _set_bit(right, b.mask, bit)
            # Beside a pair with a character of two units may stand its other half: then there is no condition.
            _set_bit(before, None if a.mask[_SURROGATES].any() else outside[0], bit)
            _set_bit(after, None if b.mask[_SURROGATES].any() else outside[1], bit)
            # The second wins a tie: of a letter read wrongly, the first character is the one that many letters share.
            anchor |= min(b, a, key=operator.attrgetter("commonness")).mask
        elif known:
            single |= min(known, key=operator.attrgetter("commonness")).mask
        else:
            raise UnknownFtfyError("its badness pattern has an alternative that ASCII text can match")
    return Pairs(single, anchor, left, right, before, after, _reach(tokens))


class _Set(NamedTuple):
    """A set of characters and how common they are, see `_commonness`."""

    commonness: float
    mask: Mask


def _set_bit(table: NDArray[np.uint64], mask: Mask | None, bit: np.uint64) -> None:
    """Set a bit for the members of a set, or for all code units if there is none."""
    if mask is None:
        table |= bit
    else:
        table[np.flatnonzero(mask)] |= bit


def _commonness(mask: Mask) -> float:
    """How much of ordinary text the characters of `mask` make up, in arbitrary units: a rank, not a measurement.

    It steers which characters are looked at, thus speed alone. ASCII outweighs all else; a letter may be half of what
    a text in its language consists of, where signs and punctuation come once in a while.
    """
    if mask[_ASCII].any():
        return _ASCII_COMMONNESS * float(np.count_nonzero(mask))
    return float(sum(10 if chr(code).isalpha() else 1 for code in np.flatnonzero(mask).tolist()))


def _parse(pattern: re.Pattern[str]) -> Any:
    """The parsed form of a compiled pattern, a sequence of (operator, argument), by the standard library's parser."""
    if not isinstance(pattern, re.Pattern) or pattern.flags & (re.IGNORECASE | re.LOCALE | re.ASCII):
        raise UnknownFtfyError("a table is no pattern, or one with flags that change its classes")
    try:
        parser = importlib.import_module("re._parser")  # private; without it ftfy is called for everything
        return parser.parse(pattern.pattern, pattern.flags)
    except (ImportError, AttributeError, re.error) as error:
        raise UnknownFtfyError(f"its patterns cannot be parsed: {error}") from error


def _expand(tokens: Iterable[Any]) -> list[list[Mask | None]]:
    """All alternatives of a parsed pattern, each a list of character sets; None is a gap of unknown length."""
    expanded: list[list[Mask | None]] = [[]]
    for token, argument in tokens:
        tails: list[list[Mask | None]]
        match token.name:
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
                tails = [[_character_set(token.name, argument)]]
            case "BRANCH":
                tails = [tail for branch in argument[1] for tail in _expand(branch)]
            case "SUBPATTERN":
                if argument[1] or argument[2]:
                    raise UnknownFtfyError("a pattern switches its flags")
                tails = _expand(argument[3])
            case "ATOMIC_GROUP":
                tails = _expand(argument)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, body = argument
                tails = [[None]] if least == 0 else _expand(body)
                if least and most != 1:
                    tails = [[*tail, None] for tail in tails]
            case "AT" | "ASSERT" | "ASSERT_NOT":
                tails = [[]]  # a condition of no width: ignoring it broadens the pattern
            case name:
                raise UnknownFtfyError(f"a pattern uses {name}")
        expanded = [head + tail for head in expanded for tail in tails]
        if len(expanded) > _MAX_ALTERNATIVES:
            raise UnknownFtfyError("a pattern has too many alternatives")
    return expanded


def _character_set(name: str, argument: Any) -> Mask:
    """The code units that one element of a pattern can match, or more than these."""
    mask = np.zeros(UNITS, np.bool_)
    if name == "ANY":
        return ~mask
    items = [("LITERAL", argument)] if name != "IN" else [(token.name, value) for token, value in argument]
    negated = name == "NOT_LITERAL"
    for kind, value in items:
        if kind == "NEGATE":
            negated = True
        elif kind in {"LITERAL", "RANGE"}:
            first, last = (value, value) if kind == "LITERAL" else value
            mask[first : last + 1] = True
            if last >= UNITS:
                mask[_SURROGATES] = True
        elif kind == "CATEGORY":
            mask |= _category(value.name)
        else:
            raise UnknownFtfyError(f"a character set uses {kind}")
    if negated:
        mask = ~mask
        mask[_SURROGATES] = True
    return mask


@functools.cache
def _category(name: str) -> Mask:
    r"""The code units of a class such as ``\w``; of one that is not known, all."""
    escapes = {"WORD": "w", "SPACE": "s", "DIGIT": "d", "NOT_WORD": "W", "NOT_SPACE": "S", "NOT_DIGIT": "D"}
    escape = escapes.get(name.removeprefix("CATEGORY_"))
    if escape is None:
        return np.ones(UNITS, np.bool_)
    # Members become NUL; NUL itself is looked at by itself.
    replaced = re.sub(rf"\{escape}", "\0", _every_character())
    mask: Mask = np.frombuffer(replaced.encode("utf-32-le", "surrogatepass"), "<u4") == 0
    mask[0] = re.match(rf"\{escape}", "\0") is not None
    mask[_SURROGATES] = True
    return mask


@functools.cache
def _every_character() -> str:
    """All code points up to U+FFFF in their order, lone surrogates too."""
    return np.arange(UNITS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _first(tokens: Iterable[Any]) -> Mask:
    """The code units that a match of a parsed pattern can begin with, or more than these."""
    mask = np.zeros(UNITS, np.bool_)
    for token, argument in tokens:
        if token.name.endswith("_REPEAT") and argument[0] == 0:
            mask |= _first(argument[2])
            continue
        for alternative in _expand([(token, argument)]):
            if not alternative or alternative[0] is None:
                raise UnknownFtfyError("a pattern has no certain first character")
            mask |= alternative[0]
        return mask
    raise UnknownFtfyError("a pattern can match nothing at all")


def _one_character(pattern: re.Pattern[str]) -> Mask:
    """The code units of a pattern that is one set of characters."""
    tokens = _parse(pattern)
    if tokens.getwidth() != (1, 1):
        raise UnknownFtfyError(f"a pattern does not match single characters: {pattern.pattern!r}")
    return _first(tokens)


def _reach(tokens: Any) -> int | None:
    """The longest match in characters, None if unbounded or if a lookaround makes it depend on its surroundings."""
    listing = repr(tokens.data)
    if any(name in listing for name in ("ASSERT", "BOUNDARY", "AT_END")):
        return None
    longest = int(tokens.getwidth()[1])
    return longest if longest <= 64 else None  # beyond that, looking at the line is as cheap


def _mask_of(codes: Iterable[int]) -> Mask:
    """The code units of a collection of code points."""
    mask = np.zeros(UNITS, np.bool_)
    members = np.fromiter(codes, np.int64)
    mask[members[members < UNITS]] = True
    mask[_SURROGATES] |= bool((members >= UNITS).any())
    return mask


def _changed_alone(fixer: Any) -> Mask:
    """The characters up to U+FFFF that a fixer replaces by another one, even if it stands alone."""
    fixed = np.frombuffer(fixer(_every_character()).encode("utf-32-le", "surrogatepass"), "<u4")
    if fixed.size != UNITS:
        raise UnknownFtfyError("a fixer of single characters changes the length of a text")
    mask: Mask = np.not_equal(fixed, np.arange(UNITS))
    return mask
