"""What lines say by themselves: one code for training and for scoring.

Three kinds of features, all linear in the model:

* **columns**: crosses of facts, like "words: 8-9" or "ends with: full stop" (`line_columns`).
* **hashed words**: every word and pair of neighbouring words, weighted by `views.WORD_SCALE`; and the line's first and last
  words and the whole line if it is short, weighted 1.
* **phrases**: named families of furniture phrases, by where in the line they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from . import line_columns as lc
from .columns import Fact, FactArray, cross
from .forms import form_slots
from .line_columns import MANNERS, OWN_COLUMNS, OWN_FACTS, PLACES, SPANS, SPOTS
from .line_facts import PLACE_OF, RowWords, end_facts, start_facts, visible_spans, word_facts, word_sums
from .links import blank_links
from .phrasetable import Matches, PhraseTable, pair_hashes
from .plain import plain_lines
from .tokens import CAPITAL_END, MIX_A, HashArray, IntArray, Tokens
from .topical import KeyArray, topical_words

# Hash slots. 2^17 was as good as 2^18 in cross-validation and half the file; the word tables together stay in the second cache.
WORD_BITS, PAIR_BITS, EDGE_BITS = 17, 16, 16
# Words of a line that are looked at. Counters are packed into 16 bits; no line of prose is a tenth as long.
MAX_LINE_WORDS = (1 << 15) - 1
# Phrases in the middle of a longer line say nothing of it: a page that arrives as one line has some of every family, which added up.
MAX_PHRASED_WORDS = 64
N_EDGES = 5  # see `OwnFeatures.edge`
WHOLE_LINE_WORDS = 8  # longer lines hardly ever come again on another site


class OwnFeatures(NamedTuple):
    """What lines say by themselves: a row for each line that is not blank.

    Attributes
    ----------
    row : int64 array of shape (n_rows,)
        Which of the given lines each row is.
    facts : uint8 array of shape (n_facts, n_rows)
        Bins of each of `line_columns.OWN_FACTS`.
    n_words : int64 array of shape (n_rows,)
        Words of the line; two ideographs count as one word, as the words of those scripts have about two.
    first_word, stop_word : int64 array of shape (n_rows,)
        The row's words within `word` and `pair`, at most `MAX_LINE_WORDS`.
    word, pair : int64 array of shape (n_words,)
        Hash slots of each word, and of each word with the next one (which may stand on the next line: see `stop_word`).
    form : int64 array of shape (n_words,)
        Hash slots of how each word and those before it on its line are written (`forms`).
    edge : int64 array of shape (N_EDGES, n_rows)
        Hash slots of the first word, first two, last word, last two, whole line; slot 0 means there is none.
    phrase_row, phrase_place, phrase_family : int64 array of shape (n_phrases,)
        Phrases: the row, an index into `PLACES`, the family. Each combination at most once.
    section : uint8 array of shape (n_rows,)
        A bit for each of `line_columns.SECTIONS` of which the row is a label.
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    topical : uint32 array of shape (n_topical,)
        Hashes of the words that tell what lines are about, row after row.
    n_topical : int64 array of shape (n_rows,)
        How many each row has.
    """

    row: IntArray
    facts: FactArray
    n_words: IntArray
    first_word: IntArray
    stop_word: IntArray
    word: IntArray
    pair: IntArray
    form: IntArray
    edge: IntArray
    phrase_row: IntArray
    phrase_place: IntArray
    phrase_family: IntArray
    section: FactArray
    key: HashArray
    topical: KeyArray
    n_topical: IntArray

    def fact(self, fact: Fact) -> FactArray:
        """A fact's bin for each row: uint8 array of shape (n_rows,)."""
        bins: FactArray = self.facts[PLACE_OF[fact.name]]
        return bins

    @property
    def columns(self) -> IntArray:
        """Bins of each of `OWN_COLUMNS`, for training and explanation: int64 array of shape (n_columns, n_rows)."""
        return cross(OWN_COLUMNS, OWN_FACTS, self.facts)


_PLACE_BITS = 6
_SENTENCE, _CAPITALISED, _BEFORE_COLON = 1, 2, 3  # of `MANNERS`
_STOP = lc.END_TYPE.bins.index("stop")


