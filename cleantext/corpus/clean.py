"""Cleaning one block of rows, whatever their format. Runs in a worker process; touches no file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cleantext.corpus.blocks import BadRow, Block, Format, Parsed
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import Settings
from cleantext.corpus.streams import json_line, pack
from cleantext.model import LineModel
from cleantext.reports import report_stream
from cleantext.strip import strip_many

if TYPE_CHECKING:
    from cleantext.reports import PageReport

__all__ = ["BlockResult", "Cleaner"]


@dataclass(slots=True)
class BlockResult:
    """What became of a block. `output`, `set_aside` and `skipped` are for the sinks of the format.

    `errors` has the number of each skipped row and why; `dropped` is packed JSON Lines.
    """

    head: bytes
    output: Any = None
    set_aside: Any = None
    skipped: Any = None
    errors: list[tuple[int, str]] = field(default_factory=list)
    dropped: bytes = b""
    tally: Tally = field(default_factory=Tally)


class Cleaner:
    """A loaded model and a run's settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = LineModel.load(settings.model_path)

    def clean(self, shard: str, form: Format, block: Block) -> BlockResult:
        """Clean the rows of a block.

        Parameters
        ----------
        shard : str
            Its name, for the record of what was dropped.
        form : Format
            What takes the block apart and puts it together.
        block : Block
            The rows.

        Returns
        -------
        BlockResult
            The good rows in their order, cleaned; beside them those set aside and skipped.
        """
        result = BlockResult(block.head)
        result.tally.text_bytes = block.size
        if block.problem is not None:
            result.skipped = form.raw(block)
            if block.problem:
                result.errors.append((block.row, block.problem))
                result.tally.rows = result.tally.skipped = 1
            return result
        parsed = form.parse(block)
        if parsed.bad:
            self._skip(form, block, parsed.bad, result)
        result.tally.rows += len(parsed.handles) - parsed.between + len(parsed.bad)
        if self.settings.want_reports:
            self._clean_reporting(shard, form, block, parsed, result)
        else:
            cleaned = strip_many(parsed.texts, **self._options)
            texts = [None if new == old else new for new, old in zip(cleaned, parsed.texts, strict=True)]
            result.output = form.join(block, parsed.handles, texts)
        return result

    @property
    def _options(self) -> dict[str, Any]:
        settings = self.settings
        return {"threshold": settings.threshold, "normalize": settings.normalize, "model": self.model}

    @staticmethod
    def _skip(form: Format, block: Block, bad: list[BadRow], result: BlockResult) -> None:
        result.errors = [(row.number, row.reason) for row in bad]
        result.tally.rows = 0
        result.tally.skipped = len(bad)
        result.skipped = form.join(block, [row.handle for row in bad], [None] * len(bad))

    def _clean_reporting(self, shard: str, form: Format, block: Block, parsed: Parsed, result: BlockResult) -> None:
        """Clean with reports: slower, so only when somebody wants to know."""
        limit = self.settings.max_removed
        handles: list[Any] = []
        texts: list[str | None] = []
        aside: list[Any] = []
        dropped: list[bytes] = []
        reports = report_stream(parsed.texts, **self._options)
        for handle, number, old, page in zip(parsed.handles, parsed.numbers, parsed.texts, reports, strict=True):
            if page is None or old is None:
                handles.append(handle)
                texts.append(None)
                continue
            if limit is not None and page.n_words_dropped > limit * page.n_words:
                aside.append(handle)
                continue
            handles.append(handle)
            texts.append(None if page.text == old else page.text)
            _count(result.tally, page)
            if self.settings.want_dropped:
                dropped += _records(shard, number, old, page)
        result.output = form.join(block, handles, texts)
        if aside:
            result.tally.set_aside = len(aside)
            result.set_aside = form.join(block, aside, [None] * len(aside))
        result.dropped = pack(b"".join(dropped), self.settings.dropped_compression)


def _count(tally: Tally, page: PageReport) -> None:
    tally.lines += page.n_lines
    tally.lines_dropped += len(page.dropped)
    tally.words += page.n_words
    tally.words_dropped += page.n_words_dropped
    for line in page.dropped:
        tally.add_reason(line.reason, 1, line.end - line.start)


def _records(shard: str, number: int, text: str, page: PageReport) -> list[bytes]:
    """JSON Lines of what a row lost. Offsets are str indices into the row's text as it was."""
    return [
        json_line(
            {
                "shard": shard,
                "row": number,
                "start": line.start,
                "end": line.end,
                "score": round(line.score, 4),
                "reason": line.reason,
                "text": text[line.start : line.end],
            }
        )
        for line in page.dropped
    ]
