"""The command line on pages of text, as a shell sees it: real processes, real pipes, a real terminal."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import cleantext
from cleantext import LineModel, __version__, explain, strip_boilerplate
from cleantext.cli import main

PAGE = """\
The harbour will stay closed until Friday, the port authority said on Tuesday evening.

Advertisement

Divers found the anchor on the second day of the search, forty metres from where the ferry had lain.
"""
OTHER = "The bakery on the corner opens at five, and by six there is a queue around the block.\n"


# So that a checkout that is not installed is found from any folder.
HOME = str(Path(cleantext.__file__).parents[1])


def run(*arguments: str | Path, stdin: bytes | None = None, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cleantext", *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": HOME} | env,
        timeout=60,
        check=False,
    )


def errors(result: subprocess.CompletedProcess[bytes]) -> list[str]:
    """The lines of standard error; each must be one of ours, and no traceback."""
    lines = result.stderr.decode().splitlines()
    assert all(line.startswith("cleantext: ") for line in lines), result.stderr.decode()
    return lines


def cleaned(page: str) -> bytes:
    text = strip_boilerplate(page)
    return text.encode() + b"\n" if text else b""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_prints_the_content_with_one_final_line_end(page: Path) -> None:
    result = run(page)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == cleaned(PAGE)
    assert b"Advertisement" not in result.stdout
    assert result.stdout.endswith(b"lain.\n")


def test_a_page_of_which_nothing_is_left_prints_nothing(page: Path) -> None:
    result = run(page, "--threshold", "1")
    assert (result.returncode, result.stdout) == (0, b"")


@pytest.mark.parametrize("arguments", [["-"], []], ids=["dash", "no argument"])
def test_reads_standard_input(arguments: list[str]) -> None:
    assert run(*arguments, stdin=PAGE.encode()).stdout == cleaned(PAGE)


def test_several_files_follow_each_other(page: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(OTHER)
    result = run(page, tmp_path / "other.txt", "-", stdin=PAGE.encode())
    assert result.stdout == cleaned(PAGE) + cleaned(OTHER) + cleaned(PAGE)


# --- encodings


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"\xef\xbb\xbf" + OTHER.encode(), []),
        ("\ufeff".encode("utf-16-le") + OTHER.encode("utf-16-le"), ["--encoding", "utf-16"]),
        (OTHER.encode("utf-16-le"), ["--encoding", "utf-16-le"]),
        (OTHER.encode("cp1252"), ["--encoding", "cp1252"]),
    ],
    ids=["utf-8 with BOM", "utf-16", "utf-16-le", "cp1252"],
)
def test_encodings(data: bytes, options: list[str]) -> None:
    result = run(*options, "-", stdin=data)
    assert (result.returncode, result.stdout) == (0, cleaned(OTHER))


def test_undecodable_bytes_name_file_offset_and_option(tmp_path: Path) -> None:
    path = tmp_path / "menu.txt"
    path.write_bytes(b"The caf\xe9 is open.\n")
    result = run(path)
    (line,) = errors(result)
    assert (result.returncode, result.stdout) == (1, b"")
    assert str(path) in line
    assert "byte 7 (0xe9)" in line
    assert "--encoding" in line


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
@pytest.mark.parametrize(
    ("data", "kind"),
    [(gzip.compress(PAGE.encode()), "gzip"), (b"\x28\xb5\x2f\xfd\x04\x00" + bytes(range(256)), "zstd")],
    ids=["gzip", "zstd"],
)
def test_a_compressed_page_is_told_to_be_decompressed(data: bytes, kind: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a page"
    path.write_bytes(data)
    for result, name, source in (
        (run("--encoding", encoding, path), str(path), f" '{path}'"),
        (run("--encoding", encoding, stdin=data), "standard input", ""),
    ):
        (line,) = errors(result)
        assert (result.returncode, result.stdout) == (1, b"")
        assert f"{name}: is compressed with {kind}; decompress it first ({kind} -dc{source} | cleantext);" in line
        assert "--format" in line


@pytest.mark.parametrize("options", [["--json"], ["--explain", "--json"], ["--explain"], []], ids=" ".join)
def test_a_file_name_that_is_not_utf_8(options: list[str], tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    try:
        path.write_text(PAGE)
    except OSError:
        pytest.skip("this file system takes no such names")
    result = run(*options, path, path)
    assert errors(result) == []
    assert result.returncode == 0
    if "--json" in options:
        assert [json.loads(line)["file"] for line in result.stdout.decode().splitlines()] == [str(path)] * 2
    elif options:
        assert "caf\\udce9.txt" in result.stdout.decode()
    else:
        assert result.stdout == cleaned(PAGE) * 2


@pytest.mark.parametrize(("options", "expected"), [([], "\ufffd"), (["--json"], "\ud800")], ids=["text", "json"])
def test_lone_surrogates_without_normalisation(options: list[str], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "surrogates.txt"
    path.write_text(OTHER.strip().replace("five", r"\ud800 five \ud83d\ude42"))
    result = run("--encoding", "unicode_escape", "--no-normalize", *options, path)
    assert (errors(result), result.returncode) == ([], 0)
    text = result.stdout.decode()
    text = json.loads(text)["text"] if options else text.removesuffix("\n")
    assert text == OTHER.strip().replace("five", f"{expected} five \N{SLIGHTLY SMILING FACE}")


@pytest.mark.parametrize("name", ["no-such-codec", "base64"])
def test_an_unknown_encoding_is_a_usage_error(name: str, page: Path) -> None:
    result = run("--encoding", name, page)
    (line,) = errors(result)
    assert result.returncode == 2
    assert name in line


# --- HTML

IS_HTML = [
    "<!DOCTYPE html>",
    "\ufeff\n <!doctype html public",
    "<html lang=en>",
    "<HEAD>",
    "<body\n",
    '<?xml version="1.0"?>\n<!DOCTYPE html>',
    "<!-- saved\nin 2024 --> <!----> <html>",
]
IS_TEXT = ["<header> is an element.", "<html-webpack>", "html", "<p>", "On <html>\n", "<!-- <html> is left out", "<!---->" * 500, "<"]


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_pages_of_html_are_told_of_and_cleaned(options: list[str], tmp_path: Path) -> None:
    for number, beginning in enumerate([*IS_HTML, *IS_TEXT]):
        (tmp_path / f"{number}.txt").write_text(f"{beginning}\n{OTHER}", encoding="utf-8")
    names = [f"{number}.txt" for number in range(len(IS_HTML) + len(IS_TEXT))]
    result = run(*options, *names, "-", cwd=tmp_path, stdin=b"<html>" + OTHER.encode())
    told = errors(result)
    assert [line.split(":")[1].strip() for line in told] == [*names[: len(IS_HTML)], "standard input"]
    assert all("is HTML" in line and "inscriptis" in line for line in told)
    assert (result.returncode, result.stdout.decode().count(OTHER.strip())) == (0, len(names) + 1)


# --- failures


def test_other_files_are_cleaned_when_one_fails(page: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "gone.txt", tmp_path, page)
    missing, folder = errors(result)
    assert result.returncode == 1
    assert result.stdout == cleaned(PAGE)
    assert "gone.txt: No such file or directory" in missing
    assert "is a folder" in folder
    assert "-o DIR" in folder


def test_a_pattern_in_quotes_says_what_it_needs(page: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "*.text", page)
    (line,) = errors(result)
    assert (result.returncode, result.stdout) == (1, cleaned(PAGE))
    assert "*.text: No such file or directory; a pattern in quotes needs -o DIR" in line
    page.rename(tmp_path / "page[1].txt")
    assert run(tmp_path / "page[1].txt").stdout == cleaned(PAGE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("by", ["stdout", "-o"])
def test_a_full_disk(by: str, page: Path) -> None:
    if by == "-o":
        result = run(page, "-o", "/dev/full")
    else:
        with open("/dev/full", "wb") as full:
            result = subprocess.run([sys.executable, "-m", "cleantext", page], stdout=full, stderr=subprocess.PIPE, check=False)
    (line,) = errors(result)
    assert result.returncode == 1
    assert "No space left on device" in line


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_takes_more_than_it_holds(unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(OTHER * 3000)
    assert run(tmp_path / "long.txt", PYTHONUNBUFFERED=unbuffered).stdout == cleaned(OTHER * 3000)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe(unbuffered: str, tmp_path: Path) -> None:
    # More than a pipe holds (64 KB), so that the write meets the closed end.
    path = tmp_path / "long.txt"
    path.write_text(OTHER * 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "cleantext", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    assert process.stdout.read(10) == OTHER[:10].encode()
    process.stdout.close()
    assert process.stderr is not None
    message = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) == 1
    assert message.startswith("cleantext: standard output: closed")
    assert message.count("\n") == 1


@pytest.mark.parametrize("options", ["", "--explain", "--json", "--explain --json"])
def test_a_closed_standard_output(options: str, page: Path) -> None:
    result = subprocess.run(f'exec "{sys.executable}" -m cleantext {options} "{page}" >&-', shell=True, stderr=subprocess.PIPE, check=False)
    assert errors(result) == ["cleantext: standard output: is closed"]
    assert result.returncode == 1


def test_ctrl_c() -> None:
    # Whoever starts the tests in the background may have them ignore the signal, which children inherit.
    process = subprocess.Popen(
        [sys.executable, "-m", "cleantext", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (no threads here)
    )
    time.sleep(1.5)  # it waits for its input by then
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    assert stderr == b"cleantext: interrupted\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--threshold", "1.5"],
        ["--threshold", "nan"],
        ["--threshold", "strict"],
        ["--model", "gone.bin"],
        ["--workers", "0"],
        ["--text-key", "body"],  # corpora only
        ["--no-such-option"],
        ["-o", "gone/out.txt"],
        ["-o", ""],
        [""],
        ["--model", "gone.bin", "-o", "made/"],
        ["./page.txt", "-o", "made/out"],  # both would be made/out/page.txt
        ["-o", "page.txt/"],
        ["--format", "text", "--json", "-o", "made/"],  # a corpus prints JSON with --stats only
        ["--format", "text", "-o", ""],
        ["--format", "text", "-o", "made/", "--resume", "--overwrite"],
        ["--format", "text", "-o", "made/", "--resume", "--overwrite", "--dry-run"],
    ],
    ids=" ".join,
)
def test_usage_errors(arguments: list[str], page: Path, tmp_path: Path) -> None:
    result = run(page, *arguments, cwd=tmp_path)
    assert len(errors(result)) == 1
    assert (result.returncode, result.stdout) == (2, b"")
    assert sorted(tmp_path.iterdir()) == [page]


@pytest.fixture
def named_model(tmp_path: Path) -> Path:
    """A model with a threshold of another name, and none of the usual ones."""
    model = LineModel.load()
    LineModel(model.arrays, model.info | {"thresholds": {"mine": 0.4}}).save(tmp_path / "mine.bin")
    return tmp_path / "mine.bin"


@pytest.fixture(params=["page.txt", "shard.csv"])
def any_input(request: pytest.FixtureRequest, page: Path, tmp_path: Path) -> Path:
    """What text mode takes, and what corpus mode takes."""
    if request.param == "page.txt":
        return page
    quoted = PAGE.replace('"', '""')
    (tmp_path / request.param).write_text(f'text\n"{quoted}"\n', encoding="utf-8")
    return tmp_path / str(request.param)


def test_threshold_of_a_models_own_name(any_input: Path, named_model: Path, tmp_path: Path) -> None:
    for name, threshold in (("named", "mine"), ("number", "0.4")):
        (tmp_path / name).mkdir()
        result = run(any_input, "--model", named_model, "--threshold", threshold, "-o", tmp_path / name)
        assert (result.returncode, b"Traceback" in result.stderr) == (0, False)
    named, number = (tmp_path / name / any_input.name for name in ("named", "number"))
    assert named.read_bytes() == number.read_bytes() != b""


@pytest.mark.parametrize("arguments", [["--threshold", "recall"], ["--threshold", "1.5"], []], ids=" ".join)
def test_threshold_that_the_model_does_not_know(arguments: list[str], any_input: Path, named_model: Path, tmp_path: Path) -> None:
    result = run(any_input, "--model", named_model, *arguments, "-o", f"{tmp_path / 'out'}/")
    (line,) = errors(result)
    assert result.returncode == 2
    assert "--threshold" in line
    assert "from 0 to 1" in line
    assert ("one of mine" in line) is ("1.5" not in arguments)
    assert not (tmp_path / "out").exists()


# --- output files


def test_output_file_and_folder(page: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(OTHER)
    assert run(page, "-o", tmp_path / "clean.txt").returncode == 0
    assert (tmp_path / "clean.txt").read_bytes() == cleaned(PAGE)
    result = run(page, tmp_path / "other.txt", "-", "-o", tmp_path / "new" / "clean", stdin=PAGE.encode())
    assert (result.returncode, result.stdout) == (0, b"")
    folder = tmp_path / "new" / "clean"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "page.txt": cleaned(PAGE),
        "other.txt": cleaned(OTHER),
        "stdin.txt": cleaned(PAGE),
    }


def test_a_single_input_into_an_existing_folder(page: Path, tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    assert run(page, "-o", tmp_path / "clean").returncode == 0
    assert (tmp_path / "clean" / "page.txt").read_bytes() == cleaned(PAGE)


@pytest.mark.parametrize("alias", ["same name", "symbolic link", "hard link", "folder"])
def test_an_input_is_never_overwritten(alias: str, page: Path, tmp_path: Path) -> None:
    target = page
    if alias == "symbolic link":
        target = tmp_path / "link.txt"
        target.symlink_to(page)
    elif alias == "hard link":
        target = tmp_path / "link.txt"
        target.hardlink_to(page)
    elif alias == "folder":
        target = tmp_path
    result = run(page, "-o", target)
    (line,) = errors(result)
    assert result.returncode == 2
    assert "would overwrite the input" in line
    assert page.read_text() == PAGE


def test_two_inputs_never_fall_on_one_output(page: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.txt").write_text(OTHER)
    result = run(page, tmp_path / "a" / "page.txt", "-o", tmp_path / "out")
    assert result.returncode == 2
    assert "would both be written to" in errors(result)[0]


def test_a_failed_write_leaves_the_old_output(page: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    target = tmp_path / "clean.txt"
    target.write_text("from before")
    result = subprocess.run(
        [sys.executable, "-m", "cleantext", page, "-o", target],
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)),
    )
    (line,) = errors(result)
    assert result.returncode == 1
    assert str(target) in line
    assert target.read_text() == "from before"
    assert sorted(tmp_path.iterdir()) == [target, page]


def test_output_through_a_link_keeps_the_link_and_the_permissions(page: Path, tmp_path: Path) -> None:
    (tmp_path / "real.txt").touch(mode=0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert run(page, "-o", tmp_path / "link.txt").returncode == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == cleaned(PAGE)
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640


# --- options


def test_threshold_and_normalisation(page: Path, tmp_path: Path) -> None:
    everything = run(page, "--threshold", "0").stdout
    assert b"Advertisement" in everything
    for name in ("precision", "balanced", "recall"):
        assert run(page, "--threshold", name).stdout == strip_boilerplate(PAGE, threshold=name).encode() + b"\n"
    damaged = "The cafÃ© in the old station serves breakfast until noon on every day of the week.\n"
    (tmp_path / "damaged.txt").write_text(damaged, encoding="utf-8")
    assert run(tmp_path / "damaged.txt").stdout.decode().startswith("The café")
    assert run(tmp_path / "damaged.txt", "--no-normalize").stdout.decode() == damaged


def test_json(page: Path) -> None:
    record = json.loads(run(page, "--json").stdout)
    assert record["file"] == str(page)
    assert record["text"] == strip_boilerplate(PAGE)
    assert record["lines"] == 3
    (dropped,) = record["dropped"]
    assert PAGE[dropped["start"] : dropped["end"]] == dropped["text"] == "Advertisement"
    assert 0 <= dropped["score"] < 0.5
    assert dropped["reason"] == "ad_label"


def test_explain_json(page: Path) -> None:
    record = json.loads(run(page, "--explain", "--json").stdout)
    assert [line["keep"] for line in record["lines"]] == [True, False, True]
    assert all(PAGE[line["start"] : line["end"]] == line["text"] for line in record["lines"])
    assert record["threshold"] == LineModel.load().thresholds["balanced"]


def test_explain_into_a_pipe_has_no_colours(page: Path) -> None:
    rows = run(page, "--explain").stdout.decode().splitlines()
    assert not any("\x1b" in row for row in rows)
    assert [row.split()[0] for row in rows[1:]] == ["keep", "drop", "keep", "2"]
    assert "Advertisement" in rows[2].split()
    assert rows[-1].startswith("2 of 3 lines kept")


def test_explain_into_a_pipe_names_all_features_whole(page: Path) -> None:
    rows = run(page, "--explain").stdout.decode().splitlines()[1:-1]
    for row, line in zip(rows, explain(PAGE), strict=True):
        assert len(line.contributions) == 6
        assert row.endswith(" " + ", ".join(f"{name} {value:+.1f}" for name, value in line.contributions))


def on_terminal(*arguments: str | Path, **env: str) -> str:
    """What the command prints on a terminal of 80 columns."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cleantext", *map(str, arguments)],
        stdout=child,
        stdin=child,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm"} | env,
    )
    os.close(child)
    pieces: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(parent, 4096):
                pieces.append(piece)
        except OSError:  # how Linux says that the other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    assert process.wait(60) == 0
    reader.join(10)
    os.close(parent)
    return b"".join(pieces).decode()


