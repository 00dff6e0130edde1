"""The recipes for engines that run inside one machine, each as `docs/engines.md` has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.engines


def test_datasets(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("datasets", ("datasets",), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))


def test_datasets_streamed(
    run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]
) -> None:
    run_recipe("datasets-streamed", ("datasets",))
    assert list(read_clean("clean.parquet").items()) == list(enumerate(clean))


def test_polars(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("polars", ("polars", "pyarrow"), workers=2)
    assert list(read_clean("clean").items()) == list(enumerate(clean))


def test_dask(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("dask", ("dask.dataframe", "pyarrow"), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))


def test_dask_with_a_categorical_column(
    run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None], workspace: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for shard in (workspace / "pages").iterdir():
        table = parquet.read_table(shard)
        parquet.write_table(table.set_column(1, "text", table["text"].dictionary_encode()), shard)
    run_recipe("dask", ("dask.dataframe", "pyarrow"), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))


def test_duckdb(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("duckdb", ("duckdb", "pyarrow"), workers=2)
    assert read_clean("clean.parquet") == dict(enumerate(clean))


def test_pandas(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("pandas", ("pandas", "pyarrow"))
    assert list(read_clean("clean.parquet").items()) == list(enumerate(clean))


def test_datatrove(run_recipe: Callable[..., Path], clean: list[str | None], pages: list[str | None]) -> None:
    ds = pytest.importorskip("pyarrow.dataset")
    workspace = run_recipe("datatrove", ("datatrove", "pyarrow"), workers=2)
    table = ds.dataset(workspace / "clean", format="parquet").to_table()
    rows = {row["metadata"]["rank"] * 7: row for row in table.to_pylist()}
    # The reader leaves out rows without a text, before the step can see them.
    expected = {number: text for number, text in enumerate(clean) if pages[number]}
    assert {round(number): row["text"] for number, row in rows.items()} == expected
    ratios = [row["metadata"]["text_ratio_removed"] for row in rows.values()]
    assert max(ratios) == 1.0
    steps = json.loads((workspace / "logs" / "stats.json").read_text("utf-8"))
    assert next(step["stats"]["total"] for step in steps if "Boilerplate" in step["name"]) == len(expected)


def test_sklearn(run_recipe: Callable[..., Path], clean: list[str | None]) -> None:
    sparse, text = pytest.importorskip("scipy.sparse"), pytest.importorskip("sklearn.feature_extraction.text")
    workspace = run_recipe("sklearn", ("sklearn", "pandas", "pyarrow"))
    vectors = sparse.load_npz(workspace / "vectors.npz")
    assert (vectors != text.TfidfVectorizer().fit_transform([page or "" for page in clean])).nnz == 0
