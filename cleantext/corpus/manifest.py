"""What a run remembers between starts: ``DIR/_cleantext/manifest.jsonl``, one line per finished shard.

Only the parent process writes it, a line at a time, after a shard's files have their names; a line that a
crash cut off is ignored, and its shard is cleaned again. While a run lasts, the file is locked: two runs
into one folder would take each other's temporary files for orphans."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NamedTuple

from cleantext.atomic import AtomicFile
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import CorpusUsageError
from cleantext.corpus.streams import json_line

try:
    import fcntl
except ImportError:  # Windows: no lock there, the folder is the user's own care
    fcntl = None  # type: ignore[assignment]

__all__ = ["STATE_FOLDER", "Entry", "InputMark", "Manifest", "mark"]

# Spark, Hive, Arrow and datasets pass over names that start with "_" when they read a folder.
STATE_FOLDER = "_cleantext"
_CHUNK = 1 << 20


class InputMark(NamedTuple):
    """What an input file was. `ctime_ns` changes with every write and cannot be set back, as `mtime_ns`
    can.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    digest: str = ""

    def is_same(self, path: Path) -> bool:
        """Whether the file still has the content it had.

        A file whose size and times are the same was not written to. One that was only copied or touched is
        recognised by its digest, for which all of it is read.
        """
        now = mark(path)
        if now[:3] == self[:3]:
            return True
        if now.size != self.size:
            return False
        digest = hashlib.blake2b(digest_size=16)
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                digest.update(data)
        return digest.hexdigest() == self.digest


def mark(path: Path) -> InputMark:
    """The size and times of a file, its digest left open."""
    status = path.stat()
    return InputMark(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class Entry(NamedTuple):
    """A finished shard.

    `settings` is the fingerprint of all that decides its bytes beside `input`; `outputs` maps files, relative
    to the output folder, to their size; `has_reports` tells whether `tally` counts lines and words.
    """

    shard: str
    input: InputMark
    settings: str
    outputs: dict[str, int]
    tally: Tally
    has_reports: bool

    def is_valid(self, source: Path, output: Path) -> bool:
        """Whether outputs and input are still what they were."""
        try:
            sizes = {name: (output / name).stat().st_size for name in self.outputs}
            return sizes == self.outputs and self.input.is_same(source)
        except OSError:
            return False


class Manifest:
    """The finished shards of an output folder. A context manager: it holds the folder's lock.

    Parameters
    ----------
    output : Path
        The output folder, which exists.

    Raises
    ------
    CorpusUsageError
        Another run is writing to the folder.
    """

    def __init__(self, output: Path) -> None:
        self.path = output / STATE_FOLDER / "manifest.jsonl"
        self.path.parent.mkdir(exist_ok=True)
        self._file: IO[bytes] = self.path.open("a+b")
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._file.close()
                raise CorpusUsageError(f"another run is writing to {output}") from None
        self.entries = self._load()

    def _load(self) -> dict[str, Entry]:
        self._file.seek(0)
        data = self._file.read()
        entries: dict[str, Entry] = {}
        for line in data.splitlines():
            try:
                entry = _entry(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a crash, or another version's: its shard is cleaned again
            entries[entry.shard] = entry
        if data and not data.endswith(b"\n"):
            self._append(b"\n")
        return entries

    def add(self, entry: Entry) -> None:
        """Remember a finished shard, on the disk."""
        self.entries[entry.shard] = entry
        self._append(_line(entry))

    def reload(self) -> None:
        """Take :attr:`entries` anew from the disk, those forgotten too: a signal can come between an entry and its line."""
        self._file.flush()
        self.entries = self._load()

    def forget(self, shard: str) -> None:
        """Take a shard out of :attr:`entries`; its line is overruled by the next one."""
        self.entries.pop(shard, None)

    def compact(self) -> None:
        """Write the file anew, one line per shard, in order of their names."""
        with AtomicFile(self.path) as file:
            for shard in sorted(self.entries):
                file.write(_line(self.entries[shard]))

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # what was added is on the disk; a line that failed fails again here
            self._file.close()


def _line(entry: Entry) -> bytes:
    record: dict[str, Any] = {**entry._asdict(), "input": entry.input._asdict(), "tally": asdict(entry.tally)}
    return json_line(record)


def _entry(record: Mapping[str, Any]) -> Entry:
    fields = dict(record)
    fields["input"] = InputMark(**fields["input"])
    fields["tally"] = Tally.from_dict(fields["tally"])
    return Entry(**fields)
