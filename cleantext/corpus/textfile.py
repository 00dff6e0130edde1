"""Plain text inside a corpus: one page a file, one row a shard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cleantext.corpus.blocks import BadRow, Block, Parsed
from cleantext.corpus.settings import BLOCK_BYTES, Settings, ShardError, too_long
from cleantext.corpus.streams import ByteSink, Source, pack

__all__ = ["TextFile"]


class TextFile:
    """The format of ``.txt`` in UTF-8. The output ends in a line end, unless nothing is left of the page."""

    def __init__(self, settings: Settings, compression: str | None) -> None:
        self._settings = settings
        self._compression = compression

    def blocks(self, source: Source) -> Iterator[Block]:
        """The whole page."""
        limit = self._settings.max_row_bytes
        data = source.read(limit + 1)
        if len(data) <= limit:
            source.read(1)  # where a truncated file says so
            yield Block(1, data, len(data))
            return
        if self._settings.on_error == "stop":
            raise ShardError(too_long(limit), 1)
        problem = too_long(limit)
        while data:
            yield Block(1, data, len(data), problem=problem)
            problem, data = "", source.read(BLOCK_BYTES)

    def parse(self, block: Block) -> Parsed:
        """Decode the page."""
        parsed = Parsed()
        try:
            parsed.add(block.payload, 1, block.payload.decode().removeprefix("\ufeff"))
        except UnicodeDecodeError as error:
            reason = f"is not UTF-8 at byte {error.start:,} (0x{block.payload[error.start]:02x})"
            parsed.bad.append(BadRow(1, reason, block.payload))
        return parsed

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> bytes:
        """The new page."""
        pages = [raw if text is None else text.encode() for raw, text in zip(handles, texts, strict=True)]
        return pack(b"".join(page.rstrip(b"\r\n") + b"\n" if page else b"" for page in pages), self._compression)

    def raw(self, block: Block) -> bytes:
        """The page as it was, or a piece of one that is too long."""
        return pack(block.payload, self._compression)

    def sink(self, path: Path, head: bytes) -> ByteSink:
        """Open an output file."""
        return ByteSink(path, self._compression, head)
