"""The datatrove step: the same texts in any batch size, its statistics, and a run with two workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("datatrove")

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep

from cleantext import strip_boilerplate
from cleantext.datatrove import BoilerplateFormatter
from cleantext.figures import FIGURES
from cleantext.reports import PageReport, report_stream

LETTER = "Dear neighbours, the courtyard party is on Saturday at four. Bring a chair, a cake and a song."
PAGES = [f"{LETTER} Door {door}.\nAdvertisement\n\nSubscribe to our newsletter\n" for door in range(20)]
PAGES[3], PAGES[11] = "", "Advertisement"


@cache
def cleaned_pages() -> list[str]:
    return [strip_boilerplate(page) for page in PAGES]


def reports() -> list[PageReport]:
    return [report for report in report_stream(PAGES) if report is not None]


def documents() -> list[Document]:
    return [Document(text=page, id=str(number), metadata={"door": number}) for number, page in enumerate(PAGES)]


class TestRun:
    @pytest.mark.parametrize("batch_size", [1, 7, 20, 256])
    def test_batch_size_does_not_matter(self, batch_size: int) -> None:
        cleaned = list(BoilerplateFormatter(batch_size=batch_size).run(documents()))
        assert [document.text for document in cleaned] == cleaned_pages()
        assert [document.id for document in cleaned] == [str(number) for number in range(len(PAGES))]
        assert [document.metadata for document in cleaned] == [{"door": number} for number in range(len(PAGES))]

    def test_no_more_than_a_batch_is_held(self) -> None:
        taken = []

        def source() -> Iterator[Document]:
            for document in documents():
                taken.append(document.id)
                yield document

        stream = BoilerplateFormatter(batch_size=4).run(source())
        assert next(stream).text == cleaned_pages()[0]
        assert len(taken) == 4

    def test_options(self) -> None:
        page = "Caf\u00c3\u00a9 in the square\nAdvertisement"
        [kept] = BoilerplateFormatter(threshold=0.0, normalize=False).run([Document(text=page, id="0")])
        assert kept.text == page

    def test_no_documents(self) -> None:
        assert list(BoilerplateFormatter().run([])) == []
        assert list(BoilerplateFormatter().run(None)) == []

    def test_figures_in_the_metadata(self) -> None:
        cleaned = list(BoilerplateFormatter(add=list(FIGURES), batch_size=3).run(documents()))
        for document, page, report in zip(cleaned, PAGES, reports(), strict=True):
            expected = {f"text_{name}": figure(report, page) for name, figure in FIGURES.items()}
            assert document.metadata == {"door": int(document.id), **expected}

    @pytest.mark.parametrize("text", [None, LETTER.encode()])
    def test_text_of_another_type(self, text: object) -> None:
        with pytest.raises(TypeError, match=r"text of document '9' must be str, not (NoneType|bytes): "):
            list(BoilerplateFormatter().run([Document(text=LETTER, id="8"), Document(text=text, id="9")]))

    def test_bad_parameters(self) -> None:
        with pytest.raises(ValueError, match="batch_size is 0"):
            BoilerplateFormatter(batch_size=0)
        with pytest.raises(TypeError, match=r"batch_size must be a whole number, not 2\.5"):
            BoilerplateFormatter(batch_size=2.5)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="known are words_removed"):
            BoilerplateFormatter(add=["words"])
        with pytest.raises(ValueError, match="threshold"):
            BoilerplateFormatter(threshold="strict")
        with pytest.raises(TypeError, match="normalize must be"):
            BoilerplateFormatter(normalize="NFC")  # type: ignore[arg-type]


def test_statistics() -> None:
    step = BoilerplateFormatter(batch_size=8)
    list(step.run(documents()))
    stats = {"emptied": 0} | {name: stat.total for name, stat in step.stats.stats.items()}  # a count of 0 is not kept
    reasons = [line.reason for report in reports() for line in report.dropped]
    assert stats == {
        "batches": 3,
        "total": len(PAGES),
        "words": sum(report.n_words for report in reports()),
        "words_removed": sum(report.n_words_dropped for report in reports()),
        "lines": sum(report.n_lines for report in reports()),
        "lines_dropped": len(reasons),
        "emptied": sum(1 for page, clean in zip(PAGES, cleaned_pages(), strict=True) if page and not clean),
        "doc_len": sum(map(len, cleaned_pages())),
        **{f"dropped_{reason}": reasons.count(reason) for reason in set(reasons)},
    }
    assert stats["lines_dropped"] >= 18


class Shards(PipelineStep):  # type: ignore[misc]
    """Read every `world_size`-th document, as a datatrove reader does with its shards."""

    name, type = "Shards", "READER"

    def run(self, data: Iterator[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        yield from documents()[rank::world_size]


class Lines(PipelineStep):  # type: ignore[misc]
    """Write what comes to a file per task."""

    name, type = "Lines", "WRITER"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def run(self, data: Iterator[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        with open(self.folder / f"{rank}.jsonl", "w", encoding="utf-8") as file:
            for document in data:
                file.write(json.dumps([document.id, document.text]) + "\n")
                yield document


@pytest.mark.engines
def test_executor_with_two_workers(tmp_path: Path) -> None:
    step = BoilerplateFormatter(add=["lines_dropped"], batch_size=3)
    executor = LocalPipelineExecutor(
        [Shards(), step, Lines(tmp_path)],
        tasks=2,
        workers=2,
        logging_dir=str(tmp_path / "logs"),
        skip_completed=False,
    )
    executor.run()
    rows = [json.loads(row) for path in tmp_path.glob("*.jsonl") for row in path.read_text("utf-8").splitlines()]
    assert {int(number): text for number, text in rows} == dict(enumerate(cleaned_pages()))
    steps = json.loads((tmp_path / "logs" / "stats.json").read_text("utf-8"))
    stats = next(entry["stats"] for entry in steps if "Boilerplate" in entry["name"])
    assert stats["total"] == len(PAGES)
    assert stats["words_removed"]["total"] == sum(report.n_words_dropped for report in reports())
