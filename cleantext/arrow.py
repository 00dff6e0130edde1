"""Clean the text column of Arrow record batches and tables.

Ray Data, Spark, Hugging Face datasets, Polars, Dask and DuckDB all hand Arrow data to Python functions. One
function serves them all, and ``docs/engines.md`` shows the few lines that each of them needs.

Nothing is decided per batch: a page gets the same text in a batch of one row and in a batch of a million, so
it does not matter how an engine cuts its data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import tee
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from cleantext.figures import FIGURES, Figure, check_figures
from cleantext.reports import report_stream
from cleantext.strip import strip_stream

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError as error:  # pragma: no cover - needs an environment without pyarrow
    raise ImportError("cleantext.arrow needs pyarrow: pip install 'cleantext-lines[arrow]'") from error

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

    from cleantext.model import LineModel

__all__ = ["clean_batch", "clean_batches"]

_Batch = TypeVar("_Batch", pa.RecordBatch, pa.Table)

# Rows turned into Python strings at a time. Arrow text is one buffer, Python strings are one object each:
# turning a chunk of a million pages into a list would hold the whole chunk twice. 1,024 pages are about 5 MB
# of web text, several of the blocks in which pages are scored, so the slicing itself costs nothing that can
# be measured.
_ROWS_PER_SLICE: Final = 1024

# What a chunk of string holds, by its offsets.
_STRING_BYTES: Final = (1 << 31) - 1

# Type of each added column. `dropped_text` (None here) takes the type of the text column's own strings.
_FIGURE_TYPES: Final[dict[str, Any]] = {
    "words_removed": pa.int64(),
    "ratio_removed": pa.float64(),
    "lines_dropped": pa.int64(),
    "mean_score": pa.float64(),
    "dropped_text": None,
}


class _Cleaner(NamedTuple):
    """How to clean: the options of `clean_batch`, checked once per batch."""

    column: str
    figures: tuple[str, ...]
    options: dict[str, Any]


def clean_batch(
    batch: _Batch,
    column: str = "text",
    *,
    add: Sequence[str] = (),
    threshold: float | str | None = None,
    normalize: bool | TextFixerConfig = True,
    model: LineModel | None = None,
) -> _Batch:
    r"""Strip the boilerplate from one text column of a batch.

    Parameters
    ----------
    batch : pyarrow.RecordBatch or pyarrow.Table
        The rows, a page each. A Table may have any number of chunks, a RecordBatch may be a slice of another.
    column : str, default "text"
        The column that holds the pages: ``string``, ``large_string``, ``string_view``, a dictionary of one of
        these (each distinct page is then cleaned once; chunks in a row with the same dictionary count as one), or ``null`` when no row
        has a text.
    add : sequence of str, default ()
        Figures to add as columns at the right end, in this order, each named ``{column}_{figure}``:
        ``"words_removed"`` (int64), ``"ratio_removed"`` (float64, 0 to 1), ``"lines_dropped"`` (int64),
        ``"mean_score"`` (float64, 0 to 1), ``"dropped_text"`` (the type of the column's strings).
        They cost a little speed, because the lines of each page must then be told apart in Python.
    threshold, normalize, model
        As in `cleantext.strip_boilerplate`.

    Returns
    -------
    pyarrow.RecordBatch or pyarrow.Table
        What was given, with the same rows in the same order and the same schema: only the texts differ.
        Null stays null, also in the added columns; a page without content becomes ``""`` and its row stays.
        Chunks stay as they were. A dictionary column keeps its type, but gets a new dictionary of the cleaned
        texts, one for all chunks if the type of its indices is large enough.

    Raises
    ------
    TypeError
        If `batch` is neither a RecordBatch nor a Table, if `column` is no str or the column holds anything but
        text, or if an option is of another type.
    KeyError
        If there is no such column; the message lists the columns.
    ValueError
        If two columns have the name, if an added column exists already, if a text is not valid UTF-8 (Arrow
        does not check), if `threshold`, `normalize` or `add` is not valid, or if the dropped texts of a dictionary's rows are more than
        the 2 GB that ``string`` holds.

    Examples
    --------
    >>> import pyarrow as pa
    >>> page = "The bridge reopened on Monday after two years of work.\nAdvertisement\n"
    >>> batch = pa.record_batch({"id": [7, 8], "text": [page, None]})
    >>> cleaned = clean_batch(batch, add=["lines_dropped"])
    >>> cleaned["text"].to_pylist()
    ['The bridge reopened on Monday after two years of work.', None]
    >>> cleaned["text_lines_dropped"].to_pylist()
    [1, None]

    """
    if not isinstance(batch, pa.RecordBatch | pa.Table):
        kind = f"{type(batch).__module__}.{type(batch).__qualname__}"
        raise TypeError(
            f"a batch is a pyarrow RecordBatch or Table, not {kind}: ask the engine for Arrow batches, "
            "such as Ray's batch_format='pyarrow', or use pyarrow.table(...)"
        )
    index = _find_column(batch, column)
    cleaner = _Cleaner(column, check_figures(add), {"threshold": threshold, "normalize": normalize, "model": model})
    strip_stream((), **cleaner.options)  # which checks them: a column of nulls never reaches the cleaning
    names = [f"{column}_{figure}" for figure in cleaner.figures]
    for name in names:
        if name in batch.schema.names:
            raise ValueError(f"the batch has a column {name!r} already: drop or rename it before it is added")

    if isinstance(batch, pa.RecordBatch):
        cleaned, *added = _clean_array(batch.column(index), cleaner, 0)
    else:
        cleaned, *added = _clean_chunks(batch.column(index), cleaner)
    batch = batch.set_column(index, batch.schema.field(index), cleaned)
    for name, values in zip(names, added, strict=True):
        batch = batch.append_column(name, values)
    return batch


def clean_batches(batches: Iterable[_Batch], column: str = "text", **options: Any) -> Iterator[_Batch]:
    r"""Strip the boilerplate from one text column of each batch; what Spark's ``mapInArrow`` takes.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch or pyarrow.Table
        Such as a ``pyarrow.RecordBatchReader``, ``ParquetFile.iter_batches()`` or what Spark passes.
    column : str, default "text"
        The column that holds the pages.
    **options
        `add`, `threshold`, `normalize`, `model`, as in `clean_batch`.

    Returns
    -------
    iterator of pyarrow.RecordBatch or pyarrow.Table
        Each batch, cleaned, before the next one is asked for: memory is that of one batch.

    Raises
    ------
    TypeError, KeyError, ValueError
        As in `clean_batch`: for `column` and options that are not valid, and `batches` that are none, at the call, for a batch when it is
        reached.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["Bread needs flour, water, salt and time.\nAdvertisement"]})
    >>> [batch["text"].to_pylist() for batch in clean_batches(table.to_batches())]
    [['Bread needs flour, water, salt and time.']]

    """
    if isinstance(batches, pa.RecordBatch | pa.Table):
        hint = "batches.to_batches()" if isinstance(batches, pa.Table) else "[batches]"
        raise TypeError(f"batches is a {type(batches).__name__}, not an iterable of batches: pass {hint}, or use clean_batch")
    if not isinstance(batches, Iterable):
        raise TypeError(f"batches is {type(batches).__name__}, not an iterable of pyarrow RecordBatches or Tables")
    name = column if isinstance(column, str) else ""
    clean_batch(pa.record_batch([pa.array([], pa.string())], [name]), column, **options)  # which checks the arguments
    return (clean_batch(batch, column, **options) for batch in batches)


def _find_column(batch: pa.RecordBatch | pa.Table, column: str) -> int:
    if not isinstance(column, str):
        raise TypeError(f"column must be the name of a column, a str, not {column!r}")
    found: list[int] = batch.schema.get_all_field_indices(column)
    if not found:
        raise KeyError(f"no column {column!r}: there are {', '.join(map(repr, batch.schema.names)) or 'none'}")
    if len(found) > 1:
        raise ValueError(f"{len(found)} columns are named {column!r}: rename all but one")
    _string_type(batch.schema.field(found[0]).type, column)
    return found[0]


def _string_type(type_: pa.DataType, column: str) -> pa.DataType:
    """Return the type of the strings in a column of text; raise a TypeError if it does not hold text."""
    value_type = _value_type(type_)
    if pa.types.is_null(value_type):
        return pa.string()
    if pa.types.is_string(value_type) or pa.types.is_large_string(value_type) or pa.types.is_string_view(value_type):
        return value_type
    hint = "pass the name of a column of text"
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_):
        hint = "decode it first, with cast(pyarrow.string()) if the bytes are UTF-8"
    elif isinstance(type_, pa.BaseExtensionType) or pa.types.is_run_end_encoded(type_):
        hint = "cast it to pyarrow.string() first"
    elif pa.types.is_nested(type_):  # after run-end encoding, which Arrow counts as nested
        hint = "flatten it first, so that a row is one page"
    raise TypeError(f"column {column!r} is {type_}, not string, large_string, string_view or a dictionary of these: {hint}")


def _value_type(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _clean_chunks(chunks: pa.ChunkedArray, cleaner: _Cleaner) -> list[pa.ChunkedArray]:
    """Clean the chunks of a table's column; return the cleaned column and the added ones."""
    rows: list[list[pa.Array]] = []
    if pa.types.is_dictionary(chunks.type) and not pa.types.is_null(chunks.type.value_type):
        for group in _of_one_dictionary(chunks):
            rows += _clean_dictionaries(group, cleaner)
    else:
        first_row = 0
        for chunk in chunks.iterchunks():
            rows.append(_clean_array(chunk, cleaner, first_row))
            first_row += len(chunk)
    types = [chunks.type, *_added_types(chunks.type, cleaner)]
    columns = zip(*rows, strict=True) if rows else [[] for _ in types]
    cleaned, *added = (pa.chunked_array(list(arrays), type_) for arrays, type_ in zip(columns, types, strict=True))
    if pa.types.is_dictionary(chunks.type):
        # Arrow's file format and several kernels want that chunks share a dictionary. Where they had their own they may not be able to:
        # the type of the indices is too small for all, or the strings' offsets are.
        with suppress(pa.ArrowInvalid, pa.ArrowCapacityError):
            cleaned = cleaned.unify_dictionaries()
    return [cleaned, *added]


