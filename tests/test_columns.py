"""One look-up for several columns: the same sums as one look-up for each, whatever the columns and weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.columns import Column, Fact, FactArray, Folds, PageFolds, Weighted, byte_table, covers, cross, look_up
from cleantext.judge_columns import JUDGE_COLUMNS, JUDGE_FACTS, PAGE_FACTS, PROSE, folds
from cleantext.line_columns import OWN_COLUMNS, OWN_FACTS, OWN_GROUPS, PLACE_COLUMNS, PLACE_FACTS, PLACE_GROUPS

SIZE = Fact("size", ("0", "1", "2", "3"))
LARGE = Fact("large", ("no", "yes"), "size", (0, 0, 1, 1))
END = Fact("end", ("stop", "comma", "other"))
PAGE = Fact("page", ("short", "long"))


def drawn(columns: tuple[Column, ...], seed: int) -> list[Weighted]:
    draw = np.random.default_rng(seed)
    return [Weighted(column, draw.integers(-32768, 32768, column.size)) for column in columns]


def drawn_facts(known: Sequence[Fact], n: int, seed: int) -> FactArray:
    """Bins for every fact; coarser facts follow from the finer ones that they can be told from."""
    draw = np.random.default_rng(seed)
    bins = {fact.name: draw.integers(0, len(fact.bins), n).astype(np.uint8) for fact in known}
    for fact in known:
        if fact.of in bins:
            bins[fact.name] = np.array(fact.table, np.uint8)[bins[fact.of]]
    return np.array(list(bins.values()))


def one_by_one(columns: list[Weighted], known: Sequence[Fact], facts: FactArray) -> list[int]:
    bins = cross([one.column for one in columns], known, facts)
    total: list[int] = np.sum([one.weights[place] for one, place in zip(columns, bins, strict=True)], axis=0).tolist()
    return total


def test_fold_by_hand() -> None:
    # "large, end" has weights 1 to 6 in C order, "size" 10 to 40.
    columns = [Weighted(Column("large, end", (LARGE, END)), np.arange(1, 7)), Weighted(Column("size", (SIZE,)), np.arange(10, 50, 10))]
    assert Folds(columns, [(SIZE, END)], (END, SIZE)).sums(np.array([[2, 1], [0, 3]], np.uint8)).tolist() == [3 + 10, 5 + 40]


def test_page_fold_by_hand() -> None:
    # Pages: short 1 and 2, long 3 and 4 by whether the line is large; and 10 to 40 by its size on any page.
    columns = [Weighted(Column("page, large", (PAGE, LARGE)), np.arange(1, 5)), Weighted(Column("size", (SIZE,)), np.arange(10, 50, 10))]
    found = PageFolds(columns, [(SIZE,)], (SIZE,), (PAGE,))
    assert found.sums(np.array([[0, 3, 3]], np.uint8), np.array([[1, 0]], np.uint8), np.array([0, 0, 1])).tolist() == [13, 44, 42]


def test_a_column_that_no_group_covers_is_looked_up_by_itself() -> None:
    columns = drawn((Column("end", (END,)), Column("size", (SIZE,))), 0)
    facts = np.array([[2, 0], [3, 1]], np.uint8)
    found = Folds(columns, [(SIZE, LARGE)], (END, SIZE))
    assert len(found.table) == len(SIZE.bins) + len(END.bins)
    assert found.sums(facts).tolist() == one_by_one(columns, (END, SIZE), facts)


def test_a_column_that_16_bits_cannot_count_is_refused() -> None:
    wide = tuple(Fact(f"fact {n}", tuple(map(str, range(200)))) for n in range(3))
    with pytest.raises(ValueError, match="8000000 combinations of fact 0, fact 1, fact 2: a column may have 65536 at most"):
        Folds(drawn((Column("all", wide),), 0), [], wide)


def test_facts_of_which_one_can_be_told_from_another_are_covered() -> None:
    assert covers(Column("large", (LARGE,)), (SIZE,))
    assert not covers(Column("size", (SIZE,)), (LARGE,))
    assert covers(Column("page, large", (PAGE, LARGE)), (SIZE,), (PAGE,))
    assert not covers(Column("page, end", (PAGE, END)), (SIZE,), (PAGE,))


@pytest.mark.parametrize(
    ("columns", "groups", "known"),
    [(OWN_COLUMNS, OWN_GROUPS, OWN_FACTS), (PLACE_COLUMNS, PLACE_GROUPS, PLACE_FACTS)],
    ids=["own", "place"],
)
@given(seed=st.integers(0, 2**32), n=st.integers(0, 40))
def test_views_are_summed_as_column_by_column(
    columns: tuple[Column, ...], groups: Sequence[tuple[Fact, ...]], known: tuple[Fact, ...], seed: int, n: int
) -> None:
    weighted, facts = drawn(columns, seed), drawn_facts(known, n, seed)
    assert Folds(weighted, groups, known).sums(facts).tolist() == one_by_one(weighted, known, facts)


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_the_judge_is_summed_as_column_by_column(seed: int, sizes: list[int]) -> None:
    page = np.arange(len(sizes)).repeat(sizes)
    facts, page_facts = drawn_facts(JUDGE_FACTS, len(page), seed), drawn_facts(PAGE_FACTS, len(sizes), seed + 1)
    facts[JUDGE_FACTS.index(PROSE)] = page_facts[PAGE_FACTS.index(PROSE)][page]
    weighted = drawn(JUDGE_COLUMNS, seed)
    of_lines, of_pages = folds(weighted)
    found = of_lines.sums(facts) + of_pages.sums(facts, page_facts, page)
    everything = np.concatenate((page_facts[:, page], facts))
    assert found.tolist() == one_by_one(weighted, (*PAGE_FACTS, *JUDGE_FACTS), everything)


def test_tables_stay_in_the_second_cache() -> None:
    assert folds(drawn(JUDGE_COLUMNS, 0))[0].table.nbytes < 3 << 18
    for columns, groups, known in ((OWN_COLUMNS, OWN_GROUPS, OWN_FACTS), (PLACE_COLUMNS, PLACE_GROUPS, PLACE_FACTS)):
        assert Folds(drawn(columns, 0), groups, known).table.nbytes < 3 << 18


def test_look_up() -> None:
    assert look_up(byte_table((5, 6, 7)), np.array([[0, 1], [2, 255]], np.uint8)).tolist() == [[5, 6], [7, 7]]


def test_bins_that_can_be_told_from_finer_ones_are_those_of_their_edges() -> None:
    facts = {fact.name: fact for column in (*OWN_COLUMNS, *PLACE_COLUMNS, *JUDGE_COLUMNS) for fact in column.facts}
    for fact in facts.values():
        assert len(set(fact.bins)) == len(fact.bins) <= 256
        if fact.of in facts:
            assert len(fact.table) == len(facts[fact.of].bins)
            assert set(fact.table) == set(range(len(fact.bins)))


def test_few_rows_are_combined_as_many_are() -> None:
    columns, facts = drawn(JUDGE_COLUMNS, 5), drawn_facts((*JUDGE_FACTS, *PAGE_FACTS), 1500, 6)
    of_lines, _ = folds(columns)
    facts = facts[: len(JUDGE_FACTS)]
    pieces = [of_lines.sums(facts[:, low : low + 7]) for low in range(0, 1500, 7)]
    assert of_lines.sums(facts).tolist() == np.concatenate(pieces).tolist()


def test_sums_too_great_for_32_bits() -> None:
    weights = np.array([1 << 40, -(1 << 40), 3], np.int64)
    found = Folds([Weighted(Column("end", (END,)), weights)], [(END,)], (END,))
    assert found.sums(np.array([[0, 1, 2]], np.uint8)).tolist() == weights.tolist()
