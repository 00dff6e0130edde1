"""How well the shipped model tells furniture from look-alike content, line by line, in sixteen languages.

Each case of ``tests/cases/furniture`` is one line. It is set, between blank lines, into the three carriers of
its language (``tests/cases/carriers``), nearly clean pages of which every line is content, and the page is
cleaned. A *run* is one case in one carrier: right if a furniture line is gone or a content line is there.
``tests/cases/README.md`` describes the set.

Usage::

    python benchmarks/furniture_cases.py                 # tables by half, kind, language, place and the like
    python benchmarks/furniture_cases.py --failures open # and the lines that went wrong in the open half
    python benchmarks/furniture_cases.py --update        # write tests/cases/known_failures.json
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cleantext import LineModel, strip_many
from cleantext.phrases import families

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
KNOWN_FAILURES = CASES / "known_failures.json"
PLACES = ("after_second", "middle", "before_last")

FURNITURE_REMOVED_GOAL, FURNITURE_REMOVED_FLOOR = 0.95, 0.950
"""Share of runs with a furniture line in which it goes: what is wanted, and a little under what model 1.10 reaches: 0.953. (1.0 to 1.9:
0.855, 0.934, 0.919, 0.910, 0.935, 0.958, 0.941, 0.949, 0.958, 0.956.) Of lines that stand in no training data word for word it is 0.933.
The floor was 0.953 with model 1.9."""
CONTENT_KEPT_GOAL, CONTENT_KEPT_FLOOR = 0.99, 0.992
"""Share of runs with a content line in which it stays: 0.994 (1.1 to 1.9: 0.989, 0.980, 0.981, 0.989, 0.982, 0.985, 0.985, 0.990,
0.993)."""
OWN_LINES_KEPT_GOAL, OWN_LINES_KEPT_FLOOR = 0.995, 0.986
"""Share of the carriers' own lines that stay, over all runs: 0.990 (1.1 to 1.9: 0.977, 0.989, 0.989, 0.990, 0.990, 0.988, 0.985, 0.982,
0.986). Lowered from 0.988 with model 1.6, from 0.986 with 1.7, from 0.983 with 1.8, raised again from 0.980 with 1.9 and from 0.984 with
1.10, lowered from 0.987 with 1.12 (0.9868; 1.11 has 0.989): Arabic carriers keep 0.85 of theirs, those in alphabets with capitals 0.9985
or more."""

Strip = Callable[[list[str]], Sequence["str | None"]]


class Case(NamedTuple):
    """One line of the set."""

    text: str
    label: int  # 0 furniture, 1 content
    lang: str  # ISO 639-1
    kind: str  # family of furniture that it is, or that it looks like
    half: str  # "blind" or "open"


class Run(NamedTuple):
    """What became of a case in one carrier."""

    case: Case
    carrier: str
    place: str
    kept: bool
    n_own_lines: int
    own_lines_lost: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the case line met the fate its label asks for."""
        return self.kept == bool(self.case.label)


