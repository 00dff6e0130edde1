"""Counting what a run did, and showing it: while it runs on a terminal, and at its end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cleantext.console import complain

__all__ = ["Progress", "Tally", "as_json", "as_table", "summary"]


@dataclass(slots=True)
class Tally:
    """Counts over rows, as large as one block or a whole run.

    `lines` and `words` are those of cleaned rows that are not blank, by the core's definition, and stay 0
    where nobody asked what was dropped. `reasons` maps a reason to the lines and characters dropped for it.
    `text_bytes` counts uncompressed bytes of rows."""

    rows: int = 0
    skipped: int = 0
    set_aside: int = 0
    text_bytes: int = 0
    lines: int = 0
    lines_dropped: int = 0
    words: int = 0
    words_dropped: int = 0
    reasons: dict[str, list[int]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add the counts of `other`."""
        for name in self.__slots__:
            if name != "reasons":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for reason, (lines, characters) in other.reasons.items():
            self.add_reason(reason, lines, characters)

    def add_reason(self, reason: str, lines: int, characters: int) -> None:
        """Count dropped lines of one reason."""
        mine = self.reasons.setdefault(reason, [0, 0])
        mine[0] += lines
        mine[1] += characters

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Tally:
        """What `asdict` gave, as it comes back from JSON."""
        return cls(**record)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:6.1%}" if whole else "     -"


def as_table(tally: Tally, n_shards: int) -> str:
    """The statistics for a person to read."""
    rows = [
        ("shards", n_shards, ""),
        ("rows", tally.rows, ""),
        ("  skipped", tally.skipped, _share(tally.skipped, tally.rows)),
        ("  set aside", tally.set_aside, _share(tally.set_aside, tally.rows)),
        ("lines", tally.lines, ""),
        ("  kept", tally.lines - tally.lines_dropped, _share(tally.lines - tally.lines_dropped, tally.lines)),
        ("  removed", tally.lines_dropped, _share(tally.lines_dropped, tally.lines)),
        ("words", tally.words, ""),
        ("  kept", tally.words - tally.words_dropped, _share(tally.words - tally.words_dropped, tally.words)),
        ("  removed", tally.words_dropped, _share(tally.words_dropped, tally.words)),
    ]
    lines = [f"{name:<24}{count:>16,}  {share}".rstrip() for name, count, share in rows]
    lines.append(f"{'removed lines by reason':<24}{'lines':>16}   share{'characters':>16}")
    for reason, (count, characters) in _sorted(tally):
        lines.append(f"  {reason:<22}{count:>16,}  {_share(count, tally.lines_dropped)}{characters:>16,}")
    return "\n".join(lines) + "\n"


def as_json(tally: Tally, n_shards: int) -> str:
    """The statistics as one JSON object."""
    record = {"shards": n_shards, **asdict(tally)}
    record["reasons"] = {reason: {"lines": lines, "characters": characters} for reason, (lines, characters) in _sorted(tally)}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _sorted(tally: Tally) -> list[tuple[str, list[int]]]:
    return sorted(tally.reasons.items(), key=lambda item: (-item[1][0], item[0]))


def summary(tally: Tally, counts: Mapping[str, int], seconds: float) -> str:
    """One line for standard error at the end of a run."""
    parts = [f"{counts['done']:,} of {counts['all']:,} shards finished"]
    if counts["before"]:
        parts[0] += f" ({counts['before']:,} of them before)"
    parts.append(f"{tally.rows:,} rows")
    parts += [f"{getattr(tally, name):,} rows {name.replace('_', ' ')}" for name in ("skipped", "set_aside") if getattr(tally, name)]
    if counts["failed"]:
        parts.append(f"{counts['failed']:,} shards failed")
    megabytes = tally.text_bytes / 1e6
    speed = f" ({megabytes / seconds:,.1f} MB/s)" if seconds > 1 and not counts["before"] else ""
    return f"{', '.join(parts)}; {megabytes:,.1f} MB in {seconds:,.1f} s{speed}"


class Progress:
    """A progress bar on a terminal, by tqdm; silent elsewhere, or where tqdm is not installed.

    Parameters
    ----------
    total : int
        Bytes of all shards that are to be cleaned, as they lie on the disk: what the time left is told from.
    """

    def __init__(self, total: int) -> None:
        self._bar: Any = None
        self._start = time.monotonic()
        if sys.stderr is not None and sys.stderr.isatty():
            try:
                from tqdm import tqdm
            except ImportError:
                return
            form = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt}B [{elapsed}<{remaining}{postfix}]"
            self._bar = tqdm(total=total, unit="B", unit_scale=True, bar_format=form, file=sys.stderr)

    def show(self, read: int, rows: int, text_bytes: int) -> None:
        """Show the totals so far: bytes read, rows, uncompressed bytes."""
        if self._bar is not None:
            seconds = max(time.monotonic() - self._start, 1e-3)
            self._bar.set_postfix_str(f"{rows / seconds:,.0f} rows/s, {text_bytes / seconds / 1e6:,.1f} MB/s", refresh=False)
            self._bar.update(read - self._bar.n)

    def say(self, message: str) -> None:
        """Write a line above the bar."""
        if self._bar is not None:
            self._bar.clear()
        complain(message)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
