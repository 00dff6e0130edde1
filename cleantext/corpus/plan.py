"""From the command line's inputs to a list of shards, each with the name of its output."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
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


class _Inputs(NamedTuple):
    """How inputs are looked for. `passed` gets each plain ``.json`` that is passed over, with the folder below which it lies."""

    output: Path
    form: str | None
    passed: dict[Path, Path]


def plan(inputs: list[str], output: Path, form: str | None, tell: Callable[[str], None] | None = None) -> list[ShardJob]:
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
    tell : callable, optional
        Gets a message if plain ``.json`` below folders was passed over that no other input means.

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
    passed: dict[Path, Path] = {}
    for text in inputs:
        if text == "-":
            raise CorpusUsageError("'-': corpora cannot come from standard input")
        if len(inputs) > 1 and _is_state(Path(text), output):
            continue
        found = 0
        here = _Inputs(output, form, {})
        for source, name in _found(text, here):
            job = _job(source, name, form)
            other = jobs.get(name)
            if other is not None and other.source != source and not is_same(other.source, source):
                raise CorpusUsageError(f"{other.source} and {source} would both be written to {output / name}")
            jobs[name] = job
            found += 1
        if not found and here.passed:
            raise CorpusUsageError(f"{text}: no shards found, and {_told(here.passed)}")
        if not found:
            raise CorpusUsageError(f"{text}: no shards found ({names.SHOWN}; also .gz and .zst)")
        passed |= here.passed
    if not jobs:
        raise CorpusUsageError(f"{inputs[0]}: no shards found beside the output of earlier runs")
    for job in jobs.values():
        if is_same(output / job.name, job.source):
            raise CorpusUsageError(f"-o {output}: would overwrite the input {job.source}")
    for job in jobs.values():
        passed.pop(_absolute(job.source), None)
    if passed and tell is not None:
        tell(_told(passed))
    return [jobs[name] for name in sorted(jobs)]


def _told(passed: dict[Path, Path]) -> str:
    """What to say of plain ``.json`` that was passed over."""
    folders = list(dict.fromkeys(passed.values()))
    first = [path for path, folder in passed.items() if folder == folders[0]]
    deep = "" if all(path.parent == _absolute(folders[0]) for path in first) else "**/"
    pattern = f"{glob.escape(str(folders[0]))}/{deep}*{first[0].suffix}"
    others = " and other folders" if len(folders) > 1 else ""
    what, they = (".json", "it is a shard") if len(passed) == 1 else (".json files", "they are shards")
    return f"{len(passed):,} plain {what} below {folders[0]}{others} passed over; write '{pattern}' if {they}"


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _found(text: str, look: _Inputs) -> Iterator[tuple[Path, str]]:
    """Source and output name of each file that one argument means."""
    path = Path(text)
    if path.is_dir():
        for file in _walk(path, look):
            yield file, file.relative_to(path).as_posix()
    elif path.exists():
        yield path, path.name
    elif any(mark in text for mark in _MARKS):
        yield from _matches(text, look)
    else:
        raise CorpusUsageError(f"{text}: No such file or directory")


def _matches(pattern: str, look: _Inputs) -> Iterator[tuple[Path, str]]:
    """The shards that a glob pattern means, but for what :func:`_walk` would pass over below its fixed part."""
    parts = PurePosixPath(Path(pattern).as_posix()).parts
    first = next(i for i, part in enumerate(parts) if any(mark in part for mark in _MARKS))
    root = Path(*parts[:first])
    spelt = [part for part in parts[first:] if part.startswith((".", "_"))]
    within = Path(os.path.realpath(look.output))
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
            for inner in _walk(file, look):
                yield inner, inner.relative_to(root).as_posix()
        elif look.form is not None or names.parse(file.name) is not None:
            yield file, below.as_posix()


def _is_state(path: Path, output: Path) -> bool:
    """Whether an input is what an earlier run left, which a shell's ``*`` brings along."""
    if not path.is_dir():
        return False
    return path.name == STATE_FOLDER or ((output / STATE_FOLDER).is_dir() and is_same(path, output))


def _walk(folder: Path, look: _Inputs) -> Iterator[Path]:
    """The shards below a folder; links to folders are not followed, as they may lead round in circles."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")) and not is_same(Path(parent, name), look.output))
        for name in sorted(files):
            if name.startswith((".", "_")):
                continue
            # Next to shards, plain .json mostly tells of them.
            if look.form is None and name.lower().endswith(".json"):
                look.passed[_absolute(Path(parent) / name)] = folder
            elif look.form is not None or names.parse(name) is not None:
                yield Path(parent) / name


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