def test_explain_on_a_terminal_has_colours_unless_told_otherwise(page: Path) -> None:
    coloured = on_terminal("--explain", page, NO_COLOR="")  # empty counts as not set
    assert "\x1b[31mdrop\x1b[0m" in coloured
    plain = on_terminal("--explain", page, NO_COLOR="1")
    assert "\x1b" not in plain
    assert all(len(row) <= 80 for row in plain.splitlines())
    assert "\x1b" not in on_terminal("--explain", page, TERM="dumb")


def test_a_page_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil.txt").write_text("Nothing to see here \x1b[2J\x1b]0;title\x07 or is there, asked the clerk.\n")
    assert "\x1b[2J" not in on_terminal("--explain", tmp_path / "evil.txt")
    assert b"\x1b" not in run("--explain", tmp_path / "evil.txt").stdout


@pytest.mark.parametrize("mark", ["\x1b[2J", "\x9b", "\u061c", "\u202e", "\u2066"])
def test_neither_a_page_nor_its_name_steers_the_terminal(mark: str, tmp_path: Path) -> None:
    path = tmp_path / f"evil{mark}.txt"
    path.write_text(f"Nothing to see{mark} here, or is there, asked the clerk.\n", encoding="utf-8")
    shown = run("--explain", path, path).stdout.decode()
    assert mark not in shown
    escaped = f"\\u{ord(mark[0]):04x}"
    assert shown.count(f"evil{escaped}") == shown.count(f"see{escaped}") == 2


