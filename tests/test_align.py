"""Labels by alignment: each case is a page, one line each with the label it must get, and its gold text."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.train import align
from cleantext.train.align import label_lines, label_segments, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's 3.5 Litres!", ["it", "s", "3", "5", "litres"]),
        ("スープは熱い", ["ス", "ー", "プ", "は", "熱", "い"]),
        ("뜨거운 수프", ["뜨", "거", "운", "수", "프"]),
        ("ซุปร้อน", ["ซุ", "ป", "ร้", "อ", "น"]),
        ("Суп горячий", ["суп", "горячий"]),
        ("2024年版soup", ["2024", "年", "版", "soup"]),
        ("* [Leek](https://example.org/leek_(x)) ![pot](p.png)", ["leek", "pot"]),
        ("see https://example.org/soup?hot=1 now", ["see", "now"]),
        ("--- * ---", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


ARTICLE = "Boil the leeks for ten minutes, then add the cream.\nServe with bread and butter."

CASES = [
    pytest.param(
        [
            (0, "Home"),
            (0, "Soups"),
            (1, "Boil the leeks for ten minutes, then add the cream."),
            (1, "Serve with bread and butter."),
            (0, "Copyright"),
        ],
        ARTICLE,
        id="furniture around an article",
    ),
    pytest.param(
        [
            (0, "The"),
            (0, "Bread"),
            (0, "Serve"),
            (0, "Add the cream of our site to your favourites"),
            *((1, line) for line in ARTICLE.split("\n")),
        ],
        "Serve it hot with the bread of your choice.\n" + ARTICLE,
        id="common words of the navigation are not matches",
    ),
    pytest.param(
        [(0, "Leek soup"), (0, "Bread"), (1, "Leek soup"), *((1, line) for line in ARTICLE.split("\n")), (0, "Leek soup")],
        "Leek soup\n" + ARTICLE,
        id="of several headlines the one at the text",
    ),
    pytest.param(
        [*((1, line) for line in ARTICLE.split("\n")), (0, "Serve with bread and butter."), (0, "Share")],
        ARTICLE,
        id="a line twice is content once",
    ),
    pytest.param(
        [(1, "Wash them twice, for there is sand in every leek you buy."), (0, "Menu"), *((1, line) for line in ARTICLE.split("\n"))],
        ARTICLE + "\nWash them twice, for there is sand in every leek you buy.",
        id="a box that stands elsewhere in the gold",
    ),
    pytest.param(
        [
            (1, "Boil"),
            (1, "the leeks"),
            (1, "for ten minutes, then add"),
            (1, "the"),
            (1, "cream"),
            (-1, "."),
            (1, "Serve with bread and butter."),
        ],
        ARTICLE,
        id="a line per text node",
    ),
    pytest.param(
        [
            (1, "# Leek *soup*"),
            (1, "* 2 leeks"),
            (-1, "---"),
            (1, "* [1 pot](https://example.org/pots/of/iron) of cream"),
            (0, "[Home](/leek/soup)"),
        ],
        "Leek soup\n2 leeks\n1 pot of cream",
        id="Markdown marks and link targets",
    ),
    pytest.param(
        [(-1, "Photo: A. Smith. Boil the leeks for ten minutes"), (1, "then add the cream. Serve with bread and butter. Enjoy")],
        ARTICLE,
        id="a line of both is doubtful unless nearly all of it is content",
    ),
    pytest.param(
        [(0, "首页"), (0, "分享到"), (1, "把韭葱煮十分钟，然后加入奶油。"), (0, "版权所有")],
        "把韭葱煮十分钟，然后加入奶油。",
        id="a script without spaces",
    ),
    pytest.param(
        [(0, "加入奶油"), (1, "把韭葱煮十分钟，然后加入奶油。"), (0, "十分钟"), (1, "最后撒上香菜。")],
        "本店加入奶油研究协会多年。\n把韭葱煮十分钟，然后加入奶油。\n最后撒上香菜。",
        id="two words of such a script are no run",
    ),
    pytest.param([(0, "Menu"), (0, "Login")], "", id="no content at all"),
    pytest.param(
        [(-1, "Loading"), (1, "Serve with bread and butter."), (-1, "Another version of this text")],
        ARTICLE + "\nA third paragraph, which this page lacks, and a fourth one.",
        id="a page that lacks most of the gold says nothing about furniture",
    ),
]


@pytest.mark.parametrize(("page", "gold"), CASES)
def test_labels(page: list[tuple[int, str]], gold: str) -> None:
    label, fraction = label_lines([line for _, line in page], gold)
    assert label.dtype == np.int8
    assert fraction.dtype == np.float32
    assert list(zip(label.tolist(), (line for _, line in page), strict=True)) == page


def test_fraction_is_the_share_of_matched_tokens() -> None:
    _, fraction = label_lines(["Boil the leeks for ten minutes and hours and days and weeks"], "Boil the leeks for ten minutes")
    assert fraction.tolist() == pytest.approx([0.5])


def test_long_texts_are_aligned_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    gold = [f"Step {i} asks for {i * 7} leeks and {i * 3} pots." for i in range(60)]
    lines = [line for i, step in enumerate(gold) for line in (f"Advertisement number {i}", step)]
    whole = label_lines(lines, "\n".join(gold))[0]
    assert whole.tolist() == [0, 1] * 60
    monkeypatch.setattr(align, "_MAX_PAIRS", 100_000)
    assert np.mean(label_lines(lines, "\n".join(gold))[0] == whole) > 0.95


def test_a_long_page_takes_seconds_at_most() -> None:
    # Words as frequent as in a language: the harmonic law, drawn with a fixed seed.
    weights = 1 / np.arange(1, 5001)
    words = np.random.default_rng(0).choice([f"word{i}" for i in range(5000)], 60_000, p=weights / weights.sum()).tolist()
    lines = [" ".join(words[i : i + 12]) for i in range(0, len(words), 12)]
    begin = time.perf_counter()
    label, _ = label_lines(lines, "\n".join(lines[1000:3000]))
    assert time.perf_counter() - begin < 20
    assert label[1000:3000].mean() > 0.95


@given(st.lists(st.text(alphabet="ab \n-", max_size=20), max_size=20), st.text(alphabet="ab \n", max_size=60))
def test_any_lines_get_a_label(lines: list[str], gold: str) -> None:
    label, fraction = label_lines(lines, gold)
    assert label.shape == fraction.shape == (len(lines),)
    assert set(label.tolist()) <= {-1, 0, 1}
    assert np.all((fraction >= 0) & (fraction <= 1))
    # No gold token is used twice.
    n_matched = sum(f * len(tokenize(line)) for f, line in zip(fraction.tolist(), lines, strict=True))
    assert round(n_matched) <= len(tokenize(gold))


@given(st.lists(st.sampled_from(["Boil the leeks for ten minutes", "Serve", "a b", "2 leeks", "---"]), max_size=12))
def test_gold_alone_is_all_content(lines: list[str]) -> None:
    label, _ = label_lines(lines, "\n".join(lines))
    assert label.tolist() == [1 if tokenize(line) else -1 for line in lines]


def test_segments() -> None:
    lines = ["Boil the leeks for ten minutes.", "then add the cream", "cream", "Menu | Login", "Nothing is known", ""]
    label, fraction = label_segments(lines, ["leeks for ten", "Now then add the cream, and stir"], ["Login"])
    # "cream" alone is part of a segment, but one word proves nothing.
    assert label.tolist() == [1, 1, -1, 0, -1, -1]
    assert fraction.tolist() == [1, 1, 0.5, 0, 0.5, 0.5]
    both, _ = label_segments(["Leek soup"], ["leek"], ["soup"])
    assert both.tolist() == [-1]
    assert label_segments([], ["leek"], [])[0].shape == (0,)
