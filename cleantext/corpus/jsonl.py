"""JSON Lines, one object a row.

The cleaned text is spliced into the row's own bytes, so that everything else of it (spacing, key order, the
exact text of numbers, keys that occur twice) stays as it was. msgspec skips what is not the text without
building it, and gives the text's value as a view into the row, whose address tells where to splice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cleantext.corpus.blocks import BadRow, Block, Parsed
from cleantext.corpus.settings import BLOCK_BYTES, Settings, ShardError, missing_extra, too_long
from cleantext.corpus.streams import ByteSink, Source, pack

try:
    import msgspec
except ImportError:
    raise missing_extra("jsonl") from None

__all__ = ["JsonLines"]

_BOM = b"\xef\xbb\xbf"
_KEYS_SHOWN = 6
_FIELD = "text"
# An escape in a JSON string; group 1 if it is (half of) a surrogate pair. The alternative takes "\\\\ud83d"
# whole.
_SURROGATE = re.compile(rb"\\(?:(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
# How a file starts that is one JSON array, or one value over several lines.
_ONE_VALUE = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*(?:\[\s*[{\]]|\[[ \t]*\r?\n|\{[ \t]*\r?\n\s*["}])')


class _RowProblem(Exception):
    """Why a row cannot be cleaned."""


class _Span(NamedTuple):
    """Where a row stands in a block's payload, and where the JSON value of its text does (0, 0: nowhere)."""

    start: int
    end: int
    value_start: int = 0
    value_end: int = 0