def test_a_name_of_two_lines_is_shown_as_one(tmp_path: Path) -> None:
    path = tmp_path / "page\nof two.txt"
    path.write_text(OTHER)
    assert run("--explain", path, path).stdout.decode().splitlines()[0] == f"{tmp_path}/page\\u000aof two.txt"


def test_wide_characters_keep_the_columns_in_line(tmp_path: Path) -> None:
    from ftfy.formatting import monospaced_width

    (tmp_path / "wide.txt").write_text("港口将关闭到星期五。" * 20 + "\n" + OTHER, encoding="utf-8")
    rows = run("--explain", tmp_path / "wide.txt").stdout.decode().splitlines()[1:3]
    # The last column begins after the last gap of two spaces.
    starts = {monospaced_width(row[: row.rindex("  ")]) for row in rows}
    assert len(starts) == 1


def test_version_names_the_model() -> None:
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.decode() == f"cleantext {__version__} (model {LineModel.load().version})\n"


def test_help_fits_and_names_every_option() -> None:
    text = run("--help", COLUMNS="100").stdout.decode()
    assert all(len(line) <= 100 for line in text.splitlines())
    for option in ("--explain", "--resume", "--max-removed", "--on-error"):
        assert option in text


# --- as a function, and its start


def test_main_returns_the_exit_code(page: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([str(page)]) == 0
    assert capfdbinary.readouterr().out == cleaned(PAGE)
    assert main([str(page) + ".gone"]) == 1


def test_a_page_imports_nothing_that_only_corpora_need(page: Path) -> None:
    code = (
        "import sys\nfrom cleantext.cli import main\n"
        f"main([{str(page)!r}])\n"
        "print(sorted({'pyarrow', 'msgspec', 'fastwarc', 'backports', 'tqdm', 'multiprocessing', 'sklearn'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stderr.strip() == b"[]"
