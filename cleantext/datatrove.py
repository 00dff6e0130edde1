"""Strip boilerplate as a step of a datatrove pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from cleantext.arguments import check_count, named
from cleantext.figures import FIGURES, check_figures
from cleantext.reports import report_stream

try:
    from datatrove.pipeline.base import PipelineStep
except ImportError as error:  # pragma: no cover - needs an environment without datatrove
    raise ImportError("cleantext.datatrove needs datatrove: pip install 'cleantext-lines[datatrove]'") from error

if TYPE_CHECKING:
    from datatrove.data import Document, DocumentsPipeline
    from ftfy import TextFixerConfig

    from cleantext.model import LineModel
    from cleantext.reports import PageReport

__all__ = ["BoilerplateFormatter"]


class BoilerplateFormatter(PipelineStep):  # type: ignore[misc,unused-ignore]
    r"""Replace the text of each document by its content.

    Every document goes on to the next step, also one whose text became empty (``LambdaFilter(lambda doc:
    doc.text)`` after this step drops those).

    The statistics of the step, per document unless said otherwise: ``total``, ``words``, ``words_removed``,
    ``lines``, ``lines_dropped``, ``emptied`` (documents that had words and have none now), ``batches`` (a
    count), and ``dropped_{reason}`` (lines) for each family of phrases that spoke most against a dropped
    line.

    Parameters
    ----------
    add : sequence of str, default ()
        Figures to write into each document's metadata, each named ``text_{figure}``: ``"words_removed"``,
        ``"ratio_removed"``, ``"lines_dropped"``, ``"mean_score"``, ``"dropped_text"``, as
        `cleantext.arrow.clean_batch` has them.
    threshold, normalize, model
        As in `cleantext.strip_boilerplate`.
    batch_size : int, default 256
        Documents cleaned together, 1 or more. The result does not depend on it. 256 pages of web text are
        about 1 MB, the size of block at which cleaning is fastest; a larger one only holds more documents in
        memory.

    Raises
    ------
    ValueError
        If `batch_size` is under 1, `add` has an unknown figure or `threshold` or `normalize` is not valid.
    TypeError
        If one of them is of another type.

    Examples
    --------
    >>> from datatrove.data import Document
    >>> step = BoilerplateFormatter(add=["lines_dropped"])
    >>> page = "The bridge reopened on Monday after two years of work.\nAdvertisement"
    >>> [document] = step.run([Document(text=page, id="7")])
    >>> document.text
    'The bridge reopened on Monday after two years of work.'
    >>> document.metadata
    {'text_lines_dropped': 1}

    """

    name = "🧹 Boilerplate"
    type = "✂️ - FORMAT"

    def __init__(
        self,
        *,
        add: Sequence[str] = (),
        threshold: float | str | None = None,
        normalize: bool | TextFixerConfig = True,
        model: LineModel | None = None,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        self.figures = check_figures(add)
        self.batch_size = check_count("batch_size", batch_size, 1)
        self.options: dict[str, Any] = {"threshold": threshold, "normalize": normalize, "model": model}
        report_stream((), **self.options)  # checks them here, and not in every task of a cluster

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Clean the documents in batches, as they come.

        Parameters
        ----------
        data : iterable of datatrove.data.Document
        rank, world_size : int
            Ignored: the reader has shared out the shards.

        Yields
        ------
        datatrove.data.Document
            The same objects in the same order, with another text.

        Raises
        ------
        TypeError
            If the text of a document is not a str.

        """
        documents = iter(data or ())
        while batch := list(islice(documents, self.batch_size)):
            self.stat_update("batches")
            with self.track_time("batch"):
                self._clean(batch)
            for document in batch:
                self.update_doc_stats(document)
                yield document

    def _clean(self, batch: list[Document]) -> None:
        pages = [document.text for document in batch]
        for document in batch:
            if not isinstance(document.text, str):
                raise TypeError(f"the text of document {document.id!r} must be str, not {named(document.text)}")
        reports = cast("Iterator[PageReport]", report_stream(pages, **self.options))  # no page is None, so no report is
        for document, page, report in zip(batch, pages, reports, strict=True):
            document.text = report.text
            for figure in self.figures:
                document.metadata[f"text_{figure}"] = FIGURES[figure](report, page)
            self.stat_update("total")
            self.stat_update("words", value=report.n_words)
            self.stat_update("words_removed", value=report.n_words_dropped)
            self.stat_update("lines", value=report.n_lines)
            self.stat_update("lines_dropped", value=len(report.dropped))
            if report.n_words and not report.text:
                self.stat_update("emptied")
            for reason, count in Counter(line.reason for line in report.dropped).items():
                self.stat_update(f"dropped_{reason}", value=count)
