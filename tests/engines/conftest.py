"""Run the recipes of `docs/engines.md` and `docs/tutorial.md` as their readers do: each a script of its own."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from recipes import environment, recipe, run_script

import cleantext

collect_ignore = ["probe"]  # for the processes that recipes start, not for this one

# About 1.5 MB a shard, so that every worker gets several batches.
N_SHARDS = 4
ROWS_PER_SHARD = 400
CONTENT = (
    "The council agreed on Tuesday to plant four hundred lime trees along the ring road before the autumn.",
    "„Wir haben lange gewartet“, sagte die Bürgermeisterin nach der Sitzung, in der niemand dagegen stimmte.",
    "El puente nuevo se abrirá en mayo, y los vecinos podrán cruzarlo a pie desde el primer día.",
    "市议会决定在环路两旁种植四百棵椴树。居民对此表示欢迎。春天他们将帮助浇水。",
    "Rows of saplings stand in the nursery, each with a label that says who will water it in its first summer.",
)
FURNITURE = (
    "Advertisement",
    "Photo by Lena Okafor / Getty Images",
    "Subscribe to our newsletter",
    "READ MORE: Weather",
)


def page(number: int) -> str | None:
    """Return one of many pages: most with furniture, some empty, missing, or nothing but furniture."""
    if number % 17 == 5:
        return None
    if number % 19 == 7:
        return ("", "\n\n".join(FURNITURE))[number % 2]
    lines = [f"Report number {number} from the harbour town"]
    for turn in range(number % 60):
        lines += [
            CONTENT[(number + turn) % len(CONTENT)],
            "",
            FURNITURE[(number * 3 + turn) % len(FURNITURE)],
        ]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def pages() -> list[str | None]:
    """Return the pages of all shards in order; the row's number is its `id`."""
    return [page(number) for number in range(N_SHARDS * ROWS_PER_SHARD)]


@pytest.fixture(scope="session")
def clean(pages: list[str | None]) -> list[str | None]:
    """Return what one process makes of the pages, without any engine."""
    texts = cleantext.strip_many(pages)
    assert any(text == "" and page for text, page in zip(texts, pages, strict=True)), "no page loses all its lines"
    assert any(text and text != page for text, page in zip(texts, pages, strict=True)), "no page loses some lines"
    return texts


@pytest.fixture
def workspace(tmp_path: Path, pages: list[str | None]) -> Path:
    """Return a folder with the shards in `pages/`, as the documentation supposes."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "pages").mkdir()
    for shard in range(N_SHARDS):
        rows = range(shard * ROWS_PER_SHARD, (shard + 1) * ROWS_PER_SHARD)
        columns = {"id": list(rows), "text": [pages[row] for row in rows], "rank": [row / 7 for row in rows]}
        # The pages repeat themselves: compressed they would look smaller to an engine than they are.
        parquet.write_table(
            pa.table(columns),
            tmp_path / "pages" / f"{shard}.parquet",
            compression="none",
            use_dictionary=False,
        )
    return tmp_path


@pytest.fixture
def run_recipe(workspace: Path) -> Callable[..., Path]:
    """Return a function that runs a recipe in the workspace and returns the workspace.

    Its keyword `workers` is how many workers must have cleaned pages at the same time; `needs` names the modules
    without which the recipe is skipped.
    """

    def run(name: str, needs: tuple[str, ...], workers: int = 1, document: str = "engines.md") -> Path:
        missing = [module for module in needs if importlib.util.find_spec(module) is None]
        if missing and os.environ.get("CLEANTEXT_REQUIRE_ENGINES") != "1":
            pytest.skip(f"not installed: {', '.join(missing)}")
        script, seen = workspace / "recipe.py", workspace / "workers"
        script.write_text(recipe(name, document), encoding="utf-8")
        wanted = {"CLEANTEXT_WORKERS": str(seen), "CLEANTEXT_WORKERS_WANTED": str(workers)}
        run_script(script, environment(workspace) | wanted)
        assert len(set(seen.read_text("ascii").split())) >= workers, "fewer workers cleaned pages than were asked for"
        return workspace

    return run


@pytest.fixture
def read_clean(workspace: Path) -> Callable[[str], dict[int, str | None]]:
    """Return a function that reads the rows an engine wrote, as id -> text, and checks that the others came through."""

    def read(where: str) -> dict[int, str | None]:
        ds = pytest.importorskip("pyarrow.dataset")
        table = ds.dataset(workspace / where, format="parquet").to_table(columns=["id", "text", "rank"])
        rows = table.to_pylist()
        assert len({row["id"] for row in rows}) == len(rows), "a row came out twice"
        assert all(row["rank"] == row["id"] / 7 for row in rows), "another column changed"
        return {row["id"]: row["text"] for row in rows}

    return read
