"""What a report says of its page: the lines dropped, how many words they have, and why they went."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import drawn_model, pages

from cleantext import report_stream, score_lines, strip_boilerplate
from cleantext.plain import is_blank

MODEL = drawn_model()
some_pages = st.lists(st.one_of(pages(), pages(), st.none()), max_size=8)


@given(some_pages)
@example(["\u200b\n"])
def test_reports(texts: list[str | None]) -> None:
    for text, report in zip(texts, report_stream(texts, model=MODEL), strict=True):
        if text is None:
            assert report is None
            continue
        assert report is not None
        scores = score_lines(text, model=MODEL)
        filled = [not is_blank(text[s:e]) for s, e in zip(scores.start, scores.end, strict=True)]
        gone = np.array(filled, bool) & ~scores.keep
        assert report.text == strip_boilerplate(text, model=MODEL)
        assert report.n_lines == sum(filled)
        assert [(d.start, d.end, d.score) for d in report.dropped] == list(
            zip(scores.start[gone].tolist(), scores.end[gone].tolist(), scores.score[gone].tolist(), strict=True)
        )
        assert report.mean_score == pytest.approx(scores.score[filled].mean() if any(filled) else 1.0, rel=1e-12)
        assert {d.reason for d in report.dropped} <= {"other", *MODEL.families}
        assert 0 <= report.n_words_dropped <= report.n_words
        if not report.dropped:
            assert report.n_words_dropped == 0
        if len(report.dropped) == report.n_lines:
            assert report.n_words_dropped == report.n_words


def test_words_of_a_report() -> None:
    text = "read more\n\n東京の写真。\nThe harbour was quiet."
    (report,) = report_stream([text], threshold=1, model=MODEL)
    assert report is not None
    # 2 + 5 ideographs, two of which are a word (5 - 2 = 3) + 4.
    assert (report.n_lines, report.n_words, report.n_words_dropped, len(report.dropped)) == (3, 9, 9, 3)
    (kept,) = report_stream([text], threshold=0, model=MODEL)
    assert kept is not None
    assert (kept.n_words, kept.n_words_dropped, kept.dropped, kept.text) == (9, 0, (), text)


def test_reason_is_the_family_that_spoke_most_against_the_line() -> None:
    arrays = {name: array.copy() for name, array in MODEL.arrays.items()}
    arrays["line_phrases"][...] = 0
    arrays["line_phrases"][1:] = [[-10], [-30], [20], [-20]]  # more, photo, share, other
    model = type(MODEL)(arrays, MODEL.info)
    texts = ["read more", "photo by 2024", "2024 photo, read more", "share", "nothing"]
    (report,) = report_stream(["\n".join(texts)], threshold=1, model=model)
    assert report is not None
    assert [line.reason for line in report.dropped] == ["more", "photo", "photo", "other", "other"]
