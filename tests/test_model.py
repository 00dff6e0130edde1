"""Scores are sums of weights, whatever the batch; a model's file is read whole or refused with a reason."""

from __future__ import annotations

import copy
import errno
import json
import math
import os
import pickle
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import reference_features, reference_scores, weights_of
from strategies import PHRASE_SECTIONS, PHRASES, drawn_model, pages

from cleantext import context, features, score_lines
from cleantext.features import COLUMNS
from cleantext.lines import make_block
from cleantext.model import COLUMN_OFFSETS, FORMAT, MAGIC, SCORE, LineModel
from cleantext.phrasetable import PhraseTable
from cleantext.plain import is_blank
from cleantext.tokens import tokenize

INFO: dict[str, Any] = {"version": "made", "families": ["more", "photo", "share", "other"], "thresholds": {"balanced": 0.5}}
NAMES = sorted(LineModel.shapes(0))


def arrays_of_zeros() -> dict[str, np.ndarray[Any, Any]]:
    """A model's arrays without any weight, with the phrases of the tests."""
    table = PhraseTable.compile(PHRASES, PHRASE_SECTIONS)
    arrays: dict[str, np.ndarray[Any, Any]] = {f"phrase_{name}": getattr(table, name) for name in ("keys", "known", "sections")}
    for name, (dtype, shape) in LineModel.shapes(len(PHRASES)).items():
        if name not in arrays:
            arrays[name] = np.zeros(shape, dtype)
    return arrays


def model_with(change: Callable[[dict[str, np.ndarray[Any, Any]]], None]) -> LineModel:
    arrays = arrays_of_zeros()
    change(arrays)
    return LineModel(arrays, INFO)


def judged(text: str, model: LineModel) -> list[float]:
    """What the judge says of the lines of a page, in log-odds."""
    log_odds: list[float] = (model.score_block(make_block([text])).judged / context.SCALE).tolist()
    return log_odds


