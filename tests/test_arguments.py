"""Arguments of the public functions: what is not valid is told at the call, by every function in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ftfy
import numpy as np
import pytest
from strategies import drawn_model

from cleantext import explain, report_stream, score_lines, strip_boilerplate, strip_many, strip_stream

MODEL = drawn_model()


def never_read() -> Iterator[str]:
    """Pages that must not be asked for: what is checked at the call is checked before."""
    raise AssertionError("read")
    yield ""


# Each public function that takes many pages.
MANY: dict[str, Callable[..., Any]] = {"strip_many": strip_many, "strip_stream": strip_stream, "report_stream": report_stream}
many = pytest.mark.parametrize("function", MANY.values(), ids=MANY)
# Each public function that takes the setting, as a call with settings alone.
CALLS: dict[str, Callable[..., Any]] = {
    "strip_boilerplate": lambda **settings: strip_boilerplate("a", **settings),
    "strip_many": lambda **settings: strip_many([], **settings),
    "strip_stream": lambda **settings: strip_stream(never_read(), **settings),
    "report_stream": lambda **settings: report_stream(never_read(), **settings),
}
MORE_CALLS = CALLS | {
    "score_lines": lambda **settings: score_lines("a", **settings),
    "explain": lambda **settings: explain("a", **settings),
}
calls = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


class TestNormalize:
    @calls
    @pytest.mark.parametrize("wrong", ["NFC", "", 0, 1, None, np.False_, {}, (), ftfy.TextFixerConfig], ids=repr)
    def test_another_type(self, call: Callable[..., Any], wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"normalize must be True, False or an ftfy\.TextFixerConfig, not "):
            call(normalize=wrong, model=MODEL)

    @calls
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"max_decode_length": 0}, ValueError, "max_decode_length must be at least 1, not 0"),
            ({"max_decode_length": "5"}, TypeError, "str"),
            ({"normalization": "nfc"}, ValueError, "invalid normalization form"),
            ({"unescape_html": []}, TypeError, "unhashable"),
        ],
    )
    def test_config_that_ftfy_cannot_use(
        self, call: Callable[..., Any], options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=f"normalize: ftfy cannot work with this TextFixerConfig: .*{message}"):
            call(normalize=ftfy.TextFixerConfig(**options), model=MODEL)

    @pytest.mark.parametrize("config", [True, False, ftfy.TextFixerConfig(), ftfy.TextFixerConfig(normalization=None)])
    def test_all_that_is_allowed(self, config: Any) -> None:
        assert strip_many(["abc"], threshold=0, normalize=config, model=MODEL) == ["abc"]


class Numbered:
    """Pages by number alone: the older way of being iterable."""

    def __getitem__(self, number: int) -> str:
        return ["a", "b"][number]


class TestPages:
    @many
    @pytest.mark.parametrize(
        ("texts", "message"),
        [
            ("The council met", r"texts is a single text: pass a list of texts, such as \[text\]"),
            (b"The council met", "texts is a single text"),
            (np.str_("The council met"), "texts is a single text"),
            ({"text": ["a"]}, r"texts is a dict, which gives its keys.*texts\['text'\]"),
            ({"a", "b"}, "texts is a set, which has no order"),
            (frozenset("a"), "texts is a frozenset"),
            (np.array([["a"], ["b"]]), r"texts has shape \(2, 1\)"),
            (np.array("a"), r"texts has shape \(\)"),
            (7, "texts is int, not an iterable of str"),
            (None, "texts is NoneType, not an iterable of str"),
        ],
        ids=repr,
    )
    def test_what_holds_no_page_per_item(self, function: Callable[..., Any], texts: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            function(texts, model=MODEL)

    @many
    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_tables(self, function: Callable[..., Any], library: str) -> None:
        table = pytest.importorskip(library).DataFrame({"id": [1], "text": ["a"]})
        with pytest.raises(TypeError, match=r"texts has shape \(1, 2\).*texts\['text'\]"):
            function(table, model=MODEL)
        assert len(list(function(table["text"], model=MODEL))) == 1

    def test_table_and_column_of_arrow(self) -> None:
        table = pytest.importorskip("pyarrow").table({"text": ["a"], "id": [1]})
        with pytest.raises(TypeError, match=r"texts has shape \(1, 2\)"):
            strip_many(table, model=MODEL)
        with pytest.raises(TypeError, match=r"page 0 must be str or None, not StringScalar: pass .*to_pylist\(\)"):
            strip_many(table["text"], model=MODEL)

    @many
    @pytest.mark.parametrize(
        "texts",
        [["a", "b"], ("a", "b"), np.array(["a", "b"]), {1: "a", 2: "b"}.values(), {"a": 1, "b": 2}.keys(), Numbered()],
        ids=lambda texts: type(texts).__name__,
    )
    def test_what_holds_a_page_per_item(self, function: Callable[..., Any], texts: Any) -> None:
        results = function(texts, threshold=0, model=MODEL)
        assert [getattr(result, "text", result) for result in results] == ["a", "b"]

    @many
    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            (float("nan"), r"float: nan stands for a missing text; fill or drop those first, such as texts\.fillna\(''\)"),
            (b"a", r"bytes: decode it first, for example page\.decode\('utf-8'\)"),
            (bytearray(b"a"), "bytearray: decode it first"),
            (1.5, "float$"),
            (["a"], "list$"),
        ],
    )
    def test_page_of_another_type(self, function: Callable[..., Any], wrong: Any, message: str) -> None:
        with pytest.raises(TypeError, match=f"page 3 must be str or None, not {message}"):
            list(function(["a", None, "", wrong], model=MODEL))

    def test_place_of_a_page_of_another_type_among_several_processes(self) -> None:
        with pytest.raises(TypeError, match="page 2 must be str or None, not int"):
            strip_many(["a", None, 7], model=MODEL, workers=2)  # type: ignore[list-item]

    @pytest.mark.parametrize("missing", ["NA", "NaT"])
    def test_missing_values_of_pandas(self, missing: str) -> None:
        wrong = getattr(pytest.importorskip("pandas"), missing)
        with pytest.raises(TypeError, match=f"page 0 must be str or None, not {missing}Type: .*{missing}.* stands for a missing text"):
            strip_many([wrong], model=MODEL)


class TestModel:
    @pytest.mark.parametrize("call", MORE_CALLS.values(), ids=MORE_CALLS)
    @pytest.mark.parametrize("wrong", ["model.bin", Path("model.bin"), 0, False, {}, type(MODEL)], ids=repr)
    def test_what_is_no_model(self, call: Callable[..., Any], wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"model must be a LineModel, not .*: read one from a file with LineModel\.load\(path\)"):
            call(model=wrong)


class TestCounts:
    @pytest.mark.parametrize("wrong", [float("nan"), True, False, 1.0, 1.5, "2", [2], np.float64(2), np.True_], ids=repr)
    def test_what_is_no_whole_number(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"workers must be a whole number, not .*leave it out to clean in this process"):
            strip_stream(never_read(), model=MODEL, workers=wrong)
        with pytest.raises(TypeError, match="top must be a whole number, not "):
            explain("a", model=MODEL, top=wrong)

    def test_too_few(self) -> None:
        with pytest.raises(ValueError, match="workers is 0, not 1 or more: leave it out"):
            strip_many(never_read(), model=MODEL, workers=0)
        with pytest.raises(ValueError, match="top is -1, not 0 or more"):
            explain("a", model=MODEL, top=-1)

    def test_whole_numbers_of_numpy(self) -> None:
        assert strip_many(["a"], threshold=0, model=MODEL, workers=np.int64(1)) == ["a"]  # type: ignore[arg-type]
        assert explain("a", model=MODEL, top=np.uint8(2)) == explain("a", model=MODEL, top=2)  # type: ignore[arg-type]
