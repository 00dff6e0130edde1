"""The documents name what there is: modules, commands, options; and their links lead somewhere."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from cleantext.cli import build_parser, main
from cleantext.corpus.report import Tally, as_json
from cleantext.judge_columns import JUDGE_COLUMNS
from cleantext.line_columns import COLUMNS

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


def test_every_option_is_documented() -> None:
    documented = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", "".join(map(read, ("README.md", "docs/pages.md", "docs/corpora.md")))))
    options = {option for action in build_parser()._actions for option in action.option_strings}
    assert len(options) > 20
    assert options - documented <= {"-h", "--help", "--version"}


@pytest.mark.parametrize("options", [["--json"], ["--explain", "--json"]], ids=" ".join)
def test_every_key_of_a_page_in_json_is_documented(options: list[str], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "page.txt").write_text("Advertisement\n", encoding="utf-8")
    assert main([*options, str(tmp_path / "page.txt")]) == 0
    record = json.loads(capsysbinary.readouterr().out)
    (described,) = re.findall(rf"^- `{' '.join(options)}`:(.*?)(?=^- |^#)", read("docs", "pages.md"), re.MULTILINE | re.DOTALL)
    (line,) = record["lines"] if "--explain" in options else record["dropped"]
    assert {*record, *line} <= set(re.findall(r"`(\w+)`", described))


def test_every_key_of_the_statistics_is_documented() -> None:
    tally = Tally()
    tally.add_reason("other", 1, 1)
    record = json.loads(as_json(tally, 1))
    (described,) = re.findall(r"With `--json` it is one object:(.*?)^- ", read("docs", "corpora.md"), re.MULTILINE | re.DOTALL)
    assert {*record, *record["reasons"]["other"]} <= set(re.findall(r"`(\w+)`", described))


def test_every_name_that_explain_prints_is_in_the_glossary() -> None:
    def numberless(text: str) -> str:
        return re.sub(r"[+-]?\d+", "0", text)

    told = set(re.findall(r"`([\w '+-]+?)(?:, [\w ]+)?(?: \([^`]*\))?`", numberless(read("docs", "pages.md"))))
    names = {numberless(column.name.split(", ")[0]) for column in (*COLUMNS, *JUDGE_COLUMNS)}
    assert len(names) > 40
    assert names - told == set()


def test_every_extra_is_named() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    start = read("README.md").partition("## How good it is")[0]
    assert set(project["optional-dependencies"]) <= set(re.findall(r"`([\w]+)`", start))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_install_what_can_be_installed(path: Path) -> None:
    # As long as the distribution is not published, its name is no argument for pip; that of the README's sentence is no command.
    commands = re.findall(r"pip install ([^\n`]*)", path.read_text(encoding="utf-8"))
    assert [command for command in commands if "cleantext-lines" in command] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_source_distribution_holds_what_tests_read() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    needed = {name for name in re.findall(r"""(?:ROOT|parents\[1\]|parent\.parent) / "([\w-]+)\"""", sources) if (ROOT / name).is_dir()}
    grafted = set(re.findall(r"^graft (\S+)$", read("MANIFEST.in"), re.MULTILINE))
    assert needed >= {"benchmarks", "data", "docs", "seeds"}
    assert needed | {"tests"} <= grafted | {"cleantext"}
