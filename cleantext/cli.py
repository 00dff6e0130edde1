"""The command line: ``python -m cleantext``, and the console script ``cleantext``.

Two modes share one parser. *Text mode* cleans single pages (``page.txt``, ``-``) to standard output or to
files: :mod:`cleantext.textmode`. *Corpus mode* cleans shards (``.jsonl.zst``, ``.parquet``, folders ...) to
a folder: :mod:`cleantext.corpus`. This module decides which, and imports only that one: a page must not pay
for pyarrow.

Exit codes: 0 all done, 1 some file or row failed, 2 the command line is wrong (nothing was done), 130
interrupted by Ctrl-C, 143 ended by SIGTERM. Every failure is one line on standard error."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cleantext.console import StdoutError, UsageError, complain, write_stdout
from cleantext.corpus import names

if TYPE_CHECKING:
    from types import FrameType

    from cleantext.model import LineModel

__all__ = ["main"]

_GLOB_MARKS = "*?["

_EPILOG = """\
text:    cleantext page.txt                       print the page's content
         curl -s URL | inscript | cleantext       from HTML, with pip install inscriptis
         cleantext --explain page.txt             why each line stays or goes
         cleantext *.txt -o clean/                files of the same names in clean/
corpora: cleantext shards/ -o clean/ --workers 8  all .jsonl .parquet .csv .wet below, .gz .zst
         cleantext 'crawl/**/*.wet.gz' -o clean/ --dropped dropped.jsonl.zst --stats
         cleantext shards/ -o clean/ --resume     go on after a crash, or after shards changed

exit codes: 0 done, 1 some file or row failed, 2 wrong usage, 130 interrupted"""


class _Terminated(KeyboardInterrupt):
    """SIGTERM: everything that Ctrl-C stops cleanly is stopped the same way."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, not the whole usage: the line that matters must not scroll away."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Version(argparse.Action):
    """``--version`` names the model too, as results depend on it; it is loaded only when asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        from cleantext import __version__
        from cleantext.model import LineModel

        try:
            model = LineModel.load().version
            write_stdout(f"{parser.prog} {__version__} (model {model})\n".encode())
        except (OSError, ValueError, StdoutError) as error:
            complain(str(error))
            parser.exit(1)
        parser.exit(0)


def _threshold(text: str) -> float | str:
    """A number, or a name, which only the model can tell to be one."""
    try:
        float(text)
    except ValueError:
        return text
    return _ratio(text)


def _ratio(text: str, wanted: str = "a number from 0 to 1") -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return number


def _encoding(text: str) -> str:
    try:
        b"probe".decode(text)
    except UnicodeError:  # these five bytes need not mean anything in it (utf-16)
        return text
    except LookupError:  # also for codecs that do not give text, such as base64
        raise argparse.ArgumentTypeError(f"{text!r} is not a text encoding that Python knows") from None
    return text


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all options, text and corpus mode."""
    parser = _Parser(
        prog="cleantext",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Strip ads, credits, share bars and other furniture from the text of scraped pages.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="*",
        metavar="FILE",
        help="text files, '-' for standard input, or shards, folders, globs",
    )
    add("-o", "--output", metavar="PATH", help="file or folder to write to; corpora need a folder")
    add(
        "--threshold",
        type=_threshold,
        metavar="T",
        help="keep a line whose score is at least T: a number 0 to 1, precision, balanced (default), recall, "
        "or a name that the model of --model knows",
    )
    add("--no-normalize", dest="normalize", action="store_false", help="do not repair the kept text with ftfy")
    add("--model", type=Path, metavar="FILE", help="a trained model instead of the one shipped")
    add(
        "--json",
        action="store_true",
        help="print one JSON object per file; with --stats, the statistics as JSON",
    )
    add("--version", action=_Version, nargs=0, help="print the versions of cleantext and its model")

    text = parser.add_argument_group("pages of text")
    text.add_argument("--explain", action="store_true", help="print each line with its score and what spoke most")
    text.add_argument(
        "--encoding",
        type=_encoding,
        default="utf-8",
        metavar="NAME",
        help="encoding of the input files (default: utf-8, with or without BOM); output is UTF-8",
    )

    corpus = parser.add_argument_group("corpora")
    add = corpus.add_argument
    add("--format", choices=names.FORMATS, help="format of all inputs, instead of judging by their names")
    add(
        "--text-key",
        default="text",
        metavar="KEY",
        help="field or column that holds the page (default: text)",
    )
    add("--workers", type=_positive, metavar="N", help="processes (default: as many as there are cores)")
    add(
        "--max-removed",
        type=_ratio,
        metavar="R",
        help="set aside, uncleaned, rows that would lose more than this share of their words (0 to 1)",
    )
    add("--dropped", type=Path, metavar="FILE", help="write what was removed: .jsonl, .jsonl.gz or .jsonl.zst")
    add("--stats", action="store_true", help="print rows, lines and words kept and removed, by reason")
    add(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="at a bad row: give its shard up (default), or write the row aside and go on",
    )
    add(
        "--max-row-mb",
        type=_positive,
        default=16,
        metavar="MB",
        help="a longer row is a bad row (default: 16)",
    )
    add("--resume", action="store_true", help="skip shards that are finished and unchanged")
    add("--overwrite", action="store_true", help="clean anew what already stands in the output folder")
    add("--dry-run", action="store_true", help="say what would be done, write nothing")
    return parser


