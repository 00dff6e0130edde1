"""The pictures: the same figures give the same files, and no name is written over another one or over a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import before_after
import charts
import pytest
from charts import FROM_HTML, Figures, Mark, Sources
from growth import DIRTY, ENDS

from cleantext import LineModel

# Names as near to each other as systems may get, and some on the line of "keep everything".
F1 = {
    "cleantext": 0.851, "trafilatura": 0.823, "trafilatura defaults": 0.822, "resiliparse main content": 0.787, "readability": 0.702,
    "jusText": 0.700, "newspaper4k": 0.701, "keep everything": 0.701,
}  # fmt: skip
PAGES_PER_S = {
    "cleantext": 3600.0, FROM_HTML: 160.0, "trafilatura": 8.4, "trafilatura defaults": 9.0, "resiliparse main content": 162.0,
    "readability": 14.0, "jusText": 17.0, "newspaper4k": 13.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("main", "arguments", "code", "told"),
    [
        (charts.main, ["--help"], 0, "usage:"),
        (before_after.main, ["--help"], 0, "usage:"),
        (before_after.main, ["nope"], 2, "nope: No such file or directory"),
        (before_after.main, ["-o", "nowhere/page.png"], 2, "-o nowhere/page.png: there is no folder nowhere"),
    ],
)
def test_command_lines(
    main: Callable[[Sequence[str]], int], arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == code
    assert told in "".join(capsys.readouterr())


@pytest.fixture
def sources() -> Sources:
    quality: Figures = {"figures": {"full": {"systems": {name: {"all": value} for name, value in F1.items()}}}}
    speed: Figures = {
        "systems": [
            {"system": name, "given": "text" if name == "cleantext" else "HTML", "pages_per_s": rate, "mb_per_s": rate / 60}
            for name, rate in PAGES_PER_S.items()
        ]
    }
    row = {"f1": 0.9, "content_lost": 0.18, "spread": 0.0}
    adapted: Figures = {"pages": 50, "labelled": [row | {"labelled": count, "f1": 0.9 + count / 1000} for count in (0, 5, 10, 20)]}
    return Sources(quality, speed, adapted, LineModel.load().info)


def test_same_figures_give_the_same_files(sources: Sources, tmp_path: Path) -> None:
    left_out = charts.draw(sources, tmp_path / "one")
    assert [name.split()[0] for name in left_out] == ["calibration", "cost"]
    charts.draw(sources, tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == [f"{name}.{kind}" for name in ("adapted", "f1-against-speed", "speed", "threshold") for kind in ("png", "svg")]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_cost_is_drawn_with_the_fit_of_what_it_holds_for(sources: Sources) -> None:
    fitted = ["pages", "lines of one page", "bytes of one line", "short pages"]
    points = [
        {"series": series, "pages": 1, "lines": 1, "bytes": size, "seconds": size / 1e7}
        for series in (*fitted, DIRTY, *ENDS)
        for size in (1_000, 10_000)
    ]
    slope = dict.fromkeys((point["series"] for point in points), 1.0)
    cost = {"call": 1e-3, "page": 1e-6, "line": 1e-6, "byte": 1e-8}
    sources.speed["growth"] = {"points": points, "slope": slope, "cost": cost}
    axes = charts.linear_cost(sources).axes[0]
    named = [line.get_label() for line in axes.lines if not str(line.get_label()).startswith("_")]
    assert named == [*fitted, DIRTY]
    assert len(axes.lines) == len(named) + len(fitted)


def test_without_benchmarks_the_model_alone_is_drawn(tmp_path: Path) -> None:
    assert charts.main(["--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["threshold.png", "threshold.svg"]


def test_names_of_systems_touch_nothing(sources: Sources) -> None:
    axes = charts.f1_against_speed(sources).axes[0]
    axes.figure.canvas.draw()
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert len(boxes) == len(PAGES_PER_S)
    assert not [pair for pair in combinations(boxes, 2) if boxes[pair[0]].overlaps(boxes[pair[1]])]
    for x, y in axes.transData.transform([(rate, F1["cleantext" if name == FROM_HTML else name]) for name, rate in PAGES_PER_S.items()]):
        assert not [name for name, box in boxes.items() if box.contains(x, y)]
    _, line = axes.transData.transform((1, F1["keep everything"]))
    assert not [name for name, box in boxes.items() if box.y0 < line < box.y1]


def test_a_name_goes_to_the_other_side_at_an_edge() -> None:
    _, axes = charts._canvas("title", "x", "y")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    charts.write_labels(axes, [Mark(0.1, 0.5, "far from any edge", "black"), Mark(0.98, 0.5, "near the edge", "black")])
    assert [text.get_horizontalalignment() for text in axes.texts] == ["left", "right"]
