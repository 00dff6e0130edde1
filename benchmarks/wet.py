"""What a WET dump costs: `python benchmarks/wet.py` makes one and prints MB of text per CPU second, and from it 100 TB.

Two ways are measured, each in one process: the command line, from ``.warc.wet.gz`` to ``.warc.wet.gz``, and the way of the
tutorial without Ray around it: fastwarc reads, `cleantext.arrow.clean_batches` cleans, pyarrow writes Parquet. Beside them
stands ``strip_many`` on the same pages in memory. MB are those of the pages' text in UTF-8, 10^6 bytes.

The pages are all texts of whole pages in the corpora (WCXB's development split, fundus, segments: seven in ten English),
again and again until the size is reached; each record is compressed by itself, so that it does not matter that they repeat.
With ``--pages made`` they are generated as in `scale.py`, and no corpora are needed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from scale import MB, Run, clean, pool

_MADE_BYTES = 20 * MB
_CORPORA = ("wcxb", "fundus", "segments")
# The 100 TB on paper: ten machines of 16 cores, a tenth of whose time is lost to stragglers, at USD per core hour.
_DUMP_MB = 100_000_000
_CORES, _LOST, _PRICE = 160, 0.1, 0.05


def corpus_pages() -> list[str]:
    """The text of every whole page of the corpora, a block element a line."""
    from cleantext.train import corpora, render

    home = corpora.find_corpora()
    texts = (render.blocks(document.html) for name in _CORPORA for document in corpora.read_corpus(home, name))
    return [text for text in texts if text]


def made_pages() -> list[str]:
    """Pages of drawn words, as `scale.py` has them."""
    return [json.loads(row)["text"] for row in pool(_MADE_BYTES)]


def record(number: int, body: bytes) -> bytes:
    """A page as Common Crawl writes it."""
    head = (
        f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/{number}\r\nWARC-Date: 2025-01-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def write_wet(folder: Path, texts: Sequence[str], size: int, shards: int = 4) -> int:
    """Write WET files of `size` bytes of text together, at least a page each; return the bytes of text written."""
    folder.mkdir()
    bodies = [text.encode("utf-8", "replace") for text in texts]
    written = number = 0
    for shard in range(shards):
        with (folder / f"{shard:05}.warc.wet.gz").open("wb") as file:
            while written < size * (shard + 1) // shards:
                body = bodies[number % len(bodies)]
                file.write(gzip.compress(record(number, body), 6))
                written += len(body)
                number += 1
    return written


def to_parquet(folder: Path, output: Path) -> Run:
    """The tutorial's way, in this process."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    from cleantext.arrow import clean_batches

    def batches() -> Iterator[pa.RecordBatch]:
        urls: list[str] = []
        pages: list[str] = []
        for path in sorted(folder.iterdir()):
            with path.open("rb") as stream:
                for one in ArchiveIterator(stream, record_types=WarcRecordType.conversion):
                    urls.append(one.headers["WARC-Target-URI"])
                    pages.append(one.reader.read().decode("utf-8", "replace"))
                    if len(urls) == 1024:
                        yield pa.record_batch({"url": urls, "text": pages})
                        urls, pages = [], []
        yield pa.record_batch({"url": pa.array(urls, pa.string()), "text": pa.array(pages, pa.string())})

    begin, cpu = time.perf_counter(), time.process_time()
    with pq.ParquetWriter(output, pa.schema({"url": pa.string(), "text": pa.string()}), compression="zstd") as writer:
        for batch in clean_batches(batches()):
            writer.write_batch(batch)
    return Run("WET to Parquet, clean_batches", time.perf_counter() - begin, time.process_time() - cpu)


def in_memory(texts: Sequence[str]) -> Run:
    """`strip_many` alone: the best of three runs."""
    from cleantext import strip_many

    strip_many(texts[:20])
    runs = []
    for _ in range(3):
        begin, cpu = time.perf_counter(), time.process_time()
        strip_many(texts)
        runs.append(Run("strip_many in memory", time.perf_counter() - begin, time.process_time() - cpu))
    return min(runs, key=lambda run: run.cpu)


def on_paper(speed: float) -> str:
    """The cost of 100 TB at `speed` MB per CPU second."""
    seconds = _DUMP_MB / speed
    hours = seconds / 3600
    wall = hours / _CORES
    return (
        f"100 TB: {_DUMP_MB:,} MB / {speed:.0f} MB/s = {seconds / 1e6:.1f} million CPU seconds = {hours:,.0f} core hours; "
        f"{_CORES} cores: {wall:.1f} hours, {wall / (1 - _LOST):.1f} with a tenth lost; "
        f"{hours / (1 - _LOST) * _PRICE:,.0f} USD at {_PRICE} a core hour"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=100, metavar="MB", help="of text (default: 100)")
    parser.add_argument("--pages", choices=("corpora", "made"), default="corpora", help="what the pages are (default: corpora)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    from cleantext import LineModel

    texts = corpus_pages() if options.pages == "corpora" else made_pages()
    n_bytes = sum(len(text.encode("utf-8", "replace")) for text in texts)
    print(f"{len(texts):,} pages of {n_bytes / len(texts) / 1e3:.1f} KB on average; model {LineModel.load().version}")
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "wet"
        written = write_wet(folder, texts, options.size * MB)
        # What a run takes before its first page is its own, and nothing beside a dump's hours.
        one = Path(name) / "one"
        write_wet(one, texts[:1], 1, shards=1)
        runs = [(in_memory(texts), n_bytes), (to_parquet(folder, Path(name) / "out.parquet"), written)]
        start = clean("start", one, Path(name) / "out", 1)
        whole = clean("WET to WET, command line", folder, Path(name) / "out", 1)
        runs.append((whole._replace(cpu=whole.cpu - start.cpu), written))
        shutil.rmtree(folder)
    print(f"{'run':<32}{'MB':>6}{'wall s':>8}{'CPU s':>8}{'MB/CPU s':>10}  peak MB")
    for run, size in runs:
        peak = " ".join(f"{value:.0f}" for value in run.peaks)
        print(f"{run.label:<32}{size / MB:>6.0f}{run.wall:>8.1f}{run.cpu:>8.1f}{size / MB / run.cpu:>10.1f}  {peak}")
        figures.append({"pages": options.pages, "mb": size / MB, "mb_per_cpu_s": size / MB / run.cpu} | run._asdict())
    for run, size in runs[1:]:
        print(f"{run.label}: {on_paper(size / MB / run.cpu)}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