class TestScores:
    @given(st.lists(pages(), min_size=1, max_size=3), st.integers(0, 1))
    def test_same_as_the_reference(self, texts: list[str], seed: int) -> None:
        model = drawn_model(seed)
        for text, expected in zip(texts, reference_scores(texts, model), strict=True):
            found = score_lines(text, model=model)
            assert list(zip(found.start.tolist(), found.end.tolist(), strict=True)) == [line[:2] for line in expected]
            # Scores of neighbouring whole-number sums differ by more than 1e-10 of their size.
            np.testing.assert_allclose(found.score, [score for _, _, score in expected], rtol=1e-12)

    @given(st.lists(pages(), min_size=1, max_size=6))
    def test_of_a_block_are_those_of_its_pages(self, texts: list[str]) -> None:
        model = drawn_model()
        together = model.score_block(make_block(texts))
        alone = [model.score_block(make_block([text])).score for text in texts]
        assert np.array_equal(together.score, np.concatenate(alone))
        assert np.diff(together.first_row).tolist() == [len(scores) for scores in alone]

    @settings(max_examples=20)
    @given(st.lists(pages(), min_size=2, max_size=4), st.integers(1, 40))
    def test_do_not_depend_on_how_much_stands_before(self, texts: list[str], times: int) -> None:
        model = drawn_model()
        block = make_block([*texts * times, texts[0]])
        scores = model.score_block(block)
        last = slice(scores.first_row[-2], scores.first_row[-1])
        assert np.array_equal(scores.score[last], model.score_block(make_block(texts[:1])).score)

    def test_extreme_weights_do_not_overflow(self) -> None:
        # The greatest weights everywhere, on a line of as many words as are looked at: the sums still fit.
        text = "read more photo by share " * 6554
        for sign in (1, -1):

            def fill(arrays: dict[str, np.ndarray[Any, Any]], sign: int = sign) -> None:
                for array in arrays.values():
                    if array.dtype == np.int16:
                        array[...] = sign * 32767

            model = model_with(fill)
            scores = score_lines("\n".join([text] * 3), model=model).score
            assert [bool(score > 0.5) for score in scores] == [sign > 0] * 3
            np.testing.assert_allclose(scores, [line[2] for line in reference_scores(["\n".join([text] * 3)], model)[0]], rtol=1e-12)

    def test_are_strictly_between_zero_and_one(self) -> None:
        assert 0 < SCORE[0] < SCORE[-1] < 1
        assert np.all(np.diff(SCORE) > 0)
        assert SCORE[len(SCORE) // 2] == 0.5


class TestHandMade:
    """One weight each, the sum by hand. Weights are in 1/256 log-odds; 256 is one."""

    def test_without_weights_the_judge_says_nothing(self) -> None:
        assert judged("READ MORE\n\nA line.", LineModel(arrays_of_zeros(), INFO)) == [0, 0]

    def test_intercept(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            arrays["judge_intercept"][0] = 3 * 256

        # 3 log-odds for every line that is not blank.
        assert judged("a\n \nb c", model_with(change)) == [3, 3]

    @staticmethod
    def pass_on(arrays: dict[str, np.ndarray[Any, Any]], view: str) -> None:
        """Make the judge's last word a view's score, cut into the bins of -5, -3, -2, -1.25, ... log-odds.

        The column "line view and page view" has 14 x 14 bins. Bin 6 is "under 0", bin 7 "under 0.375", which has the zero.
        """
        assert context.JUDGE_COLUMNS[0].name == "line view and page view"
        grid = np.tile(np.arange(14), (14, 1))
        bins = grid.T if view == "line" else grid
        arrays["judge_columns"][: 14 * 14] = 256 * (bins.ravel() - 7)

    def test_one_word_of_the_line_view(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            word = tokenize(b"\nharbour\n").hash[0]
            arrays["line_words"][int(word) >> 64 - features.WORD_BITS] = -4 * 256
            self.pass_on(arrays, "line")

        # "harbour" alone: -4 / sqrt(1) = -4 log-odds, bin 1 (-5 to -3): 1 - 7 = -6 from the judge.
        # One word of four: -4 / sqrt(4) = -2, which begins bin 3 (-2 to -1.25): 3 - 7 = -4.
        # "the quay": 0, bin 7: 0.
        text = "harbour\nHARBOUR in the rain\nthe quay"
        assert judged(text, model_with(change)) == [-6, -4, 0]

    def test_page_view_does_not_speak_for_the_line_view(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            arrays["page_intercept"][0] = 1000
            self.pass_on(arrays, "line")

        assert judged("harbour", model_with(change)) == [0]

    def test_phrase_of_one_family_at_one_place(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            place = features.PLACES.index("whole line of 2")
            arrays["page_phrases"][0, place] = -256  # of any family
            arrays["page_phrases"][1 + INFO["families"].index("more"), place] = -512  # of this one, on top
            self.pass_on(arrays, "page")

        # "Read more": -1 - 2 = -3, which begins bin 2 (-3 to -2): 2 - 7 = -5. "photo by": -1 only, bin 4 (-1.25 to -0.75): -3.
        # In a sentence the phrase stands at another place: 0.
        text = "Read more\nphoto by\nWe read more."
        assert judged(text, model_with(change)) == [-5, -3, 0]

    def test_a_column_of_place(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            names = [column.name for column in COLUMNS]
            offset = int(COLUMN_OFFSETS[names.index("blank lines")])
            # Bins are (words, blank lines): the second axis has "none", "before", "after", "both".
            arrays["page_columns"][offset : offset + COLUMNS[names.index("blank lines")].size].reshape(-1, 4)[:, 3] = 256
            self.pass_on(arrays, "page")

        # Only the middle line has blank lines on both sides: 1 log-odds, bin 9 (0.75 to 1.25): 9 - 7 = 2.
        assert judged("a\n\nb\n\n\nc", model_with(change)) == [0, 2, 0]

    def test_words_of_the_line_above(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            first_word = int(reference_features("harbour", weights_of(LineModel(arrays, INFO)).phrases)[0].line.edges[0])
            arrays["page_near"][0, first_word] = -64  # of "line above", in steps of 4/256
            self.pass_on(arrays, "page")

        # Below "Harbour ..." -1 log-odds, bin 4 (-1.25 to -0.75): 4 - 7 = -3; not beside it, nor on the next page.
        model = model_with(change)
        assert judged("Harbour in the rain\na\nb", model) == [0, -3, 0]
        assert model.score_block(make_block(["Harbour", "a"])).judged.tolist() == [0, 0]

    def test_scores_are_certain_beyond_sixteen_log_odds(self) -> None:
        def change(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
            arrays["judge_intercept"][0] = 32767  # 128 log-odds

        (score,) = score_lines("a", model=model_with(change)).score.tolist()
        assert score == SCORE[-1] == 1 / (1 + math.exp(-16))


class TestThreshold:
    model = drawn_model()

    @pytest.mark.parametrize(
        ("given", "expected"), [(None, 0.5), ("balanced", 0.5), ("recall", 0.3), (0, 0.0), (1, 1.0), (np.float32(0.25), 0.25)]
    )
    def test_resolved(self, given: Any, expected: float) -> None:
        found = self.model.threshold(given)
        assert found == expected
        assert type(found) is float

    @pytest.mark.parametrize("given", [-1e-9, 1.0000001, math.nan, math.inf, 50])
    def test_out_of_range(self, given: float) -> None:
        with pytest.raises(ValueError, match="from 0 to 1"):
            self.model.threshold(given)

    @pytest.mark.parametrize("given", ["", "Balanced", "0.5"])
    def test_unknown_name(self, given: str) -> None:
        with pytest.raises(ValueError, match=f"{given!r} is unknown.*balanced, precision, recall"):
            self.model.threshold(given)

    @pytest.mark.parametrize("given", [True, [0.5], b"balanced", 1j, np.complex64(1), np.True_])
    def test_other_types(self, given: Any) -> None:
        with pytest.raises(TypeError, match=f"not {type(given).__name__}"):
            self.model.threshold(given)

    @given(pages(), st.floats(0, 1))
    def test_kept_is_what_reaches_it(self, text: str, threshold: float) -> None:
        scores = score_lines(text, threshold=threshold, model=self.model)
        blank = [is_blank(text[s:e]) for s, e in zip(scores.start, scores.end, strict=True)]
        assert scores.keep.tolist() == [score >= threshold and not empty for score, empty in zip(scores.score, blank, strict=True)]
        assert [score == 0 for score in scores.score] == blank


class TestFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        drawn_model().save(tmp_path / "model.bin")
        return tmp_path / "model.bin"

    def test_comes_back_equal(self, path: Path) -> None:
        model, again = drawn_model(), LineModel.load(path)
        assert again.info == model.info
        assert again.version == "drawn"
        assert list(again.arrays) == list(model.arrays)
        for name, array in model.arrays.items():
            assert again.arrays[name].dtype == array.dtype
            assert np.array_equal(again.arrays[name], array)
        text = "read more\n\nThe harbour, said NATO."
        assert score_lines(text, model=again).score.tolist() == score_lines(text, model=model).score.tolist()

    def test_same_model_same_bytes(self, path: Path, tmp_path: Path) -> None:
        LineModel.load(path).save(tmp_path / "again")
        arrays, info = drawn_model().arrays, drawn_model().info
        # Neither the order of arrays and of the header's keys nor an array's layout in memory counts.
        turned = {name: np.asfortranarray(arrays[name]) for name in reversed(arrays)}
        LineModel(turned, dict(reversed(info.items()))).save(tmp_path / "turned")
        assert path.read_bytes() == (tmp_path / "again").read_bytes() == (tmp_path / "turned").read_bytes()

    def test_nothing_else_is_left(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = path.read_bytes()

        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, "disk full")

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            drawn_model(1).save(path)
        assert os.listdir(path.parent) == [path.name]
        assert path.read_bytes() == before

    def test_errors_name_what_was_asked_for(self, path: Path) -> None:
        folder = path.parent / "new"
        with pytest.raises(FileNotFoundError, match="there is no folder for the model, make it first") as missing:
            drawn_model().save(folder / "mine.ctm")
        assert missing.value.filename == str(folder)
        folder.mkdir()
        with pytest.raises(OSError, match="directory") as taken:
            drawn_model().save(folder)
        assert taken.value.filename == str(folder)
        assert sorted(os.listdir(path.parent)) == [path.name, "new"]

    def test_many_may_save_at_once(self, path: Path) -> None:
        expected = path.read_bytes()
        with ThreadPoolExecutor(4) as pool:
            saving = [pool.submit(drawn_model().save, path) for _ in range(40)]
            assert all(path.read_bytes() == expected for _ in range(40))
            assert [future.result() for future in saving] == [None] * 40
        assert os.listdir(path.parent) == [path.name]

    def test_a_link_beside_it_is_not_followed(self, path: Path) -> None:
        other = path.with_name("other")
        other.write_bytes(b"of somebody else")
        path.with_name(f".{path.name}.{os.getpid()}").symlink_to(other)
        drawn_model(1).save(path)
        assert other.read_bytes() == b"of somebody else"

    def test_header_is_readable(self, path: Path) -> None:
        magic, length, rest = path.read_bytes().split(b"\n", 2)
        header = json.loads(rest[: int(length)])
        assert magic + b"\n" == MAGIC
        assert header["format"] == FORMAT
        assert [name for name, _, _ in header["arrays"]] == list(drawn_model().arrays)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"none\.bin"):
            LineModel.load(tmp_path / "none.bin")

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"cleantext line mode", b"\x80\x04\x95pickle"])
    def test_another_format(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "other").write_bytes(data)
        with pytest.raises(ValueError, match=r"other: not a cleantext line model"):
            LineModel.load(tmp_path / "other")

    def test_another_version_of_the_format(self, path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(b'"format": %d' % FORMAT, b'"format": %d' % (FORMAT - 1), 1))
        with pytest.raises(ValueError, match=f"model.bin: model format differs from {FORMAT}"):
            LineModel.load(path)

    def test_too_many_bytes(self, path: Path) -> None:
        path.write_bytes(path.read_bytes() + b"abc")
        with pytest.raises(ValueError, match=r"model\.bin: 3 bytes too many"):
            LineModel.load(path)

    @pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
    def test_cut_short_in_the_arrays(self, path: Path, share: float) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ValueError, match=r"model.bin: cut short in \w+"):
            LineModel.load(path)

    def test_cut_short_anywhere(self, path: Path) -> None:
        data = path.read_bytes()
        head = data.index(b"\n", len(MAGIC)) + 1
        ends = [*range(len(MAGIC) + 8), *range(head - 2, head + 4), head + 100, head + 200, len(data) // 2, len(data) - 1]
        for end in ends:
            path.write_bytes(data[:end])
            with pytest.raises(ValueError, match=r"model\.bin: "):
                LineModel.load(path)

    @pytest.mark.parametrize(
        "header", [b"[]", b"{}", b"3", b"{\xff", b"{", b"", b"[" * 200_000], ids=lambda header: header[:3].decode("latin-1")
    )
    @pytest.mark.parametrize("length", [None, b"many", b"-1"])
    def test_header_that_is_none(self, path: Path, header: bytes, length: bytes | None) -> None:
        path.write_bytes(MAGIC + (length or b"%d" % len(header)) + b"\n" + header + b"\n")
        with pytest.raises(ValueError, match=r"model\.bin: the header cannot be read"):
            LineModel.load(path)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"i2"', b'"iZ"'),
            (b'"i2"', b'"O8"'),
            (b'"i2"', b'{"a"'),
            (b'"i2", [', b'"i2", {'),
            (b'["line_phrases", ', b'[["ne_phrases"],'),
            (b'["line_phrases", "i2"', b'["line_phrases", 1e99'),
            (b'"families": [', b'"families": 3,"":['),
            (b"[1]", b"[-]"),
            (b"[1]", b"1e9"),
            (b"[1]", b'"a"'),
        ],
    )
    def test_damaged_header(self, path: Path, old: bytes, new: bytes) -> None:
        data = path.read_bytes()
        assert old in data
        magic, length, rest = data.replace(old, new, 1).split(b"\n", 2)
        grown = len(new) - len(old)
        path.write_bytes(b"%s\n%d\n%s" % (magic, int(length) + grown, rest))
        with pytest.raises(ValueError, match=r"model\.bin: "):
            LineModel.load(path)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    @given(st.integers(0, 1 << 16), st.integers(1, 255))
    def test_any_damaged_byte_of_the_header(self, path: Path, place: int, change: int) -> None:
        data = bytearray(path.read_bytes())
        data[len(MAGIC) + place % (data.index(b"}\n") - len(MAGIC))] ^= change
        damaged = path.with_name("damaged.bin")
        damaged.write_bytes(data)
        try:
            LineModel.load(damaged)
        except ValueError as error:
            assert str(error).startswith(f"{damaged}: ")  # noqa: PT017 (it may also be read: a name or a number is another one then)

    def test_thresholds_that_are_none(self, path: Path) -> None:
        header = json.dumps({"format": FORMAT, **INFO, "thresholds": {"balanced": math.nan}}).encode()
        path.write_bytes(MAGIC + b"%d\n" % len(header) + header + b"\n")
        with pytest.raises(ValueError, match=r"model\.bin: line model: the threshold 'balanced' is nan, expected a number from 0 to 1"):
            LineModel.load(path)

    def test_header_alone(self, path: Path) -> None:
        header = json.dumps({"format": FORMAT, **INFO}).encode()
        path.write_bytes(MAGIC + b"%d\n" % len(header) + header + b"\n")
        with pytest.raises(ValueError, match="arrays missing"):
            LineModel.load(path)


class TestArrays:
    def refused(self, arrays: Mapping[str, Any], info: Mapping[str, Any] = INFO) -> str:
        with pytest.raises(ValueError, match="line model: ") as caught:
            LineModel(arrays, info)
        return str(caught.value)

    @pytest.mark.parametrize("name", NAMES)
    def test_missing(self, name: str) -> None:
        arrays = arrays_of_zeros()
        del arrays[name]
        assert f"missing ['{name}'], unknown []" in self.refused(arrays)

    def test_unknown(self) -> None:
        assert "missing [], unknown ['extra']" in self.refused(arrays_of_zeros() | {"extra": np.zeros(1)})

    @pytest.mark.parametrize("name", NAMES)
    def test_another_type(self, name: str) -> None:
        arrays = arrays_of_zeros()
        expected = arrays[name].dtype
        arrays[name] = arrays[name].astype(np.float64)
        assert re.search(f"{name} is float64.*, expected {expected}", self.refused(arrays))

    @pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("phrase_")])
    def test_another_shape(self, name: str) -> None:
        arrays = arrays_of_zeros()
        dtype, shape = arrays[name].dtype, arrays[name].shape
        arrays[name] = arrays[name][..., :-1]
        assert f"{name} is {dtype}{arrays[name].shape}, expected {dtype}{shape}" in self.refused(arrays)

    def test_another_number_of_axes(self) -> None:
        arrays = arrays_of_zeros()
        arrays["phrase_keys"] = arrays["phrase_keys"][None]
        assert "phrase_keys" in self.refused(arrays)

    def test_another_number_of_families(self) -> None:
        assert "line_phrases" in self.refused(arrays_of_zeros(), INFO | {"families": ["more"]})

    @pytest.mark.parametrize("key", ["version", "families", "thresholds"])
    def test_header_without(self, key: str) -> None:
        assert f"no {key!r}" in self.refused(arrays_of_zeros(), {name: INFO[name] for name in INFO if name != key})

    @pytest.mark.parametrize("value", [math.nan, 7, -0.1, math.inf, None, "0.5", True, [0.5]])
    def test_threshold_that_is_no_share(self, value: Any) -> None:
        found = self.refused(arrays_of_zeros(), INFO | {"thresholds": {"recall": 0.2, "balanced": value}})
        assert f"the threshold 'balanced' is {value!r}, expected a number from 0 to 1" in found

    @pytest.mark.parametrize("thresholds", [[0.5], "balanced", None, 0.5])
    def test_thresholds_without_names(self, thresholds: Any) -> None:
        assert f"the thresholds are a {type(thresholds).__name__}" in self.refused(arrays_of_zeros(), INFO | {"thresholds": thresholds})

    def test_threshold_without_a_name(self) -> None:
        assert "threshold 3 is 0.5" in self.refused(arrays_of_zeros(), INFO | {"thresholds": {3: 0.5}})

    @pytest.mark.parametrize("thresholds", [{}, {"least": 0, "most": 1, "mine": np.float32(0.25)}])
    def test_other_thresholds(self, thresholds: dict[str, float]) -> None:
        assert LineModel(arrays_of_zeros(), INFO | {"thresholds": thresholds}).thresholds == thresholds

    def test_phrase_of_a_family_beyond(self) -> None:
        arrays = arrays_of_zeros()
        arrays["phrase_known"] = arrays["phrase_known"] | np.uint8(5)
        with pytest.raises(ValueError, match=r"a phrase of family \d, but there are 4 families"):
            LineModel(arrays, INFO)


class TestPickle:
    def test_a_used_model_is_no_larger_and_scores_the_same(self) -> None:
        text = "read more\n\nThe harbour, said NATO."
        model = LineModel(drawn_model().arrays, drawn_model().info)
        new = pickle.dumps(model)
        expected = score_lines(text, model=model).score.tolist()
        used = pickle.dumps(model)
        assert used == new
        assert len(used) < 1.01 * sum(array.nbytes for array in model.arrays.values())
        for again in (pickle.loads(used), copy.copy(model), copy.deepcopy(model)):
            assert again.info == model.info
            assert again.thresholds == model.thresholds
            assert score_lines(text, model=again).score.tolist() == expected


@pytest.mark.corpora
class TestCorpora:
    """Real pages of every country of the news, and of every one of the three corpora."""

    @staticmethod
    def texts() -> list[str]:
        from cleantext.train.corpora import find_corpora, read_corpus
        from cleantext.train.render import blocks, nodes

        root = find_corpora()
        of_countries = {document.kind: document for document in read_corpus(root, "fundus")}
        documents = [*of_countries.values(), *read_corpus(root, "segments")[::20], *read_corpus(root, "wcxb")[::60]]
        return [(blocks, nodes)[number % 2](document.html) for number, document in enumerate(documents)]

    def test_same_as_the_reference_and_as_alone(self) -> None:
        texts, model = self.texts(), drawn_model()
        together = model.score_block(make_block(texts))
        for number, (text, expected) in enumerate(zip(texts, reference_scores(texts, model), strict=True)):
            found = score_lines(text, model=model)
            np.testing.assert_allclose(found.score, [score for _, _, score in expected], rtol=1e-12)
            rows = slice(together.first_row[number], together.first_row[number + 1])
            assert np.array_equal(together.score[rows], found.score[found.score > 0])
