"""WET: WARC files whose "conversion" records hold the text of pages, as Common Crawl publishes them.

Records keep their headers byte by byte, but for Content-Length and the digests of what was changed: they are
set right, or taken out where nobody here can compute them. Records of other types pass through. In a compressed
file each record is a gzip member of its own, which is what lets indexes point at records. fastwarc takes records
apart; it does not notice where a file is cut off, so the bytes come through
:class:`cleantext.corpus.streams.Source`, and lengths are compared here."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from cleantext.corpus.blocks import BadRow, Block, Parsed
from cleantext.corpus.settings import BLOCK_BYTES, Settings, ShardError, missing_extra, too_long
from cleantext.corpus.streams import ByteSink, Source, pack

try:
    from fastwarc.warc import ArchiveIterator
except ImportError:
    raise missing_extra("wet") from None

__all__ = ["Wet"]

_LENGTH = re.compile(rb"(?im)^(Content-Length:[ \t]*)\d+")
_LENGTH_SHOWN = 20
# Up to the line's end in one go: a pattern for white space at its end would be tried from every space on.
_DIGEST = re.compile(rb"(?im)^(WARC-(?:Block|Payload)-Digest:)([^\r\n]*+)(\r?\n)")
# How a digest may be written: base 32 as Common Crawl does, or else. The lengths tell, less what fills base 32 and 64 up.
_SPELLINGS: tuple[Callable[[bytes], bytes], ...] = (base64.b32encode, base64.b16encode, base64.b64encode)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_END = b"\r\n\r\n"


class _Record(NamedTuple):
    """A record, taken apart. `head` ends with the empty line after the headers."""

    head: bytes
    body: bytes
    is_text: bool


class _BadRecord(NamedTuple):
    """A record that cannot be cleaned: why, and its bytes, of which the first piece may be empty."""

    reason: str
    pieces: Iterator[bytes]


class _SourceStream:
    """A :class:`Source` as fastwarc wants streams: with a position."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = 0
        self.error: ShardError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size if size >= 0 else BLOCK_BYTES)
        except ShardError as error:
            self.error = error  # fastwarc hides what a stream raises within a record's body
            return b""
        self._position += len(data)
        return data

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        raise OSError("a shard is read from start to end")

    def close(self) -> None:
        """Nothing to do: the source's owner closes it."""


