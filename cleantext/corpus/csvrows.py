"""CSV with a header, in UTF-8, as RFC 4180 has it: commas, double quotes, rows that may span lines.

Python's csv module says what the rows and fields are. The cleaned text is then spliced into the row as it
stood, so that other fields keep their quotes; only where the module reads a row in a way that a plain cut
does not confirm (a quote in the middle of a field) is the whole row written anew."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cleantext.corpus.blocks import BadRow, Block, Parsed
from cleantext.corpus.settings import BLOCK_BYTES, Settings, ShardError, too_long
from cleantext.corpus.streams import ByteSink, Source, pack

__all__ = ["CsvRows"]

_FIELD = re.compile(r'"[^"]*(?:""[^"]*)*"|[^,"\r\n]*')
_MUST_QUOTE = re.compile(r'[,"\r\n]')


class _Payload(NamedTuple):
    """Raw rows with their line ends; bytes that are not UTF-8 are lone surrogates (``surrogateescape``)."""

    rows: list[str]
    n_fields: int
    text_field: int


class _SourceFile(io.RawIOBase):
    """A :class:`Source` as a file, which io.TextIOWrapper wants."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _TooLong(ShardError):
    """A row has passed the limit; what was read of it is still in hand."""


class _Lines(Iterator[str]):
    """The lines that csv.reader asks for; remembers those of the row it is in."""

    def __init__(self, source: Source, limit: int) -> None:
        file = io.BufferedReader(_SourceFile(source), BLOCK_BYTES)
        self._wrapper = io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="")
        self._limit = limit
        self._is_first = True
        self.pieces: list[str] = []
        self.size = 0

    def __next__(self) -> str:
        line = self._wrapper.readline(self._limit + 1)
        if not line:
            raise StopIteration
        self.pieces.append(line)
        self.size += len(line)
        if self.size > self._limit:
            raise _TooLong(too_long(self._limit) + " (or is a quote never closed?)")
        if self._is_first:
            self._is_first = False
            return line.removeprefix("\ufeff")  # else the quote behind it would be part of the first column's name
        return line

    def take(self) -> str:
        """The raw row that was just read."""
        row = "".join(self.pieces)
        self.pieces, self.size = [], 0
        return row


class CsvRows:
    """The format of ``.csv`` and its compressed forms. Rows are numbered from 1, the header not counted."""

    def __init__(self, settings: Settings, compression: str | None) -> None:
        self._settings = settings
        self._compression = compression

    def blocks(self, source: Source) -> Iterator[Block]:
        """Cut the shard between rows."""
        # The module's own limit on a field (128 KB) would refuse ordinary pages; rows have a limit here.
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        lines = _Lines(source, self._settings.max_row_bytes)
        reader = csv.reader(lines)
        header = next(reader, None)
        if header is None:
            raise ShardError("has no header")
        head = lines.take()
        key = self._settings.text_key
        if key not in header:
            raise ShardError(f"has no column {key!r}, but {', '.join(header)}; name it with --text-key")
        shape, raw_head = (len(header), header.index(key)), _bytes(head)
        first, rows, size = 1, list[str](), 0
        while True:
            try:
                fields = next(reader, None)
            except (ShardError, csv.Error) as error:
                number = first + len(rows)
                if self._settings.on_error == "stop":
                    raise ShardError(str(error), number) from None
                yield Block(first, _Payload(rows, *shape), size, head=raw_head)
                yield from _bad_row(lines, number, str(error), raw_head)
                if isinstance(error, ShardError) and not isinstance(error, _TooLong):
                    return  # the compressed data ends here
                first, rows, size, reader = number + 1, [], 0, csv.reader(lines)
                continue
            if fields is not None:
                rows.append(lines.take())
                size += len(rows[-1])
            # A block even for no rows: the output needs the header.
            if size >= BLOCK_BYTES or (fields is None and (rows or first == 1)):
                yield Block(first, _Payload(rows, *shape), size, head=raw_head)
                first, rows, size = first + len(rows), [], 0
            if fields is None:
                return

    def parse(self, block: Block) -> Parsed:
        """Find each row's text."""
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        parsed = Parsed()
        payload: _Payload = block.payload
        for number, raw in enumerate(payload.rows, block.row):
            fields = next(csv.reader([raw]), [])
            if not fields:
                parsed.between += 1
                parsed.add(raw, number, None)
            elif len(fields) != payload.n_fields:
                reason = f"has {len(fields)} fields where the header has {payload.n_fields}"
                parsed.bad.append(BadRow(number, reason, raw))
            elif not _is_valid(raw):
                parsed.bad.append(BadRow(number, "is not UTF-8", raw))
            else:
                parsed.add(raw, number, fields[payload.text_field])
        return parsed

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> bytes:
        """Put new texts into the rows."""
        at = block.payload.text_field
        rows = [raw if text is None else _spliced(raw, at, text) for raw, text in zip(handles, texts, strict=True)]
        return pack(_bytes("".join(rows)), self._compression)

    def raw(self, block: Block) -> bytes:
        """The bytes of a bad row."""
        return pack(block.payload, self._compression)

    def sink(self, path: Path, head: bytes) -> ByteSink:
        """Open an output file."""
        return ByteSink(path, self._compression, head)


def _bad_row(lines: _Lines, number: int, reason: str, head: bytes) -> Iterator[Block]:
    """A row that csv.reader gave up, in pieces: to the first line end outside quotes, or to the end of the shard."""
    quotes = sum(piece.count('"') for piece in lines.pieces)
    last = lines.pieces[-1] if lines.pieces else ""
    at_end = False
    while not at_end:
        at_end = quotes % 2 == 0 and last.endswith(("\n", "\r"))
        if not at_end and lines.size < BLOCK_BYTES:
            try:
                last = next(lines, "")
            except _TooLong:
                last = lines.pieces[-1]
            except ShardError:
                last = ""
            quotes += last.count('"')
            at_end = not last
            if not at_end:
                continue
        piece = _bytes(lines.take())
        yield Block(number, piece, len(piece), problem=reason, head=head)
        reason = ""


def _spliced(raw: str, index: int, text: str) -> str:
    """`raw` with the field number `index` replaced."""
    fields = next(csv.reader([raw]))
    start = 0
    for _ in range(index):
        match = _FIELD.match(raw, start)
        start = match.end() + 1 if match else len(raw)
        if raw[start - 1 : start] != ",":
            return _rewritten(raw, fields, index, text)
    match = _FIELD.match(raw, start)
    end = match.end() if match else start
    old = raw[start:end]
    quoted = old.startswith('"')
    plain = old[1:-1].replace('""', '"') if quoted else old
    if plain != fields[index] or raw[end : end + 1] not in ("", ",", "\r", "\n"):
        return _rewritten(raw, fields, index, text)
    # Readers skip a blank line: a field that is the whole row keeps it only with quotes.
    if quoted or _MUST_QUOTE.search(text) or not (text or raw[:start] or raw[end:].rstrip("\r\n")):
        text = '"' + text.replace('"', '""') + '"'
    return raw[:start] + text + raw[end:]


def _rewritten(raw: str, fields: list[str], index: int, text: str) -> str:
    fields[index] = text
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="").writerow(fields)
    return buffer.getvalue() + raw[len(raw.rstrip("\r\n")) :]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_valid(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