class JsonLines:
    """The format of ``.jsonl``, ``.ndjson``, ``.json`` and their compressed forms. Rows are numbered by line, blank
    ones included.
    """

    def __init__(self, settings: Settings, compression: str | None) -> None:
        self._settings = settings
        self._compression = compression
        # Of a key that occurs twice the last one counts, as in most JSON readers.
        row_type: Any
        try:
            row_type = msgspec.defstruct("Row", [(_FIELD, msgspec.Raw, msgspec.Raw(b""))], rename={_FIELD: settings.text_key})
        except ValueError:  # no field may be called so (quotes, backslashes, control characters): slower, all are looked at
            row_type = dict[str, msgspec.Raw]
        self._row = msgspec.json.Decoder(row_type)
        self._text = msgspec.json.Decoder(str | None)

    def blocks(self, source: Source) -> Iterator[Block]:
        """Cut the shard at line ends."""
        limit = self._settings.max_row_bytes
        row, is_first, oversize = 1, True, False
        rest: list[bytes] = []  # of a row whose end has not been seen
        size = 0  # of the rest
        while True:
            try:
                data = source.read(BLOCK_BYTES)
            except ShardError as error:
                if self._settings.on_error == "stop":
                    raise ShardError(error.reason, row) from None
                yield Block(row, b"".join(rest), size, problem=error.reason)
                return
            at_end = not data
            if is_first and _ONE_VALUE.match(data):
                raise ShardError("is one JSON value, not JSON Lines, an object a line; jq -c '.[]' makes such lines of an array")
            is_first = False
            if oversize and data:  # of a row that is too long, the rest is passed on piece by piece
                end = data.find(b"\n") + 1
                piece, data = (data[:end], data[end:]) if end else (data, b"")
                yield Block(row, piece, len(piece), problem="")
                oversize = not end
                row += not oversize
            cut = data.rfind(b"\n") + 1
            if cut or (at_end and rest):
                complete = b"".join([*rest, data[:cut]])
                rest, size = [], 0
                yield Block(row, complete, len(complete))
                row += complete.count(b"\n")
                del complete
            if len(data) > cut:
                rest.append(data[cut:])
                size += len(data) - cut
            if size > limit:
                for index, piece in enumerate(rest):
                    yield Block(row, piece, len(piece), problem="" if index else too_long(limit))
                rest, size, oversize = [], 0, True
            if at_end:
                return

    def parse(self, block: Block) -> Parsed:
        """Find each row's text."""
        parsed = Parsed()
        payload: bytes = block.payload
        view = memoryview(payload)
        base = _address(payload)
        valid = _is_utf8(payload)
        number, start = block.row, 0
        while start < len(payload):
            end = payload.find(b"\n", start) + 1 or len(payload)
            row, span = view[start:end], _Span(start, end)
            try:
                if not valid:
                    _check_utf8(row)
                text, raw = self._parse_row(row, has_bom=number == 1 and payload.startswith(_BOM))
            except _RowProblem as problem:
                parsed.bad.append(BadRow(number, str(problem), span))
            else:
                if raw.nbytes:
                    at = _address(raw) - base
                    span = _Span(start, end, at, at + raw.nbytes)
                else:
                    parsed.between += 1
                parsed.add(span, number, text)
            number, start = number + 1, end
        return parsed

    def _parse_row(self, row: memoryview, has_bom: bool) -> tuple[str | None, memoryview]:
        """A row's text, and the JSON value it came from, which is a view into the row (empty for a blank
        row).
        """
        key, limit = self._settings.text_key, self._settings.max_row_bytes
        if row.nbytes > limit:
            raise _RowProblem(too_long(limit))
        body = row[len(_BOM) :] if has_bom else row
        try:
            fields = self._row.decode(body)
            raw = memoryview(fields.get(key, b"") if isinstance(fields, dict) else getattr(fields, _FIELD))
        except msgspec.DecodeError as error:
            if not bytes(body).strip():
                return None, row[:0]
            if any(match[1] for match in _SURROGATE.finditer(row)):
                return self._parse_surrogates(row, has_bom)
            raise _RowProblem(_reason(error)) from None
        if raw.nbytes == 0:
            raise _RowProblem(_no_key(body, key))
        try:
            return self._text.decode(raw), raw
        except msgspec.DecodeError as error:
            raise _RowProblem(f"the value of {key!r}: {_reason(error)}") from None

    def _parse_surrogates(self, row: memoryview, has_bom: bool) -> tuple[str | None, memoryview]:
        """A row with half a surrogate pair ("\\ud83d"), which msgspec refuses.

        Python's json writes and reads them, so rows made from text that was cut in the middle of a pair have
        them. Other characters of equal length take their place, to find where the value stands.
        """
        double = _SURROGATE.sub(lambda match: b"\\ufffd" if match[1] else match[0], row)
        text, raw = self._parse_row(memoryview(double), has_bom)
        start = _address(raw) - _address(double) if raw.nbytes else 0
        value = row[start : start + raw.nbytes]
        return (None if text is None else str(json.loads(bytes(value)))), value

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> bytes:
        """Splice new texts into the rows."""
        view = memoryview(block.payload)
        pieces: list[bytes | memoryview] = []
        for span, text in zip(handles, texts, strict=True):
            if text is None:
                pieces.append(view[span.start : span.end])
            else:
                pieces += (
                    view[span.start : span.value_start],
                    _encode(text),
                    view[span.value_end : span.end],
                )
        return pack(b"".join(pieces), self._compression)

    def raw(self, block: Block) -> bytes:
        """The bytes of a bad row."""
        return pack(block.payload, self._compression)

    def sink(self, path: Path, head: bytes) -> ByteSink:
        """Open an output file."""
        return ByteSink(path, self._compression, head)


def _encode(text: str) -> bytes:
    try:
        return bytes(msgspec.json.encode(text))
    except UnicodeEncodeError:
        return json.dumps(text).encode()  # lone surrogates, kept when normalisation is off


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_utf8(row: memoryview) -> None:
    try:
        str(row, "utf-8")
    except UnicodeDecodeError as error:
        raise _RowProblem(f"is not UTF-8 at its byte {error.start:,} (0x{row[error.start]:02x})") from None


def _address(data: bytes | memoryview) -> int:
    """Where bytes stand in memory."""
    return int(np.frombuffer(data, np.uint8).__array_interface__["data"][0])


def _reason(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:] if not text.startswith("JSON") else text


def _no_key(row: memoryview, key: str) -> str:
    keys = list(msgspec.json.decode(row, type=dict[str, msgspec.Raw]))
    shown = ", ".join(keys[:_KEYS_SHOWN]) + (", ..." if len(keys) > _KEYS_SHOWN else "")
    return f"has no key {key!r}, but {shown or 'none at all'}; name the text's key with --text-key"
