"""What formats and the cleaning of rows tell each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from cleantext.corpus.streams import Source

__all__ = ["BadRow", "Block", "Format", "Parsed", "RowSink"]


class Block(NamedTuple):
    """Consecutive rows of a shard, small enough to hand to another process.

    Attributes
    ----------
    row : int
        Number of the first row, from 1.
    payload : Any
        The rows, in a form of the format's own.
    size : int
        Their uncompressed size in bytes.
    problem : str, optional
        Why the payload is not rows but the raw bytes of a bad row, or of a part of one: then the first part
        has the reason, the others have "".
    head : bytes
        What a file of rows of this shard starts with (a CSV header).
    """

    row: int
    payload: Any
    size: int
    problem: str | None = None
    head: bytes = b""


class BadRow(NamedTuple):
    """A row that cannot be cleaned."""

    number: int
    reason: str
    handle: Any


@dataclass(slots=True)
class Parsed:
    """The rows of a block, taken apart.

    `handles`, `numbers` and `texts` are parallel. A handle is whatever the format needs to find the row
    again. A text of None passes through as it is: a null, or something between rows (blank lines, WARC
    headers), which `between` counts."""

    handles: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    between: int = 0

    def add(self, handle: Any, number: int, text: str | None) -> None:
        """Append a good row."""
        self.handles.append(handle)
        self.numbers.append(number)
        self.texts.append(text)


class RowSink(Protocol):
    """A file that takes what :meth:`Format.join` made, in order."""

    def write(self, data: Any) -> None: ...
    def commit(self) -> int: ...
    def discard(self) -> None: ...


class Format(Protocol):
    """How one format is read, taken apart, put together and written."""

    def blocks(self, source: Source) -> Iterator[Block]:
        """Read a shard as blocks, in the process that owns the shard.

        Raises
        ------
        ShardError
            The rest of the shard cannot be read.
        """
        ...

    def parse(self, block: Block) -> Parsed:
        """Take a block apart, in the process that cleans."""
        ...

    def join(self, block: Block, handles: Sequence[Any], texts: Sequence[str | None]) -> Any:
        """Put rows together again: each with its new text, or as it was where that is None."""
        ...

    def raw(self, block: Block) -> Any:
        """The payload of a block with a `problem`, as something :meth:`sink` takes."""
        ...

    def sink(self, path: Any, head: bytes) -> RowSink:
        """Open an output file for joined rows."""
        ...
