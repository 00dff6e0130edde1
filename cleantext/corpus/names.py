"""Which file names are shards, and of which format. Imports nothing: every start of the command line reads
it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COMPRESSIONS", "FORMATS", "SHOWN", "ShardName", "parse"]

COMPRESSIONS = ("gz", "zst")
# File name ending -> format. ".txt" is a shard of one row, but only inside a folder: alone it is a page. ".json" is what C4
# and others call JSON Lines; a file that is one JSON value is told from them by its content.
_ENDINGS = {
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "jsonl",
    "csv": "csv",
    "parquet": "parquet",
    "wet": "wet",
    "warc": "warc",
    "txt": "text",
}
FORMATS = ("jsonl", "csv", "parquet", "wet", "text")
# What is cleaned, as messages name it.
SHOWN = ", ".join(f".{ending}" for ending, form in _ENDINGS.items() if form in FORMATS)


class ShardName(NamedTuple):
    """What a file name says about its content."""

    format: str
    compression: str | None


def parse(name: str) -> ShardName | None:
    """Tell a shard's format and compression from its name, upper or lower case; None for any other name.

    >>> parse("part-00000.JSONL.zst")
    ShardName(format='jsonl', compression='zst')
    >>> parse("c4-train.00000-of-01024.json.gz")
    ShardName(format='jsonl', compression='gz')
    >>> parse("CC-MAIN-20250112-00001.warc.wet.gz")
    ShardName(format='wet', compression='gz')
    >>> parse("notes.md") is None
    True
    """
    parts = name.lower().split(".")[1:]
    compression = parts.pop() if parts and parts[-1] in COMPRESSIONS else None
    if not parts or parts[-1] not in _ENDINGS:
        return None
    return ShardName(_ENDINGS[parts[-1]], compression)
