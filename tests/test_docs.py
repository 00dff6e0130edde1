"""The documents name what there is: modules, commands, options; and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, BENCHMARKS, HELD_OUT = ROOT / "cleantext", ROOT / "benchmarks", ROOT / "data" / "held_out"
DOCUMENTS = sorted(path for folder in (".", "docs", "benchmarks", "data", "seeds") for path in (ROOT / folder).glob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^()\s#]*)(?:#[\w-]+)?\)")


def read(*parts: str) -> str:
    """A document's text."""
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def test_every_module_has_its_place_in_the_architecture() -> None:
    named = set(re.findall(r"\w+", read("docs", "architecture.md")))
    modules = {path.stem for path in [*PACKAGE.glob("*.py"), *(PACKAGE / "train").glob("*.py")]} - {"__init__", "__main__"}
    assert len(modules) > 50
    assert modules - named == set()


def test_every_file_of_the_benchmarks_is_described() -> None:
    named = set(re.findall(r"`([\w.]+)`", read("benchmarks", "README.md")))
    files = {path.name for path in BENCHMARKS.iterdir() if path.suffix in {".py", ".md", ".json"} and path.name != "README.md"}
    assert len(files) > 20
    assert files - named == set()


def test_own_pages_are_as_many_as_the_benchmarks_say() -> None:
    topics = [path.name.partition("-")[0] for path in HELD_OUT.glob("*.txt")]
    apart = [topics.count(topic) for topic in ("nothing", "news", "press")]
    types = len(set(topics) - {"nothing", "news", "press"})
    said = re.search(
        r"\*\*Our own pages\*\*: (\d+) of (\w+) types, (\d+) of nothing.* (\d+) of news.* (\d+) nearly", read("benchmarks", "README.md")
    )
    assert said
    assert [int(said[1]), *map(int, said.groups()[2:])] == [len(topics) - sum(apart), *apart]
    assert said[2] == ("six", "seven", "eight", "nine")[types - 6]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if target]
    assert [target for target in targets if not (path.parent / target).exists()] == []
