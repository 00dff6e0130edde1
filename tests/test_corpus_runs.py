"""Whole runs: several processes, resuming, kills at random moments, full disks, and what is told."""

from __future__ import annotations

import gzip
import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from corpus_files import STATE, command, csv_bytes, environment, jsonl, pages, run, tree, wet_gz
from strategies import drawn_model

from cleantext import strip_boilerplate
from cleantext.atomic import is_temporary
from cleantext.cli import main
from cleantext.corpus.manifest import Entry, InputMark, Manifest
from cleantext.corpus.names import parse
from cleantext.corpus.plan import plan
from cleantext.corpus.report import Tally
from cleantext.corpus.runner import is_balanced
from cleantext.corpus.settings import CorpusUsageError
from cleantext.reports import report_stream

pytest.importorskip("msgspec")
zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def write_shards(folder: Path, count: int = 20, rows: int = 60) -> Path:
    """JSON Lines, plain and compressed in turn, some in a subfolder."""
    (folder / "deep").mkdir(parents=True)
    for number in range(count):
        data = jsonl(pages(rows, seed=number))
        name = f"part-{number:02}.jsonl" + (".zst" if number % 2 else "")
        (folder / ("deep" if number % 5 == 0 else "") / name).write_bytes(zstd.compress(data) if number % 2 else data)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("corpus") / "in")


@pytest.fixture(scope="module")
def undisturbed(shards: Path) -> dict[str, bytes]:
    """What one process makes of the shards without any disturbance."""
    out = shards.parent / "undisturbed"
    run(shards, "-o", out, "--workers", 1, "--dropped", shards.parent / "dropped.jsonl")
    return tree(out)


def orphans(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if is_temporary(path.name)]


# --- equal bytes


def test_the_output_has_the_shards_names(shards: Path, undisturbed: dict[str, bytes]) -> None:
    inputs = {path.relative_to(shards).as_posix() for path in shards.rglob("*.jsonl*")}
    assert set(undisturbed) == inputs
    first = json.loads(undisturbed["deep/part-00.jsonl"].splitlines()[0])
    assert first["text"] == strip_boilerplate(pages(1, seed=0)[0])