def _of_one_dictionary(chunks: pa.ChunkedArray) -> list[list[pa.DictionaryArray]]:
    """Chunks in a row that share a dictionary."""
    groups: list[list[pa.DictionaryArray]] = []
    for chunk in chunks.iterchunks():
        if groups and chunk.dictionary.equals(groups[-1][0].dictionary):
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    return groups


def _clean_array(array: pa.Array, cleaner: _Cleaner, first_row: int | None) -> list[pa.Array]:
    """Clean one contiguous array; return the cleaned array and the added ones.

    `first_row`, for messages alone, is the batch's row at which the array begins, None for a dictionary's
    values.
    """
    types = _added_types(array.type, cleaner)
    if pa.types.is_null(_value_type(array.type)):
        return [array, *(pa.nulls(len(array), type_) for type_ in types)]
    if pa.types.is_dictionary(array.type):
        return _clean_dictionaries([array], cleaner)[0]

    pages = _decode(array, cleaner.column, first_row)
    if not cleaner.figures:
        return [pa.array(strip_stream(pages, **cleaner.options), array.type)]
    # The reports come a block of pages later than the pages: `tee` holds no more pages than that.
    scored, originals = tee(pages)
    texts: list[str | None] = []
    figures: list[list[Figure | None]] = [[] for _ in cleaner.figures]
    compute: list[Callable[..., Figure]] = [FIGURES[name] for name in cleaner.figures]
    for report, page in zip(report_stream(scored, **cleaner.options), originals, strict=True):
        texts.append(None if report is None else report.text)
        for values, figure in zip(figures, compute, strict=True):
            values.append(None if report is None or page is None else figure(report, page))
    return [
        pa.array(texts, array.type),
        *(pa.array(values, type_) for values, type_ in zip(figures, types, strict=True)),
    ]