# Options of one mode that make no sense in the other are refused rather than ignored.
_TEXT_ONLY = ("explain", "encoding")
_CORPUS_ONLY = (
    "text_key",
    "workers",
    "max_removed",
    "dropped",
    "stats",
    "on_error",
    "max_row_mb",
    "resume",
    "overwrite",
    "dry_run",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        0, 1, 2, 130 or 143: see the module. ``--help``, ``--version`` and wrong options raise `SystemExit`.
    """
    parser = build_parser()
    options = parser.parse_args(argv)
    previous = _on_sigterm(_raise_terminated)
    try:
        return _run(parser, options)
    except UsageError as error:
        parser.error(str(error))
    except StdoutError as error:  # what cannot be written once cannot be written for the next page either
        complain(str(error))
        return 1
    except KeyboardInterrupt as error:
        # Corpus mode has already said how to resume; a line break, as the terminal shows "^C" without one.
        end = signal.SIGTERM if isinstance(error, _Terminated) else signal.SIGINT
        reason = ("terminated" if end is signal.SIGTERM else "interrupted") + str(error)
        if sys.stderr is not None and sys.stderr.isatty():
            sys.stderr.write("\n")
        complain(reason)
        return 128 + end
    finally:
        _on_sigterm(previous)


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if not options.inputs:
        if sys.stdin is None or sys.stdin.isatty():
            parser.error("name a file, or '-' for standard input")
        options.inputs = ["-"]
    if "" in options.inputs:
        raise UsageError("the name of an input is empty; name a file, or '-' for standard input")
    if options.output == "":
        raise UsageError("-o: its name is empty; name a file or a folder")
    corpus = options.format is not None or any(_is_corpus(name, options.output) for name in options.inputs)
    for option in _TEXT_ONLY if corpus else _CORPUS_ONLY:
        if getattr(options, option) != parser.get_default(option):
            flag = "--" + option.replace("_", "-")
            what = "pages of text, not corpora" if corpus else "corpora (.jsonl, .parquet, ...)"
            raise UsageError(f"{flag} is for {what}")
    if options.resume and options.overwrite:
        raise UsageError("--resume keeps the shards that are finished, --overwrite cleans them anew: give one of the two")
    if corpus and options.json and not options.stats:
        raise UsageError("--json is for pages of text; of a corpus it prints the statistics, with --stats")
    model = _load_model(options)
    if corpus:
        from cleantext.corpus.runner import run_corpus

        return run_corpus(options)
    from cleantext.textmode import run_text

    return run_text(options, model)


def _load_model(options: argparse.Namespace) -> LineModel:
    """The model that is asked for, once it is known that it can be read and has the threshold."""
    from cleantext.model import LineModel

    try:
        model = LineModel.load(options.model)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot load the model {options.model or 'of the package'}: {reason}") from None
    try:
        model.threshold(options.threshold)
    except ValueError as error:
        raise UsageError(f"argument --threshold: {error}") from None
    return model


def _is_corpus(name: str, output: str | None) -> bool:
    """Whether an input calls for corpus mode: a shard by its name, or a folder or glob when there is an
    output.
    """
    parsed = names.parse(os.path.basename(name))
    if parsed is not None and parsed != names.ShardName("text", None):
        return True
    if output is None or name == "-":
        return False
    return os.path.isdir(name) or (any(mark in name for mark in _GLOB_MARKS) and not os.path.exists(name))


def _raise_terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _on_sigterm(handler: object) -> object:
    """Set what SIGTERM does and return what it did; only the main thread may (a test may call from
    another).
    """
    try:
        return signal.signal(signal.SIGTERM, handler)  # type: ignore[arg-type]
    except ValueError:
        return None