# What stands in dates of numbers alone: full stops, strokes, dashes, also of full width and in Arabic, with a space behind them or around.
_DATE_SIGNS = np.array(
    [
        int.from_bytes(text, "little") | len(text) << 40
        for sign in "./-\u2010\u2011\u2013\u060d\uff0e\uff0f\uff0d"
        for text in (sign.encode(), f"{sign} ".encode(), f" {sign} ".encode())
    ],
    np.int64,
)
_LONGEST_SIGN = 5
_SIGN_PLACES = np.arange(_LONGEST_SIGN)
_THREE = np.arange(3)


def _place_table() -> IntArray:
    """Place of a phrase, without its suffix, by whether it starts the line, whether it ends it, and the line's words up to 63."""
    words = np.arange(1 << _PLACE_BITS)
    # A caption begins with "Photo by" as an article that is all one line begins with its date: up to 48 words are told from more.
    size = lc.lookup(len(words), (5, 9, 17, 49)).astype(np.int64)
    return np.concatenate((13 + np.clip(size - 1, 0, 2), 8 + size, 3 + size, np.clip(words, 1, 3) - 1))


_PLACE_TABLE = _place_table()


def _is_label(place: str) -> bool:
    """Whether a line with a phrase there is hardly more: it alone, or with three words behind it, or with up to seven if no full stop ends
    the line, as in "December 19, 2025 at 4:13 am" and "Reply to this comment".
    """
    size, _, manner = place.removesuffix(SPANS[1]).partition(", ")
    return size.startswith("whole line") or size == "starts line of 4" or (size == "starts line of 8" and manner != "sentence")


_IS_LABEL = np.array(list(map(_is_label, PLACES)))


_WORD_SHIFT, _PAIR_SHIFT, _EDGE_SHIFT = (np.uint64(64 - bits) for bits in (WORD_BITS, PAIR_BITS, EDGE_BITS))
_EDGE_SALTS = np.array(
    ((0x9FB21C651E98DF25,), (0xD6E8FEB86659FD93,), (0xA0761D6478BD642F,), (0xE7037ED1A0B428DB,), (0x8EBC6AF09C88C6E3,)), np.uint64
)


def _slots(hashes: HashArray, shift: np.uint64) -> IntArray:
    return (hashes >> shift).view(np.int64)


def own_features(data: bytes, start: IntArray, end: IntArray, phrases: PhraseTable) -> OwnFeatures:
    """Features of lines, each by itself.

    Parameters
    ----------
    data : bytes
        UTF-8 that begins with a line end and has one after every line.
    start, end : int64 array of shape (n_lines,)
        Byte spans of the lines, ascending.
    phrases : PhraseTable
        Compiled phrase families.

    Returns
    -------
    OwnFeatures
    """
    data, start, end, tokens = plain_lines(blank_links(data), start, end)
    first, stop = visible_spans(data, tokens.classes, start, end)
    row = (first < stop).nonzero()[0]
    first, stop = first.take(row), stop.take(row)
    words = _row_words(tokens.start, first)
    facts = np.empty((len(OWN_FACTS), len(row)), np.uint8)
    end_facts(data, tokens.classes, stop, facts)
    pair = pair_hashes(tokens.hash)
    sums = word_sums(tokens, pair, words)
    matches = _without_figures(phrases.find(tokens.hash, pair, words.row, words.stop), data, tokens)
    manner = np.where(2 * sums.counts[0].astype(np.int64) > words.n_all, _CAPITALISED, 0)
    manner[facts[PLACE_OF[lc.END_TYPE.name]] == _STOP] = _SENTENCE
    phrase_row, phrase_place, phrase_family, covered = _phrase_features(matches, words, manner, tokens.look)
    section = _section_labels(phrases, phrase_row, phrase_place, phrase_family, len(row))
    edge, key = _edges(tokens.hash, pair, words, sums.pairs)
    n_words = word_facts(data, tokens, words, sums, covered, facts)
    start_facts(tokens, first, words.first, facts)
    # Lines without words are told apart by their length in bytes alone: "---" and "***" count as copies, "---" and "-----" do not.
    bare = (words.n_all == 0).nonzero()[0]
    if len(bare):
        key[bare] = (stop.take(bare) - first.take(bare) + 1).view(np.uint64)
    return OwnFeatures(
        row, facts, n_words, words.first, words.stop, _slots(tokens.hash, _WORD_SHIFT), _slots(pair, _PAIR_SHIFT),
        form_slots(tokens, words, first), edge, phrase_row, phrase_place, phrase_family, section, key, *topical_words(tokens, pair, words),
    )  # fmt: skip


