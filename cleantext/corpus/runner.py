"""A corpus run: what is to be done, doing it, and what is told about it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Container, Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cleantext.atomic import sweep
from cleantext.console import UsageError, complain, write_stdout
from cleantext.corpus import names
from cleantext.corpus.dropped import DamagedPart, claim, count_records, merge_dropped
from cleantext.corpus.formats import check_installed
from cleantext.corpus.manifest import STATE_FOLDER, Entry, InputMark, Manifest, mark
from cleantext.corpus.plan import ShardJob, is_same, plan
from cleantext.corpus.report import Progress, Tally, as_json, as_table, summary
from cleantext.corpus.settings import CorpusUsageError, Settings, ShardError
from cleantext.corpus.shard import ShardResult, clean_shard, dropped_part, in_order

__all__ = ["run_corpus"]

# Below this many bytes of shards, starting processes (0.4 s each, two at a time) costs more than they gain.
_ALONE_BYTES = 8 << 20
# Whole shards per process need no traffic between processes. They are preferred unless that would leave
# processes idle at the end for more than this share of the time.
_IDLE_SHARE = 0.15
# More than any file holds, and no more than reading functions take as a size.
_MOST_ROW_BYTES = sys.maxsize >> 1


class _Run(NamedTuple):
    """What a run is about, once the command line is understood.

    `recorded` counts, by shard, the lines that the file `dropped` already held when it was as `seen`.
    """

    jobs: list[ShardJob]
    output: Path
    settings: Settings
    fingerprint: str
    workers: int
    dropped: Path | None
    seen: InputMark | None
    recorded: dict[str, int]


def run_corpus(options: argparse.Namespace) -> int:
    """Clean the shards that the command line names; return the exit code.

    Parameters
    ----------
    options : Namespace
        From :func:`cleantext.cli.build_parser`.

    Returns
    -------
    int
        0, or 1 if a shard failed or rows were skipped.

    Raises
    ------
    UsageError
        The run as a whole cannot be; nothing was done.
    KeyboardInterrupt
        With a message on how to go on.
    """
    try:
        run = _prepare(options)
        if options.dry_run:
            return _dry_run(run, options)
        run.output.mkdir(parents=True, exist_ok=True)
        with Manifest(run.output) as manifest, claim(run.dropped):
            run = _seen_again(run, manifest, options)
            if not (options.resume or options.overwrite):
                _refuse_existing(run, manifest.entries)
            try:
                return _execute(run, manifest, options)
            except OSError as error:  # of the manifest, or of the file of what was dropped; a shard's own are its failure
                complain(f"{error.filename or manifest.path}: {error.strerror or error}; {_how_to_go_on(options)}")
                return 1
            except DamagedPart as error:
                manifest.forget(error.shard)  # cleaned anew, it replaces the part
                manifest.compact()
                complain(f"{error.part}: {error}; {error.shard} must be cleaned anew: {_how_to_go_on(options)}")
                return 1
            except ShardError as error:
                complain(f"--dropped {run.dropped}: changed while the run was at work, and {error}")
                return 1
    except CorpusUsageError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise UsageError(f"{error.filename}: {error.strerror}") from None


def _how_to_go_on(options: argparse.Namespace) -> str:
    """What to do after a run that came to no end. With --overwrite again, all would be cleaned once more."""
    return f"the same command with --resume {'in place of --overwrite ' if options.overwrite else ''}goes on from there"


def _prepare(options: argparse.Namespace) -> _Run:
    if options.output is None:
        raise CorpusUsageError(f"{options.inputs[0]}: a corpus needs -o DIR for its cleaned shards")
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise CorpusUsageError(f"-o {output}: is a file; a corpus needs a folder")
    jobs = plan(options.inputs, output, options.format, complain)
    for kind in sorted({(job.format, job.compression) for job in jobs}, key=str):
        check_installed(*kind)
    settings = Settings(
        text_key=options.text_key,
        threshold=options.threshold,
        normalize=options.normalize,
        model_path=options.model,
        max_removed=options.max_removed,
        on_error=options.on_error,
        max_row_bytes=min(options.max_row_mb << 20, _MOST_ROW_BYTES),
        dropped_compression=_dropped_compression(options.dropped, output, jobs),
        want_dropped=options.dropped is not None,
        want_stats=options.stats,
    )
    workers = options.workers
    if workers is None:
        alone = sum(job.size for job in jobs) < _ALONE_BYTES
        workers = 1 if alone else _cores()
    seen = _mark(options.dropped)
    recorded = _recorded(options) if options.resume else {}
    return _Run(jobs, output, settings, _fingerprint(settings), workers, options.dropped, seen, recorded)


def _dropped_compression(dropped: Path | None, output: Path, jobs: list[ShardJob]) -> str | None:
    if dropped is None:
        return None
    parsed = names.parse(dropped.name)
    if parsed is None or not dropped.name.lower().removesuffix(f".{parsed.compression}").endswith((".jsonl", ".ndjson")):
        raise CorpusUsageError(f"--dropped {dropped}: must end in .jsonl, .jsonl.gz or .jsonl.zst")
    if any(is_same(dropped, job.source) for job in jobs):
        raise CorpusUsageError(f"--dropped {dropped}: is one of the inputs")
    real, folder = Path(os.path.realpath(dropped)), Path(os.path.realpath(output))
    if real.is_relative_to(folder):
        below = real.relative_to(folder)
        if below.as_posix() in {job.name for job in jobs} or below.parts[:1] in ((), (STATE_FOLDER,)):
            raise CorpusUsageError(f"--dropped {dropped}: is a name that the run itself writes to")
        if not any(part.startswith((".", "_")) for part in below.parts):
            hint = f"call it _{dropped.name}, or put it elsewhere"
            raise CorpusUsageError(f"--dropped {dropped}: readers of the output folder would take it for a shard; {hint}")
    if not dropped.parent.is_dir() and real.parent != folder:
        raise CorpusUsageError(f"--dropped {dropped}: there is no folder {dropped.parent}")
    if parsed.compression is not None:
        check_installed("csv", parsed.compression)
    return parsed.compression


def _mark(dropped: Path | None) -> InputMark | None:
    try:
        return None if dropped is None else mark(dropped)
    except FileNotFoundError:
        return None


def _seen_again(run: _Run, manifest: Manifest, options: argparse.Namespace) -> _Run:
    """The run with what the file of dropped lines holds now that no other run can change it: one may have ended since.

    The file can be as large as the corpus: it is read only if it has changed, and by --overwrite only if lines of it may stay.
    """
    seen = _mark(run.dropped)
    if options.overwrite:
        may_stay = bool(manifest.entries) or any(name != STATE_FOLDER for name in os.listdir(run.output))
    else:
        may_stay = seen != run.seen
    return run._replace(seen=seen, recorded=_recorded(options)) if may_stay else run


def _recorded(options: argparse.Namespace) -> dict[str, int]:
    """What the file of dropped lines already holds, where the run goes on with one."""
    if options.dropped is None or not (options.resume or options.overwrite):
        return {}
    try:
        return count_records(options.dropped)
    except ShardError as error:
        if options.overwrite:  # it is to be replaced
            return {}
        raise CorpusUsageError(f"--dropped {options.dropped}: {error}; --resume needs the file of the run before") from None


def _fingerprint(settings: Settings) -> str:
    import ftfy

    import cleantext
    from cleantext.model import LineModel

    try:
        model = LineModel.load(settings.model_path)
    except (OSError, ValueError) as error:
        raise CorpusUsageError(f"cannot load the model {settings.model_path or 'of the package'}: {error}") from None
    versions = {"model": model.version, "cleantext": cleantext.__version__, "ftfy": ftfy.__version__}
    return settings.fingerprint(versions)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_done(run: _Run, job: ShardJob, entries: dict[str, Entry]) -> bool:
    entry = entries.get(job.name)
    return (
        entry is not None
        and entry.settings == run.fingerprint
        and (entry.has_reports or not run.settings.want_stats)
        and entry.is_valid(job.source, run.output)
        and (run.dropped is None or _has_dropped(run, entry))
    )


def _has_dropped(run: _Run, entry: Entry) -> bool:
    """Whether what the shard lost is still to be had; the file may be another run's."""
    return dropped_part(run.output, entry.shard).exists() or run.recorded.get(entry.shard, 0) == entry.tally.lines_dropped


