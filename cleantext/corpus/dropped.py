"""The one file of what a run dropped, merged from the parts that shards leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from cleantext.corpus import names
from cleantext.corpus.settings import BLOCK_BYTES
from cleantext.corpus.shard import dropped_part
from cleantext.corpus.streams import ByteSink, Source, pack

__all__ = ["merge_dropped"]


def merge_dropped(output: Path, target: Path, shards: list[str]) -> None:
    """Write `target` from the parts below `output`, in the order of `shards`, then delete the parts.

    A shard that an earlier run finished has no part any more: its lines are taken over from the `target`
    that run left. Killed at any moment, this can be done again, as parts go only after `target` has its new
    content, and where there is a part it overrules the lines."""
    parts = {name: part for name in shards if (part := dropped_part(output, name)).exists()}
    if not parts and target.exists():
        return
    parsed = names.parse(target.name)
    compression = parsed.compression if parsed else None
    sink = ByteSink(target, compression, key=str(target))
    try:
        old = _by_shard(target, compression)
        shard, lines = next(old, ("", iter(())))
        for name in shards:
            while shard and shard < name:
                shard, lines = next(old, ("", iter(())))
            if name in parts:
                _copy(Source(parts[name], compression), sink, compression)
            elif shard == name:
                sink.write(pack(b"".join(lines), compression))
        sink.commit()
    except BaseException:
        sink.discard()
        raise
    for part in parts.values():
        part.unlink()


def _copy(source: Source, sink: ByteSink, compression: str | None) -> None:
    try:
        while data := source.read(BLOCK_BYTES):
            sink.write(pack(data, compression))
    finally:
        source.abandon()


def _by_shard(path: Path, compression: str | None) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The lines of an older file, grouped by shard: they stand in order of the shards' names."""
    if not path.exists():
        return iter(())
    return groupby(_lines(Source(path, compression)), lambda line: str(json.loads(line)["shard"]))


def _lines(source: Source) -> Iterator[bytes]:
    rest = b""
    try:
        while data := source.read(BLOCK_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line + b"\n"
    finally:
        source.abandon()
