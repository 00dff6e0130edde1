"""Parquet, by pyarrow: only the text column is taken apart, everything else passes through as Arrow data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cleantext.atomic import AtomicFile
from cleantext.corpus.blocks import BadRow, Block, Parsed
from cleantext.corpus.settings import BLOCK_BYTES, Settings, ShardError, missing_extra, too_long
from cleantext.corpus.streams import Source

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError:
    raise missing_extra("parquet") from None

__all__ = ["Parquet"]

# Arrow bytes that an output file holds back to write as one row group: Parquet's own advice is far larger
# groups, which would cost a reader, and this process, that much memory. Input row groups may be smaller and
# are joined.
_GROUP_BYTES = 32 << 20
# Rows read at a time: enough for about a block of text, as the file's footer tells it.
_LEAST_ROWS, _MOST_ROWS = 16, 16_384


class Parquet:
    """The format of ``.parquet``. Rows are numbered from 1. Schema, metadata and each column's kind of compression
    stay.
    """

    def __init__(self, settings: Settings, compression: str | None) -> None:
        self._settings = settings
        if compression is not None:
            raise ShardError("is a compressed Parquet file; Parquet compresses within, so decompress it first")

    def blocks(self, source: Source) -> Iterator[Block]:
        """Read the shard in batches of rows."""
        try:
            with pq.ParquetFile(source.path, buffer_size=1 << 20, pre_buffer=False) as file:
                self._check(file.schema_arrow)
                meta = file.metadata
                n_bytes = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
                rows = BLOCK_BYTES * max(meta.num_rows, 1) // max(n_bytes, 1)
                rows = min(max(rows, _LEAST_ROWS), _MOST_ROWS)
                head = _head(file.schema_arrow, _codecs(meta))
                number = 1
                for batch in file.iter_batches(batch_size=rows, use_threads=False):
                    yield Block(number, batch, batch.nbytes, head=head)
                    number += batch.num_rows
                if number == 1:
                    yield Block(1, pa.RecordBatch.from_pylist([], file.schema_arrow), 0, head=head)
        except (pa.ArrowException, OSError) as error:
            raise ShardError(f"cannot be read as Parquet: {str(error).splitlines()[0]}") from None

    def _check(self, schema: pa.Schema) -> None:
        key = self._settings.text_key
        if schema.get_field_index(key) < 0:
            names = ", ".join(schema.names)
            problem = "more than one column" if key in schema.names else "no column"
            raise ShardError(f"has {problem} {key!r} among {names}; name the text's column with --text-key")
        kind = schema.field(key).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_null(kind):
            return  # what writers make of a column that has no value: its rows have nothing to clean
        if not (pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)):
            raise ShardError(f"column {key!r} is {kind}, not text")

    def parse(self, block: Block) -> Parsed:
        """Make Python strings of the text column."""
        parsed = Parsed()
        batch: pa.RecordBatch = block.payload
        limit = self._settings.max_row_bytes
        # As binary, since the lengths and the bytes of a text that is not UTF-8 are wanted too.
        data = _large(batch.column(self._settings.text_key)).cast(pa.large_binary())
        longest = pc.max(pc.binary_length(data)).as_py() or 0
        for index, value in enumerate(data):
            number = block.row + index
            raw = value.as_buffer()
            if raw is None:
                parsed.add(index, number, None)
            elif longest > limit and raw.size > limit:
                parsed.bad.append(BadRow(number, too_long(limit), index))
            else:
                try:
                    parsed.add(index, number, str(raw, "utf-8"))
                except UnicodeDecodeError as error:
                    reason = f"is not UTF-8 at byte {error.start:,} of its text"
                    parsed.bad.append(BadRow(number, reason, index))
        return parsed

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> pa.RecordBatch:
        """Take the wanted rows, with their new texts."""
        batch: pa.RecordBatch = block.payload
        if len(handles) != batch.num_rows:
            batch = _rows(batch, handles)
        if all(text is None for text in texts):
            return batch
        at = batch.schema.get_field_index(self._settings.text_key)
        field = batch.schema.field(at)
        new = pa.array(texts, pa.large_string())
        unchanged = pa.array([text is None for text in texts])
        if unchanged.true_count:
            new = pc.if_else(unchanged, _large(batch.column(at)), new)
        if pa.types.is_dictionary(field.type):
            encoded = new.dictionary_encode()
            values = encoded.dictionary.cast(field.type.value_type)
            new = pa.DictionaryArray.from_arrays(encoded.indices.cast(field.type.index_type), values, ordered=field.type.ordered)
        return batch.set_column(at, field, new.cast(field.type))

    def raw(self, block: Block) -> Any:
        """Nothing: bad rows of a Parquet file are rows of a batch."""
        return None

    def sink(self, path: Path, head: bytes) -> ParquetSink:
        """Open an output file."""
        return ParquetSink(path, head)


def _large(column: pa.Array) -> pa.Array:
    """A column of text in the one type of text that every kernel knows."""
    if pa.types.is_dictionary(column.type):
        values = column.dictionary.cast(pa.large_string())
        return values.take(column.indices)
    return column.cast(pa.large_string())


def _rows(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    """The rows with these ascending numbers. Not by `take`, which knows no views, also within lists."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([row, 1])
    if not runs:
        return batch.slice(0, 0)
    columns = [pa.concat_arrays([column.slice(*run) for run in runs]) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _codecs(meta: pq.FileMetaData) -> list[str]:
    """How the columns are compressed: one name if all are the same way, else one for each leaf of the schema."""
    if not meta.num_row_groups or not meta.num_columns:
        return ["snappy"]
    group = meta.row_group(0)
    codecs = [group.column(at).compression.lower().replace("uncompressed", "none") for at in range(meta.num_columns)]
    return codecs if len(set(codecs)) > 1 else codecs[:1]


def _head(schema: pa.Schema, codecs: list[str]) -> bytes:
    """What an output file needs to know before its first row, as bytes: a sink may stand in another
    process.
    """
    return ",".join(codecs).encode() + b"\n" + bytes(schema.serialize())


def _compression(codecs: list[str], schema: pa.Schema) -> str | dict[str, str]:
    """The codecs as pyarrow's writer takes them."""
    if len(codecs) == 1:
        return codecs[0]
    # It names columns by paths of its own, which the shard's writer may have spelt otherwise ("item" for "element").
    buffer = pa.BufferOutputStream()
    pq.ParquetWriter(buffer, schema).close()
    leaves = pq.ParquetFile(pa.BufferReader(buffer.getvalue())).metadata.schema
    return {leaves.column(at).path: codec for at, codec in enumerate(codecs)}


class ParquetSink:
    """A Parquet file made of record batches, row groups of a bounded size."""

    def __init__(self, path: Path, head: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        codecs, _, schema = head.partition(b"\n")
        self._schema = pa.ipc.read_schema(pa.py_buffer(schema))
        self._batches: list[pa.RecordBatch] = []
        self._size = 0
        self._file = AtomicFile(path)
        try:
            compression = _compression(codecs.decode().split(","), self._schema)
            self._writer = pq.ParquetWriter(self._file.stream, self._schema, compression=compression)
        except BaseException:
            self._file.discard()
            raise

    def write(self, data: pa.RecordBatch | None) -> None:
        """Append rows."""
        if data is None or not data.num_rows:
            return
        self._batches.append(data)
        self._size += data.nbytes
        if self._size >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._batches:
            table = pa.Table.from_batches(self._batches, self._schema)
            with self._file.errors_named():
                self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._batches, self._size = [], 0

    def commit(self) -> int:
        """Give the file its name, and return its size in bytes."""
        try:
            self._flush()
            with self._file.errors_named():
                self._writer.close()
            self._file.commit()
        except BaseException:
            self.discard()
            raise
        return self._file.size

    def discard(self) -> None:
        """Drop the file."""
        self._batches = []
        self._file.discard()
