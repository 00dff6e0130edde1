"""From the command line's inputs to a list of shards, each with the name of its output."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cleantext.corpus import names
from cleantext.corpus.manifest import STATE_FOLDER
from cleantext.corpus.settings import CorpusUsageError

__all__ = ["ShardJob", "is_same", "plan"]

_MARKS = "*?["


class ShardJob(NamedTuple):
    """A shard to clean. `name` is that of its output below the output folder, with "/" on every system."""

    source: Path
    name: str
    format: str
    compression: str | None
    size: int


def plan(inputs: list[str], output: Path, form: str | None) -> list[ShardJob]:
    """Find the shards.

    Parameters
    ----------
    inputs : list of str
        Files, folders (all shards below, but no plain ``.json`` and nothing whose name starts with "." or "_") and glob patterns
        (``**`` for any folders; what starts so only where the pattern says it). Below a folder or a pattern's
        fixed part, paths are kept; a file gives its name. Among several inputs, as a shell makes them of
        ``*``, the output folder of an earlier run and a ``_cleantext`` are passed over.
    output : Path
        The output folder; skipped if it lies below an input folder or a pattern's fixed part.
    form : str, optional
        The format of all inputs, whatever their names.

    Returns
    -------
    list of ShardJob
        In order of their names.

    Raises
    ------
    CorpusUsageError
        Nothing is found, a name tells no format, two outputs would have one name, an input would be
        overwritten.
    """
    jobs: dict[str, ShardJob] = {}
    for text in inputs:
        if text == "-":
            raise CorpusUsageError("'-': corpora cannot come from standard input")
        if len(inputs) > 1 and _is_state(Path(text), output):
            continue
        found = 0
        for source, name in _found(text, output, form):
            job = _job(source, name, form)
            other = jobs.get(name)
            if other is not None and other.source != source and not is_same(other.source, source):
                raise CorpusUsageError(f"{other.source} and {source} would both be written to {output / name}")
            jobs[name] = job
            found += 1
        if not found:
            raise CorpusUsageError(f"{text}: no shards found ({names.SHOWN}; also .gz and .zst)")
    if not jobs:
        raise CorpusUsageError(f"{inputs[0]}: no shards found beside the output of earlier runs")
    for job in jobs.values():
        if is_same(output / job.name, job.source):
            raise CorpusUsageError(f"-o {output}: would overwrite the input {job.source}")
    return [jobs[name] for name in sorted(jobs)]


def _found(text: str, output: Path, form: str | None) -> Iterator[tuple[Path, str]]:
    """Source and output name of each file that one argument means."""
    path = Path(text)
    if path.is_dir():
        for file in _walk(path, output, form):
            yield file, file.relative_to(path).as_posix()
    elif path.exists():
        yield path, path.name
    elif any(mark in text for mark in _MARKS):
        yield from _matches(text, output, form)
    else:
        raise CorpusUsageError(f"{text}: No such file or directory")


def _matches(pattern: str, output: Path, form: str | None) -> Iterator[tuple[Path, str]]:
    """The shards that a glob pattern means, but for what :func:`_walk` would pass over below its fixed part."""
    parts = PurePosixPath(Path(pattern).as_posix()).parts
    first = next(i for i, part in enumerate(parts) if any(mark in part for mark in _MARKS))
    root = Path(*parts[:first])
    spelt = [part for part in parts[first:] if part.startswith((".", "_"))]
    within = Path(os.path.realpath(output))
    # A pattern whose fixed part lies in the output folder is meant so.
    avoided = None if Path(os.path.realpath(root)).is_relative_to(within) else within
    for match in sorted(glob.glob(pattern, recursive=True)):
        file = Path(match)
        below = file.relative_to(root)
        hidden = [part for part in below.parts if part.startswith((".", "_"))]
        if STATE_FOLDER in hidden or not all(any(fnmatch(part, spelling) for spelling in spelt) for part in hidden):
            continue
        if avoided is not None and Path(os.path.realpath(file)).is_relative_to(avoided):
            continue
        if file.is_dir():
            for inner in _walk(file, output, form):
                yield inner, inner.relative_to(root).as_posix()
        elif form is not None or names.parse(file.name) is not None:
            yield file, below.as_posix()


def _is_state(path: Path, output: Path) -> bool:
    """Whether an input is what an earlier run left, which a shell's ``*`` brings along."""
    if not path.is_dir():
        return False
    return path.name == STATE_FOLDER or ((output / STATE_FOLDER).is_dir() and is_same(path, output))


def _walk(folder: Path, output: Path, form: str | None) -> Iterator[Path]:
    """The shards below a folder; links to folders are not followed, as they may lead round in circles."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")) and not is_same(Path(parent, name), output))
        for name in sorted(files):
            if not name.startswith((".", "_")) and (form is not None or _is_shard(name)):
                yield Path(parent) / name


def _is_shard(name: str) -> bool:
    """Whether a file below a folder is one by its name. Plain ``.json`` is not: next to shards it mostly tells of them."""
    return names.parse(name) is not None and not name.lower().endswith(".json")


def is_same(path: Path, other: Path) -> bool:
    """Whether both are there and are one file or folder, through links of both kinds."""
    try:
        return path.samefile(other)
    except OSError:
        return False


def _job(source: Path, name: str, form: str | None) -> ShardJob:
    parsed = names.parse(source.name)
    if form is not None:
        ending = source.name.lower().rpartition(".")[2]
        compression = ending if ending in names.COMPRESSIONS else None
        return ShardJob(source, name, form, compression, _size(source))
    if parsed is None:
        raise CorpusUsageError(f"{source}: its name tells no format; give --format")
    return ShardJob(source, name, parsed.format, parsed.compression, _size(source))


def _size(source: Path) -> int:
    """The size of a file; 0 for a link that leads nowhere, for one: cleaning the shard will say what is wrong with it."""
    try:
        return source.stat().st_size
    except OSError:
        return 0
