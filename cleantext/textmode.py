"""Text mode of the command line: single pages in, their content out."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cleantext.atomic import AtomicFile
from cleantext.console import UsageError, complain, write_stdout

if TYPE_CHECKING:
    from cleantext.model import LineModel
    from cleantext.reports import PageReport

__all__ = ["run_text"]


# How compressed files begin, and what unpacks them. No text begins so in any encoding, but for characters that no page begins with.
_COMPRESSED = {b"\x1f\x8b\x08": ("gzip", "gzip -dc"), b"\x28\xb5\x2f\xfd": ("zstd", "zstd -dc")}

# How HTML begins, perhaps after an XML declaration and comments. Names of other elements begin texts about HTML as well.
_HTML = re.compile(r"(?>\s*(?:<\?xml[^>]*>|<!--.*?-->))*+\s*<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE | re.DOTALL)
_BEGINNING = 4096


class _PageError(Exception):
    """One input cannot be cleaned; the message is complete and starts with its name."""


class _Settings(NamedTuple):
    """What holds for every page of a run."""

    threshold: float | str | None
    normalize: bool
    model: LineModel
    encoding: str


def run_text(options: argparse.Namespace, model: LineModel) -> int:
    """Clean each input and return the exit code; an input that fails does not keep the others from being
    cleaned.
    """
    targets = _targets(options.inputs, options.output)
    settings = _Settings(options.threshold, options.normalize, model, options.encoding)
    failed = 0
    for name, target in zip(options.inputs, targets, strict=True):
        try:
            page = _read(name, settings.encoding)
            if _HTML.match(page[:_BEGINNING]):
                shown = "standard input" if name == "-" else name
                complain(f"{shown}: is HTML, whose tags and scripts are taken for text; extract its text first, such as with inscriptis")
            _write(target, _rendered(page, name, options, settings))
        except _PageError as error:
            failed += 1
            complain(str(error))
        except OSError as error:
            failed += 1
            complain(f"{error.filename or name}: {_reason(error)}")
    return 1 if failed else 0


def _rendered(page: str, name: str, options: argparse.Namespace, settings: _Settings) -> bytes:
    """What is to be written for one page: its content, or a JSON object, or the explanation."""
    threshold, normalize, model = settings.threshold, settings.normalize, settings.model
    if options.explain:
        from cleantext.explanation import explain
        from cleantext.render_explain import as_dict, as_table

        explanation, limit = explain(page, threshold=threshold, model=model), model.threshold(threshold)
        if options.json:
            return _json_line({"file": name, **as_dict(explanation, limit)})
        to_terminal = options.output is None and sys.stdout is not None and sys.stdout.isatty()
        title = name if len(options.inputs) > 1 else None
        return as_table(explanation, limit, to_terminal=to_terminal, title=title).encode("utf-8", "replace")
    if options.json:
        from cleantext.reports import report_stream

        report = next(report_stream([page], threshold=threshold, normalize=normalize, model=model))
        return _json_line({"file": name, **_report_dict(report, page)}) if report else b""
    from cleantext.strip import strip_boilerplate

    text = strip_boilerplate(page, threshold=threshold, normalize=normalize, model=model)
    return _whole_characters(text).encode() + b"\n" if text else b""


def _whole_characters(text: str) -> str:
    """`text` with each lone surrogate, which UTF-8 cannot hold, as U+FFFD, and two that belong together as their character.

    With ftfy none is left; without, some encodings (``unicode_escape``) give them.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _report_dict(report: PageReport, page: str) -> dict[str, object]:
    dropped = [
        {
            "start": line.start,
            "end": line.end,
            "score": round(line.score, 4),
            "reason": line.reason,
            "text": page[line.start : line.end],
        }
        for line in report.dropped
    ]
    return {
        "text": report.text,
        "lines": report.n_lines,
        "words": report.n_words,
        "words_dropped": report.n_words_dropped,
        "mean_score": round(report.mean_score, 4),
        "dropped": dropped,
    }


def _json_line(record: dict[str, object]) -> bytes:
    # A file's name that is not UTF-8 holds lone surrogates: as the escapes they get here, JSON gives them back.
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _read(name: str, encoding: str) -> str:
    """The page in a file, or in standard input for '-', without a byte order mark."""
    if name == "-":
        if sys.stdin is None:
            raise _PageError("standard input: is closed")
        shown, data = "standard input", sys.stdin.buffer.read()
    else:
        shown = name
        if os.path.isdir(name):
            raise _PageError(f"{name}: is a folder; give -o DIR to clean the files in it")
        try:
            data = Path(name).read_bytes()
        except FileNotFoundError as error:
            if not any(mark in name for mark in "*?["):
                raise
            hint = "a pattern in quotes needs -o DIR; without quotes the shell puts the names of files in its place"
            raise _PageError(f"{name}: {error.strerror}; {hint}") from None
    for magic, (kind, command) in _COMPRESSED.items():
        if data.startswith(magic):
            source = "" if name == "-" else f" {shlex.quote(name)}"
            hint = "a shard of a corpus needs a name that says what it is, such as .jsonl.gz, or --format"
            raise _PageError(f"{shown}: is compressed with {kind}; decompress it first ({command}{source} | cleantext); {hint}")
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        guess = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"
        at = f"byte {error.start:,} (0x{data[error.start]:02x}) is not {encoding}" if data else error.reason
        raise _PageError(f"{shown}: {at}; name the file's encoding with --encoding, such as {guess}") from None
    except UnicodeError as error:  # utf-16 without a byte order mark, for one, gives no offset
        raise _PageError(f"{shown}: {error}; name the file's encoding with --encoding") from None


def _write(target: Path | None, data: bytes) -> None:
    if target is None:
        write_stdout(data)
        return
    with AtomicFile(target) as file:
        file.write(data)


def _targets(inputs: list[str], output: str | None) -> list[Path | None]:
    """The output file of each input, None for standard output, in a folder that exists; UsageError if one would fall on another."""
    if output is None:
        return [None] * len(inputs)
    folder = None
    if len(inputs) == 1 and not os.path.isdir(output) and not output.endswith(("/", os.sep)):
        targets = [Path(output)]
        if not targets[0].parent.is_dir():
            raise UsageError(f"-o {output}: there is no folder {targets[0].parent}")
    else:
        folder = Path(output)
        targets = [folder / ("stdin.txt" if name == "-" else Path(name).name) for name in inputs]
    sources = {identity: name for name in inputs if name != "-" and (identity := _identity(name))}
    taken: dict[Path, str] = {}
    for name, target in zip(inputs, targets, strict=True):
        if target in taken:
            raise UsageError(f"{taken[target]} and {name} would both be written to {target}")
        taken[target] = name
        identity = _identity(target)
        source = sources.get(identity) if identity else None
        if source is not None:
            raise UsageError(f"-o {output}: would overwrite the input {source}")
    if folder is not None:  # made last: a wrong command line leaves nothing behind
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"-o {output}: {_reason(error)}; several inputs need a folder") from None
    return list(targets)


def _identity(path: str | Path) -> tuple[int, int] | None:
    """Device and inode of a regular file, through links of both kinds; None for anything else."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