def load_cases(folder: Path = CASES / "furniture") -> list[Case]:
    """All cases, files in order of their names, lines in the order in which they stand."""
    return [Case(**json.loads(line)) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def load_carriers(folder: Path = CASES / "carriers") -> dict[str, dict[str, str]]:
    """Carriers by language and name, ``{"en": {"en-1": text, ...}, ...}``, without final line ends."""
    carriers: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(folder.glob("*.txt")):
        carriers[path.stem.split("-")[0]][path.stem] = path.read_text(encoding="utf-8").rstrip("\n")
    return dict(carriers)


@cache
def training_lines(folder: Path = ROOT / "data" / "lines") -> frozenset[str]:
    """The lines of our own that the model learns from, and the phrases and examples of its tables, letters folded.

    No case is taken for training; but "Advertisement" is written the same way by whoever writes it down.
    """
    # (`augment.read_lines` reads them too, but needs what training needs; here the package alone is enough.)
    rows = [row for path in sorted(folder.glob("*.jsonl")) for row in path.read_text(encoding="utf-8").split("\n") if row]
    lines = [json.loads(row)["text"] for row in rows]
    for family in families():
        lines += [*family.spellings(), *family.examples, *family.counterexamples]
    return frozenset(map(folded, lines))


def folded(text: str) -> str:
    """What two lines share that differ in capitals and white space alone."""
    return " ".join(text.casefold().split())


def acquaintance(run: Run) -> str:
    """Whether the very line of a case is among the `training_lines`."""
    return "also in training" if folded(run.case.text) in training_lines() else "new to the model"


def place_of(case: Case, carrier_index: int) -> str:
    """The place at which ``case`` is set into the carrier with this index (0, 1, 2).

    Each case takes every place once, and which carrier gives which place is drawn from the text itself, so
    that neither the order of the files nor a case added later moves another one.
    """
    return PLACES[(zlib.crc32(case.text.encode("utf-8")) + carrier_index) % len(PLACES)]


def insert(carrier: str, line: str, place: str) -> str:
    r"""The carrier with ``line`` as a block of its own at ``place``.

    Parameters
    ----------
    carrier : str
        Blocks separated by one blank line, at least four of them.
    line : str
        The line to set in.
    place : {"after_second", "middle", "before_last"}
        After the second block, after half of the blocks (rounded down), or before the last block.

    Raises
    ------
    ValueError
        If the place is unknown.

    Examples
    --------
    >>> insert("a\n\nb\n\nc\n\nd", "X", "before_last").split("\n\n")
    ['a', 'b', 'c', 'X', 'd']
    """
    blocks = carrier.split("\n\n")
    positions = {"after_second": 2, "middle": len(blocks) // 2, "before_last": len(blocks) - 1}
    if place not in positions:
        raise ValueError(f"unknown place {place!r}; known are {', '.join(PLACES)}")
    position = positions[place]
    return "\n\n".join([*blocks[:position], line, *blocks[position:]])


def run_cases(strip: Strip, cases: Sequence[Case], carriers: dict[str, dict[str, str]]) -> list[Run]:
    """Clean every case in the carriers of its language.

    Parameters
    ----------
    strip : callable
        From a list of pages to their cleaned texts, without normalisation: lines are compared as they stand.
    cases, carriers
        As ``load_cases`` and ``load_carriers`` give them.

    Returns
    -------
    list of Run
        Three per case, in the order of the cases and the carriers' names.
    """
    plan = [(case, name, text, place_of(case, index)) for case in cases for index, (name, text) in enumerate(carriers[case.lang].items())]
    cleaned = strip([insert(text, case.text, place) for case, _, text, place in plan])
    runs = []
    for (case, name, text, place), result in zip(plan, cleaned, strict=True):
        kept_lines = set((result or "").split("\n"))
        own_lines = [line for line in text.split("\n") if line]
        lost = tuple(line for line in own_lines if line not in kept_lines)
        runs.append(Run(case, name, place, case.text in kept_lines, len(own_lines), lost))
    return runs


def lines_lost_alone(strip: Strip, carriers: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """The lines that each carrier loses when cleaned as it stands; carriers that lose none are left out."""
    names_and_texts = [item for pages in carriers.values() for item in pages.items()]
    cleaned = strip([text for _, text in names_and_texts])
    lost = {}
    for (name, text), result in zip(names_and_texts, cleaned, strict=True):
        kept_lines = set((result or "").split("\n"))
        if missing := [line for line in text.split("\n") if line not in kept_lines and line]:
            lost[name] = missing
    return lost


def share(hits: Iterable[bool]) -> float:
    """Share of true values, 0-1; 1.0 where there is none."""
    values = list(hits)
    return sum(values) / len(values) if values else 1.0


def furniture_removed(runs: Iterable[Run]) -> float:
    """Share of the runs with a furniture line in which it is gone."""
    return share(run.right for run in runs if run.case.label == 0)


def content_kept(runs: Iterable[Run]) -> float:
    """Share of the runs with a content line in which it stayed."""
    return share(run.right for run in runs if run.case.label == 1)


def own_lines_kept(runs: Iterable[Run]) -> float:
    """Share of the carriers' own lines that stayed, over all runs."""
    runs = list(runs)
    total = sum(run.n_own_lines for run in runs)
    return 1.0 - sum(len(run.own_lines_lost) for run in runs) / total if total else 1.0


def failures(runs: Iterable[Run]) -> dict[tuple[str, str], list[str]]:
    """Runs gone wrong: ``{(lang, text): [carrier, ...]}``."""
    wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
    for run in runs:
        if not run.right:
            wrong[run.case.lang, run.case.text].append(run.carrier)
    return dict(wrong)


def table(runs: Sequence[Run]) -> str:
    """The shares as plain text, one row for all runs and one for each half, acquaintance, kind, language and place."""
    keys: tuple[tuple[str, Callable[[Run], str]], ...] = (
        ("all", lambda run: "all"),
        ("half", lambda run: run.case.half),
        ("line", acquaintance),
        ("kind", lambda run: run.case.kind),
        ("language", lambda run: run.case.lang),
        ("place", lambda run: run.place),
    )
    rows = [f"{'':<24}{'runs':>6}  {'furniture removed':>18}  {'content kept':>13}  {'own lines kept':>15}"]
    for heading, key in keys:
        groups: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            groups[key(run)].append(run)
        for name in sorted(groups):
            group = groups[name]
            label = name if heading == "all" else f"{heading} {name}"
            rows.append(
                f"{label:<24}{len(group):>6}  {furniture_removed(group):>18.3f}  {content_kept(group):>13.3f}"
                f"  {own_lines_kept(group):>15.4f}"
            )
    return "\n".join(rows)


def load_known_failures(
    path: Path = KNOWN_FAILURES,
) -> tuple[dict[tuple[str, str], list[str]], dict[str, list[str]]]:
    """The listed failures, as ``failures`` and ``lines_lost_alone`` give them; empty without the file."""
    if not path.exists():
        return {}, {}
    listed = json.loads(path.read_text(encoding="utf-8"))
    return {(row["lang"], row["text"]): row["carriers"] for row in listed["cases"]}, listed["carriers_alone"]


def save_known_failures(runs: Sequence[Run], lost_alone: dict[str, list[str]], path: Path = KNOWN_FAILURES) -> None:
    """Write the list of what goes wrong now. The floors are constants above: no list lowers them."""
    labels = {(run.case.lang, run.case.text): run.case.label for run in runs}
    rows = [
        {"lang": lang, "label": labels[lang, text], "text": text, "carriers": names}
        for (lang, text), names in sorted(failures(runs).items())
    ]
    content = {"cases": rows, "carriers_alone": lost_alone}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def shipped_strip(threshold: float | str | None = None) -> Strip:
    """``strip_many`` with the shipped model and without normalisation."""
    return lambda pages: strip_many(pages, threshold=threshold, normalize=False)


def threshold(argument: str) -> float | str:
    """A threshold as the command line gives it, a number where it is one, else a name; the shipped model must know it."""
    value: float | str = argument
    with suppress(ValueError):
        value = float(argument)
    try:
        LineModel.load().threshold(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; exit code 1 if a floor is missed."""
    parser = argparse.ArgumentParser(description="Furniture against look-alike content, one line at a time.")
    parser.add_argument("--threshold", type=threshold, help='a number from 0 to 1, or "precision", "balanced", "recall"')
    parser.add_argument(
        "--failures",
        choices=("open", "all"),
        help="list the lines gone wrong; the blind half is only for a last look",
    )
    parser.add_argument("--update", action="store_true", help=f"write {KNOWN_FAILURES.name}")
    options = parser.parse_args(arguments)
    strip, carriers = shipped_strip(options.threshold), load_carriers()
    runs = run_cases(strip, load_cases(), carriers)
    lost_alone = lines_lost_alone(strip, carriers)
    print(table(runs))
    print(f"carriers that lose a line when cleaned as they stand: {len(lost_alone)}")
    if options.failures:
        for run in runs:
            if not run.right and (options.failures == "all" or run.case.half == "open"):
                fate = "kept" if run.kept else "dropped"
                print(f"{fate:<8}{run.case.kind:<11}{run.carrier:<6}{run.place:<13}{run.case.text}")
        for name, lines in lost_alone.items():
            print(*(f"dropped {'carrier':<11}{name:<6}{'alone':<13}{line}" for line in lines), sep="\n")
    if options.update:
        save_known_failures(runs, lost_alone)
        print(f"wrote {KNOWN_FAILURES}")
    passed = (
        furniture_removed(runs) >= FURNITURE_REMOVED_FLOOR
        and content_kept(runs) >= CONTENT_KEPT_FLOOR
        and own_lines_kept(runs) >= OWN_LINES_KEPT_FLOOR
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
