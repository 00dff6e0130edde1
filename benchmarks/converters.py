"""What cleantext makes of the text that popular tools make of a page: terminal browsers, Markdown converters, `get_text()`.

``quality.py --only renderings`` measures libraries that training needs anyway. This command runs what else people turn pages into text
with, on WCXB's pages of one fold of sites, cleaned by the model that has seen none of them. No model is trained on these tools' output.
Programs that are not installed are named and left out; on Debian, ``apt-get install lynx w3m elinks links pandoc`` brings all of them.

    python benchmarks/converters.py --folds DIR --fold 0
    python benchmarks/converters.py --only "lynx, w3m"
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import html2text
import lxml.html
from bench import N_FOLDS, Bench, Cleaner, oracle
from bs4 import BeautifulSoup
from quality_pages import without_targets
from report import Cell, table
from tqdm import tqdm

from cleantext.train.corpora import Document
from cleantext.train.metrics import word_f1
from cleantext.train.pages import extractor_page

BENCHMARKS = Path(__file__).resolve().parent
_SECONDS = 30
_UNSEEN = ("script", "style", "noscript")

Converter = Callable[[str], str]


def program(command: Sequence[str], html: str) -> str:
    """Text that a program prints for a page, which it gets as a file; an error if it takes too long, or fails and prints nothing."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8", errors="replace")
        found = subprocess.run([*command, str(page)], capture_output=True, timeout=_SECONDS, check=False)
    if not found.stdout.strip():  # some print the page and end with an error all the same
        found.check_returncode()
    return found.stdout.decode("utf-8", "replace")


def html2text_with(html: str, **options: object) -> str:
    """html2text with options of its class."""
    converter = html2text.HTML2Text()
    for name, value in options.items():
        setattr(converter, name, value)
    return str(converter.handle(html))


def soup_text(html: str) -> str:
    """BeautifulSoup's `get_text()` of what a reader sees."""
    soup = BeautifulSoup(html, "lxml")
    for element in soup(list(_UNSEEN)):
        element.decompose()
    return str(soup.get_text())


def lxml_text(html: str) -> str:
    """lxml's `text_content()` of what a reader sees."""
    root = lxml.html.fromstring(html.encode("utf-8", "replace"))
    for element in root.xpath("|".join(f"//{name}" for name in _UNSEEN)):
        element.drop_tree()
    return str(root.text_content())


_LYNX = ("lynx", "-dump", "-force_html", "-assume_charset=utf-8", "-display_charset=utf-8")
_W3M = ("w3m", "-dump", "-T", "text/html", "-I", "utf-8", "-O", "utf-8")
_ELINKS = ("elinks", "-dump", "-dump-charset", "utf-8", "-no-home", "-eval", "set document.codepage.assume = 'utf-8'")
_LINKS = ("links", "-dump", "-html-assume-codepage", "utf-8", "-codepage", "utf-8")
PROGRAMS: dict[str, tuple[str, ...]] = {
    "lynx": _LYNX,
    "lynx -nolist -width=1024": (*_LYNX, "-nolist", "-width=1024"),
    "elinks": _ELINKS,
    "w3m": _W3M,
    "w3m -cols 2000": (*_W3M, "-cols", "2000"),
    "links": _LINKS,
    "pandoc -t plain": ("pandoc", "-f", "html", "-t", "plain"),
}
LIBRARIES: dict[str, Converter] = {
    "html2text, defaults": html2text.html2text,
    "html2text, no links": partial(html2text_with, ignore_links=True),
    "html2text, reference links": partial(html2text_with, inline_links=False),
    "BeautifulSoup, get_text()": soup_text,
    "lxml, text_content()": lxml_text,
}


def converters(names: Sequence[str]) -> Mapping[str, Converter]:
    """The converters that are installed, of those whose names begin with one of some."""
    found: dict[str, Converter] = {}
    for name, command in PROGRAMS.items():
        if not name.startswith(tuple(names)):
            continue
        if shutil.which(command[0]):
            found[name] = partial(program, command)
        else:
            print(f"{name}: left out, {command[0]} is not installed", file=sys.stderr)
    return found | {name: convert for name, convert in LIBRARIES.items() if name.startswith(tuple(names))}


def converted(convert: Converter, document: Document) -> str | None:
    """A document's text; None where a library fails or a program takes too long."""
    try:
        return convert(document.html)
    except Exception:  # whatever a library raises on a broken page
        return None


def row(bench: Bench, name: str, found: Sequence[str | None]) -> list[Cell]:
    """Word F1 of a converter's text with everything kept, cleaned, and with the right lines chosen; link targets are no words.

    Last, how many pages it failed on: they count as empty.
    """
    texts = [text or "" for text in found]
    documents = bench.documents("wcxb")
    gold = [without_targets(d.gold) for d in documents]
    pages = [extractor_page(d, name, text) for d, text in zip(documents, texts, strict=True)]

    def mean(some: Sequence[str]) -> float:
        return statistics.mean(word_f1(without_targets(text), g) for text, g in zip(some, gold, strict=True))

    return [name, mean(texts), mean(bench.cleaner.clean(texts, documents)), mean([oracle(page) for page in pages]), found.count(None)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert, clean, print a table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python benchmarks/converters.py", description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=Path, default=BENCHMARKS / "models", help="folder of the folds' models (default: the gate's)")
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), default=0, help="which fold's sites (default: 0)")
    parser.add_argument("--only", default="", help="comma-separated beginnings of names")
    options = parser.parse_args(arguments)
    names = [name for part in options.only.split(",") if (name := part.strip())] or [""]
    if unknown := [name for name in names if not any(known.startswith(name) for known in [*PROGRAMS, *LIBRARIES])]:
        parser.error(f"--only: no converter's name begins with {' or '.join(unknown)}; there are {'; '.join([*PROGRAMS, *LIBRARIES])}")
    try:
        bench = Bench(Cleaner.from_folder(options.folds, options.fold), fold=options.fold)
    except (FileNotFoundError, ValueError) as missing:  # the model or the corpora; the message says where they come from
        parser.error(str(missing))
    with closing(bench):
        try:
            documents = bench.documents("wcxb")
        except ValueError as empty:
            parser.error(str(empty))
        rows = [row(bench, "blocks", [page.text for page in bench.pages("wcxb")])]
        for name, convert in converters(names).items():
            texts = [converted(convert, d) for d in tqdm(documents, desc=name, unit="page", leave=False)]
            rows.append(row(bench, name, texts))
    print(f"{len(documents)} pages of fold {options.fold}; blocks: resiliparse, as everywhere else\n")
    print(table(["text from", "keep everything", "cleantext", "oracle", "pages failed"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
