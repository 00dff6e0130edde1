"""Arrow batches and tables: the same texts as page by page, in every type of column, however it is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cleantext import arrow, strip_boilerplate, strip_stream
from cleantext.arrow import clean_batch, clean_batches
from cleantext.figures import FIGURES
from cleantext.reports import report_stream

STORY = (
    "The ferry to the north shore will sail every half hour from May, the harbour board decided on Tuesday.\n"
    "Advertisement\n"
    "Until now the boats left once an hour, and commuters had asked for more since the bridge closed.\n"
    "\n"
    "Photo by Lena Okafor / Getty Images\n"
    "Tickets will cost the same, and bicycles will travel free before nine in the morning.\n"
    "Subscribe to our newsletter\n"
)
LETTER = "Dear neighbours, the courtyard party is on Saturday at four. Bring a chair, a cake and a song."
PAGES = [
    STORY,
    None,
    LETTER,
    "",
    STORY,
    "Advertisement",
    "Die Fähre fährt ab Mai alle halbe Stunde. 渡し船は五月から。",
    None,
]


@cache
def cleaned_pages() -> list[str | None]:
    return [None if page is None else strip_boilerplate(page) for page in PAGES]


TEXT_TYPES = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "dictionary of large_string": pa.dictionary(pa.int64(), pa.large_string()),
    "dictionary of string_view": pa.dictionary(pa.int8(), pa.string_view()),
}


class Markup(pa.ExtensionType):  # type: ignore[misc]
    """A type of its own over strings, as other libraries define them."""

    def __init__(self) -> None:
        super().__init__(pa.string(), "cleantext.test.markup")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""


def text_array(pages: list[str | None], type_: pa.DataType) -> pa.Array:
    """Return an array of any text type; pyarrow itself builds no dictionary of string_view from a list."""
    if not pa.types.is_dictionary(type_):
        return pa.array(pages, type_)
    encoded = pa.array(pages, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        encoded.indices.cast(type_.index_type),
        encoded.dictionary.cast(type_.value_type),
        ordered=type_.ordered,
    )


@pytest.fixture(params=list(TEXT_TYPES.values()), ids=list(TEXT_TYPES))
def type_(request: pytest.FixtureRequest) -> pa.DataType:
    return request.param


def test_the_sample_has_something_to_strip_and_something_to_keep() -> None:
    assert cleaned_pages()[0] != STORY.strip()
    assert "Advertisement" not in (cleaned_pages()[0] or "Advertisement")
    assert cleaned_pages()[2] == LETTER


class TestCleanBatch:
    def test_record_batch(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"id": list(range(len(PAGES))), "text": text_array(PAGES, type_)})
        cleaned = clean_batch(batch)
        cleaned.validate(full=True)
        assert isinstance(cleaned, pa.RecordBatch)
        assert cleaned.schema == batch.schema
        assert cleaned["id"].equals(batch["id"])
        assert cleaned["text"].to_pylist() == cleaned_pages()

    def test_table_of_several_chunks_of_which_one_is_empty(self, type_: pa.DataType) -> None:
        chunks = [text_array(PAGES[:3], type_), text_array([], type_), text_array(PAGES[3:], type_)]
        table = pa.table({"text": pa.chunked_array(chunks, type_), "id": list(range(len(PAGES)))})
        cleaned = clean_batch(table)
        cleaned.validate(full=True)
        assert isinstance(cleaned, pa.Table)
        assert cleaned.schema == table.schema
        assert cleaned["id"].equals(table["id"])
        assert cleaned["text"].to_pylist() == cleaned_pages()

    def test_slice_of_a_batch(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"text": text_array(PAGES, type_)}).slice(2, 4)
        cleaned = clean_batch(batch)
        cleaned.validate(full=True)
        assert cleaned["text"].to_pylist() == cleaned_pages()[2:6]

    def test_slice_of_a_table_across_chunks(self, type_: pa.DataType) -> None:
        column = pa.chunked_array([text_array(PAGES[:3], type_), text_array(PAGES[3:], type_)], type_)
        cleaned = clean_batch(pa.table({"text": column}).slice(1, 5))
        cleaned.validate(full=True)
        assert cleaned["text"].to_pylist() == cleaned_pages()[1:6]

    @pytest.mark.parametrize("make", [pa.table, pa.record_batch])
    def test_no_rows(self, type_: pa.DataType, make: type) -> None:
        batch = make({"text": text_array([], type_)})
        cleaned = clean_batch(batch, add=["mean_score", "dropped_text"])
        assert cleaned.num_rows == 0
        assert cleaned.schema.field("text") == batch.schema.field("text")

    def test_no_chunks(self, type_: pa.DataType) -> None:
        table = pa.schema([pa.field("text", type_)]).empty_table()
        table = table.set_column(0, "text", pa.chunked_array([], type_))
        assert clean_batch(table, add=["words_removed"]).schema.names == ["text", "text_words_removed"]

    def test_only_nulls(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"text": text_array([None, None], type_)})
        cleaned = clean_batch(batch, add=list(FIGURES))
        assert cleaned.schema.field("text") == batch.schema.field("text")
        assert all(column.to_pylist() == [None, None] for column in cleaned.columns)

    def test_null_type_of_a_batch_in_which_no_row_has_a_text(self) -> None:
        batch = pa.record_batch({"text": pa.nulls(3)})
        cleaned = clean_batch(batch, add=["lines_dropped", "dropped_text"])
        assert cleaned["text"].equals(batch["text"])
        assert cleaned["text_lines_dropped"].equals(pa.nulls(3, pa.int64()))
        assert cleaned["text_dropped_text"].equals(pa.nulls(3, pa.string()))

    def test_more_rows_than_are_decoded_at_a_time(self) -> None:
        pages = [f"{LETTER} Number {number}.\nAdvertisement" for number in range(2_500)]
        cleaned = clean_batch(pa.table({"text": pages}), add=["lines_dropped"])
        assert cleaned["text"].to_pylist() == [page.removesuffix("\nAdvertisement") for page in pages]
        assert cleaned["text_lines_dropped"].to_pylist() == [1] * len(pages)

    def test_names_metadata_and_nullability_stay(self) -> None:
        field = pa.field("body", pa.string(), nullable=False, metadata={"language": "en"})
        batch = pa.record_batch([[STORY], [1]], pa.schema([field, ("text", pa.int8())], {"source": "harbour"}))
        cleaned = clean_batch(batch, "body")
        assert cleaned.schema.equals(batch.schema, check_metadata=True)
        assert cleaned["body"].to_pylist() == cleaned_pages()[:1]

    def test_the_input_is_not_changed(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"text": text_array(PAGES, type_)})
        clean_batch(batch, add=list(FIGURES))
        assert batch.schema.names == ["text"]
        assert batch["text"].to_pylist() == PAGES

    def test_options_reach_the_cleaning(self) -> None:
        batch = pa.record_batch({"text": ["Caf\u00c3\u00a9 in the square\nAdvertisement"]})
        kept = clean_batch(batch, threshold=0.0, normalize=False)
        assert kept["text"].to_pylist() == batch["text"].to_pylist()
        with pytest.raises(ValueError, match="precision"):
            clean_batch(batch, threshold="strict")

    @settings(max_examples=40, deadline=None)
    @given(
        pages=st.lists(st.none() | st.sampled_from([STORY, LETTER, "Advertisement"]) | st.text(max_size=40), max_size=12),
        cuts=st.lists(st.integers(0, 12), max_size=4),
        name=st.sampled_from(sorted(TEXT_TYPES)),
    )
    def test_chunks_do_not_matter(self, pages: list[str | None], cuts: list[int], name: str) -> None:
        pages = [page if page is None else page.encode("utf-8", "replace").decode() for page in pages]
        bounds = sorted({0, len(pages), *(cut for cut in cuts if cut < len(pages))})
        chunks = [text_array(pages[start:end], TEXT_TYPES[name]) for start, end in pairwise(bounds)]
        table = pa.table({"text": pa.chunked_array(chunks, TEXT_TYPES[name])})
        one_by_one = [None if page is None else strip_boilerplate(page) for page in pages]
        assert clean_batch(table)["text"].to_pylist() == one_by_one


class TestDictionary:
    def test_texts_that_become_equal_share_an_entry(self) -> None:
        pages = [LETTER, f"{LETTER}\nAdvertisement", LETTER]
        column = clean_batch(pa.record_batch({"text": pa.array(pages).dictionary_encode()}))["text"]
        assert column.dictionary.to_pylist() == [LETTER]
        assert column.indices.to_pylist() == [0, 0, 0]

    def test_entries_that_no_row_uses_go(self) -> None:
        column = pa.array([STORY, LETTER, None]).dictionary_encode().slice(1)
        cleaned = clean_batch(pa.record_batch({"text": column}))["text"]
        assert cleaned.dictionary.to_pylist() == [LETTER]
        assert cleaned.to_pylist() == [LETTER, None]

    def test_null_inside_the_dictionary(self) -> None:
        column = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array([STORY, None, LETTER]))
        table = pa.table({"text": pa.chunked_array([column, column])})
        cleaned = clean_batch(table, add=["lines_dropped"])
        assert cleaned["text"].to_pylist() == [cleaned_pages()[0], None, None, LETTER] * 2
        assert [count is None for count in cleaned["text_lines_dropped"].to_pylist()] == [
            False,
            True,
            True,
            False,
        ] * 2

    def test_dictionary_of_null(self) -> None:
        column = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.nulls(0))
        cleaned = clean_batch(pa.record_batch({"text": column}), add=["mean_score"])
        assert cleaned["text"].type == column.type
        assert cleaned["text_mean_score"].to_pylist() == [None, None]

    def test_order_stays(self) -> None:
        type_ = pa.dictionary(pa.int8(), pa.string(), ordered=True)
        column = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2], pa.int8()), [LETTER, "unused", STORY], ordered=True)
        cleaned = clean_batch(pa.record_batch({"text": column}))["text"]
        assert cleaned.type == type_
        assert cleaned.dictionary.to_pylist() == [LETTER, cleaned_pages()[0]]

    def test_chunks_whose_dictionaries_are_too_many_for_their_indices_keep_them(self) -> None:
        pages = [[f"A page about {place} number {n}, and what became of it." for n in range(100)] for place in ("Rome", "Oslo")]
        type_ = pa.dictionary(pa.int8(), pa.string())
        column = pa.chunked_array([pa.array(some).dictionary_encode().cast(type_) for some in pages])
        cleaned = clean_batch(pa.table({"text": column}), threshold=0, add=["lines_dropped"])
        cleaned.validate(full=True)
        assert cleaned["text"].type == type_
        assert [chunk.to_pylist() for chunk in cleaned["text"].chunks] == pages

    def test_chunks_with_the_same_dictionary_are_cleaned_as_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given: list[str | None] = []

        def watched(texts: Iterator[str | None], **options: Any) -> Iterator[str | None]:
            pages = list(texts)
            given.extend(pages)
            return strip_stream(pages, **options)

        monkeypatch.setattr(arrow, "strip_stream", watched)
        first = pa.array([STORY, LETTER, "a third that no row uses"])
        again, other = pa.array(first.to_pylist()), pa.array([LETTER])
        chunks = [([0, None, 0], first), ([], first), ([1, 0], again), ([0], other), ([1], first)]
        arrays = [pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), texts) for indices, texts in chunks]
        cleaned = clean_batch(pa.table({"text": pa.chunked_array(arrays)}))["text"]
        assert given == [STORY, LETTER, LETTER, LETTER]
        story = strip_boilerplate(STORY)
        assert [chunk.to_pylist() for chunk in cleaned.chunks] == [[story, None, story], [], [LETTER, story], [LETTER], [LETTER]]

    def test_dropped_texts_of_many_rows_with_few_pages(self) -> None:
        page = f"{LETTER}\n" + "Advertisement\n" * 75_000
        column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_200, pa.int32()), pa.array([page]))
        batch = pa.record_batch({"text": column})
        message = r"column 'text_dropped_text' would have 2,\d\d\d MB in a chunk, .*a dictionary of pyarrow.large_string\(\)"
        with pytest.raises(ValueError, match=message):
            clean_batch(batch, add=["dropped_text"])
        few = clean_batch(batch.slice(0, 2), add=["dropped_text"])
        assert [len(text) for text in few["text_dropped_text"].to_pylist()] == [14 * 75_000 - 1] * 2

    def test_chunks_of_a_table_share_one_dictionary(self, tmp_path: Path) -> None:
        column = pa.chunked_array([pa.array([STORY]).dictionary_encode(), pa.array([LETTER]).dictionary_encode()])
        cleaned = clean_batch(pa.table({"text": column.unify_dictionaries()}))
        with pa.ipc.new_file(tmp_path / "pages.arrow", cleaned.schema) as file:  # one dictionary is all it can hold
            file.write_table(cleaned)
        assert pa.ipc.open_file(tmp_path / "pages.arrow").read_all()["text"].to_pylist() == [cleaned_pages()[0], LETTER]


class TestAddedColumns:
    def test_figures_of_every_page(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"text": text_array(PAGES, type_)})
        cleaned = clean_batch(batch, add=list(FIGURES))
        cleaned.validate(full=True)
        assert cleaned["text"].to_pylist() == cleaned_pages()
        for name, figure in FIGURES.items():
            expected = [
                None if report is None or page is None else figure(report, page)
                for page, report in zip(PAGES, report_stream(PAGES), strict=True)
            ]
            assert cleaned[f"text_{name}"].to_pylist() == expected

    def test_what_the_figures_are(self) -> None:
        page = f"{LETTER}\r\nAdvertisement\r\n"
        row = clean_batch(pa.record_batch({"text": [page]}), add=list(FIGURES)).to_pylist()[0]
        words = len(LETTER.split())
        assert row["text_words_removed"] == 1
        assert row["text_ratio_removed"] == pytest.approx(1 / (words + 1))
        assert row["text_lines_dropped"] == 1
        assert 0 <= row["text_mean_score"] <= 1
        assert row["text_dropped_text"] == "Advertisement"

    def test_empty_page_has_lost_nothing(self) -> None:
        row = clean_batch(pa.record_batch({"text": [""]}), add=list(FIGURES)).to_pylist()[0]
        assert row == {
            "text": "",
            "text_words_removed": 0,
            "text_ratio_removed": 0.0,
            "text_lines_dropped": 0,
            "text_mean_score": 1.0,
            "text_dropped_text": "",
        }

    def test_types_and_order(self, type_: pa.DataType) -> None:
        batch = pa.record_batch({"text": text_array([LETTER], type_), "id": [1]})
        schema = clean_batch(batch, add=["dropped_text", "words_removed", "ratio_removed"]).schema
        strings = type_.value_type if pa.types.is_dictionary(type_) else type_
        assert schema.names == ["text", "id", "text_dropped_text", "text_words_removed", "text_ratio_removed"]
        assert schema.types[2:] == [strings, pa.int64(), pa.float64()]

    def test_two_columns_cleaned_one_after_the_other(self) -> None:
        batch = pa.record_batch({"title": ["Ferry"], "text": [STORY]})
        cleaned = clean_batch(clean_batch(batch, "title", add=["lines_dropped"]), "text", add=["lines_dropped"])
        assert cleaned.schema.names == ["title", "text", "title_lines_dropped", "text_lines_dropped"]

    def test_a_column_that_exists_is_not_replaced(self) -> None:
        batch = pa.record_batch({"text": [LETTER], "text_mean_score": [0.5]})
        with pytest.raises(ValueError, match="text_mean_score"):
            clean_batch(batch, add=["mean_score"])

    @pytest.mark.parametrize(
        ("add", "error", "message"),
        [
            (["words"], ValueError, "known are words_removed"),
            (["mean_score", "mean_score"], ValueError, "twice"),
            ("mean_score", TypeError, "not as a string"),
        ],
    )
    def test_bad_names(self, add: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            clean_batch(pa.record_batch({"text": [LETTER]}), add=add)


class TestErrors:
    @pytest.mark.parametrize(
        ("column", "hint"),
        [
            (pa.array([[LETTER]]), "flatten it first"),
            (pa.array([{"text": LETTER}]), "flatten it first"),
            (pa.array([[("text", LETTER)]], pa.map_(pa.string(), pa.string())), "flatten it first"),
            (pa.array([LETTER.encode()]), "decode it first"),
            (pa.array([LETTER.encode()], pa.large_binary()), "decode it first"),
            (pa.array([1]), "pass the name of a column of text"),
            (pa.array([1]).dictionary_encode(), "pass the name of a column of text"),
            (pa.RunEndEncodedArray.from_arrays([1], [LETTER]), "cast it to pyarrow.string()"),
            (pa.ExtensionArray.from_storage(Markup(), pa.array([LETTER])), "cast it to pyarrow.string()"),
        ],
        ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
    )
    def test_column_without_text(self, column: pa.Array, hint: str) -> None:
        with pytest.raises(TypeError, match=re.escape(hint)) as caught:
            clean_batch(pa.record_batch({"body": column}), "body")
        assert "'body'" in str(caught.value)

    def test_no_such_column(self) -> None:
        with pytest.raises(KeyError, match="no column 'text': there are 'id', 'body'"):
            clean_batch(pa.record_batch({"id": [1], "body": [LETTER]}))

    @pytest.mark.parametrize("column", [0, None, b"text", ["text"]])
    def test_column_that_is_no_name(self, column: Any) -> None:
        batch = pa.record_batch({"text": [LETTER]})
        for call in (clean_batch, clean_batches):
            with pytest.raises(TypeError, match="column must be the name of a column, a str, not " + re.escape(repr(column))):
                call(batch if call is clean_batch else [batch], column)

    def test_two_columns_of_the_name(self) -> None:
        with pytest.raises(ValueError, match="2 columns are named 'text'"):
            clean_batch(pa.RecordBatch.from_arrays([pa.array([LETTER])] * 2, ["text", "text"]))

    @pytest.mark.parametrize("batch", [{"text": [LETTER]}, [LETTER], LETTER, pa.array([LETTER]), None])
    def test_not_a_batch(self, batch: Any) -> None:
        with pytest.raises(TypeError, match="RecordBatch or Table, not"):
            clean_batch(batch)

    @pytest.mark.parametrize("add", [(), ("mean_score",)])
    def test_invalid_utf8_names_the_row(self, add: tuple[str, ...]) -> None:
        good, broken = pa.array([b"fine"] * 1_500), pa.array([b"fine", b"caf\xe9 noir"])
        chunks = [array.view(pa.string()) for array in (good, broken)]
        with pytest.raises(ValueError, match=r"column 'text', row 1501 is not valid UTF-8.*0xe9"):
            clean_batch(pa.table({"text": pa.chunked_array(chunks)}), add=add)

    def test_invalid_utf8_in_a_dictionary(self) -> None:
        dictionary = pa.array([b"caf\xe9"]).view(pa.string())
        column = pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), dictionary)
        with pytest.raises(ValueError, match="a value of the dictionary is not valid UTF-8"):
            clean_batch(pa.record_batch({"text": column}))

    @pytest.mark.parametrize("column", [pa.nulls(2), pa.array([], pa.string())], ids=["nulls", "no rows"])
    @pytest.mark.parametrize(("options", "error"), [({"threshold": 2}, ValueError), ({"normalize": None}, TypeError)])
    def test_options_are_checked_where_there_is_nothing_to_clean(
        self, column: pa.Array, options: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error, match=next(iter(options))):
            clean_batch(pa.table({"text": column}), **options)


class TestCleanBatches:
    def test_a_batch_at_a_time(self) -> None:
        taken = []

        def batches() -> Iterator[pa.RecordBatch]:
            for number in range(3):
                taken.append(number)
                yield pa.record_batch({"text": [STORY], "id": [number]})

        stream = clean_batches(batches())
        assert taken == []
        assert next(stream).to_pylist() == [{"text": cleaned_pages()[0], "id": 0}]
        assert taken == [0]
        assert [batch["id"].to_pylist() for batch in stream] == [[1], [2]]

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"add": ["words"]}, ValueError),
            ({"add": "mean_score"}, TypeError),
            ({"threshold": 2}, ValueError),
            ({"treshold": 0.5}, TypeError),
            ({"normalize": "NFC"}, TypeError),
        ],
    )
    def test_options_are_checked_at_the_call(self, options: dict[str, Any], error: type[Exception]) -> None:
        with pytest.raises(error):
            clean_batches(iter(()), **options)

    @pytest.mark.parametrize(
        ("batches", "message"),
        [
            (pa.table({"text": [LETTER]}), "batches is a Table, .*batches.to_batches()"),
            (pa.record_batch({"text": [LETTER]}), r"batches is a RecordBatch, .*\[batches\]"),
            (None, "batches is NoneType, not an iterable"),
        ],
        ids=["table", "batch", "None"],
    )
    def test_what_is_no_batches_is_told_at_the_call(self, batches: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            clean_batches(batches)

    def test_reader_column_and_options(self) -> None:
        table = pa.table({"body": PAGES})
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3))
        cleaned = pa.Table.from_batches(clean_batches(reader, "body", add=["lines_dropped"]))
        assert cleaned["body"].to_pylist() == cleaned_pages()
        assert cleaned.schema.names == ["body", "body_lines_dropped"]
