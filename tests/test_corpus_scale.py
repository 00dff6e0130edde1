"""The commands that measure corpus runs: they run, their input is what they say, and their arithmetic is right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from corpus_files import environment

pytest.importorskip("msgspec")

# The benchmarks are scripts beside each other, not a package: they find one another as they do when run.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import scale
import wet


def measured(program: str, *arguments: str, folder: Path) -> tuple[str, list[dict[str, object]]]:
    """What a benchmark prints, and its figures."""
    command = [sys.executable, str(Path(scale.__file__).parent / program), *arguments, "--json", str(folder / "figures.json")]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout, json.loads((folder / "figures.json").read_text())


def test_scale(tmp_path: Path) -> None:
    pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    printed, figures = measured("scale.py", "--sizes", "1", "2", folder=tmp_path)
    assert [figure["corpus_mb"] for figure in figures] == [1, 1, 1, 2, 2, 2]
    assert {figure["label"] for figure in figures} == {"one shard, 1 process", "one shard, 2 processes", "eight shards, 2 processes"}
    assert len(re.findall(r"two processes against one, by wall time: [\d.]+ x, [\d.]+ x", printed)) == 2
    for figure in figures:
        assert isinstance(figure["peaks"], list)
        assert len(figure["peaks"]) == (1 if figure["label"] == "one shard, 1 process" else 3)


def test_wet(tmp_path: Path) -> None:
    pytest.importorskip("fastwarc")
    pytest.importorskip("pyarrow")
    printed, figures = measured("wet.py", "--pages", "made", "--size", "2", folder=tmp_path)
    assert [figure["label"] for figure in figures] == ["strip_many in memory", "WET to Parquet, clean_batches", "WET to WET, command line"]
    speeds = [figure["mb_per_cpu_s"] for figure in figures]
    assert all(isinstance(speed, float) and speed > 0 for speed in speeds)
    assert printed.count("core hours") == 2
    assert re.match(r"[\d,]+ pages of [\d.]+ KB on average; model \S+\n", printed)


def test_the_dump_is_one_that_can_be_read(tmp_path: Path) -> None:
    warc = pytest.importorskip("fastwarc.warc")
    texts = ["The harbour was quiet.\nAdvertisement", "\ud83d cut off", "Bread needs flour."]
    written = wet.write_wet(tmp_path / "wet", texts, 500, shards=3)
    assert 500 <= written < 600
    assert len(list((tmp_path / "wet").iterdir())) == 3
    read = []
    for path in sorted((tmp_path / "wet").iterdir()):
        with path.open("rb") as stream:
            read += [one.reader.read() for one in warc.ArchiveIterator(stream, record_types=warc.WarcRecordType.conversion)]
    assert sum(map(len, read)) == written
    assert read[:4] == [text.encode("utf-8", "replace") for text in (*texts, texts[0])]


def test_on_paper() -> None:
    # 100,000,000 MB / 25 MB/s = 4,000,000 s = 1,111 hours; by 160 cores 6.94 hours, 7.72 with a tenth lost; 1,235 hours paid.
    assert wet.on_paper(25.0) == (
        "100 TB: 100,000,000 MB / 25 MB/s = 4.0 million CPU seconds = 1,111 core hours; "
        "160 cores: 6.9 hours, 7.7 with a tenth lost; 62 USD at 0.05 a core hour"
    )


@pytest.mark.parametrize(
    ("runs", "wall"),
    [
        (((5.0, 0.1), (4.0, 0.2), (9.0, 8.0)), 5.0),  # of two quiet ones the upper; the disturbed one does not count
        (((5.0, 0.1), (4.0, 0.2), (3.0, 0.0)), 4.0),
        (((5.0, 3.0), (7.0, 2.0)), 7.0),  # none is quiet: the least disturbed
    ],
)
def test_quiet_median(runs: Sequence[tuple[float, float]], wall: float) -> None:
    assert scale.quiet_median([scale.Run("a", wall, 10.0, (), others) for wall, others in runs]).wall == wall