def _row_words(word_start: IntArray, first: IntArray) -> RowWords:
    """Which words each row has, given where words and the visible text of rows begin."""
    first_word = word_start.searchsorted(first)
    sizes = np.empty_like(first_word)
    if len(sizes):
        np.subtract(first_word[1:], first_word[:-1], out=sizes[:-1])
        sizes[-1] = len(word_start) - first_word[-1]
    longest = int(sizes.max(initial=0))
    n_all = sizes if longest <= MAX_LINE_WORDS else np.minimum(sizes, MAX_LINE_WORDS)
    row = np.arange(len(sizes), dtype=np.int32).repeat(sizes)
    return RowWords(first_word, first_word + n_all, n_all, sizes, longest, row)


def join(parts: Sequence[OwnFeatures]) -> OwnFeatures:
    """Features of several stretches of a block's lines as one, without their words and edges, which no later step needs.

    Parameters
    ----------
    parts : sequence of OwnFeatures
        At least one; `row` counts the block's lines.
    """
    before = np.cumsum([0, *(len(part.row) for part in parts[:-1])]).tolist()
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("row", "facts", "n_words", "phrase_place", "phrase_family", "section", "key", "topical", "n_topical")
    }
    phrase_row = np.concatenate([part.phrase_row + offset for part, offset in zip(parts, before, strict=True)])
    nothing, none = np.empty(0, np.int64), np.zeros(len(joined["row"]), np.int64)
    no_edges = np.empty((N_EDGES, 0), np.int64)
    return OwnFeatures(
        first_word=none, stop_word=none, word=nothing, pair=nothing, form=nothing, edge=no_edges, phrase_row=phrase_row, **joined
    )


def _edges(hashes: HashArray, pairs: HashArray, words: RowWords, pair_sums: HashArray) -> tuple[IntArray, HashArray]:
    """Hash slots of rows' edges, and a hash of all words of each row."""
    first_word, n_words = words.first, words.n_all
    n = len(first_word)
    if not len(hashes):
        return np.zeros((N_EDGES, n), np.int64), np.zeros(n, np.uint64)
    edge = np.empty((N_EDGES, n), np.uint64)
    present = np.empty((N_EDGES, n), np.bool_)
    some, two = present[0], present[1]
    np.greater(n_words, 0, out=some)
    np.greater(n_words, 1, out=two)
    present[2:4] = present[:2]
    np.less_equal(n_words, WHOLE_LINE_WORDS, out=present[4])
    present[4] &= some
    # Where a word is not present any other will do: all of it is multiplied by 0 in the end.
    last = words.stop - 1
    hashes.take(first_word, out=edge[0], mode="clip")
    pairs.take(first_word, out=edge[1], mode="clip")
    hashes.take(last, out=edge[2], mode="clip")
    pairs.take(last - 1, out=edge[3], mode="clip")
    # The last word's pair reaches into the next line.
    edge[4] = pair_sums
    edge[4] -= pairs.take(last, mode="clip")
    edge[4] += edge[0]
    edge[4] *= some
    key = edge[4].copy()
    edge ^= _EDGE_SALTS
    edge *= MIX_A
    edge >>= _EDGE_SHIFT
    edge *= present
    return edge.view(np.int64), key


