"""What is kept, and how it is put together again: the definition applied line by line, in any batch and any stream."""

from __future__ import annotations

import functools
import re
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import ftfy
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import drawn_model, pages

from cleantext import lines, report_stream, reports, score_lines, strip, strip_boilerplate, strip_many, strip_stream
from cleantext.lines import batches
from cleantext.normalize import DEFAULT_CONFIG
from cleantext.plain import is_blank

MODEL = drawn_model()
LINE_END = re.compile(r"\r\n|\n|\r")
thresholds = st.one_of(st.sampled_from([0, 0.5, 1, "precision", "balanced", "recall", None]), st.floats(0, 1))
some_pages = st.lists(st.one_of(pages(), pages(), st.none()), max_size=8)


def in_blocks_of(size: int, patch: pytest.MonkeyPatch) -> None:
    """Let blocks have about so many characters."""
    for module in (strip, reports):
        patch.setattr(module, "batches", functools.partial(batches, size=size))


def kept_line_by_line(text: str, threshold: Any) -> str:
    """The kept lines, with one blank line where some stood between two of them."""
    scores = score_lines(text, threshold=threshold, model=MODEL)
    result, blank_since = "", False
    for line, keep in zip(LINE_END.split(text), scores.keep.tolist(), strict=True):
        if is_blank(line):
            blank_since = True
        elif keep:
            result += ("\n\n" if blank_since else "\n") * bool(result) + line
            blank_since = False
    return result


@given(pages(), thresholds)
@example("a\r\nb\r\n\r\nc", 0)
@example("a\n\u2028\nb\x85c", 0)
@example("a\n\u200b\nb", 0)
def test_kept_lines_joined(text: str, threshold: Any) -> None:
    expected = kept_line_by_line(text, threshold)
    assert strip_boilerplate(text, threshold=threshold, normalize=False, model=MODEL) == expected


@given(pages(), thresholds)
def test_normalised_is_ftfy_of_what_is_kept(text: str, threshold: Any) -> None:
    kept = kept_line_by_line(text, threshold)
    config = ftfy.TextFixerConfig(normalization="NFKC")
    assert strip_boilerplate(text, threshold=threshold, model=MODEL) == ftfy.fix_text(kept, DEFAULT_CONFIG)
    assert strip_boilerplate(text, threshold=threshold, normalize=config, model=MODEL) == ftfy.fix_text(kept, config)


def test_a_line_that_just_reaches_the_threshold_stays() -> None:
    text = "Read more\nThe harbour was quiet on Monday.\nphoto by NATO"
    scores = score_lines(text, model=MODEL).score.tolist()
    assert len(set(scores)) == 3
    for score in scores:
        assert score_lines(text, threshold=score, model=MODEL).keep.tolist() == [other >= score for other in scores]


@given(pages())
def test_threshold_zero_keeps_every_line(text: str) -> None:
    kept = strip_boilerplate(text, threshold=0, normalize=False, model=MODEL)
    assert [line for line in LINE_END.split(kept) if not is_blank(line)] == [line for line in LINE_END.split(text) if not is_blank(line)]
    # No line end and no blank line at the ends, no two blank lines together.
    assert kept == "" or not (is_blank(LINE_END.split(kept)[0]) or is_blank(LINE_END.split(kept)[-1]))
    assert "\n\n\n" not in kept