def _refuse_existing(run: _Run, entries: dict[str, Entry]) -> None:
    """Without --resume or --overwrite, nothing that stands in the output folder may be touched."""
    existing = next((job.name for job in run.jobs if (run.output / job.name).exists()), None)
    existing = existing or next(iter(entries), None)
    if existing is None and run.dropped is not None and run.dropped.exists():
        raise CorpusUsageError(f"--dropped {run.dropped}: exists; --overwrite replaces it")
    if existing is not None:
        raise CorpusUsageError(f"{run.output} already holds {existing}; --resume goes on there, --overwrite starts anew")


def _dry_run(run: _Run, options: argparse.Namespace) -> int:
    entries: dict[str, Entry] = {}
    if (run.output / STATE_FOLDER / "manifest.jsonl").exists():
        with Manifest(run.output) as manifest:
            entries = manifest.entries
    if not (options.resume or options.overwrite):
        _refuse_existing(run, entries)
    size = 0
    lines: list[str] = []
    for job in run.jobs:
        done = options.resume and _is_done(run, job, entries)
        size += 0 if done else job.size
        kind = job.format + (f", {job.compression}" if job.compression else "")
        state = "finished" if done else f"-> {run.output / job.name}"
        lines.append(f"{job.source} ({kind}, {job.size / 1e6:,.1f} MB) {state}\n")
    write_stdout("".join(lines).encode("utf-8", "surrogateescape"))
    megabytes = f"{size / 1e6:,.1f} MB to clean"
    complain(f"{len(run.jobs):,} shards, {megabytes} by {run.workers} processes; nothing was written")
    return 0


