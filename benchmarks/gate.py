"""Floors under measured figures, pinned with the hash of the corpora they were measured on.

`floors.json` holds one group of floors per subset size ("all" for the whole corpora), since a subset's figures are
others. A run passes if no figure is worse than its floor by more than the tolerance. `update` moves a floor only
towards the better; to lower one, edit the file by hand and say why in the commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

FLOORS = Path(__file__).resolve().parent / "floors.json"

TOLERANCE = 0.0005
"""How much worse than its floor a figure may be: rounding of another processor or numpy version moves a few lines in
a hundred thousand across the threshold, which is under 0.0003 of any of the figures."""

TOLERANCE_OF = {"harm/change/newspaper4k": 0.004}
"""Wider for figures that differ from run to run with nothing changed. newspaper4k puts nodes into a `set`, so which of two that
score alike it takes is up to their addresses: six fresh runs over fold 0's 326 pages differed in up to four pages from
each other, and the figure lay between -0.0004 and 0.0033. Nearly all of that is one page without gold text, which is
cleaned to nothing or not by a sentence that it leaves. (Model 1.14: -0.0009 from empty caches, -0.0003 with outputs
remembered.)"""

LOWER_IS_BETTER = (
    "content_lost",
    "words_lost",
    "lines_lost",
    "worst_page",
    "calibration",
    "pages_losing",
    "under_keep_everything",
)
"""A figure with one of these in its name has a ceiling in place of a floor."""


class Floors(TypedDict):
    """What `floors.json` holds: hashes by corpus, and by subset size the floors by figure."""

    corpora: dict[str, str]
    floors: dict[str, dict[str, float]]


def lower_is_better(name: str) -> bool:
    """True for figures that have a ceiling.

    >>> lower_is_better("nearly/content_lost"), lower_is_better("full/all")
    (True, False)
    """
    return any(part in name for part in LOWER_IS_BETTER)


def read(path: Path = FLOORS) -> Floors:
    """Read the floors; no file means none yet."""
    if not path.exists():
        return {"corpora": {}, "floors": {}}
    content: Floors = json.loads(path.read_text(encoding="utf-8"))
    return content


def failures(
    measured: Mapping[str, float],
    hashes: Mapping[str, str],
    pinned: Floors,
    subset: str,
    parts: frozenset[str],
) -> list[str]:
    """Say what is wrong, one sentence each; empty if the gate is passed.

    Parameters
    ----------
    measured : mapping of str to float
        Figures by name, "PART/...".
    hashes : mapping of str to str
        Hash of each corpus here.
    pinned : Floors
    subset : str
        Which group of floors: "all" or the subset's size.
    parts : frozenset of str
        Parts that were run; a floor of one of them whose figure is missing is a failure, so that a figure that is
        no longer computed cannot slip through.

    >>> pinned = {"corpora": {"wcxb": "ab"}, "floors": {"all": {"full/all": 0.86, "nearly/content_lost": 0.01}}}
    >>> failures({"full/all": 0.85, "nearly/content_lost": 0.02}, {"wcxb": "ab"}, pinned, "all", frozenset(["full"]))
    ['full/all is 0.8500, floor 0.8600']
    """
    wrong = [
        f"corpus {name} is not the one the floors were measured on ({hashes.get(name, 'missing')[:12]} here, {digest[:12]} pinned)"
        for name, digest in pinned["corpora"].items()
        if hashes.get(name) != digest
    ]
    floors = {k: v for k, v in pinned["floors"].get(subset, {}).items() if k.split("/")[0] in parts}
    if not floors:
        wrong.append(f"no floors are pinned for these parts and subset {subset!r}: run with --update-floors first")
    for name, floor in sorted(floors.items()):
        value = measured.get(name)
        tolerance = TOLERANCE_OF.get(name, TOLERANCE)
        if value is None:
            wrong.append(f"{name} was not measured, floor {floor:.4f}")
        elif lower_is_better(name) and not value <= floor + tolerance:
            wrong.append(f"{name} is {value:.4f}, ceiling {floor:.4f}")
        elif not lower_is_better(name) and not value >= floor - tolerance:
            wrong.append(f"{name} is {value:.4f}, floor {floor:.4f}")
    return wrong


def update(measured: Mapping[str, float], hashes: Mapping[str, str], pinned: Floors, subset: str) -> Floors:
    """Floors raised to what was measured where that is better, and added where there was none.

    Raises
    ------
    ValueError
        If the corpora are not those the other floors were measured on: figures would not compare.

    >>> pinned = {"corpora": {"wcxb": "ab"}, "floors": {"all": {"full/all": 0.86, "nearly/content_lost": 0.01}}}
    >>> new = update({"full/all": 0.84, "nearly/content_lost": 0.008}, {"wcxb": "ab"}, pinned, "all")
    >>> new["floors"]["all"]
    {'full/all': 0.86, 'nearly/content_lost': 0.008}
    """
    changed = [name for name, digest in pinned["corpora"].items() if hashes.get(name) != digest]
    if changed:
        raise ValueError(f"corpora changed ({', '.join(changed)}): delete floors.json to begin anew")
    group = dict(pinned["floors"].get(subset, {}))
    for name, value in measured.items():
        better = max if not lower_is_better(name) else min
        group[name] = better(group[name], value) if name in group else value
    return {
        "corpora": dict(pinned["corpora"]) | dict(hashes),
        "floors": pinned["floors"] | {subset: dict(sorted(group.items()))},
    }


def write(floors: Floors, path: Path = FLOORS) -> None:
    """Write the floors, four decimals, worse side: a floor is never above what was measured."""
    rounded: dict[str, Any] = {
        subset: {name: _towards_worse(name, value) for name, value in group.items()} for subset, group in floors["floors"].items()
    }
    content = {"corpora": floors["corpora"], "floors": rounded}
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _towards_worse(name: str, value: float) -> float:
    step = 1e-4
    units = round(value / step, 6)
    whole = -(-units // 1) if lower_is_better(name) else units // 1
    return round(whole * step, 4)


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py")
