"""The scripts of `docs/tutorial.md`, run as they stand there, and the figures it reports."""

from __future__ import annotations

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from recipes import environment, recipe, run_script

pytestmark = pytest.mark.engines

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "classifier.py"
N_ARCHIVES = 4


def wet_record(kind: str, url: str, body: bytes) -> bytes:
    """Return one gzip member with a record as Common Crawl writes it."""
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return gzip.compress(head.encode() + body + b"\r\n\r\n")


def test_web_crawl_to_parquet(run_recipe: Callable[..., Path], workspace: Path, pages: list[str | None], clean: list[str | None]) -> None:
    ds = pytest.importorskip("pyarrow.dataset")
    (workspace / "wet").mkdir()
    texts = {f"https://harbour.example/{number}": page for number, page in enumerate(pages) if page is not None}
    for archive in range(N_ARCHIVES):
        records = [wet_record("conversion", url, texts[url].encode()) for url in list(texts)[archive::N_ARCHIVES]]
        info = wet_record("warcinfo", "https://harbour.example/info", b"Software-Info: a record that is no page")
        (workspace / "wet" / f"{archive}.wet.gz").write_bytes(b"".join([info, *records]))

    run_recipe("wet", ("ray.data", "fastwarc", "pyarrow"), workers=2, document="tutorial.md")
    rows = ds.dataset(workspace / "clean", format="parquet").to_table().to_pylist()
    expected = {f"https://harbour.example/{number}": text for number, text in enumerate(clean) if text}
    assert {row["url"]: row["text"] for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        lines = texts[row["url"]].split("\n")
        assert set(row["text_dropped_text"].split("\n")) <= {*lines, ""}
        assert (row["text_words_removed"] > 0) == bool(row["text_dropped_text"])

    # The next script of the tutorial looks at what was removed.
    (workspace / "look.py").write_text(recipe("look", "tutorial.md"), encoding="utf-8")
    run_script(workspace / "look.py", environment(workspace))
    shown = (workspace / "look.log").read_text("utf-8")
    assert shown.count("https://harbour.example/") == 20
    assert "Subscribe to our newsletter" in shown


def test_retrieval_index(run_recipe: Callable[..., Path], clean: list[str | None]) -> None:
    workspace = run_recipe("retrieval", ("pyarrow",), document="tutorial.md")
    index = sqlite3.connect(workspace / "index.db")
    n_passages = index.execute("SELECT count(*) FROM passage").fetchone()[0]
    indexed: dict[int, list[str]] = {}
    for page, body in index.execute("SELECT page, body FROM passage ORDER BY rowid"):
        indexed.setdefault(page, []).extend(body.split("\n"))
    expected = {number: [line for line in text.split("\n") if line] for number, text in enumerate(clean) if text}
    assert indexed == expected
    assert index.execute("SELECT count(*) FROM passage WHERE passage MATCH 'saplings'").fetchone()[0] > 0
    # What the query printed: three passages that hold its word, wherever cleaning made a passage begin.
    printed = (workspace / "recipe.log").read_text("utf-8").splitlines()
    assert len(printed) == 3
    for number, start in (line.split(" ", 1) for line in printed):
        bodies = [body.replace("\n", " ") for (body,) in index.execute("SELECT body FROM passage WHERE page = ?", [int(number)])]
        assert any(body.startswith(start) and "water" in body for body in bodies)
    # A second run makes the index anew.
    run_script(workspace / "recipe.py", environment(workspace))
    assert index.execute("SELECT count(*) FROM passage").fetchone()[0] == n_passages
    index.close()


def test_retrieval_over_the_sample(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "data").symlink_to(ROOT / "data")
    scripts = {"sample": recipe("sample", "tutorial.md"), "retrieval": recipe("retrieval", "tutorial.md")}
    for name, script in scripts.items():
        (tmp_path / f"{name}.py").write_text(script, encoding="utf-8")
        run_script(tmp_path / f"{name}.py", environment(tmp_path))
    found = (tmp_path / "retrieval.log").read_text("utf-8").splitlines()
    assert len(found) == 3
    assert all(re.match(r"[a-z]+-\d\d ", line) for line in found)


def test_search_over_the_threshold(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    script = tmp_path / "search.py"
    task = f"""
import json
rows = [json.loads(line) for line in open({str(ROOT / "data/tasks/topics/pages.jsonl")!r}, encoding="utf-8")]
pages, labels, sites = ([row[key] for row in rows] for key in ("text", "label", "site"))
"""
    result = "print(json.dumps([search.best_params_, search.best_score_, len(search.cv_results_['params'])]))\n"
    script.write_text(task + recipe("classifier", "tutorial.md") + recipe("search", "tutorial.md") + result, encoding="utf-8")
    run_script(script, environment(tmp_path))
    chosen, score, count = json.loads(script.with_suffix(".log").read_text("utf-8").splitlines()[-1])
    assert count == 4
    assert chosen["boilerplatestripper__threshold"] != 0.0  # stripping won
    assert score > 0.8


def test_classifier_gains() -> None:
    pytest.importorskip("sklearn")
    printed = subprocess.run(
        [sys.executable, str(BENCHMARK), "--json"],
        env=os.environ | {"PYTHONPATH": str(BENCHMARK.parents[1])},
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
    ).stdout
    scores = json.loads(printed)
    raw, balanced = scores["raw pages"], scores['stripped, "balanced"']
    # Three pages of ninety-six: less could be luck.
    assert balanced["accuracy"] >= raw["accuracy"] + 0.03
    assert balanced["macro_f1"] >= raw["macro_f1"] + 0.03
    assert scores["content marked by hand"]["accuracy"] >= balanced["accuracy"]
