"""What normalisation costs beside ftfy alone: nanoseconds per byte of UTF-8, on one thread, in one run.

    python benchmarks/normalize.py                 a minute; with the corpora, their pages as well
    python benchmarks/normalize.py --gate          also fails (exit code 1) where a ratio is under its floor
    python benchmarks/normalize.py --json out.json the figures

The generated texts are sentences of words drawn by a seeded generator, with the punctuation of their language, 5 KB a page.
They have the characters of real text and none of its accidents; the corpora's pages, read if they are there, have those.
`fix_many` gets pages in batches of some 500 KB. Every row's result is compared with ftfy's before it is timed.
"""

# ruff: noqa: E402 - the threads of numpy must be limited before anything imports it
from __future__ import annotations

from timing import interleaved, machine, one_thread, ratio, versions

one_thread()

import argparse
import functools
import gzip
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import ftfy
from report import heading, table, write_json

from cleantext.normalize import DEFAULT_CONFIG, fix_many, fix_text

BATCH_BYTES = 500_000
PAGE_BYTES = 5_000
REPETITIONS = 7
FTFY_BYTES = 60_000  # ftfy takes 100-1500 ns a byte; its cost per byte is the same on a part
CORPORA = Path(os.environ.get("CLEANTEXT_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
NOT_ASCII_BYTES = 1 / 2  # of a page's bytes, for it to count as mostly not ASCII: a Cyrillic page has two thirds


class Kind(NamedTuple):
    """A kind of generated text, and the least ratio to ftfy that the gate accepts (None: shown, not gated)."""

    words: str
    between: tuple[str, ...]  # what follows a word; one is drawn
    end: str
    floor: float | None = 12.0


WESTERN = (" ", " ", " ", " ", " ", " ", " ", ", ", " \u2013 ")
KINDS = {
    "English, ASCII": Kind("the ferry sails every half hour from May to the north shore where markets open", (" ", " ", ", "), ".\n"),
    "English, curly quotes": Kind(
        "the ferry\u2019s \u201cearly\u201d bell sails every half hour from May \u2018north\u2019 shore where markets open",
        WESTERN,
        ".\n",
    ),
    "English, an entity a line": Kind("salt pepper bread butter morning market stalls along the quay", (" ",), " &amp; more.\n", None),
    "German": Kind("die Fähre fährt über Nacht für größere \u201eGäste\u201c und Bücher nach Süden ohne Maß Grüße", WESTERN, ".\n"),
    "French": Kind("le bateau s\u2019arrête près du marché où l\u2019été déjà «\u202fpassé\u202f» cœur naïve côté", WESTERN, "\u00a0!\n"),
    "Polish": Kind("statek płynie o świcie \u201edość\u201d wcześnie żeby zdążyć na północny brzeg łąki źródło", WESTERN, ".\n"),
    "Vietnamese": Kind("con tàu rời bến mỗi nửa giờ từ tháng năm đến bờ bắc nơi chợ mở cửa những người đợi", WESTERN, ".\n"),
    "Russian": Kind("паром ходит каждые полчаса с мая на Северный берег где открыты «рынки» В Городе Рано", WESTERN, ".\n"),
    "Greek": Kind("το πλοίο φεύγει κάθε μισή ώρα από τον Μάιο για τη «βόρεια» ακτή όπου Γίνεται αγορά", WESTERN, ".\n"),
    "Hebrew": Kind("המעבורת יוצאת כל חצי שעה ממאי אל החוף הצפוני שם השוק פתוח בבוקר", (" ", " ", ", "), ".\n"),
    "Arabic": Kind("تبحر العبارة كل نصف ساعة من مايو إلى الشاطئ الشمالي حيث السوق مفتوح", (" ", " ", "، "), ".\n"),
    "Hindi": Kind("नाव हर आधे घंटे में मई से उत्तरी किनारे तक जाती है जहाँ बाज़ार खुला रहता है", (" ", " ", ", "), "।\n"),
    "Chinese": Kind("渡船 从五月起 每半小时 开往北岸 那里的市场 清晨开门 带上自行车 不另收费", ("", "", "，"), "。\n"),
    "Japanese": Kind("渡し船は 五月から 三十分ごとに 北の岸へ 出る 市場は 朝早く 開く ｶﾒﾗ ＯＫ", ("", "", "、"), "。\n"),
    "Korean": Kind("배는 오월부터 반시간마다 북쪽 기슭으로 떠난다 시장은 아침 일찍 문을 연다", (" ", " ", ", "), ".\n"),
    "English with emoji": Kind("the ferry 😀 sails every half hour from May to the north shore where markets 🇫🇷 open", WESTERN, ".\n"),
    "English, mojibake": Kind("the ferryâ€™s â€œearlyâ€\u009d bell cafÃ© sails every half hour from May naÃ¯ve", (" ",), ".\n", None),
}


def generated(kind: Kind, size: int) -> list[str]:
    """Pages of some `PAGE_BYTES` bytes, `size` bytes in all."""
    source = random.Random(7)
    words = kind.words.split(" ")
    pages = []
    while size > 0:
        lines: list[str] = []
        page_bytes = 0
        while page_bytes < PAGE_BYTES:
            words_of_line = source.choices(words, k=source.randrange(4, 40))
            line = "".join(word + source.choice(kind.between) for word in words_of_line[:-1]) + words_of_line[-1] + kind.end
            lines.append(line)
            page_bytes += len(line.encode())
        pages.append("".join(lines))
        size -= page_bytes
    return pages


def from_corpora() -> Iterator[tuple[str, list[str], float | None]]:
    """Names, texts of pages and floors; nothing if the corpora or the extractor are not there."""
    try:
        from resiliparse.extract.html2text import extract_plain_text
    except ImportError:
        return

    @functools.cache
    def texts(pattern: str) -> list[str]:
        files = sorted(CORPORA.glob(pattern))[:500]
        return [extract_plain_text(gzip.decompress(file.read_bytes()).decode("utf-8", "replace")) for file in files]

    if not (english := texts("wcxb-dev/html/*.gz")):
        return
    news = texts("fundus/*/*.gz")
    foreign = [page for page in news if sum(map(len, page.encode().split())) and _share(page) > NOT_ASCII_BYTES]
    yield "corpus: wcxb-dev, as text", english, 12.0
    yield "corpus: segments, as text", texts("segments/html/*.gz"), 12.0
    yield "corpus: fundus, mostly not ASCII", foreign, 12.0


def _share(page: str) -> float:
    """Which share of a page's bytes is not ASCII."""
    return 1 - len(page.encode("ascii", "ignore")) / len(page.encode())


class Row(NamedTuple):
    """What was measured on one kind of text; times in ns per byte of UTF-8, the page's in us."""

    name: str
    ours: float
    ftfy: float
    ratio: float
    page_ours: float
    page_ftfy: float
    floor: float | None


def batches(pages: list[str]) -> list[list[str]]:
    """Pages in batches of some `BATCH_BYTES`."""
    found: list[list[str]] = [[]]
    size = 0
    for page in pages:
        if size > BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(page)
        size += len(page.encode())
    return found


def measure(name: str, pages: list[str], floor: float | None) -> Row:
    """Check that the results are ftfy's, then time batches, and a single page of some 5 KB."""
    size = sum(len(page.encode()) for page in pages)
    part, part_size = [], 0
    for page in pages[:: max(1, size // (4 * FTFY_BYTES))]:
        if part_size < FTFY_BYTES:
            part.append(page)
            part_size += len(page.encode())
    if fix_many(part) != [ftfy.fix_text(page, DEFAULT_CONFIG) for page in part]:
        raise AssertionError(f"{name}: results differ from ftfy's")
    work = batches(pages)
    one = min(pages, key=lambda page: abs(len(page.encode()) - PAGE_BYTES))
    times = interleaved(
        {
            "ours": lambda: [fix_many(batch) for batch in work],
            "ftfy": lambda: [ftfy.fix_text(page, DEFAULT_CONFIG) for page in part],
            "ours, page": lambda: [fix_text(one) for _ in range(100)],
            "ftfy, page": lambda: ftfy.fix_text(one, DEFAULT_CONFIG),
        },
        REPETITIONS,
    )
    ours = [second / size * 1e9 for second in times["ours"]]
    theirs = [second / part_size * 1e9 for second in times["ftfy"]]
    middle = statistics.median
    page_ours, page_ftfy = middle(times["ours, page"]) * 1e4, middle(times["ftfy, page"]) * 1e6
    return Row(name, middle(ours), middle(theirs), ratio(theirs, ours), page_ours, page_ftfy, floor)


def start_up() -> dict[str, float]:
    """Milliseconds of the first steps in a fresh process, numpy already imported; best of five."""
    code = (
        "import numpy, time; t = [time.perf_counter()]\n"
        "def step(): t.append(time.perf_counter())\n"
        "import cleantext.normalize as n; step(); import ftfy; step(); n.fix_text('a &amp; b'); step()\n"
        "n.fix_text('\\u201cnaïve\\u201d'); step(); print(*(b - a for a, b in zip(t, t[1:])))"
    )
    runs = [
        list(map(float, subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()))
        for _ in range(5)
    ]
    names = ["import cleantext.normalize", "import ftfy", "first ASCII text", "first other text: tables of mojibake"]
    return {name: min(run[i] for run in runs) * 1e3 for i, name in enumerate(names)}


def main() -> int:
    """Print the tables; 1 if a gated ratio is under its floor."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--gate", action="store_true", help="fail where a ratio is under its floor")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()

    texts = [(name, generated(kind, 4 * BATCH_BYTES), kind.floor) for name, kind in KINDS.items()]
    rows = [measure(*text) for text in [*texts, *from_corpora()]]
    steps = start_up()
    print(heading("Normalisation, ns per byte"))
    header = ["text", "fix_many", "ftfy alone", "times faster", "5 KB page, us", "ftfy alone, us", "floor"]
    print(table(header, [list(row) for row in rows], digits=1))
    print(heading("Start-up, ms"))
    print(table(["step", "ms"], [[name, value] for name, value in steps.items()], digits=1))
    if options.json:
        about = {"machine": machine(), "versions": versions(["ftfy", "numpy"])}
        write_json(options.json, {**about, "rows": [row._asdict() for row in rows], "start_up_ms": steps})
    slow = [row for row in rows if row.floor is not None and row.ratio < row.floor]
    for row in slow:
        print(f"{row.name}: {row.ratio:.1f} times ftfy, the floor is {row.floor}", file=sys.stderr)
    return 1 if options.gate and slow else 0


if __name__ == "__main__":
    sys.exit(main())
