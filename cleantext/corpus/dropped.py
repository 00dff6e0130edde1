"""The one file of what a run dropped, merged from the parts that shards leave."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from cleantext.atomic import Claim
from cleantext.corpus import names
from cleantext.corpus.settings import BLOCK_BYTES, CorpusUsageError, ShardError
from cleantext.corpus.shard import dropped_part
from cleantext.corpus.streams import ByteSink, Source, pack

__all__ = ["DamagedPart", "claim", "count_records", "merge_dropped"]

# How our own records start and go on: what stands between tells the shard, and is the same in all its lines.
_START, _AFTER_NAME = b'{"shard": "', b', "row": '


class DamagedPart(ShardError):
    """What waits to be merged cannot be read: the lines of `shard` that the file `part` holds."""

    def __init__(self, reason: str, shard: str, part: Path) -> None:
        super().__init__(reason)
        self.shard, self.part = shard, part


def claim(dropped: Path | None) -> contextlib.AbstractContextManager[object]:
    """A context manager that keeps other runs, into whatever folder, from the file that `dropped` names.

    Raises
    ------
    CorpusUsageError
        Another run has it.
    OSError
        Nothing can be written beside it.
    """
    if dropped is None:
        return contextlib.nullcontext()
    try:
        return Claim(dropped)
    except BlockingIOError:
        raise CorpusUsageError(f"--dropped {dropped}: another run is writing to it; wait for its end, or name another file") from None


def count_records(path: Path) -> dict[str, int]:
    """How many lines of each shard an older file holds.

    Parameters
    ----------
    path : Path
        What an earlier run named with ``--dropped``. Nothing but a regular file is read.

    Returns
    -------
    dict
        Numbers by the shards' names, in the order of the file; a shard that lost nothing is not in it.

    Raises
    ------
    ShardError
        It is no file that :func:`merge_dropped` wrote, or a damaged one; merging would lose lines of it.
    """
    counts: dict[str, int] = {}
    last = ""
    for shard, lines in _by_shard(path):
        if shard < last or shard in counts:
            raise ShardError(f"does not hold the lines dropped in order of their shards: {shard} comes after {last}")
        counts[shard] = sum(1 for _ in lines)
        last = shard
    return counts


def merge_dropped(output: Path, target: Path, shards: Collection[str], kept: Collection[str]) -> None:
    """Write `target` from the parts below `output`, in the order of the shards' names, then delete the parts.

    A shard that an earlier run finished has no part any more: its lines are taken over from the `target`
    that run left. Killed at any moment, this can be done again, as parts go only after `target` has its new
    content, and where there is a part it overrules the lines.

    Parameters
    ----------
    output : Path
        The output folder.
    target : Path
        The file.
    shards : collection of str
        Shards that this run knows to be finished: their parts are taken.
    kept : collection of str
        Shards whose lines in the older `target` stay, those of other runs too. It is read only if one of them has no part.

    Raises
    ------
    OSError
        `target` cannot be written.
    DamagedPart
        A part cannot be read to its end; `target` and all parts stay as they are.
    ShardError
        The same of the older `target`.
    """
    parts = {name: part for name in shards if (part := dropped_part(output, name)).exists()}
    compression = _compression(target)
    sink = ByteSink(target, compression, key=str(target))
    try:
        old = _by_shard(target) if any(name not in parts for name in kept) else iter(())
        shard, lines = next(old, ("", iter(())))
        for name in sorted({*parts, *kept}):
            while shard and shard < name:
                shard, lines = next(old, ("", iter(())))
            if name in parts:
                try:
                    _copy(Source(parts[name], compression), sink, compression)
                except ShardError as error:
                    raise DamagedPart(error.reason, name, parts[name]) from None
            elif shard == name:
                for piece in _pieces(lines):
                    sink.write(pack(piece, compression))
        sink.commit()
    except BaseException:
        sink.discard()
        raise
    for part in parts.values():
        part.unlink()


def _compression(path: Path) -> str | None:
    parsed = names.parse(path.name)
    return parsed.compression if parsed else None


def _copy(source: Source, sink: ByteSink, compression: str | None) -> None:
    try:
        while data := source.read(BLOCK_BYTES):
            sink.write(pack(data, compression))
    finally:
        source.abandon()


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines joined, cut where :func:`_copy` cuts: taken over or new, they are the same bytes once packed."""
    data = bytearray()
    for line in lines:
        data += line
        while len(data) >= BLOCK_BYTES:
            yield bytes(data[:BLOCK_BYTES])
            del data[:BLOCK_BYTES]
    if data:
        yield bytes(data)


def _by_shard(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The lines of an older file, grouped by shard: they stand in order of the shards' names."""
    if not path.is_file():
        return
    known: dict[bytes, str] = {}
    lines = enumerate(_lines(Source(path, _compression(path))), 1)
    for shard, group in groupby(lines, lambda item: _shard(item[0], item[1], known)):
        yield shard, (line for _, line in group)


def _shard(number: int, line: bytes, known: dict[bytes, str]) -> str:
    """The shard that a line tells of. A name already seen is not parsed again: the files are large."""
    start, found, _ = line.partition(_AFTER_NAME)
    is_ours = bool(found) and start.startswith(_START) and line.endswith(b"}\n")
    if is_ours and start in known:
        return known[start]
    try:
        name = json.loads(line)["shard"]
    except (ValueError, KeyError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str) or not name:
        raise ShardError(f"line {number:,} is no record of a line dropped")
    if is_ours:
        known[start] = name
    return name


def _lines(source: Source) -> Iterator[bytes]:
    rest = b""
    try:
        while data := source.read(BLOCK_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line + b"\n"
        if rest:
            yield rest + b"\n"
    finally:
        source.abandon()