def _execute(run: _Run, manifest: Manifest, options: argparse.Namespace) -> int:
    sweep(run.output)
    todo = [job for job in run.jobs if options.overwrite or not _is_done(run, job, manifest.entries)]
    for job in todo:
        manifest.forget(job.name)
    before = len(run.jobs) - len(todo)
    old = {job.name for job in todo if (run.output / job.name).exists()}
    start = time.monotonic()
    progress = Progress(sum(job.size for job in todo))
    failed = 0
    try:
        with contextlib.closing(_results(run, todo, progress)) as results:
            for result in results:
                failed += _note(run, manifest, progress, result, old)
        if failed:
            sweep(run.output)  # of worker processes that died
        if run.dropped is not None:
            _merge_dropped(run, run.dropped, manifest, options)
    except KeyboardInterrupt as error:
        sweep(run.output)
        manifest.reload()
        done = sum(_is_done(run, job, manifest.entries) for job in run.jobs)  # as --resume will count them
        raise type(error)(f"; {done:,} of {len(run.jobs):,} shards are finished; {_how_to_go_on(options)}") from None
    finally:
        progress.close()
    manifest.compact()
    _clear_empty_folders(run.output / STATE_FOLDER)
    return _tell(run, manifest, options, {"before": before, "failed": failed, "seconds": time.monotonic() - start})


def _merge_dropped(run: _Run, target: Path, manifest: Manifest, options: argparse.Namespace) -> None:
    """Bring the run's dropped lines into their file, where those of shards that it had nothing to do with stay."""
    finished = [job.name for job in run.jobs if job.name in manifest.entries]
    kept = set(run.recorded)
    if options.overwrite:  # those of a shard that failed stay as its output does
        kept = {name for name in kept if name in manifest.entries or (run.output / name).exists()}
    elif target.exists() and not any(dropped_part(run.output, name).exists() for name in finished):
        return  # nothing is new
    merge_dropped(run.output, target, finished, kept)


