"""Single functions under pytest-benchmark: `python -m pytest benchmarks/test_micro.py`.

The text is that of the sample pages in `seeds/`, many times over, so no corpus is needed. Whole systems, ratios and
growth are in `speed.py`; this is for finding which function a change made slower:
`--benchmark-save=before`, then `--benchmark-compare`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleantext import LineModel, explain, score_lines, strip_boilerplate, strip_many
from cleantext.features import PLACE_COLUMNS, own_features, place_columns
from cleantext.lines import BLOCK_BYTES, Block, make_block
from cleantext.normalize import fix_many
from cleantext.tokens import tokenize

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
Benchmark = Callable[..., Any]


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """Sample pages until one block is full."""
    samples = [p.read_text(encoding="utf-8") for p in sorted(SEEDS.glob("*.txt")) if ".expected" not in p.name]
    repeats = BLOCK_BYTES // sum(map(len, samples)) + 1
    return samples * repeats


@pytest.fixture(scope="module")
def block(pages: list[str]) -> Block:
    """The pages as one block."""
    return make_block(pages)


@pytest.fixture(scope="module")
def model() -> LineModel:
    """The shipped model, warm."""
    model = LineModel.load()
    model.score_block(make_block(["A page."]))
    return model


def test_make_block(benchmark: Benchmark, pages: list[str]) -> None:
    assert len(benchmark(make_block, pages).page_start) == len(pages)


def test_tokenize(benchmark: Benchmark, block: Block) -> None:
    assert len(benchmark(tokenize, block.data)) > 1


def test_own_features(benchmark: Benchmark, block: Block, model: LineModel) -> None:
    own = benchmark(own_features, block.data, block.start, block.end, model.phrases)
    assert 0 < len(own.row) <= len(block.start)


def test_place_columns(benchmark: Benchmark, block: Block, model: LineModel) -> None:
    own = own_features(block.data, block.start, block.end, model.phrases)
    first_row = np.searchsorted(own.row, block.first_line)
    bins = benchmark(place_columns, own, own.row, first_row)
    assert bins.shape == (len(PLACE_COLUMNS), len(own.row))


def test_score_block(benchmark: Benchmark, block: Block, model: LineModel) -> None:
    score = benchmark(model.score_block, block).score
    assert ((score > 0) & (score < 1)).all()


def test_fix_many(benchmark: Benchmark, pages: list[str]) -> None:
    assert len(benchmark(fix_many, pages)) == len(pages)


def test_strip_many(benchmark: Benchmark, pages: list[str]) -> None:
    assert len(benchmark(strip_many, pages)) == len(pages)


def test_strip_boilerplate_one_page(benchmark: Benchmark, pages: list[str]) -> None:
    assert benchmark(strip_boilerplate, pages[0])


def test_score_lines_one_page(benchmark: Benchmark, pages: list[str]) -> None:
    assert len(benchmark(score_lines, pages[0]).start) == pages[0].count("\n") + 1


def test_explain_one_page(benchmark: Benchmark, pages: list[str]) -> None:
    assert benchmark(explain, pages[0])


def test_load_model(benchmark: Benchmark) -> None:
    assert benchmark(LineModel.load).version
