"""One look-up for several columns: the same sums as one look-up for each, whatever the columns and weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.columns import Column, Fact, Fold, PageFold, Weighted, byte_table, covers, cross, fold, look_up
from cleantext.judge_columns import FIRST_COLUMNS, PAGE_FACTS, SECOND_COLUMNS, folds
from cleantext.line_columns import OWN_COLUMNS, OWN_GROUPS, PLACE_COLUMNS, PLACE_GROUPS

SIZE = Fact("size", ("0", "1", "2", "3"))
LARGE = Fact("large", ("no", "yes"), "size", (0, 0, 1, 1))
END = Fact("end", ("stop", "comma", "other"))
PAGE = Fact("page", ("short", "long"))


def drawn(columns: tuple[Column, ...], seed: int) -> list[Weighted]:
    draw = np.random.default_rng(seed)
    return [Weighted(column, draw.integers(-32768, 32768, column.size)) for column in columns]


def drawn_facts(columns: tuple[Column, ...], n: int, seed: int) -> dict[str, np.ndarray]:
    """Bins for every fact; coarser facts follow from the finer ones that they can be told from."""
    draw = np.random.default_rng(seed)
    facts = {fact.name: fact for column in columns for fact in column.facts}
    bins = {name: draw.integers(0, len(fact.bins), n).astype(np.uint8) for name, fact in facts.items()}
    for fact in facts.values():
        if fact.of in bins:
            bins[fact.name] = np.array(fact.table, np.uint8)[bins[fact.of]]
    return bins


def one_by_one(columns: list[Weighted], facts: dict[str, np.ndarray], n: int) -> list[int]:
    bins = cross([one.column for one in columns], facts, n)
    return np.sum([one.weights[place] for one, place in zip(columns, bins, strict=True)], axis=0).tolist()


def test_fold_by_hand() -> None:
    # "large, end" has weights 1 to 6 in C order, "size" 10 to 40.
    columns = [Weighted(Column("large, end", (LARGE, END)), np.arange(1, 7)), Weighted(Column("size", (SIZE,)), np.arange(10, 50, 10))]
    (one,) = fold(columns, [(SIZE, END)])
    facts = {"size": np.array([0, 3], np.uint8), "end": np.array([2, 1], np.uint8)}
    assert one.sums(facts).tolist() == [3 + 10, 5 + 40]


def test_page_fold_by_hand() -> None:
    # Pages: short 1 and 2, long 3 and 4 by whether the line is large; and 10 to 40 by its size on any page.
    columns = [Weighted(Column("page, large", (PAGE, LARGE)), np.arange(1, 5)), Weighted(Column("size", (SIZE,)), np.arange(10, 50, 10))]
    facts = {"size": np.array([0, 3, 3], np.uint8)}
    sums = PageFold((SIZE,), (PAGE,), columns).sums(facts, {"page": np.array([1, 0], np.uint8)}, np.array([0, 0, 1]))
    assert sums.tolist() == [3 + 10, 4 + 40, 2 + 40]


def test_a_column_that_no_group_covers_is_looked_up_by_itself() -> None:
    columns = drawn((Column("end", (END,)), Column("size", (SIZE,))), 0)
    assert [[fact.name for fact in one.facts] for one in fold(columns, [(SIZE, LARGE)])] == [["size"], ["end"]]


def test_facts_of_which_one_can_be_told_from_another_are_covered() -> None:
    assert covers(Column("large", (LARGE,)), (SIZE,))
    assert not covers(Column("size", (SIZE,)), (LARGE,))
    assert covers(Column("page, large", (PAGE, LARGE)), (SIZE,), (PAGE,))
    assert not covers(Column("page, end", (PAGE, END)), (SIZE,), (PAGE,))


def test_a_table_that_16_bits_cannot_count_is_refused() -> None:
    wide = [Fact(f"fact {n}", tuple(map(str, range(200)))) for n in range(3)]
    with pytest.raises(ValueError, match="8000000 combinations of fact 0, fact 1, fact 2: 65536 at most"):
        Fold(wide, drawn((Column("all", tuple(wide)),), 0))


@pytest.mark.parametrize(("columns", "groups"), [(OWN_COLUMNS, OWN_GROUPS), (PLACE_COLUMNS, PLACE_GROUPS)], ids=["own", "place"])
@given(seed=st.integers(0, 2**32), n=st.integers(0, 40))
def test_views_are_summed_as_column_by_column(columns: tuple[Column, ...], groups: tuple[tuple[Fact, ...], ...], seed: int, n: int) -> None:
    weighted, facts = drawn(columns, seed), drawn_facts(columns, n, seed)
    found = sum(one.sums(facts) for one in fold(weighted, groups))
    assert found.tolist() == one_by_one(weighted, facts, n)


@pytest.mark.parametrize("columns", [FIRST_COLUMNS, SECOND_COLUMNS[len(FIRST_COLUMNS) :]], ids=["first", "second"])
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_the_judge_is_summed_as_column_by_column(columns: tuple[Column, ...], seed: int, sizes: list[int]) -> None:
    n, page = sum(sizes), np.arange(len(sizes)).repeat(sizes)
    weighted, facts = drawn(columns, seed), drawn_facts(columns, n, seed)
    names = [fact.name for fact in PAGE_FACTS]
    page_facts = {name: values for name, values in drawn_facts(columns, len(sizes), seed + 1).items() if name in names}
    facts |= {name: values[page] for name, values in page_facts.items()}
    of_lines, of_pages = folds(weighted)
    found = sum(one.sums(facts) for one in of_lines) + sum(one.sums(facts, page_facts, page) for one in of_pages)
    assert found.tolist() == one_by_one(weighted, facts, n)


def test_tables_of_the_judge_stay_in_the_second_cache() -> None:
    for columns in (FIRST_COLUMNS, SECOND_COLUMNS[len(FIRST_COLUMNS) :]):
        of_lines, of_pages = folds(drawn(columns, 0))
        assert len(of_lines) + len(of_pages) < len(columns) / 2
        assert all(one.table.nbytes <= 1 << 18 for one in of_lines)


def test_look_up() -> None:
    assert look_up(byte_table((5, 6, 7)), np.array([[0, 1], [2, 255]], np.uint8)).tolist() == [[5, 6], [7, 7]]


def test_bins_that_can_be_told_from_finer_ones_are_those_of_their_edges() -> None:
    facts = {fact.name: fact for column in (*OWN_COLUMNS, *PLACE_COLUMNS, *SECOND_COLUMNS) for fact in column.facts}
    for fact in facts.values():
        assert len(set(fact.bins)) == len(fact.bins) <= 256
        if fact.of in facts:
            assert len(fact.table) == len(facts[fact.of].bins)
            assert set(fact.table) == set(range(len(fact.bins)))
