"""Draw the README's pictures from the figures that `quality.py --json` and `speed.py --json` wrote.

    python benchmarks/charts.py --quality quality.json --speed speed.json --out docs/images

Every chart is drawn twice, as SVG for the README and as PNG for places that show no SVG. A chart whose figures are not
in the files is left out and named.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib

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

Figures = dict[str, Any]

CROWDED = 0.012
"""Word F1 within which two labels would touch."""

OURS, OTHER, SOFT = "#c8442e", "#3b6ea5", "#9a9a9a"
"""Colours of cleantext, of what it is compared with, and of lines to read by."""


def _canvas(title: str, x: str, y: str, size: tuple[float, float] = (7.0, 4.2)) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def f1_against_speed(quality: Figures, speed: Figures) -> Figure:
    """Word F1 on full pages against MB of text per second, for systems that have both."""
    scores = quality["figures"]["full"]["systems"]
    rates = {row["system"]: row["mb_per_s"] for row in speed["systems"]}
    figure, axes = _canvas("Full pages: quality and speed", "MB of text per second, one core", "word F1")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    names = sorted((name for name in rates if name in scores), key=lambda name: rates[name])
    for name in names:
        ours = name == "cleantext"
        x, y = rates[name], scores[name]["all"]
        axes.scatter(x, y, s=70 if ours else 45, color=OURS if ours else OTHER, zorder=3)
        # The label stands above, or below where a slower system's label is already about there.
        crowded = any(other != name and rates[other] < x < rates[other] * 8 and abs(scores[other]["all"] - y) < CROWDED for other in names)
        offset, side = ((0, -10), "top") if crowded else ((0, 8), "bottom")
        axes.annotate(name, (x, y), offset, textcoords="offset points", ha="center", va=side, fontsize=9)
    baseline = scores["keep everything"]["all"]
    axes.axhline(baseline, color=SOFT, linestyle="--", linewidth=1)
    low, high = rates[names[0]], rates[names[-1]]
    axes.set_xlim(low / 3, high * 6)
    axes.text(high * 5.5, baseline, "keep everything", fontsize=8, color=SOFT, va="bottom", ha="right")
    known = [baseline, *(scores[n]["all"] for n in names)]
    axes.set_ylim(min(known) - 0.03, max(known) + 0.03)
    return figure


def over_threshold(quality: Figures, speed: Figures) -> Figure:
    """Furniture removed and content lost in nearly clean articles, over the threshold."""
    del speed
    state = quality["figures"]["thresholds"]["nearly clean"]
    x = [row["threshold"] for row in state["curve"]]
    figure, axes = _canvas("Nearly clean articles: what the threshold decides", "threshold", "share of lines")
    axes.plot(x, [row["furniture_removed"] for row in state["curve"]], color=OURS, label="furniture lines removed")
    axes.plot(x, [row["content_lost"] for row in state["curve"]], color=OTHER, label="content lines lost")
    for name, row in state["named"].items():
        axes.axvline(row["threshold"], color=SOFT, linestyle=":", linewidth=1)
        axes.text(row["threshold"], 1.01, name, rotation=90, fontsize=8, color=SOFT, ha="right", va="top")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.legend(loc="center left")
    return figure


def calibration(quality: Figures, speed: Figures) -> Figure:
    """Share of content against mean score per bin, for each corpus and state; bins under 30 lines are left out."""
    del speed
    situations = quality["figures"]["calibration"]["situations"]
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


def speed_bars(quality: Figures, speed: Figures) -> Figure:
    """MB of text per second of every system."""
    del quality
    rows = sorted(speed["systems"], key=lambda row: row["mb_per_s"])
    title = "English pages, one core: MB of text dealt with per second"
    figure, axes = _canvas(title, "MB/s, logarithmic", "", (7.0, 0.42 * len(rows) + 1.2))
    ours = [row["system"].startswith("cleantext") for row in rows]
    labels = [row["system"] + (" (from HTML)" if row["given"] == "HTML" else "") for row in rows]
    bars = axes.barh(labels, [row["mb_per_s"] for row in rows], color=[OURS if o else OTHER for o in ours])
    axes.bar_label(bars, [f"{row['mb_per_s']:.3g}" for row in rows], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=max(row["mb_per_s"] for row in rows) * 2.5)
    axes.grid(axis="y", visible=False)
    return figure


def linear_cost(quality: Figures, speed: Figures) -> Figure:
    """Time against bytes over three orders of magnitude, with the fitted cost as crosses."""
    del quality
    grown = speed["growth"]
    cost = grown["cost"]
    title = (
        f"Cost: {cost['call'] * 1e3:.2f} ms a call + {cost['page'] * 1e6:.1f} µs a page"
        f" + {cost['line'] * 1e6:.2f} µs a line + {cost['byte'] * 1e9:.1f} ns a byte"
    )
    figure, axes = _canvas(title, "bytes of text", "seconds")
    colours = (OURS, OTHER, "#5a9367", SOFT, "#8b6bb1")
    for series, marker, colour in zip(grown["slope"], "osDv^", colours, strict=True):
        points = [p for p in grown["points"] if p["series"] == series]
        sizes = [p["bytes"] for p in points]
        axes.plot(sizes, [p["seconds"] for p in points], marker, color=colour, markersize=5, label=series)
        fitted = [cost["call"] + cost["page"] * p["pages"] + cost["line"] * p["lines"] + cost["byte"] * p["bytes"] for p in points]
        if "mojibake" not in series:  # that line goes to ftfy as a whole, at ftfy's cost
            axes.plot(sizes, fitted, color=colour, linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(title="measured; lines: fitted", fontsize=9)
    return figure


CHARTS: dict[str, Callable[[Figures, Figures], Figure]] = {
    "f1-against-speed": f1_against_speed,
    "threshold": over_threshold,
    "calibration": calibration,
    "speed": speed_bars,
    "cost": linear_cost,
}


def draw(quality: Figures, speed: Figures, folder: Path) -> list[str]:
    """Draw every chart whose figures are there; returns the names of those left out."""
    folder.mkdir(parents=True, exist_ok=True)
    left_out = []
    for name, chart in CHARTS.items():
        try:
            figure = chart(quality, speed)
        except KeyError as missing:
            left_out.append(f"{name} (no figures for {missing})")
            continue
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", dpi=160, metadata={"Software": None})
        plt.close(figure)
    plt.close("all")
    return left_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--quality", type=Path, help="JSON of quality.py")
    parser.add_argument("--speed", type=Path, help="JSON of speed.py")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the pictures")
    options = parser.parse_args(arguments)

    def read(path: Path | None) -> Figures:
        return json.loads(path.read_text(encoding="utf-8")) if path else {}

    for name in draw(read(options.quality), read(options.speed), options.out):
        print(f"left out: {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
