"""What holds for every shard of a run, and the errors a shard can end with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

__all__ = ["BLOCK_BYTES", "EXTRAS", "CorpusUsageError", "Settings", "ShardError", "missing_extra", "too_long"]

# Uncompressed bytes of rows that are read, cleaned and written at a time. `strip_many` scores text in
# blocks of 256 KB to 1 MB, and larger ones lose to page faults; 1 MiB keeps its calls full at a few MB per
# process.
BLOCK_BYTES = 1 << 20

# Format or compression -> the extra that installs what it needs.
EXTRAS = {"jsonl": "jsonl", "parquet": "parquet", "wet": "warc", "zst": "zstd"}


class ShardError(Exception):
    """A shard cannot be finished. The message says why, without the shard's name; `row` counts from 1."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        super().__init__(reason, row)
        self.reason, self.row = reason, row

    def __str__(self) -> str:
        return self.reason if self.row is None else f"row {self.row:,}: {self.reason}"


class CorpusUsageError(Exception):
    """The run as a whole cannot be: nothing was done."""


class Settings(NamedTuple):
    """The options of a run that processes need. Picklable, small."""

    text_key: str = "text"
    threshold: float | str | None = None
    normalize: bool = True
    model_path: Path | None = None
    max_removed: float | None = None
    on_error: str = "stop"
    max_row_bytes: int = 16 << 20
    dropped_compression: str | None = None
    want_dropped: bool = False
    want_stats: bool = False

    @property
    def want_reports(self) -> bool:
        """Whether cleaned text alone is not enough: what was dropped must be known too."""
        return self.want_dropped or self.want_stats or self.max_removed is not None

    def fingerprint(self, versions: dict[str, str]) -> str:
        """A digest of all that decides the bytes of an output, beside the input.

        `versions` names the model and the libraries that change text. `want_stats` is left out: it changes
        no output, and the manifest keeps it apart.
        """
        decisive = self._asdict()
        del decisive["want_stats"]
        if self.model_path is not None:
            decisive["model_path"] = hashlib.blake2b(self.model_path.read_bytes(), digest_size=16).hexdigest()
        text = json.dumps([decisive, versions], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def missing_extra(need: str) -> CorpusUsageError:
    """The error for a format or compression whose library is not installed."""
    extra = EXTRAS[need]
    return CorpusUsageError(f".{need} needs a library: pip install 'cleantext-lines[{extra}]'")


def too_long(limit: int) -> str:
    """Why a row over `limit` bytes is a bad row."""
    return f"is longer than {limit >> 20:,} MB; raise --max-row-mb if it is wanted"
