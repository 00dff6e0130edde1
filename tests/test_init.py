"""The front door: what is exported, how little an import costs, and what it says to users of the modules of the same name."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cleantext

HOME = str(Path(cleantext.__file__).parents[1])
FUNCTIONS = ("explain", "report_stream", "score_lines", "strip_boilerplate", "strip_many", "strip_stream")


def run(code: str) -> str:
    """What a fresh Python prints."""
    program = f"import sys; sys.path.insert(0, {HOME!r}); " + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("name", cleantext.__all__)
def test_exported_names_exist(name: str) -> None:
    assert getattr(cleantext, name).__name__ == name
    assert getattr(cleantext, name).__doc__
    assert name in dir(cleantext)


def test_no_module_hides_behind_a_function() -> None:
    # A submodule's name is set in the package by whoever imports it, over a function of the same name.
    for module in pkgutil.iter_modules(cleantext.__path__):
        if module.name not in ("__main__", "arrow", "sklearn", "datatrove"):  # these need extras, or run
            importlib.import_module(f"cleantext.{module.name}")
        assert module.name not in cleantext.__all__
    assert all(callable(getattr(cleantext, name)) for name in cleantext.__all__)


def test_everything_can_be_imported_with_a_star() -> None:
    assert run(f"from cleantext import *; print(all(callable(eval(n)) for n in {cleantext.__all__!r}))") == "True\n"


@pytest.mark.parametrize("name", ["clean", "fix_bad_unicode", "to_ascii_unicode", "replace_urls", "clean_words"])
def test_names_of_the_other_cleantext_tell_which_this_is(name: str) -> None:
    for statement in (f"from cleantext import {name}", f"from cleantext import strip_many, {name} as other"):
        with pytest.raises(ImportError, match=f"cleantext-lines and has no '{name}'.*clean-text.*another environment"):
            exec(statement, {})
    with pytest.raises(AttributeError, match=f"cleantext-lines and has no '{name}'.*clean-text.*another environment"):
        getattr(cleantext, name)


def test_programs_can_ask_which_cleantext_they_have() -> None:
    assert not hasattr(cleantext, "clean")
    assert getattr(cleantext, "clean", None) is None
    assert hasattr(cleantext, "strip_boilerplate")


@pytest.mark.parametrize("name", ["strip_html", "__wrapped__", "_private", "Clean"])
def test_other_names_are_missing_as_usual(name: str) -> None:
    assert not hasattr(cleantext, name)
    with pytest.raises(AttributeError, match=f"module 'cleantext' has no attribute {name!r}"):
        getattr(cleantext, name)
    with pytest.raises(ImportError, match="cannot import name"):
        exec(f"from cleantext import {name}", {})


def test_import_loads_nothing_and_cleaning_only_what_it_needs() -> None:
    heavy = ("numpy", "ftfy", "regex", "sklearn", "scipy", "pyarrow", "cleantext.train", "resiliparse", "multiprocessing", "urllib.request")
    code = f"import cleantext; heavy = {heavy!r}; print(*[m for m in heavy if m in sys.modules]); "
    code += "cleantext.strip_boilerplate('Caf\\u00c3\\u00a9', threshold=0); print(*[m for m in heavy if m in sys.modules])"
    before, after = run(code).splitlines()
    assert before == ""
    assert set(after.split()) <= {"numpy", "ftfy", "regex"}


def test_version_is_that_of_the_distribution() -> None:
    try:
        installed = importlib.metadata.version("cleantext-lines")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not installed: run from a checkout")
    assert cleantext.__version__ == installed


NARROW = """
import numpy as np

def narrow(function):
    # Told by a type of the call's own, or by arrays of other than flags.
    def narrowed(*args, **settings):
        made = function(*args, **settings)
        inner = args[0] if isinstance(args[0], (list, tuple)) else ()
        told = "dtype" in settings or "out" in settings or any(getattr(a, "dtype", bool) != bool for a in (*args, *inner))
        told = told or any(isinstance(a, type) for a in args) or made.dtype != np.int64
        return made if told else made.astype(np.int32)
    return narrowed

for name in ("arange", "array", "full", "cumsum"):
    setattr(np, name, narrow(getattr(np, name)))
"""
CLEANED = """
import hashlib
from pathlib import Path
from cleantext import score_lines, strip_many

pages = [path.read_text(encoding="utf-8") for path in sorted(Path({seeds!r}).glob("*.txt"))]
pages += [page.replace("\\n", "\\r\\n") for page in pages] + ["-" * 700_000 + "\\nRead more", "word " * 200_000 + "\\n" + "字" * 300_000]
scored = [score_lines(page) for page in pages]
print(hashlib.sha256("\\0".join(strip_many(pages)).encode()).hexdigest())
print(hashlib.sha256(b"".join(array.tobytes() for lines in scored for array in (lines.start, lines.end, lines.score))).hexdigest())
"""


def test_whole_numbers_of_32_bits_by_default_change_nothing() -> None:
    """As with numpy 1 on Windows: pages of one block came out otherwise than one by one, and a long line was an error."""
    cleaned = CLEANED.format(seeds=str(Path(HOME, "seeds")))
    assert run(NARROW + cleaned) == run(cleaned)


def test_a_machine_of_the_other_byte_order_is_refused() -> None:
    code = "sys.byteorder = 'big'\ntry:\n import cleantext\nexcept ImportError as error: print(error)"
    assert "little-endian" in run(code)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_have_examples(name: str) -> None:
    # That they are right is tested where all doctests are: by pytest, as pyproject.toml has it.
    function = getattr(cleantext, name)
    finder = doctest.DocTestFinder(recurse=False)
    (found,) = finder.find(function, name)
    assert found.examples


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_describe_each_parameter(name: str) -> None:
    function = getattr(cleantext, name)
    documentation = inspect.getdoc(function) or ""
    section = documentation.partition("Parameters\n----------\n")[2].partition("\n---")[0]
    described = [word for names in re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", section, re.MULTILINE) for word in names.split(", ")]
    assert set(inspect.signature(function).parameters) <= set(described)


@pytest.mark.parametrize("name", ["DroppedLine", "ExplainedLine", "LineScores", "PageReport"])
def test_public_tuples_describe_each_field(name: str) -> None:
    public = getattr(cleantext, name)
    section = (inspect.getdoc(public) or "").partition("Attributes\n----------\n")[2]
    described = [word for names in re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", section, re.MULTILINE) for word in names.split(", ")]
    assert set(public._fields) <= set(described)


def test_a_label_goes_and_a_sentence_stays() -> None:
    sentence = "Rain kept the harvest waiting until the last week of October, the growers said on Monday."
    label, prose = cleantext.explain(f"Advertisement\n\n{sentence}\n\n{sentence[:-1]} again.")[:2]
    assert label.score < prose.score


def test_any_model_that_ships_is_small_and_well_formed() -> None:
    path = Path(cleantext.__file__).with_name("model.bin")
    assert path.stat().st_size <= 2_000_000
    model = cleantext.LineModel.load()
    assert set(model.thresholds) == {"precision", "balanced", "recall"}
    assert 0 < model.thresholds["recall"] <= model.thresholds["balanced"] <= model.thresholds["precision"] < 1
    assert model.version