def _note(run: _Run, manifest: Manifest, progress: Progress, result: ShardResult, old: Container[str]) -> int:
    """Remember a shard that is finished, or tell why it is not; return 1 for a failure. `old` are those that have an output
    of before this run.
    """
    for line in result.warnings:
        progress.say(f"{result.job.source}: {line}")
    if result.problem is not None or result.input is None or result.outputs is None:
        stays = f"; {run.output / result.job.name} is still the output of an earlier run" if result.job.name in old else ""
        progress.say(f"{result.job.source}: {result.problem}{stays}")
        return 1
    settings = run.settings
    manifest.add(
        Entry(
            result.job.name,
            result.input,
            run.fingerprint,
            result.outputs,
            result.tally,
            settings.want_reports,
        )
    )
    return 0


def _results(run: _Run, todo: list[ShardJob], progress: Progress) -> Generator[ShardResult, None, None]:
    """Clean the shards in whatever way is fastest, and yield what became of each."""
    if not todo:
        return
    if run.workers == 1:
        yield from _alone(run, todo, progress)
        return
    from cleantext.corpus.pool import Pool

    with Pool(run.settings, run.output, run.workers, progress.show) as pool:
        todo = sorted(todo, key=lambda job: -job.size)
        if is_balanced([job.size for job in todo], run.workers):
            yield from pool.shards(todo)
        else:
            for job in todo:
                yield clean_shard(job, run.output, run.settings, pool.cleaning, pool.count)


def _alone(run: _Run, todo: list[ShardJob], progress: Progress) -> Iterator[ShardResult]:
    from cleantext.corpus.clean import Cleaner

    cleaner = Cleaner(run.settings)
    total = Tally()
    read = 0

    def count(more: int, tally: Tally) -> None:
        nonlocal read
        read += more
        total.add(tally)
        progress.show(read, total.rows, total.text_bytes)

    for job in todo:
        yield clean_shard(job, run.output, run.settings, in_order(cleaner.clean), count)


def is_balanced(sizes: list[int], workers: int) -> bool:
    """Whether whole shards, largest first, keep all processes busy nearly to the end.

    >>> is_balanced([5, 5, 5, 5], 2), is_balanced([9, 1, 1], 2), is_balanced([5, 5, 5], 2)
    (True, False, False)
    """
    loads = [0] * workers
    for size in sorted(sizes, reverse=True):
        loads[loads.index(min(loads))] += size
    return max(loads) * workers * (1 - _IDLE_SHARE) <= sum(loads)


def _tell(run: _Run, manifest: Manifest, options: argparse.Namespace, figures: dict[str, Any]) -> int:
    done = [manifest.entries[job.name] for job in run.jobs if job.name in manifest.entries]
    total = Tally()
    for entry in done:
        total.add(entry.tally)
    counts = {
        "all": len(run.jobs),
        "done": len(done),
        "before": figures["before"],
        "failed": figures["failed"],
    }
    if options.stats:
        write_stdout((as_json if options.json else as_table)(total, len(done)).encode())
    if options.overwrite:
        _tell_what_stays(run, manifest)
    complain(summary(total, counts, figures["seconds"]))
    return 1 if figures["failed"] or total.skipped else 0


def _tell_what_stays(run: _Run, manifest: Manifest) -> None:
    """Shards of earlier runs that this one did not overwrite are nobody's but the user's to delete."""
    mine = {job.name for job in run.jobs}
    others = [name for name in sorted(manifest.entries) if name not in mine and (run.output / name).exists()]
    if others:
        complain(f"{run.output} also holds {len(others):,} shards of earlier runs, such as {others[0]}; delete them if they are not wanted")


def _clear_empty_folders(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        if parent != str(folder) and not os.listdir(parent):
            os.rmdir(parent)
