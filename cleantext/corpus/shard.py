"""One shard from its file to its outputs, which appear together or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cleantext.corpus.blocks import Block, Format, RowSink
from cleantext.corpus.clean import BlockResult
from cleantext.corpus.formats import open_format
from cleantext.corpus.manifest import STATE_FOLDER, InputMark, mark
from cleantext.corpus.plan import ShardJob
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.streams import ByteSink, Source, json_line

__all__ = ["Cleaning", "ShardResult", "clean_shard", "dropped_part", "errors_file", "in_order"]

OnProgress = Callable[[int, Tally], None]
_ERRORS_SHOWN = 3
# Results that may wait for the thread that writes: enough that neither side waits for the other's ups and downs.
_WRITES_AHEAD = 2


class Cleaning(NamedTuple):
    """What cleans a shard's blocks, in their order.

    With `elsewhere`, other processes do, and this one's task is to keep them busy: it writes (which is mostly compressing) in a
    thread beside the one that reads."""

    run: Callable[[ShardJob, Format, Iterator[Block]], Iterable[BlockResult]]
    elsewhere: bool = False


class ShardResult(NamedTuple):
    """What became of a shard. `problem` says why it has no output; `warnings` tell of its first skipped
    rows.
    """

    job: ShardJob
    tally: Tally
    input: InputMark | None = None
    outputs: dict[str, int] | None = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()


def dropped_part(output: Path, name: str) -> Path:
    """Where the dropped lines of a shard wait until all shards are done."""
    return output / STATE_FOLDER / "dropped" / f"{name}.jsonl"


def errors_file(output: Path, name: str) -> Path:
    """Where the row numbers of skipped rows and the reasons are written."""
    return output / STATE_FOLDER / "skipped" / f"{name}.errors.jsonl"


def clean_shard(job: ShardJob, output: Path, settings: Settings, clean: Cleaning, on_progress: OnProgress) -> ShardResult:
    """Clean a shard.

    Parameters
    ----------
    job : ShardJob
        The shard.
    output : Path
        The output folder, of which files below ``_cleantext`` are part.
    settings : Settings
        The run's options.
    clean : Cleaning
        Cleans blocks: in this process or in others.
    on_progress : callable
        Gets the bytes of the file read and the counts since it was last called.

    Returns
    -------
    ShardResult
        Also for a shard that failed: then nothing is left of its outputs.
    """
    files = _Files(job, output, settings)
    try:
        before = mark(job.source)
        form = open_format(job.format, job.compression, settings)
        source = Source(job.source, job.compression)
        try:
            blocks = form.blocks(source)
            seen = 0
            with _writing(files, form, clean.elsewhere) as write:
                for result in clean.run(job, form, blocks):
                    if result.errors and settings.on_error == "stop":
                        row, reason = result.errors[0]
                        raise ShardError(reason, row)
                    write(result)
                    on_progress(source.position - seen, result.tally)
                    seen = source.position
            files.require_rows(form, before.size)
            digest = source.close()
            on_progress(source.position - seen, Tally())
        finally:
            source.abandon()
        if mark(job.source) != before:
            raise ShardError("changed while it was read")
        outputs = files.commit()
    except ShardError as error:
        return ShardResult(job, files.tally, problem=str(error))
    except OSError as error:
        where = "" if error.filename in (None, str(job.source)) else f"{error.filename}: "
        return ShardResult(job, files.tally, problem=f"{where}{error.strerror or error}")
    finally:
        files.discard()
    return ShardResult(job, files.tally, before._replace(digest=digest), outputs, warnings=tuple(files.warnings))


class _Files:
    """The output files of a shard, opened when something comes for them."""

    def __init__(self, job: ShardJob, output: Path, settings: Settings) -> None:
        self._job, self._output = job, output
        self._compression = settings.dropped_compression
        self._want_dropped = settings.want_dropped
        state = output / STATE_FOLDER
        self._paths = {
            "set_aside": state / "set_aside" / job.name,
            "skipped": state / "skipped" / job.name,
            "errors": errors_file(output, job.name),
            "dropped": dropped_part(output, job.name),
            "output": output / job.name,
        }
        self._sinks: dict[str, RowSink] = {}
        self.tally = Tally()
        self.warnings: list[str] = []

    def write(self, form: Format, result: BlockResult) -> None:
        """Append what became of a block."""
        for kind, data in (
            ("output", result.output),
            ("set_aside", result.set_aside),
            ("skipped", result.skipped),
        ):
            if data is not None and (len(data) or kind == "output"):
                if kind not in self._sinks:
                    self._sinks[kind] = form.sink(self._paths[kind], result.head)
                self._sinks[kind].write(data)
        for row, reason in result.errors:
            record = {"shard": self._job.name, "row": row, "error": reason}
            self._plain("errors", None).write(json_line(record))
            if len(self.warnings) < _ERRORS_SHOWN:
                self.warnings.append(f"row {row:,}: {reason}; skipped")
        if result.dropped:
            self._plain("dropped", self._compression).write(result.dropped)
        self.tally.add(result.tally)

    def _plain(self, kind: str, compression: str | None) -> RowSink:
        if kind not in self._sinks:
            self._sinks[kind] = ByteSink(self._paths[kind], compression)
        return self._sinks[kind]

    def require_rows(self, form: Format, size: int) -> None:
        """At the end of the input: a file of no bytes is an error, one that holds no rows is not, and neither is an empty page."""
        if size == 0 and (self._job.format != "text" or self._job.compression is not None):
            raise ShardError("is empty (0 bytes)")
        if "output" not in self._sinks:
            self._sinks["output"] = form.sink(self._paths["output"], b"")

    def commit(self) -> dict[str, int]:
        """Give all files their names, the output itself last; what an earlier run left beside it goes away."""
        more = self.tally.skipped - len(self.warnings)
        if self.warnings and more > 0:
            self.warnings.append(f"{more:,} more rows skipped; all are in {self._paths['errors']}")
        if self._want_dropped:
            self._plain("dropped", self._compression)
        outputs: dict[str, int] = {}
        for kind, path in self._paths.items():
            sink = self._sinks.get(kind)
            if sink is None:
                path.unlink(missing_ok=True)
                continue
            size = sink.commit()
            if kind != "dropped":  # merged into one file and deleted at the end of the run
                outputs[path.relative_to(self._output).as_posix()] = size
        self._sinks = {}
        return outputs

    def discard(self) -> None:
        """Drop what has no name yet."""
        for sink in self._sinks.values():
            sink.discard()
        self._sinks = {}


@contextmanager
def _writing(files: _Files, form: Format, in_thread: bool) -> Generator[Callable[[BlockResult], None], None, None]:
    """A function that writes the next result; at the end of the context all are written."""
    if not in_thread:
        yield lambda result: files.write(form, result)
        return
    waiting: deque[Future[None]] = deque()
    executor = ThreadPoolExecutor(1)

    def write(result: BlockResult) -> None:
        waiting.append(executor.submit(files.write, form, result))
        while len(waiting) > _WRITES_AHEAD:
            waiting.popleft().result()

    try:
        yield write
        for future in waiting:
            future.result()
    finally:
        executor.shutdown(cancel_futures=True)  # waits for the one at work: its files will be closed


def in_order(clean: Callable[[str, Format, Block], BlockResult]) -> Cleaning:
    """Clean blocks one after the other in this process."""

    def run(job: ShardJob, form: Format, blocks: Iterator[Block]) -> Iterator[Any]:
        return (clean(job.name, form, block) for block in blocks)

    return Cleaning(run)