def test_two_processes_give_the_same_bytes(shards: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    run(shards, "-o", tmp_path / "out", "--workers", 2)
    assert tree(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("kind", ["jsonl.zst", "jsonl.gz", "csv", "warc.wet.gz", "parquet"])
def test_one_shard_by_two_processes_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    texts = pages(6000, seed=3)  # several blocks
    shard = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table({"text": texts, "n": range(len(texts))}), shard, row_group_size=500)
    elif kind == "warc.wet.gz":
        pytest.importorskip("fastwarc")
        shard.write_bytes(wet_gz(texts))
    else:
        data = csv_bytes(texts) if kind == "csv" else jsonl(texts)
        pack = {"zst": zstd.compress, "gz": __import__("gzip").compress}.get(kind.rpartition(".")[2], bytes)
        shard.write_bytes(pack(data))
    for workers in (1, 2):
        options = ("--max-removed", 0.02, "--dropped", tmp_path / f"dropped{workers}.jsonl.gz")
        run(shard, "-o", tmp_path / str(workers), "--workers", workers, *options)
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert set(tree(tmp_path / "1")) == {shard.name, f"{STATE}/set_aside/{shard.name}"}
    assert (tmp_path / "dropped1.jsonl.gz").read_bytes() == (tmp_path / "dropped2.jsonl.gz").read_bytes()


def test_is_balanced() -> None:
    assert is_balanced([1] * 20, 2)
    assert not is_balanced([1], 2)
    assert not is_balanced([10, 1, 1, 1], 2)


# --- what was removed


def test_dropped_lines_can_be_put_back(shards: Path, undisturbed: dict[str, bytes]) -> None:
    records = [json.loads(line) for line in (shards.parent / "dropped.jsonl").read_bytes().splitlines()]
    assert [record["shard"] for record in records] == sorted(record["shard"] for record in records)
    expected = []
    for number in (0, 5):
        for row, page in enumerate(pages(60, seed=number), 1):
            report = next(report_stream([page]))
            assert report is not None
            expected += [(row, line.start, line.end, line.reason, page[line.start : line.end]) for line in report.dropped]
    keys = ("row", "start", "end", "reason", "text")
    mine = [record for record in records if record["shard"] in ("deep/part-00.jsonl", "deep/part-05.jsonl.zst")]
    assert [tuple(record[key] for key in keys) for record in mine] == expected
    assert all(0 <= record["score"] <= 1 for record in records)


def test_max_removed_sets_rows_aside_as_they_were(tmp_path: Path) -> None:
    rows = jsonl([pages(1)[0], "Advertisement\n\nShare this article", pages(2)[1]]).splitlines(keepends=True)
    (tmp_path / "a.jsonl").write_bytes(b"".join(rows))
    result = run(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--max-removed", 0.8, "--stats", "--json")
    assert (tmp_path / "out" / STATE / "set_aside" / "a.jsonl").read_bytes() == rows[1]
    kept = (tmp_path / "out" / "a.jsonl").read_bytes().splitlines()
    assert [json.loads(row)["z"] for row in kept] == [5.0, 25.0]
    assert "1 rows set aside" in result.stderr
    assert json.loads(result.stdout)["set_aside"] == 1


def test_stats_add_up(shards: Path, tmp_path: Path) -> None:
    result = run(shards, "-o", tmp_path / "out", "--stats", "--json", "--workers", 2)
    stats = json.loads(result.stdout)
    reports = [report for number in range(20) for report in report_stream(pages(60, seed=number)) if report is not None]
    assert stats["shards"] == 20
    assert stats["rows"] == 20 * 60
    assert stats["lines"] == sum(report.n_lines for report in reports)
    assert stats["words"] == sum(report.n_words for report in reports)
    assert stats["words_dropped"] == sum(report.n_words_dropped for report in reports)
    assert stats["lines_dropped"] == sum(entry["lines"] for entry in stats["reasons"].values())
    # The same from a finished run, for a person.
    table = run(shards, "-o", tmp_path / "out", "--stats", "--resume").stdout
    assert re.search(rf"^words +{stats['words']:,}$", table, re.MULTILINE)
    for reason, entry in stats["reasons"].items():
        assert re.search(rf"^  {reason} +{entry['lines']:,} ", table, re.MULTILINE)


# --- which files


def test_folders_globs_and_files(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shards.parent / "in" / "_ignored").mkdir(exist_ok=True)
    (shards.parent / "in" / "_ignored" / "x.jsonl").write_text("broken")
    (shards.parent / "in" / "notes.md").write_text("not a shard")
    try:
        out = tmp_path / "out"
        assert len(plan([str(shards)], out, None)) == 20
        by_glob = plan([str(shards / "**" / "*.zst")], out, None)
        assert {job.name for job in by_glob} >= {"part-01.jsonl.zst", "deep/part-05.jsonl.zst"}
        assert len(by_glob) == 10
        names = [job.name for job in plan([str(shards / "part-0[1-3].*"), str(shards / "part-01.jsonl.zst")], out, None)]
        assert names == ["part-01.jsonl.zst", "part-02.jsonl", "part-03.jsonl.zst"]
        monkeypatch.chdir(shards)
        assert [job.name for job in plan(["deep"], out, None)] == [
            "part-00.jsonl",
            "part-05.jsonl.zst",
            "part-10.jsonl",
            "part-15.jsonl.zst",
        ]
    finally:
        shutil.rmtree(shards / "_ignored")
        (shards / "notes.md").unlink()


def test_an_output_folder_within_the_input_is_not_read(shards: Path, tmp_path: Path) -> None:
    shutil.copytree(shards, tmp_path / "in")
    run(tmp_path / "in", "-o", tmp_path / "in" / "clean")
    before = tree(tmp_path / "in" / "clean")
    assert len(before) == 20
    run(tmp_path / "in", "-o", tmp_path / "in" / "clean", "--overwrite")
    assert tree(tmp_path / "in" / "clean") == before


@pytest.mark.parametrize(
    ("inputs", "output", "names"),
    [
        (["**/*.jsonl"], "clean", ["a0.jsonl", "deep/a1.jsonl"]),
        (["**"], "clean", ["a0.jsonl", "deep/a1.jsonl"]),
        (["*"], "clean", ["a0.jsonl", "deep/a1.jsonl"]),
        (["*/*.jsonl"], "clean", ["deep/a1.jsonl"]),
        (["clean/**/*.jsonl"], "other", ["a0.jsonl", "deep/a1.jsonl"]),
        (["clean/*"], "other", ["a0.jsonl", "deep/a1.jsonl"]),
        # As a shell takes "*" and "clean/*" apart.
        (["a0.jsonl", "clean", "deep"], "clean", ["a0.jsonl", "a1.jsonl"]),
        (["clean/_cleantext", "clean/a0.jsonl", "clean/deep"], "other", ["a0.jsonl", "a1.jsonl"]),
        # Spelt out, names that start so are meant.
        (["_logs/*"], "clean", ["log.jsonl"]),
        (["_l*/*.jsonl"], "clean", ["_logs/log.jsonl"]),
        (["_logs"], "clean", ["log.jsonl"]),
        (["clean/deep/*.jsonl"], "clean", ["a1.jsonl"]),
    ],
)
def test_what_runs_left_is_not_taken_for_shards(
    inputs: list[str], output: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a0.jsonl", "deep/a1.jsonl", "_logs/log.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jsonl(pages(1)))
    monkeypatch.chdir(tmp_path)
    run(".", "-o", "clean")
    assert [job.name for job in plan(inputs, Path(output), None)] == names
    assert [job.name for job in plan([str(tmp_path / text) for text in inputs], tmp_path / output, None)] == names


@pytest.mark.parametrize("inputs", [["clean/**/*.jsonl"], ["clean/_cleantext", "clean"]])
def test_nothing_but_the_output_of_earlier_runs(inputs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a0.jsonl").write_bytes(jsonl(pages(1)))
    monkeypatch.chdir(tmp_path)
    run("a0.jsonl", "-o", "clean")
    with pytest.raises(CorpusUsageError, match=r"no shards found|would overwrite the input"):
        plan(inputs, Path("clean"), None)


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (["in/part-01.jsonl.zst", "other/part-01.jsonl.zst"], "would both be written to"),
        (["in", "-o", "in"], "would overwrite the input"),
        (["gone.jsonl"], "No such file or directory"),
        (["empty"], "no shards found (.jsonl, .ndjson, .json, .csv, .parquet, .wet, .txt; also .gz and .zst)"),
        (["in/notes.md", "in/part-02.jsonl"], "its name tells no format"),
        (["in", "--dropped", "dropped.txt"], "must end in .jsonl"),
        (["in", "--dropped", "dropped.json.gz"], "must end in .jsonl"),
        (["in", "--explain"], "--explain is for pages of text"),
        (["in/part-02.jsonl", "--model", "gone.bin"], "gone.bin"),
    ],
)
def test_wrong_usage_does_nothing(inputs: list[str], problem: str, shards: Path, tmp_path: Path) -> None:
    shutil.copytree(shards, tmp_path / "in")
    shutil.copytree(shards, tmp_path / "other")
    (tmp_path / "empty").mkdir()
    (tmp_path / "in" / "notes.md").touch()
    before = tree(tmp_path)
    arguments = inputs if "-o" in inputs else [*inputs, "-o", "out"]
    result = subprocess.run(command(*arguments), cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False)
    assert result.returncode == 2, result.stderr
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
    assert tree(tmp_path) == before


def test_a_corpus_needs_an_output_folder(shards: Path) -> None:
    assert "needs -o DIR" in run(shards / "part-02.jsonl", code=2).stderr


@pytest.mark.parametrize("inputs", ["in", "in/*", "in/**/*.jsonl"])
def test_a_link_that_leads_nowhere_is_one_failed_shard(inputs: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a0.jsonl").write_bytes(jsonl(pages(1)))
    (tmp_path / "in" / "b0.jsonl").symlink_to("gone.jsonl")
    # Found twice, it is still one.
    stderr = run(tmp_path / inputs, tmp_path / "in", "-o", tmp_path / "out", code=1).stderr
    assert f"{tmp_path / 'in' / 'b0.jsonl'}: No such file or directory" in stderr
    assert "1 of 2 shards finished" in stderr
    assert list(tree(tmp_path / "out")) == ["a0.jsonl"]
    assert "(1 of them before)" in run(tmp_path / "in", "-o", tmp_path / "out", "--resume", code=1).stderr


def test_dry_run_writes_nothing(shards: Path, tmp_path: Path) -> None:
    result = run(shards, "-o", tmp_path / "out", "--dry-run")
    assert len(result.stdout.splitlines()) == 20
    assert f"part-01.jsonl.zst (jsonl, zst, 0.0 MB) -> {tmp_path / 'out' / 'part-01.jsonl.zst'}" in result.stdout
    assert "nothing was written" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_in_folders_and_globs(tmp_path: Path) -> None:
    for name in ("c4.00000.json.gz", "deep/a.JSON", "b.json.zst", "dataset_info.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def found(pattern: str = "") -> list[tuple[str, str, str | None]]:
        return [(job.name, job.format, job.compression) for job in plan([str(tmp_path / pattern)], tmp_path / "out", None)]

    compressed = [("b.json.zst", "jsonl", "zst"), ("c4.00000.json.gz", "jsonl", "gz")]
    # Plain .json is taken for a shard where it is named or matched, not wherever it lies.
    assert found() == compressed
    assert found("*") == [*compressed, ("dataset_info.json", "jsonl", None)]
    assert found("deep/*.JSON") == [("a.JSON", "jsonl", None)]
    assert found("**/*.JSON") == [("deep/a.JSON", "jsonl", None)]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (["mix"], "2 plain .json files below mix passed over; write 'mix/**/*.json' if they are shards"),
        (["mix/deep"], "1 plain .json below mix/deep passed over; write 'mix/deep/*.json' if it is a shard"),
        (["mix", "more"], "3 plain .json files below mix and other folders passed over; write 'mix/**/*.json' if they are shards"),
        (["m*"], "3 plain .json files below mix and other folders passed over; write 'mix/**/*.json' if they are shards"),
        (["[1]"], "1 plain .json below [1] passed over; write '[[]1]/*.JSON' if it is a shard"),
        # As the message asks for, or whatever else means them.
        (["mix", "mix/**/*.json"], None),
        (["mix", "./mix/b.json"], "1 plain .json below mix passed over; write 'mix/**/*.json' if it is a shard"),
        (["**"], None),
    ],
)
def test_plain_json_that_is_passed_over_is_told(
    inputs: list[str], told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "mix/a.jsonl",
        "mix/b.json",
        "mix/deep/c.json",
        "mix/deep/d.csv",
        "more/e.json",
        "more/f.jsonl",
        "[1]/g.JSON",
        "[1]/h.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    messages: list[str] = []
    plan(inputs, Path("out"), None, messages.append)
    assert messages == ([] if told is None else [told])


def test_a_folder_of_plain_json_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.json", "b.json"):
        (tmp_path / "in" / name).write_bytes(jsonl(["Advertisement"]))
    pattern = f"{tmp_path / 'in'}/*.json"
    said = f"2 plain .json files below {tmp_path / 'in'} passed over; write '{pattern}' if they are shards"
    stderr = run(tmp_path / "in", "-o", tmp_path / "out", code=2).stderr
    assert stderr == f"cleantext: {tmp_path / 'in'}: no shards found, and {said} (see cleantext --help)\n"
    assert "passed over" not in run(pattern, "-o", tmp_path / "out").stderr
    (tmp_path / "in" / "c.jsonl").write_bytes(jsonl(["Advertisement"]))
    assert run(tmp_path / "in", "-o", tmp_path / "new").stderr.startswith(f"cleantext: {said}\n")


def test_names() -> None:
    assert parse("x.parquet") == ("parquet", None)
    assert parse("x.tar.gz") is None
    assert parse("jsonl") is None


# --- resuming


def test_existing_output_is_not_touched_unasked(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "part-02.jsonl").write_text("mine")
    result = run(shards / "part-02.jsonl", "-o", out, code=2)
    assert "--resume goes on there, --overwrite starts anew" in result.stderr
    assert (out / "part-02.jsonl").read_text() == "mine"
    run(shards / "part-02.jsonl", "-o", out, "--overwrite")
    assert "z" in (out / "part-02.jsonl").read_text()


def test_resume_cleans_only_what_changed(shards: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(shards, source)
    run(source, "-o", out)

    def resumed(*options: object) -> int:
        """How many shards were cleaned."""
        result = run(source, "-o", out, "--resume", *options)
        (before,) = re.findall(r"\((\d+) of them before\)", result.stderr) or ["0"]
        return 20 - int(before)

    assert resumed() == 0
    target = out / "part-02.jsonl"
    stamp = target.stat().st_mtime_ns
    os.utime(source / "part-02.jsonl")  # touched, not changed: told by its content
    assert resumed() == 0
    assert target.stat().st_mtime_ns == stamp
    # Changed within, with size and modification time as they were.
    status = (source / "part-02.jsonl").stat()
    data = (source / "part-02.jsonl").read_bytes()
    (source / "part-02.jsonl").write_bytes(data.replace(b'{"z": 0', b'{"z": 9'))
    os.utime(source / "part-02.jsonl", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert resumed() == 1
    assert target.read_bytes().startswith(b'{"z": 9')
    (source / "part-02.jsonl").write_bytes(data)
    (out / "part-03.jsonl.zst").unlink()
    (out / "part-04.jsonl").write_bytes(b"cut off")
    assert resumed() == 3
    assert tree(out) == undisturbed
    assert resumed("--stats") == 20  # it was not counted before
    assert resumed() == 0
    assert resumed("--threshold", "precision") == 20


def test_overwriting_leaves_and_tells_what_it_does_not_overwrite(tmp_path: Path) -> None:
    out, dropped = tmp_path / "out", tmp_path / "dropped.jsonl"
    for name in ("in/a0.jsonl", "in/a1.jsonl", "other/b0.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jsonl(["Advertisement"]))
    run(tmp_path / "in", "-o", out, "--dropped", dropped)
    said = f"{out} also holds 2 shards of earlier runs, such as a0.jsonl; delete them if they are not wanted\n"
    assert said in run(tmp_path / "other", "-o", out, "--dropped", dropped, "--overwrite").stderr
    assert set(tree(out)) == {"a0.jsonl", "a1.jsonl", "b0.jsonl"}
    assert set(_records(dropped)) == set(tree(out))
    # They are not forgotten, and what is gone is not told of.
    assert "(2 of them before)" in run(tmp_path / "in", "-o", out, "--dropped", dropped, "--resume").stderr
    (out / "a0.jsonl").unlink()
    assert "1 shards of earlier runs, such as a1.jsonl" in run(tmp_path / "other", "-o", out, "--dropped", dropped, "--overwrite").stderr
    assert "earlier runs" not in run(tmp_path / "in", tmp_path / "other", "-o", out, "--overwrite").stderr
    # Without its records, the file of dropped lines is made anew.
    dropped.write_bytes(b"garbage")
    run(tmp_path / "other", "-o", out, "--dropped", dropped, "--overwrite")
    assert set(_records(dropped)) == {"b0.jsonl"}


@pytest.mark.parametrize("option", ["--overwrite", "--resume"])
def test_the_output_of_a_shard_that_fails_when_cleaned_again_stays_with_its_dropped_lines(option: str, tmp_path: Path) -> None:
    source, out, dropped = tmp_path / "in", tmp_path / "out", tmp_path / "dropped.jsonl"
    source.mkdir()
    for name in ("a0.jsonl", "a1.jsonl"):
        (source / name).write_bytes(jsonl(["Advertisement", pages(1)[0]]))
    run(source, "-o", out, "--dropped", dropped)
    before, lines = tree(out), dropped.read_bytes()
    (source / "a0.jsonl").write_bytes(b"garbage\n")
    (source / "a2.jsonl").write_bytes(b"garbage\n")
    for _ in range(2):  # the manifest tells of the failed shard only at first
        first, second, last = run(source, "-o", out, "--dropped", dropped, option, code=1).stderr.splitlines()
        assert re.search(rf"a0\.jsonl: row 1: .*; {re.escape(str(out / 'a0.jsonl'))} is still the output of an earlier run$", first)
        assert "a2.jsonl: row 1: " in second
        assert "earlier run" not in second
        assert "1 of 3 shards finished" in last
        assert tree(out) == before
        assert dropped.read_bytes() == lines
    run(source / "a1.jsonl", "-o", out, "--dropped", dropped, option)
    assert dropped.read_bytes() == lines


def test_another_model_cleans_anew(shards: Path, tmp_path: Path) -> None:
    model, out = tmp_path / "model.bin", tmp_path / "out"
    arguments = (shards / "deep", "-o", out, "--model", model)
    drawn_model(1).save(model)
    run(*arguments)
    first = tree(out)
    assert "(4 of them before)" in run(*arguments, "--resume").stderr
    # Another model of the same name and version.
    drawn_model(2).save(model)
    assert "4 of 4 shards finished, " in run(*arguments, "--resume").stderr
    assert set(tree(out)) == set(first)
    for name, data in tree(out).items():
        assert data != first[name]
    text = json.loads(tree(out)["part-00.jsonl"].splitlines()[0])["text"]
    assert text == strip_boilerplate(pages(1, seed=0)[0], model=drawn_model(2))


def test_dropped_is_whole_after_resuming_with_changes(shards: Path, tmp_path: Path) -> None:
    source, out, dropped = tmp_path / "in", tmp_path / "out", tmp_path / "dropped.jsonl.zst"
    shutil.copytree(shards, source)
    shutil.move(source / "part-03.jsonl.zst", tmp_path / "later.jsonl.zst")
    run(source, "-o", out, "--dropped", dropped)
    shutil.move(tmp_path / "later.jsonl.zst", source / "part-03.jsonl.zst")
    (source / "part-06.jsonl").write_bytes(jsonl(["Advertisement"]))
    run(source, "-o", out, "--dropped", dropped, "--resume")
    run(source, "-o", tmp_path / "anew", "--dropped", tmp_path / "anew.jsonl.zst")
    assert zstd.decompress(dropped.read_bytes()) == zstd.decompress((tmp_path / "anew.jsonl.zst").read_bytes())
    assert tree(out) == tree(tmp_path / "anew")


def _records(path: Path) -> dict[str, int]:
    """How many dropped lines of each shard a file tells of."""
    shards = [json.loads(line)["shard"] for line in path.read_bytes().splitlines()]
    assert shards == sorted(shards)
    return {shard: shards.count(shard) for shard in shards}


def test_dropped_lines_of_shards_that_a_run_does_not_name_stay(tmp_path: Path) -> None:
    source, out, dropped = tmp_path / "in", tmp_path / "out", tmp_path / "dropped.jsonl"
    source.mkdir()
    for number in range(3):
        (source / f"a{number}.jsonl").write_bytes(jsonl(pages(8, seed=number)))
    run(source, "-o", out, "--dropped", dropped)
    first = _records(dropped)
    assert set(first) == {"a0.jsonl", "a1.jsonl", "a2.jsonl"}
    with (source / "a2.jsonl").open("ab") as file:
        file.write(jsonl(["Advertisement"]))
    run(source / "a2.jsonl", "-o", out, "--dropped", dropped, "--resume")
    expected = first | {"a2.jsonl": first["a2.jsonl"] + 1}
    assert _records(dropped) == expected
    assert "3 of 3 shards finished (3 of them before)" in run(source, "-o", out, "--dropped", dropped, "--resume").stderr
    # A file that does not have what a shard lost is no proof that the shard is done.
    lines = dropped.read_bytes().splitlines(keepends=True)
    dropped.write_bytes(b"".join(line for line in lines if b'"a1.jsonl"' not in line))
    assert "(2 of them before)" in run(source, "-o", out, "--dropped", dropped, "--resume").stderr
    assert dropped.read_bytes().splitlines(keepends=True) == lines
    # Nor does the last line need its end.
    dropped.write_bytes(b"".join(lines)[:-1])
    with (source / "a0.jsonl").open("ab") as file:
        file.write(jsonl(["Advertisement"]))
    run(source, "-o", out, "--dropped", dropped, "--resume")
    assert _records(dropped) == expected | {"a0.jsonl": first["a0.jsonl"] + 1}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("out/a0.jsonl", "is a name that the run itself writes to"),
        ("out/../out/a0.jsonl", "is a name that the run itself writes to"),
        ("out/_cleantext/manifest.jsonl", "is a name that the run itself writes to"),
        ("out/dropped.jsonl", "readers of the output folder would take it for a shard; call it _dropped.jsonl, or put it elsewhere"),
        ("in/a0.jsonl", "is one of the inputs"),
        ("gone/dropped.jsonl", "there is no folder "),
        ("out/_gone/dropped.jsonl", "there is no folder "),
    ],
)
@pytest.mark.parametrize("made", [True, False], ids=["old folder", "new folder"])
def test_where_dropped_lines_cannot_go(name: str, problem: str, made: bool, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a0.jsonl").write_bytes(jsonl(["Advertisement"]))
    if made:
        (tmp_path / "out").mkdir()
    before = tree(tmp_path)
    for option in ("--stats", "--overwrite"):
        result = run(tmp_path / "in", "-o", tmp_path / "out", "--dropped", tmp_path / name, option, code=2)
        assert f"--dropped {tmp_path / name}: {problem}" in result.stderr
        assert tree(tmp_path) == before
        assert (tmp_path / "out").exists() == made


def test_dropped_lines_in_an_output_folder_that_the_run_makes(tmp_path: Path) -> None:
    (tmp_path / "a0.jsonl").write_bytes(jsonl(["Advertisement"]))
    arguments = (tmp_path / "a0.jsonl", "-o", tmp_path / "out", "--dropped", tmp_path / "out" / "_dropped.jsonl")
    run(*arguments)
    assert _records(tmp_path / "out" / "_dropped.jsonl") == {"a0.jsonl": 1}
    assert "(1 of them before)" in run(*arguments, "--resume").stderr
    assert [job.name for job in plan([str(tmp_path / "out")], tmp_path / "next", None)] == ["a0.jsonl"]


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_dropped_lines_taken_over_are_the_same_bytes(kind: str, tmp_path: Path) -> None:
    arguments = ("--dropped", tmp_path / f"dropped.{kind}", "--workers", 1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(jsonl(["Advertisement\n" * 20]) * 1500)  # several pieces of 1 MB
    run(tmp_path / "in", "-o", tmp_path / "out", *arguments)
    (tmp_path / "in" / "b.jsonl").write_bytes(jsonl(["Advertisement"]))
    assert "1 of them before" in run(tmp_path / "in", "-o", tmp_path / "out", *arguments, "--resume").stderr
    resumed = (tmp_path / f"dropped.{kind}").read_bytes()
    run(tmp_path / "in", "-o", tmp_path / "anew", *arguments, "--overwrite")
    assert (tmp_path / f"dropped.{kind}").read_bytes() == resumed


def test_a_dropped_file_is_read_only_where_lines_of_it_may_stay(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(["Advertisement"]))
    arguments = [str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out"), "--dropped", str(tmp_path / "dropped.jsonl")]
    code = (
        "import sys\nfrom cleantext.cli import main\nread = []\n"
        "sys.addaudithook(lambda event, about: event == 'open' and str(about[0]) == sys.argv[-1] and read.append(event))\n"
        "for option in ('--overwrite', '--overwrite', '--resume', '--resume'):\n"
        "    read.clear()\n    main([*sys.argv[1:-1], option])\n    print(len(read))\n"
    )
    (tmp_path / "dropped.jsonl").write_bytes(_RECORD % b"a.jsonl")
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments, arguments[-1]], capture_output=True, text=True, env=environment(), check=True
    )
    # Nothing is there yet, then there is; with --resume once is enough.
    assert result.stdout.split() == ["0", "1", "1", "1"]


def test_dropped_lines_of_a_run_that_ends_as_the_next_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, dropped = tmp_path / "out", tmp_path / "dropped.jsonl"
    for name in ("a0.jsonl", "a1.jsonl"):
        (tmp_path / name).write_bytes(jsonl(["Advertisement"]))

    def late(output: Path) -> Manifest:
        run(tmp_path / "a0.jsonl", "-o", out, "--dropped", dropped)
        return Manifest(output)

    monkeypatch.setattr("cleantext.corpus.runner.Manifest", late)
    assert main([str(tmp_path / "a1.jsonl"), "-o", str(out), "--dropped", str(dropped), "--resume"]) == 0
    assert _records(dropped) == {"a0.jsonl": 1, "a1.jsonl": 1}


def test_two_runs_with_one_file_of_dropped_lines(tmp_path: Path) -> None:
    dropped = tmp_path / "dropped.jsonl"
    (tmp_path / "link.jsonl").symlink_to(dropped)
    (tmp_path / "a.jsonl").write_bytes(jsonl(pages(2000)) * 30)
    (tmp_path / "b.jsonl").write_bytes(jsonl(["Advertisement"]))
    process = start(tmp_path / "a.jsonl", "-o", tmp_path / "a", "--dropped", dropped, "--workers", 1)
    while not (tmp_path / "a").exists() or not orphans(tmp_path / "a"):
        time.sleep(0.005)
        assert process.poll() is None
    arguments = (tmp_path / "b.jsonl", "-o", tmp_path / "b", "--dropped", tmp_path / "link.jsonl")
    for option in ("--stats", "--resume", "--overwrite"):
        stderr = run(*arguments, option, code=2).stderr
        assert f"--dropped {tmp_path / 'link.jsonl'}: another run is writing to it; wait" in stderr
    assert tree(tmp_path / "b") == {}
    run(tmp_path / "b.jsonl", "-o", tmp_path / "c", "--dropped", tmp_path / "other.jsonl")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    run(*arguments)
    assert _records(dropped) == {"b.jsonl": 1}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


_RECORD = b'{"shard": "%s", "row": 1, "text": "Advertisement"}\n'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"garbage\n", "line 1 is no record of a line dropped"),
        (b'{"a": 1}\n', "line 1 is no record"),
        (b"\xff\n", "line 1 is no record"),
        (b"[" * 100_000, "line 1 is no record"),
        (_RECORD % b"a0.jsonl" + b'{"shard": "a0.jsonl", "row": 2, "te', "line 2 is no record"),
        (_RECORD % b"b" + _RECORD % b"a", "in order of their shards: a comes after b"),
    ],
    ids=["text", "other JSON", "not UTF-8", "nested", "cut off", "order"],
)
@pytest.mark.parametrize("name", ["dropped.jsonl", "dropped.jsonl.gz"])
def test_a_dropped_file_of_something_else(name: str, data: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "a0.jsonl").write_bytes(jsonl(["Advertisement"]))
    dropped, out = tmp_path / name, tmp_path / "out"
    dropped.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    arguments = (tmp_path / "a0.jsonl", "-o", out, "--dropped", dropped)
    stderr = run(*arguments, "--resume", code=2).stderr
    assert f"--dropped {dropped}: " in stderr
    assert problem in stderr
    assert not out.exists()
    run(*arguments, "--overwrite")
    data = dropped.read_bytes()
    assert [json.loads(line)["text"] for line in (gzip.decompress(data) if name.endswith("gz") else data).splitlines()] == ["Advertisement"]


def test_a_damaged_dropped_file(tmp_path: Path) -> None:
    (tmp_path / "a0.jsonl").write_bytes(jsonl(["Advertisement"]))
    dropped = tmp_path / "dropped.jsonl.gz"
    arguments = (tmp_path / "a0.jsonl", "-o", tmp_path / "out", "--dropped", dropped)
    run(*arguments)
    whole = dropped.read_bytes()
    dropped.write_bytes(whole[:-9])
    assert "is truncated" in run(*arguments, "--resume", code=2).stderr
    run(*arguments, "--overwrite")
    assert dropped.read_bytes() == whole


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_a_damaged_part_of_the_dropped_lines(kind: str, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"a{number}.jsonl").write_bytes(jsonl(["Advertisement"]))
    inputs, dropped = [tmp_path / f"a{number}.jsonl" for number in range(3)], tmp_path / f"dropped.jsonl.{kind}"
    arguments = (*inputs, "-o", tmp_path / "out", "--dropped", dropped)
    run(*arguments)
    whole, files = dropped.read_bytes(), tree(tmp_path / "out")
    # As a killed run leaves them, and the disk damages one; the lines that the older file has must not come back for it.
    parts = [tmp_path / "out" / STATE / "dropped" / f"a{number}.jsonl.jsonl" for number in (0, 1)]
    parts[0].parent.mkdir()
    for number, part in enumerate(parts):
        run(inputs[number], "-o", tmp_path / "other", "--dropped", tmp_path / f"{number}.jsonl.{kind}")
        shutil.rmtree(tmp_path / "other")
        part.write_bytes((tmp_path / f"{number}.jsonl.{kind}").read_bytes()[: -9 * number or None])
    stderr = run(*arguments, "--resume", code=1).stderr
    how = "a1.jsonl must be cleaned anew: the same command with --resume goes on from there"
    assert stderr == f"cleantext: {parts[1]}: is truncated: the file ends before its compressed data does; {how}\n"
    assert dropped.read_bytes() == whole
    assert "3 of 3 shards finished (2 of them before)" in run(*arguments, "--resume").stderr
    assert not any(part.exists() for part in parts)
    assert dropped.read_bytes() == whole
    assert tree(tmp_path / "out") == files


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes for names")
@pytest.mark.parametrize("workers", [1, 2])
def test_names_that_are_not_utf8(workers: int, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    source, out, dropped = tmp_path / "in", tmp_path / "out", tmp_path / os.fsdecode(b"dr\xe9.jsonl")
    source.mkdir()
    (source / name).write_bytes(b"broken\n" + jsonl(["Advertisement"]))
    (source / "a.jsonl").write_bytes(jsonl(["Advertisement"]))
    arguments = (source, "-o", out, "--dropped", dropped, "--on-error", "skip", "--workers", workers)
    stderr = run(*arguments, code=1).stderr
    assert "caf\\udce9.jsonl: row 1: JSON is malformed" in stderr
    assert "2 of 2 shards finished" in stderr
    assert json.loads((out / STATE / "skipped" / f"{name}.errors.jsonl").read_bytes())["shard"] == name
    assert _records(dropped) == {"a.jsonl": 1, name: 1}
    # Nor is such a shard forgotten.
    assert "2 of 2 shards finished (2 of them before)" in run(*arguments, "--resume", code=1).stderr


def test_side_files_of_an_earlier_run_go_away(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"broken\n" + jsonl(pages(2)))
    run(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--on-error", "skip", code=1)
    assert len(tree(tmp_path / "out")) == 3
    # The finished shard has not forgotten its skipped row.
    assert "1 rows skipped" in run(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--on-error", "skip", "--resume", code=1).stderr
    (tmp_path / "a.jsonl").write_bytes(jsonl(pages(2)))
    run(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--on-error", "skip", "--resume")
    assert list(tree(tmp_path / "out")) == ["a.jsonl"]
    assert [path.name for path in (tmp_path / "out" / STATE).iterdir()] == ["manifest.jsonl"]


# --- kills and interrupts


def start(*arguments: object) -> subprocess.Popen[str]:
    """A run as the leader of its own process group, as a shell would start it."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
        # Not ignored, as it is for what a shell starts in the background, these tests included.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no threads here)
    )


def wait_until_group_is_gone(group: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail(f"processes of the run are still there after {seconds} s")


@pytest.mark.parametrize("wanted", [8, pytest.param(30, marks=pytest.mark.long)])
def test_killed_at_many_moments_and_resumed(wanted: int, shards: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    draw = random.Random(20)
    out, dropped = tmp_path / "out", tmp_path / "dropped.jsonl"
    expected = (shards.parent / "dropped.jsonl").read_bytes()
    arguments = (shards, "-o", out, "--dropped", dropped, "--resume", "--workers", 2)
    begin = time.monotonic()
    run(*arguments)
    whole = time.monotonic() - begin
    shutil.rmtree(out)
    dropped.unlink()
    kills = finished = found = 0
    while kills < wanted:
        process = start(*arguments)
        # From the first moment to a little after the last; a run that goes on from a killed one is shorter.
        try:
            process.wait(draw.uniform(0.0, 1.1) * whole)
        except subprocess.TimeoutExpired:
            if kills % 2:
                os.killpg(process.pid, signal.SIGKILL)  # the whole machine, as it were
            else:
                process.kill()  # only the parent: its workers must notice
            kills += 1
        process.communicate()
        found += bool(orphans(out))
        if process.returncode == 0:
            finished += 1
            assert tree(out) == undisturbed
            shutil.rmtree(out)  # so that the next kills have something to hit
            dropped.unlink()
        else:
            assert process.returncode == -signal.SIGKILL
            for name, data in tree(out).items():  # whatever has its name is whole
                assert is_temporary(Path(name).name) or name.startswith(STATE) or data == undisturbed[name]
    wait_until_group_is_gone(process.pid, 10)
    run(*arguments)
    assert tree(out) == undisturbed
    assert dropped.read_bytes() == expected
    assert orphans(tmp_path) == []
    assert [path.name for path in (out / STATE).iterdir()] == ["manifest.jsonl"]


def test_a_shard_is_finished_once_its_line_is_on_the_disk(tmp_path: Path) -> None:
    entry = Entry("a.jsonl", InputMark(1, 2, 3), "settings", {"a.jsonl": 4}, Tally(rows=5), has_reports=False)
    with Manifest(tmp_path) as manifest:
        manifest.entries[entry.shard] = entry  # as a signal leaves it that comes before the line
        manifest.reload()
        assert manifest.entries == {}
        manifest.add(entry)
        manifest.forget(entry.shard)
        manifest.reload()
        assert manifest.entries == {entry.shard: entry}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("to", ["group", "parent"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_interrupt(workers: int, to: str, number: signal.Signals, tmp_path: Path) -> None:
    source, out = write_shards(tmp_path / "in", 60, 400), tmp_path / "out"
    manifest = out / STATE / "manifest.jsonl"
    process = start(source, "-o", out, "--workers", workers)
    while not manifest.exists() or manifest.stat().st_size == 0:  # until a shard is finished
        time.sleep(0.005)
        assert process.poll() is None
    begin = time.monotonic()
    (os.killpg if to == "group" else os.kill)(process.pid, number)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - begin < 2
    assert process.returncode == 128 + number
    message = re.fullmatch(
        r"cleantext: (\w+); (\d+) of 60 shards are finished; the same command with --resume goes on from there\n",
        stderr,
    )
    assert message, stderr
    assert message[1] == ("interrupted" if number == signal.SIGINT else "terminated")
    assert 1 <= int(message[2]) < 60
    wait_until_group_is_gone(process.pid, 10)  # init may be slow to reap
    assert orphans(out) == []
    result = run(source, "-o", out, "--resume")
    assert f"60 of 60 shards finished ({message[2]} of them before)" in result.stderr


@pytest.mark.parametrize(("options", "how"), [([], "--resume"), (["--overwrite"], "--resume in place of --overwrite")])
def test_interrupt_within_one_shard(options: list[str], how: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(pages(2000)) * 30)
    process = start(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--workers", 2, *options)
    while not (tmp_path / "out").exists() or not orphans(tmp_path / "out"):  # until it writes
        time.sleep(0.005)
        assert process.poll() is None
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - begin < 2
    assert process.returncode == 130
    assert f"0 of 1 shards are finished; the same command with {how} goes on from there" in stderr
    wait_until_group_is_gone(process.pid, 10)  # init may be slow to reap
    assert tree(tmp_path / "out") == {}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists(), reason="needs /proc")
@pytest.mark.parametrize("count", [1, 60], ids=["within a shard", "among shards"])
def test_a_killed_worker_is_told_and_the_rest_finishes(count: int, tmp_path: Path) -> None:
    source, out = write_shards(tmp_path / "in", count, 24_000 // count), tmp_path / "out"
    process = start(source, "-o", out, "--workers", 2)
    while not out.exists() or not orphans(out):
        time.sleep(0.005)
        assert process.poll() is None
    workers = [pid for pid in _children(process.pid) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(workers[0], signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "a worker process died" in stderr
    failed = stderr.count("a worker process died")
    assert 1 <= failed <= 2
    assert f"{count - failed} of {count} shards finished" in stderr
    assert orphans(out) == []
    run(source, "-o", out, "--resume")
    assert len(tree(out)) == count


def test_two_runs_into_one_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(pages(2000)) * 30)
    process = start(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--workers", 1)
    while not (tmp_path / "out").exists() or not orphans(tmp_path / "out"):
        time.sleep(0.005)
    assert "another run is writing" in run(tmp_path / "a.jsonl", "-o", tmp_path / "out", "--resume", code=2).stderr
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


# --- disks


def test_a_limit_on_file_sizes(shards: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limit = 32 << 10  # above the manifest and the .zst shards, below the others
    result = subprocess.run(
        command(shards, "-o", tmp_path / "out", "--workers", 1),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert result.returncode == 1
    large = {name for name, data in undisturbed.items() if len(data) > limit}
    assert 0 < len(large) < 20
    for name in large:
        assert re.search(rf"{re.escape(str(shards / name))}: {re.escape(str(tmp_path / 'out' / name))}: ", result.stderr)
    files = tree(tmp_path / "out")
    assert files == {name: data for name, data in undisturbed.items() if name not in large}


def test_a_manifest_that_cannot_be_written(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "in").mkdir()
    for number in range(20):
        (tmp_path / "in" / f"{number:02}.jsonl").write_bytes(jsonl(pages(2, seed=number)))
    limit = 4 << 10  # of some twelve shards' lines
    arguments = (tmp_path / "in", "-o", tmp_path / "out", "--workers", 1)
    result = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert result.returncode == 1
    manifest = tmp_path / "out" / STATE / "manifest.jsonl"
    assert result.stderr == f"cleantext: {manifest}: File too large; the same command with --resume goes on from there\n"
    finished = manifest.read_bytes().count(b"\n")
    assert 5 < finished < 20
    assert f"20 of 20 shards finished ({finished} of them before)" in run(*arguments, "--resume").stderr
    run(tmp_path / "in", "-o", tmp_path / "undisturbed")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        (tmp_path / "a.jsonl").write_bytes(jsonl(pages(50)))
        (tmp_path / "b.jsonl").write_bytes(jsonl(pages(4000)))
        result = run(tmp_path / "a.jsonl", tmp_path / "b.jsonl", "-o", disk / "out", code=1)
        assert f"b.jsonl: {disk / 'out' / 'b.jsonl'}: No space left on device" in result.stderr
        assert list(tree(disk / "out")) == ["a.jsonl"]
        assert orphans(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- progress


def test_progress_on_a_terminal_only(shards: Path, tmp_path: Path) -> None:
    pytest.importorskip("tqdm")
    assert "\r" not in run(shards, "-o", tmp_path / "silent").stderr
    parent, child = pty.openpty()
    termios.tcsetwinsize(child, (24, 100))
    process = subprocess.Popen(command(shards, "-o", tmp_path / "out", "--workers", 2), stderr=child, env=environment())
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(parent)
    assert process.wait(30) == 0
    text = shown.decode()
    assert re.search(r"\d+%.*B \[\d\d:\d\d<.*rows/s.*MB/s", text)
    assert text.rstrip().splitlines()[-1].startswith("cleantext: 20 of 20 shards finished")


def test_plan_refuses_standard_input(tmp_path: Path) -> None:
    with pytest.raises(CorpusUsageError, match="standard input"):
        plan(["-"], tmp_path, "jsonl")
