"""The command that moves a model, and the function behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Never

import numpy as np
import pytest

from cleantext import strip_boilerplate
from cleantext.cli import main as clean
from cleantext.model import LineModel
from cleantext.normalize import fix_text
from cleantext.train import adapt as module
from cleantext.train.adapt import adapt, main
from cleantext.train.adaptation import Adaptation
from cleantext.train.augment import read_pages
from cleantext.train.metrics import word_f1
from cleantext.train.pages import kept_text
from cleantext.train.pairs import labelled_page

HELD_OUT = Path(__file__).resolve().parents[1] / "data" / "held_out"
PAGES = [page for page in read_pages(HELD_OUT) if page.doc_id.startswith("product-")][::8][:4]
WANTED = [kept_text(page, page.label == 1) for page in PAGES]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A folder with pages/ and wanted/."""
    for page, text in zip(PAGES, WANTED, strict=True):
        for folder, content in (("pages", page.text), ("wanted", text)):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / f"{page.doc_id}.txt").write_bytes(content.encode())
    return tmp_path


def command(folders: Path, *arguments: str) -> list[str]:
    return [str(folders / "pages"), str(folders / "wanted"), "-o", str(folders / "mine.ctm"), *arguments]


def test_pages_and_what_should_be_left_give_a_model(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(folders, "--version", "shop-1")) == 0
    model = LineModel.load(folders / "mine.ctm")
    assert model.version == "shop-1"
    about = model.info["adapted"]
    assert (about["from"], about["pages"], about["sites"]) == (LineModel.load().version, 4, 4)
    assert "measured" not in model.info
    assert model.info["attribution"] == LineModel.load().info["attribution"]
    shown = capsys.readouterr().out.split("\n")
    assert shown[0].split()[:5] == ["4", "pages", "of", "4", "sites"]
    assert float(shown[1].split()[2]) == pytest.approx(about["before"]["f1"], abs=6e-4)
    assert float(shown[2].split()[4]) == pytest.approx(about["held_out"]["f1"], abs=6e-4)
    assert shown[-2] == f"wrote {folders / 'mine.ctm'}, model shop-1"
    # And it cleans.
    assert clean(["--model", str(folders / "mine.ctm"), str(folders / "pages" / f"{PAGES[0].doc_id}.txt")]) == 0
    assert capsys.readouterr().out


def test_a_moved_model_is_written_over_but_not_moved_again(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(folders)) == 0
    assert main(command(folders)) == 0
    assert LineModel.load(folders / "mine.ctm").version == f"{LineModel.load().version}+4"
    with pytest.raises(SystemExit):
        main(command(folders, "--model", str(folders / "mine.ctm")))
    assert "was moved by pages before: start from model" in capsys.readouterr().err


def test_a_page_is_not_written_over(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = folders / "pages" / f"{PAGES[0].doc_id}.txt"
    before = page.read_bytes()
    with pytest.raises(SystemExit):
        main([*command(folders)[:3], str(page)])
    assert "is there already, and no model; name another file" in capsys.readouterr().err
    assert page.read_bytes() == before


def test_figures_are_those_of_cleaning() -> None:
    # Entities and broken letters are repaired by cleaning: they are no mistakes of the model.
    texts = [f"{page.text}\nFish &amp; chips in the cafÃ©" for page in PAGES]
    wanted = [f"{text}\nFish & chips in the café" for text in WANTED]
    found = adapt(texts, wanted)
    cleaned = [strip_boilerplate(text) for text in texts]
    assert found.before.f1 == pytest.approx(np.mean([word_f1(*pair) for pair in zip(cleaned, wanted, strict=True)]), abs=1e-4)
    names = [f"page {index}" for index in range(len(texts))]
    pages = [labelled_page(name, name, text, gold) for name, text, gold in zip(names, texts, wanted, strict=True)]
    limit = LineModel.load().threshold("balanced")
    kept = [kept_text(page, score >= limit) for page, score in zip(pages, Adaptation(LineModel.load(), pages).held_out(), strict=True)]
    f1 = np.mean([word_f1(fix_text(text), gold) for text, gold in zip(kept, wanted, strict=True)])
    assert found.held_out.f1 == pytest.approx(f1, abs=1e-4)
    assert found.n_doubtful == 0


def test_lines_in_doubt_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [f"{page.text}\n* * *\nThe harbour is deep and wide and cold" for page in PAGES]
    found = adapt(texts, [f"{text}\nThe harbour is deep" for text in WANTED])
    assert found.n_doubtful >= len(texts)
    module._report(found, Path("mine.ctm"))
    assert f"left out: {found.n_doubtful}\n" in capsys.readouterr().out


def test_interrupted(folders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(*_: object) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_adapted", stop)
    assert main(command(folders)) == 130
    assert capsys.readouterr().err == "cleantext.train.adapt: interrupted\n"
    assert not (folders / "mine.ctm").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a page", ["a"]), "texts is a single text: pass a list of texts"),
        ((["a", b"b"], ["a", "b"]), "texts, item 1: a page must be str, not bytes: decode it first"),
        ((["a"], [None]), "wanted, item 0: a page must be str, not NoneType"),
        (({"a": "a"}, ["a"]), "texts is a dict, which gives its keys"),
    ],
)
def test_other_types_are_refused(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        adapt(*arguments)


def test_other_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="model must be a LineModel"):
        adapt(["a"], ["a"], model="mine.ctm")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sites, item 0: a page must be str, not float"):
        adapt(["a"], ["a"], sites=[float("nan")])  # type: ignore[list-item]