def _clean_dictionaries(arrays: list[pa.DictionaryArray], cleaner: _Cleaner) -> list[list[pa.Array]]:
    """Clean the distinct texts that the rows of arrays of one dictionary use, each once; return for each array what `_clean_array` does."""
    type_ = arrays[0].type
    # In the dictionary's order, so that an ordered dictionary stays ordered; none that only other slices use.
    used = pa.chunked_array([array.indices for array in arrays]).unique().drop_null().sort()
    # Several kernels do not know string_view, and offsets of 32 bits might overflow: large_string on the way.
    pages = arrays[0].dictionary.cast(pa.large_string()).take(used)
    cleaned, *added = _clean_array(pages, cleaner, None)
    # Two pages that differ in their furniture alone become one text; a dictionary should hold each text once.
    encoded = cleaned.dictionary_encode()
    dictionary = encoded.dictionary.cast(type_.value_type)
    rows = []
    for array in arrays:
        row_to_used = pc.index_in(array.indices, used)
        indices = encoded.indices.take(row_to_used).cast(type_.index_type)
        figures = [
            _spread(values, row_to_used, figure_type, f"{cleaner.column}_{figure}")
            for figure, values, figure_type in zip(cleaner.figures, added, _added_types(type_, cleaner), strict=True)
        ]
        rows.append([pa.DictionaryArray.from_arrays(indices, dictionary, ordered=type_.ordered), *figures])
    return rows


def _spread(values: pa.Array, row_to_value: pa.Array, type_: pa.DataType, name: str) -> pa.Array:
    """A column that has a value of a dictionary's texts in each row; a ValueError if it cannot hold them."""
    if pa.types.is_string(type_):
        size = pc.sum(pc.binary_length(values).take(row_to_value)).as_py() or 0
        if size > _STRING_BYTES:
            raise ValueError(
                f"column {name!r} would have {size >> 20:,} MB in a chunk, and string holds {_STRING_BYTES >> 20:,}: pass fewer rows at a "
                "time, or cast the text column to a dictionary of pyarrow.large_string()"
            )
    return values.take(row_to_value).cast(type_)


def _added_types(type_: pa.DataType, cleaner: _Cleaner) -> list[pa.DataType]:
    return [_FIGURE_TYPES[figure] or _string_type(type_, cleaner.column) for figure in cleaner.figures]


def _decode(array: pa.Array, column: str, first_row: int | None) -> Iterator[str | None]:
    """Yield an array's texts as Python strings, a slice at a time."""
    for start in range(0, len(array), _ROWS_PER_SLICE):
        rows = array.slice(start, _ROWS_PER_SLICE)
        try:
            pages = rows.to_pylist()
        except UnicodeDecodeError:
            row, error = next(_undecodable(rows))
            place = "a value of the dictionary" if first_row is None else f"row {first_row + start + row}"
            raise ValueError(f"column {column!r}, {place} is not valid UTF-8: {error}") from error
        yield from pages


def _undecodable(array: pa.Array) -> Iterator[tuple[int, UnicodeDecodeError]]:
    for row, value in enumerate(array):
        try:
            value.as_py()
        except UnicodeDecodeError as error:
            yield row, error