def _without_figures(matches: Matches, data: bytes, tokens: Tokens) -> Matches:
    """Matches without the rows of figures that pass for dates: of "3.10.2024" the same sign stands twice, of "1990 12.4 88" it does not.

    Three numbers in a row, the phrases of which are dates, must have the same one of `_DATE_SIGNS` between the first two and the last two.
    """
    three = (matches.length == 3).nonzero()[0]
    word = matches.word.take(three)[:, np.newaxis] + _THREE
    numbers = (tokens.look.take(word) & 0xFF == cc.DIGIT).all(axis=1).nonzero()[0]
    if not len(numbers):
        return matches
    three, word = three.take(numbers), word.take(numbers, axis=0)
    sign = _between(data, tokens.end.take(word[:, :2]), tokens.start.take(word[:, 1:]))
    goes = (sign[:, 0] != sign[:, 1]) | (sign[:, :1] != _DATE_SIGNS).all(axis=1)
    if not goes.any():
        return matches
    stays = np.ones(len(matches.word), np.bool_)
    stays[three.compress(goes)] = False
    return Matches(*(values.compress(stays) for values in matches))


def _between(data: bytes, end: IntArray, start: IntArray) -> IntArray:
    """What stands between words, as a number of its bytes and how many there are; 0 for more than `_LONGEST_SIGN`."""
    length = start - end
    found = np.frombuffer(data, np.uint8).take(end[..., np.newaxis] + _SIGN_PLACES, mode="clip").astype(np.int64)
    found <<= 8 * _SIGN_PLACES
    found *= length[..., np.newaxis] > _SIGN_PLACES
    key: IntArray = np.add.reduce(found, -1)
    key |= length << 8 * _LONGEST_SIGN
    return key * (length <= _LONGEST_SIGN)


def _phrase_features(
    matches: Matches, words: RowWords, manner: IntArray, look: npt.NDArray[np.uint16]
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Rows, places and families of matches, and how many words of each row phrases cover; given how rows are written."""
    row: IntArray = words.row.take(matches.word).astype(np.int64)
    if words.longest > MAX_LINE_WORDS:
        # Words beyond the limit are of no row; phrases of one word are found among them too.
        inside = matches.word < words.stop[row]
        matches, row = Matches(*(values[inside] for values in matches)), row[inside]
    if not len(row):
        return row, row, row, np.zeros(len(words.first), np.int64)
    count, begin = words.n_all.take(row), words.first.take(row)
    at_edge = (matches.word == begin) * 2 + (matches.word + matches.length == begin + count)
    place = _PLACE_TABLE.take(at_edge << _PLACE_BITS | np.minimum(count, (1 << _PLACE_BITS) - 1))
    manner = manner.take(row)
    colon = (look.take(matches.word + (matches.length - 1)) >> 8 & CAPITAL_END - 1) == cc.COLON
    # (At a line's end a colon is what the line ends with.)
    manner[colon & (at_edge & 1 == 0)] = _BEFORE_COLON
    one_word = (matches.length == 1) & (at_edge < 3)
    place += len(SPOTS) * (manner + len(MANNERS) * one_word)
    key = ((row << 7 | place) << 6) + matches.family
    key = key.compress((at_edge > 0) | (count <= MAX_PHRASED_WORDS))
    key.sort()
    fresh = np.empty(len(key), np.bool_)
    fresh[:1] = True
    np.not_equal(key[1:], key[:-1], out=fresh[1:])
    key = key.compress(fresh)

    # Phrases that overlap cover their words once: a running maximum of where phrases end, in order of where they start, the longest
    # first. Rows ascend with words, so they need not be put in order.
    order = matches.word * 16 + (15 - matches.length)
    order.sort()
    begin = order >> 4
    finish = begin + 15 - (order & 15)
    reached = np.maximum.accumulate(finish)
    np.maximum(begin[1:], reached[:-1], out=begin[1:])
    finish -= begin
    np.maximum(finish, 0, out=finish)
    covered = np.bincount(row, finish, len(words.first)).astype(np.int64)
    return key >> 13, key >> 6 & 127, key & 63, covered


def _section_labels(phrases: PhraseTable, row: IntArray, place: IntArray, family: IntArray, n_rows: int) -> FactArray:
    """A bit for each section of which a row is a label, given the rows, places and families of phrases."""
    section = np.zeros(n_rows, np.uint8)
    bits = phrases.section_bits.take(family)
    bits *= _IS_LABEL.take(place)
    some = bits.nonzero()[0]
    bits, row = bits.take(some), row.take(some)
    for number in range(len(lc.SECTIONS)):
        section[row.compress(bits == 1 << number)] |= 1 << number
    return section