class Wet:
    """The format of ``.wet`` and ``.wet.gz``. Rows are records, numbered from 1, also those that are no
    pages.
    """

    def __init__(self, settings: Settings, compression: str | None) -> None:
        self._settings = settings
        self._compression = compression

    def blocks(self, source: Source) -> Iterator[Block]:
        """Cut the shard between records."""
        records: list[_Record] = []
        first, size = 1, 0
        for number, record in enumerate(self._records(source), 1):
            if isinstance(record, _Record):
                records.append(record)
                size += len(record.body)
                if size < BLOCK_BYTES:
                    continue
            if records:
                yield Block(first, records, size)
            records, first, size = [], number + 1, 0
            if isinstance(record, _BadRecord):
                if self._settings.on_error == "stop":
                    raise ShardError(record.reason, number)
                for index, piece in enumerate(record.pieces):
                    yield Block(number, piece, len(piece), problem="" if index else record.reason)
        if records:
            yield Block(first, records, size)

    def _records(self, source: Source) -> Iterator[_Record | _BadRecord]:
        """The records; after a bad one the next, if it can be told where that starts."""
        stream = _SourceStream(source)
        records = iter(ArchiveIterator(stream, parse_http=False))

        def broken(reason: str, data: bytes = b"") -> _BadRecord:
            return _BadRecord(stream.error.reason if stream.error else reason, iter([data]))

        while True:
            try:
                record = next(records, None)
            except OSError as error:
                yield broken(f"is not a WARC record: {error}")
                return
            if record is None:
                if stream.error is not None:
                    yield broken("")
                return
            length = record.headers.get("Content-Length")
            if not length:
                yield broken("is truncated: a record has no length")
                return
            head = io.BytesIO()
            record.headers.write(head)
            if not _is_length(length, record.content_length):
                name = next(name for name in dict(record.headers) if name.lower() == "content-length")
                shown = repr(length if len(length) <= _LENGTH_SHOWN else length[:_LENGTH_SHOWN] + "...")
                yield broken(
                    f"has a header {name!r} of {shown}, where fastwarc reads only 'Content-Length' and a number below 2**64",
                    head.getvalue(),
                )
                return
            # Not fastwarc's own type, for which only "WARC-Type" counts: names of headers may be in small letters.
            kind = (record.headers.get("WARC-Type") or "").strip().lower()
            if kind in ("response", "request"):
                yield broken("holds raw HTML (WARC), not text (WET)")
                return
            if record.content_length > self._settings.max_row_bytes:
                pieces = iter(partial(record.reader.read, BLOCK_BYTES), b"")
                yield _BadRecord(too_long(self._settings.max_row_bytes), chain([head.getvalue()], pieces, [_END]))
                continue
            body = record.reader.read()
            if len(body) < record.content_length:
                yield broken("is truncated: the file ends within a record", head.getvalue() + body)
                return
            yield _Record(head.getvalue(), body, kind == "conversion")

    def parse(self, block: Block) -> Parsed:
        """Decode the texts."""
        parsed = Parsed()
        for number, record in enumerate(block.payload, block.row):
            if not record.is_text:
                parsed.between += 1
                parsed.add(record, number, None)
                continue
            try:
                parsed.add(record, number, record.body.decode())
            except UnicodeDecodeError as error:
                reason = f"is not UTF-8 at byte {error.start:,} (0x{record.body[error.start]:02x}) of its text"
                parsed.bad.append(BadRow(number, reason, record))
        return parsed

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> bytes:
        """Write the records with their new texts."""
        written = (
            _written(record) if text is None else _written(_replaced(record, text)) for record, text in zip(handles, texts, strict=True)
        )
        return b"".join(pack(record, self._compression) for record in written)

    def raw(self, block: Block) -> bytes:
        """A piece of a record that is too long, or what there is of one in which the file breaks off."""
        return pack(block.payload, self._compression)

    def sink(self, path: Path, head: bytes) -> ByteSink:
        """Open an output file."""
        return ByteSink(path, self._compression, head)


def _is_length(text: str, length: int) -> bool:
    """Whether a header's text is that number. It may have more digits than `int` takes.

    >>> _is_length("0012 ", 12), _is_length("+12", 12), _is_length("9" * 5000, 0)
    (True, False, False)
    """
    return text.strip().isdecimal() and (text.strip().lstrip("0") or "0") == str(length)


def _written(record: _Record) -> bytes:
    return record.head + record.body + _END


def _replaced(record: _Record, text: str) -> _Record:
    """The record with another text, its length and digests set right. A wrong digest would be worse than none."""
    body = text.encode("utf-8", "replace")
    head = _LENGTH.sub(rb"\g<1>%d" % len(body), record.head)  # each of them, if there are several

    def digest(match: re.Match[bytes]) -> bytes:
        old = match[2].strip(b" \t")
        new = _digest(old, body)
        return match[1] + match[2].replace(old, new) + match[3] if new else b""

    return _Record(_DIGEST.sub(digest, head), body, record.is_text)


def _digest(old: bytes, body: bytes) -> bytes | None:
    """The digest of `body`, computed and written as the `old` one was; None if it tells of no way known here.

    Base 64 is written with "-" and "_" if the old one has either, else with "+" and "/".

    >>> _digest(b"md5:D41D8CD98F00B204E9800998ECF8427E", b"text")
    b'md5:1CB251EC0D568DE6A929B520C4AED8D1'
    >>> _digest(b"crc32:00000000", b"text") is None
    True
    """
    name, _, value = old.partition(b":")
    try:
        raw = hashlib.new(name.decode().lower().replace("sha-", "sha"), body, usedforsecurity=False).digest()
    except (ValueError, TypeError):  # no such algorithm, or one whose digests are as long as one likes
        return None
    for spell in _SPELLINGS:
        new = spell(raw)
        if len(new.rstrip(b"=")) == len(value.rstrip(b"=")):
            if spell is base64.b64encode:
                new = new.translate(_URL_SAFE) if b"-" in value or b"_" in value else new
            elif value.islower() or (spell is base64.b16encode and not value.isupper()):  # base 16 may be figures alone
                new = new.lower()
            return name + b":" + (new if value.endswith(b"=") else new.rstrip(b"="))
    return None