def test_generators_are_taken() -> None:
    found = adapt((page.text for page in PAGES), iter(WANTED), version="v")
    assert found.model.version == "v"


def test_the_function_gives_what_the_command_writes(folders: Path) -> None:
    assert main(command(folders)) == 0
    found = adapt([page.text for page in PAGES], WANTED)
    # Sites are named otherwise, so that they are dealt to other folds; what is said of the model before is the same.
    about = LineModel.load(folders / "mine.ctm").info["adapted"]
    assert found.before._asdict() == about["before"]
    named = adapt([page.text for page in PAGES], WANTED, sites=[page.doc_id for page in PAGES])
    named.model.save(folders / "named.ctm")
    assert (folders / "named.ctm").read_bytes() == (folders / "mine.ctm").read_bytes()


def test_few_pages_and_pages_that_teach_nothing_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = adapt([page.text for page in PAGES], WANTED)
    for figures, message in ((found.before._replace(f1=1.0), "so few pages say little"), (found.before, "no better than before")):
        module._report(found._replace(before=found.before, held_out=figures), Path("mine.ctm"))
        assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("texts", "wanted", "sites", "message"),
    [
        (["a"], ["a", "b"], None, "1 texts, 2 wanted ones and 1 sites: they must be as many"),
        (["a b", "c d"], ["a", "c"], ["s"], "2 texts, 2 wanted ones and 1 sites"),
        (["a\nb", "c\nd"], ["a", "c"], ["s", "s"], "1 sites are too few"),
        (["a\nb", "c\nd"], ["x", "c"], None, "page 0: 0% of the words"),
        (["", "\n"], ["", ""], None, "0 sites are too few"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(texts: list[str], wanted: list[str], sites: list[str] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adapt(texts, wanted, sites=sites)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("pages", "nowhere"), "is no folder"),
        (("wanted", "nowhere"), "is no folder"),
        (("mine.ctm", "nowhere/mine.ctm"), "there is no folder"),
        (("wanted", "pages"), "is the folder of the pages"),
    ],
)
def test_wrong_arguments_are_named(change: tuple[str, str], message: str, folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = (str(folders / name) for name in change)
    arguments = [wrong if argument == right else argument for argument in command(folders)]
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
    assert not (folders / "mine.ctm").exists()


def test_no_model_to_start_from(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(command(folders, "--model", str(folders / "pages" / f"{PAGES[0].doc_id}.txt")))
    assert "not a cleantext line model" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(command(folders, "--model", "nope.ctm"))
    assert "--model nope.ctm: No such file or directory" in capsys.readouterr().err


def test_missing_packages_are_named(folders: Path) -> None:
    code = "import sys; sys.modules['scipy'] = None; from cleantext.train.adapt import main; sys.exit(main(sys.argv[1:]))"
    ended = subprocess.run([sys.executable, "-c", code, *command(folders)], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "cleantext.train.adapt: scipy is missing: pip install 'cleantext-lines[fit]'\n"
