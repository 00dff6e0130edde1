"""Draw the README's pictures from what `quality.py`, `speed.py` and `adapted.py` wrote with `--json` and from the model's header.

    python benchmarks/charts.py --quality quality.json --speed speed.json --adapted adapted.json --out docs/images

Every chart is drawn twice, as SVG and as PNG for places that show no SVG; the same figures give the same files. A chart whose figures
are not there is left out and named: without any of these there is "threshold" alone, which comes from the model.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from growth import DIRTY, ENDS

from cleantext import LineModel

matplotlib.use("Agg")
matplotlib.rcParams.update(
    {
        "svg.hashsalt": "cleantext",  # the same figures give the same file
        "svg.fonttype": "none",  # text stays text: smaller, and it can be searched and read aloud
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e4e4e4",
        "axes.axisbelow": True,
        "legend.frameon": False,
        "figure.facecolor": "white",  # GitHub's dark theme would swallow black text on a transparent ground
    }
)

import matplotlib.pyplot as plt  # noqa: E402 - the backend must be chosen first
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.text import Annotation  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

Figures = dict[str, Any]

OURS, OTHER, SOFT = "#c8442e", "#3b6ea5", "#767676"
"""Colours of cleantext, of what it is compared with, and of lines to read by."""


class Sources(NamedTuple):
    """Where figures come from: the JSON of `quality.py`, of `speed.py` and of `adapted.py`, and the header of the model."""

    quality: Figures
    speed: Figures
    adapted: Figures
    model: Figures


def _canvas(title: str, x: str, y: str, size: tuple[float, float] = (7.0, 4.2)) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


class Mark(NamedTuple):
    """A point and the name to be written beside it."""

    x: float
    y: float
    name: str
    colour: str
    radius: float = 4  # of the point, in points
    bold: bool = False


def _places(gap: float) -> Iterator[tuple[float, float, str, str]]:
    """Offsets in points and alignments of a label, the likeliest first: beside its point, above, below, at the corners, further off."""
    for far in (gap, 1.5 * gap, 2.5 * gap, 4 * gap):
        yield far, 0, "left", "center"
        yield -far, 0, "right", "center"
        yield 0, far, "center", "bottom"
        yield 0, -far, "center", "top"
        for x, side in ((far, "left"), (-far, "right")):
            yield 0.7 * x, 0.5 * far, side, "bottom"
            yield 0.7 * x, -0.5 * far, side, "top"


def _along(line: Line2D, step: float = 3) -> list[Bbox]:
    """Small boxes along a drawn line, in pixels."""
    points = line.get_transform().transform(line.get_xydata())
    boxes = []
    for (x0, y0), (x1, y1) in pairwise(points.tolist()):
        count = max(int(max(abs(x1 - x0), abs(y1 - y0)) / step), 1)
        for k in range(count + 1):
            x, y = x0 + (x1 - x0) * k / count, y0 + (y1 - y0) * k / count
            boxes.append(Bbox([[x - 1, y - 1], [x + 1, y + 1]]))
    return boxes


def write_labels(axes: Axes, marks: Sequence[Mark], lines: Sequence[Line2D] = (), size: float = 9) -> None:
    """Write names beside points where they touch no other name, no point, no line and no edge of the axes.

    Parameters
    ----------
    axes : Axes
        With its limits set.
    marks : sequence of Mark
        The first ones choose first.
    lines : sequence of Line2D
        What names should not be written across.
    size : float
        Of the letters, in points.
    """
    figure = axes.figure
    figure.canvas.draw()  # the layout is worked out: until then nothing has its place
    taken = [box for line in lines for box in _along(line)]
    for mark, (x, y) in zip(marks, axes.transData.transform([(mark.x, mark.y) for mark in marks]), strict=True):
        radius = mark.radius * figure.dpi / 72
        taken.append(Bbox([[x - radius, y - radius], [x + radius, y + radius]]))
    for mark in marks:
        choices: list[tuple[int, int, Annotation, Bbox]] = []
        for x, y, horizontal, vertical in _places(mark.radius + 3):
            label = axes.annotate(
                mark.name, (mark.x, mark.y), (x, y), textcoords="offset points", ha=horizontal, va=vertical, fontsize=size,
                color=mark.colour, fontweight="bold" if mark.bold else "normal",
            )  # fmt: skip
            box = label.get_window_extent()
            outside = box.x0 < axes.bbox.x0 or box.x1 > axes.bbox.x1 or box.y0 < axes.bbox.y0 or box.y1 > axes.bbox.y1
            choices.append((outside + box.count_overlaps(taken), len(choices), label, box))
        _, best, _, box = min(choices, key=lambda choice: choice[:2])
        taken.append(box)
        for _, number, label, _ in choices:
            if number != best:
                label.remove()


FROM_HTML = "resiliparse plain text + cleantext"


def f1_against_speed(sources: Sources) -> Figure:
    """Word F1 on full pages against pages per second, for systems that have both.

    cleantext stands there twice: given the text, and with the conversion from HTML to that text, whose pages the F1 is of.
    """
    scores = {name: row["all"] for name, row in sources.quality["figures"]["full"]["systems"].items()}
    rows = {row["system"]: row for row in sources.speed["systems"]}
    scores[FROM_HTML] = scores["cleantext"]
    title = "Choosing a page's own text: quality and speed"
    figure, axes = _canvas(title, "pages per second on one core (logarithmic)", "word F1, full pages of WCXB", (8.0, 4.8))
    marks = []
    for name in sorted(rows.keys() & scores.keys(), key=lambda name: ("cleantext" not in name, name)):
        ours, html = "cleantext" in name, rows[name]["given"] == "HTML"
        colour = OURS if ours else OTHER
        x, y = rows[name]["pages_per_s"], scores[name]
        axes.scatter(
            x, y, s=110 if ours else 48, marker="s" if html else "o", linewidths=1.6, zorder=3,
            facecolors="white" if html else colour, edgecolors=colour,
        )  # fmt: skip
        shown = "cleantext after HTML to text" if name == FROM_HTML else name
        marks.append(Mark(x, y, shown, colour if ours else "#1b1f24", 6.5 if ours else 4, ours))
    baseline = scores["keep everything"]
    everything = axes.axhline(baseline, color=SOFT, linestyle="--", linewidth=1, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = min(mark.x for mark in marks), max(mark.x for mark in marks)
    axes.set_xlim(low / 2.5, high * 4)
    known = [baseline, *(mark.y for mark in marks)]
    room = 0.12 * (max(known) - min(known))
    axes.set_ylim(min(known) - room, max(known) + room)
    dot = partial(Line2D, [], [], linestyle="none", markersize=7, color="#555555")
    handles = [
        dot(marker="o", label="reads the text alone"),
        dot(marker="s", markerfacecolor="white", label="reads the HTML, which tells more"),
        Line2D([], [], linestyle="--", linewidth=1, color=SOFT, label="keep everything"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
    write_labels(axes, marks, [everything])
    return figure


NAMED = ("recall", "balanced", "precision")
SITUATIONS = {"full pages": OTHER, "nearly clean": OURS}


def over_threshold(sources: Sources) -> Figure:
    """Furniture removed and content lost, over the threshold and against each other, with the named thresholds marked."""
    measured, named = sources.model["measured"], sources.model["thresholds"]
    figure, (over, against) = plt.subplots(1, 2, figsize=(10.0, 4.6), layout="constrained")
    figure.suptitle("What the threshold decides, measured on pages of unseen sites", x=0.01, ha="left", fontsize=11)
    percent = FuncFormatter(lambda value, _: f"{100 * value:g} %")
    marks = []
    for situation, colour in SITUATIONS.items():
        threshold, removed, lost = zip(*measured["curve"][situation], strict=True)
        over.plot(threshold, removed, color=colour, linewidth=2)
        over.plot(threshold, lost, color=colour, linewidth=2, linestyle="--")
        against.plot(lost, removed, color=colour, linewidth=2, label=situation)
        for name in NAMED:
            row = measured[name][situation]
            x, y = row["content_lines_lost"], row["furniture_lines_removed"]
            against.scatter(x, y, s=48, color=colour, edgecolors="white", zorder=3)
            over.scatter([named[name]] * 2, [y, x], s=36, color=colour, edgecolors="white", zorder=3)
            marks.append(Mark(x, y, name, colour))
    for name, side in zip(NAMED, ("right", "center", "left"), strict=True):  # apart even where thresholds are close
        over.axvline(named[name], color=SOFT, linestyle=":", linewidth=1, zorder=1)
        over.text(named[name], 1.03, f"{name}\n{named[name]:.2f}", fontsize=9, color=SOFT, ha=side, va="bottom")
    over.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="threshold", ylabel="share of lines")
    over.yaxis.set_major_formatter(percent)
    against.set_xscale("log")
    against.set(xlim=(0.001, 1), ylim=(0, 1.02), xlabel="content lines lost (logarithmic)", ylabel="furniture lines removed")
    against.xaxis.set_major_formatter(percent)
    against.yaxis.set_major_formatter(percent)
    against.xaxis.set_minor_locator(NullLocator())
    handles = [Line2D([], [], color=colour, linewidth=2, label=situation) for situation, colour in SITUATIONS.items()]
    handles.append(Line2D([], [], color="#555555", linewidth=2, label="furniture lines removed"))
    handles.append(Line2D([], [], color="#555555", linewidth=2, linestyle="--", label="content lines lost (left)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9)
    write_labels(against, marks, against.get_lines())
    return figure


def calibration(sources: Sources) -> Figure:
    """Share of content against mean score per bin, for each corpus and state; bins under 30 lines are left out."""
    situations = sources.quality["figures"]["calibration"]["situations"]
    figure, axes = _canvas("Calibration: what share of lines with a score are content", "score", "share of content", (4.8, 4.6))
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    styles = [(OURS, "o"), (OURS, "s"), (OTHER, "o"), (OTHER, "s")]
    for (name, row), (colour, marker) in zip(situations.items(), styles, strict=False):
        bins = [i for i, n in enumerate(row["lines"]) if n >= 30]
        axes.plot(
            [row["mean_score"][i] for i in bins],
            [row["content"][i] for i in bins],
            color=colour,
            marker=marker,
            markersize=4,
            linewidth=1,
            label=f"{name} (error {row['error']:.3f})",
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.legend(fontsize=8)
    return figure


def speed_bars(sources: Sources) -> Figure:
    """MB of text per second of every system."""
    rows = sorted(sources.speed["systems"], key=lambda row: row["mb_per_s"])
    title = "English pages, one core: MB of text dealt with per second"
    figure, axes = _canvas(title, "MB/s, logarithmic", "", (7.0, 0.42 * len(rows) + 1.2))
    ours = [row["system"].startswith("cleantext") for row in rows]
    labels = [row["system"] + (" (from HTML)" if row["given"] == "HTML" else "") for row in rows]
    bars = axes.barh(labels, [row["mb_per_s"] for row in rows], color=[OURS if o else OTHER for o in ours])
    axes.bar_label(bars, [f"{row['mb_per_s']:.3g}" for row in rows], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=max(row["mb_per_s"] for row in rows) * 2.5)
    axes.margins(y=0.01)
    axes.grid(axis="y", visible=False)
    return figure


def linear_cost(sources: Sources) -> Figure:
    """Time against bytes over three orders of magnitude, with the fitted cost as lines; without the series of other line ends."""
    grown = sources.speed["growth"]
    cost = grown["cost"]
    title = (
        f"Cost: {cost['call'] * 1e3:.2f} ms a call + {cost['page'] * 1e6:.1f} µs a page"
        f" + {cost['line'] * 1e6:.2f} µs a line + {cost['byte'] * 1e9:.1f} ns a byte"
    )
    figure, axes = _canvas(title, "bytes of text", "seconds")
    colours = (OURS, OTHER, "#5a9367", SOFT, "#8b6bb1")
    drawn = [series for series in grown["slope"] if series not in ENDS]
    for series, marker, colour in zip(drawn, "osDv^", colours, strict=True):
        points = [p for p in grown["points"] if p["series"] == series]
        sizes = [p["bytes"] for p in points]
        axes.plot(sizes, [p["seconds"] for p in points], marker, color=colour, markersize=5, label=series)
        fitted = [cost["call"] + cost["page"] * p["pages"] + cost["line"] * p["lines"] + cost["byte"] * p["bytes"] for p in points]
        if series != DIRTY:  # that line goes to ftfy as a whole, at ftfy's cost
            axes.plot(sizes, fitted, color=colour, linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(title="measured; lines: fitted", fontsize=9)
    return figure


def over_labelled(sources: Sources) -> Figure:
    """Word F1 and content lost over how many pages were labelled."""
    first, *rows = sources.adapted["labelled"]
    title = f"What labelling pages of your own is worth: {sources.adapted['pages']} pages of other sites"
    figure, axes = _canvas(title, "pages labelled", "word F1", (7.0, 3.8))
    sizes = [row["labelled"] for row in rows]
    axes.axhline(first["f1"], color=SOFT, linestyle="--", linewidth=1)
    axes.text(sizes[-1], first["f1"], "as shipped ", fontsize=9, color=SOFT, ha="right", va="bottom")
    axes.errorbar(
        sizes, [row["f1"] for row in rows], [row["spread"] for row in rows], color=OURS, marker="o", linewidth=2, capsize=3, label="word F1"
    )
    for row in rows:
        axes.annotate(
            f"{row['f1']:.3f}", (row["labelled"], row["f1"]), (-6, 7), textcoords="offset points", fontsize=9, color=OURS, ha="right"
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.margins(x=0.12)
    axes.xaxis.set_minor_locator(NullLocator())
    lost = axes.twinx()
    lost.plot(sizes, [row["content_lost"] for row in rows], color=OTHER, marker="s", linewidth=1.5, linestyle="--")
    lost.axhline(first["content_lost"], color=OTHER, linestyle=":", linewidth=1)
    lost.set_ylabel("content lines lost (dashed; dotted: as shipped)", color=OTHER)
    lost.set_ylim(bottom=0)
    lost.grid(visible=False)
    lost.spines["right"].set_visible(True)
    return figure


CHARTS: dict[str, Callable[[Sources], Figure]] = {
    "f1-against-speed": f1_against_speed,
    "threshold": over_threshold,
    "calibration": calibration,
    "speed": speed_bars,
    "cost": linear_cost,
    "adapted": over_labelled,
}


def draw(sources: Sources, folder: Path) -> list[str]:
    """Draw every chart whose figures are there; returns the names of those left out."""
    folder.mkdir(parents=True, exist_ok=True)
    left_out = []
    for name, chart in CHARTS.items():
        try:
            figure = chart(sources)
        except KeyError as missing:
            left_out.append(f"{name} (no figures for {missing})")
            continue
        finally:
            plt.close("all")  # also what a chart had begun; figures can be saved all the same
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", dpi=160, metadata={"Software": None})
    return left_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quality", type=Path, help="JSON of quality.py")
    parser.add_argument("--speed", type=Path, help="JSON of speed.py")
    parser.add_argument("--adapted", type=Path, help="JSON of adapted.py")
    parser.add_argument("--model", type=Path, help="model whose header is read (default: the shipped one)")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the pictures")
    options = parser.parse_args(arguments)

    def read(path: Path | None) -> Figures:
        return json.loads(path.read_text(encoding="utf-8")) if path else {}

    model = LineModel.load(options.model).info
    sources = Sources(read(options.quality), read(options.speed), read(options.adapted), model)
    for name in draw(sources, options.out):
        print(f"left out: {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