@given(pages(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_keeps_no_more(text: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    few, many = (score_lines(text, threshold=threshold, model=MODEL) for threshold in (high, low))
    assert np.array_equal(few.score, many.score)
    assert not np.any(few.keep & ~many.keep)


@given(pages())
def test_offsets_are_those_of_the_page(text: str) -> None:
    scores = score_lines(text, model=MODEL)
    assert [text[s:e] for s, e in zip(scores.start, scores.end, strict=True)] == LINE_END.split(text)
    assert scores.start.dtype == scores.end.dtype == np.int64
    assert scores.score.dtype == np.float64
    assert scores.keep.dtype == np.bool_


@given(some_pages, st.sampled_from([1, 7, 40, 200, 10**9]), st.booleans())
def test_same_in_any_batch(texts: list[str | None], size: int, normalize: bool) -> None:
    alone = [None if t is None else strip_boilerplate(t, normalize=normalize, model=MODEL) for t in texts]
    with pytest.MonkeyPatch.context() as patch:
        in_blocks_of(size, patch)
        assert strip_many(texts, normalize=normalize, model=MODEL) == alone
        assert list(strip_stream(iter(texts), normalize=normalize, model=MODEL)) == alone
        assert strip_many(texts[::-1], normalize=normalize, model=MODEL) == alone[::-1]
        found = report_stream(texts, normalize=normalize, model=MODEL)
        assert [None if report is None else report.text for report in found] == alone


class TestStreams:
    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    def test_pages_before_a_wrong_one_are_cleaned(self, stream: Callable[..., Iterator[Any]]) -> None:
        results = stream(["a", None, "b", 7], threshold=0, normalize=False, model=MODEL)
        assert [getattr(result, "text", result) for result in islice(results, 3)] == ["a", None, "b"]
        with pytest.raises(TypeError, match="page 3 must be str or None, not int"):
            next(results)

    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    def test_nones_stay_where_they_are(self, stream: Callable[..., Iterator[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
        in_blocks_of(4, monkeypatch)
        texts = [None, None, "abc", None, "", "abcdefgh", None, "ab", "c", None, None]
        results = list(stream(texts, threshold=0, model=MODEL))
        assert [getattr(result, "text", result) for result in results] == texts

    @pytest.mark.parametrize("texts", [[], [None], [None] * 1000, [""], [None, ""]])
    def test_nothing_to_clean(self, texts: list[str | None]) -> None:
        assert strip_many(texts, model=MODEL) == texts
        assert [None if report is None else report.text for report in report_stream(texts, model=MODEL)] == texts

    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    def test_reads_a_block_ahead_and_no_more(self, stream: Callable[..., Iterator[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
        in_blocks_of(100, monkeypatch)
        taken = 0

        def source() -> Iterator[str | None]:
            nonlocal taken
            while True:
                taken += 1
                yield None if taken % 7 == 0 else "0123456789"

        results = stream(source(), model=MODEL)
        assert taken == 0
        for given_back in range(1, 500):
            next(results)
            # Ten pages a block, some Nones between them and the one page that did not fit any more.
            assert given_back <= taken <= given_back + 14

    def test_constant_memory(self) -> None:
        page = "The harbour was quiet, and nobody spoke.\n" * 500

        def peak(count: int) -> int:
            tracemalloc.start()
            try:
                for _ in strip_stream((page + str(n) for n in range(count)), model=MODEL):
                    pass
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(30)
        assert peak(300) < 1.2 * peak(60)

    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    def test_short_pages_take_no_more_memory_than_their_results(self, stream: Callable[..., Iterator[Any]]) -> None:
        def peak(count: int) -> int:
            tracemalloc.start()
            try:
                for _ in stream(("ok" if n % 2 else "" for n in range(count)), model=MODEL):
                    pass
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(lines.BLOCK_PAGES)
        assert peak(8 * lines.BLOCK_PAGES) < 1.2 * peak(2 * lines.BLOCK_PAGES)

    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    @pytest.mark.parametrize("page", [None, ""])
    def test_pages_without_text_do_not_hold_back_the_first_result(self, stream: Callable[..., Iterator[Any]], page: str | None) -> None:
        texts = iter([page] * (3 * lines.BLOCK_PAGES))
        next(stream(texts, model=MODEL))
        assert len(list(texts)) >= 2 * lines.BLOCK_PAGES - 1

    def test_arguments_are_checked_before_anything_is_read(self) -> None:
        def source() -> Iterator[str]:
            raise AssertionError("read")
            yield ""

        with pytest.raises(ValueError, match="threshold"):
            strip_stream(source(), threshold=2, model=MODEL)

    @pytest.mark.parametrize("stream", [strip_stream, report_stream])
    def test_errors_of_the_source_pass_through(self, stream: Callable[..., Iterator[Any]]) -> None:
        def source() -> Iterator[str]:
            yield "a"
            raise KeyError("broken shard")

        with pytest.raises(KeyError, match="broken shard"):
            list(stream(source(), model=MODEL))

    @pytest.mark.parametrize("wrong", [b"a", bytearray(b"a"), memoryview(b"a"), 1, float("nan"), ["a"], object])
    @pytest.mark.parametrize("stream", [strip_many, strip_stream, report_stream])
    def test_wrong_types(self, stream: Callable[..., Any], wrong: Any) -> None:
        message = "decode it first" if isinstance(wrong, (bytes, bytearray, memoryview)) else f"not {type(wrong).__name__}"
        with pytest.raises(TypeError, match=message):
            list(stream(["a", wrong], model=MODEL))
        with pytest.raises(TypeError, match=message):
            strip_boilerplate(wrong, model=MODEL)
        with pytest.raises(TypeError, match=message):
            score_lines(wrong, model=MODEL)

    def test_one_page_is_not_none(self) -> None:
        with pytest.raises(TypeError, match="not NoneType"):
            strip_boilerplate(None)  # type: ignore[arg-type]


class Title(str):
    """A str of another class, as some parsers give."""


def test_subclasses_of_str_are_pages_and_plain_str_comes_back() -> None:
    result = strip_boilerplate(Title("abc"), threshold=0, model=MODEL)
    assert result == "abc"
    assert type(result) is str


def test_threads_share_a_model() -> None:
    # A model of its own: the first use, which computes the look-up tables, happens in all threads at once.
    model = type(MODEL)(MODEL.arrays, MODEL.info)
    texts = [f"read more {n}\n\nThe harbour, said NATO, is quiet.\nshare\n" * (n % 17) for n in range(200)]
    expected = strip_many(texts, model=MODEL)
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: strip_many(texts, model=model), range(12)):
            assert result == expected
