"""Pages as terminal browsers print them: links numbered in the text, their targets in a list at its end.

``lynx -dump`` and ``elinks -dump`` write "[12]Sport" for a link and "  12. https://example.org/sport" into "References" below the text;
converters that write Markdown with reference links have "[Sport][12]" and "[12]: https://example.org/sport". Such a list can be longer
than the page, and its lines have as many words as a sentence. Other converters wrap Markdown at some column, through the text of links.
The pages are made from Markdown renderings, where links and their targets are known.
"""

from __future__ import annotations

import random
import re
import textwrap
from dataclasses import replace

import numpy as np

from cleantext.plain import is_blank

from .pages import LabelledPage, split_lines

#: Name of the layout, beside those of `reflow`.
TERMINAL = "terminal"

_TARGET = r"\(([^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+[\"'][^\n]*?[\"'])?\)"
_IMAGE = re.compile(rf"!\[([^\[\]]*)\]{_TARGET}")
_LINK = re.compile(rf"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]{_TARGET}")
# Marks of Markdown that a terminal browser does not print: of headings, emphasis and code, and the bars between a table's cells.
_MARKS = re.compile(r"^#{1,6}\s+|\*\*|__|`+|^\||\|$|(?<=\s)\|(?=\s)")
_RULE = re.compile(r"[\s|:=*_-]*")
_BULLET = re.compile(r"(\s*)[*+-]\s+")
_BULLETS = "*+o#"
_HEADING = re.compile(r"#{1,6}\s")
# Columns that lines are wrapped at: of terminals, mostly 80, and of those who ask for longer lines.
_COLUMNS = (72, 80, 80, 100, 132, 1024)
_STYLES = ("browser", "browser", "reference links", "wrapped", "wrapped")


class _Links:
    """Numbers links in the order in which they come, and keeps their targets."""

    def __init__(self, page: LabelledPage, style: str) -> None:
        self.base = f"https://{page.site}"
        self.style = style
        self.targets: list[str] = []

    def number(self, text: str) -> str:
        """A line's text with its links numbered; images are their alternative text."""
        text = _IMAGE.sub(lambda match: match[1] or f"[{match[2].rpartition('/')[2][:40]}]", text)
        return _LINK.sub(self._mark, text)

    def _mark(self, match: re.Match[str]) -> str:
        target = match[2]
        self.targets.append(target if ":" in target[:12] else f"{self.base}/{target.lstrip('/')}")
        count = len(self.targets)
        return f"[{count}]{match[1]}" if self.style == "browser" else f"[{match[1]}][{count}]"

    def listed(self) -> list[str]:
        """The list of targets, as lines."""
        if self.style == "browser":
            return ["References", "", *(f"{count:4}. {target}" for count, target in enumerate(self.targets, 1))]
        return [f"[{count}]: {target}" for count, target in enumerate(self.targets, 1)]


def terminal(page: LabelledPage) -> LabelledPage:
    """A page as a terminal browser prints it, or as Markdown with reference links or wrapped; which, and at what column, its name decides.

    Parameters
    ----------
    page : LabelledPage
        In a Markdown rendering.

    Returns
    -------
    LabelledPage
        Every piece of a line has the line's label; rules and what else has no letters once links are numbered is left out. The targets
        are furniture.
    """
    chance = random.Random(page.doc_id)
    style, width = chance.choice(_STYLES), chance.choice(_COLUMNS)
    links = _Links(page, style)
    texts: list[str] = []
    source: list[int] = []
    end = 0
    for index, line in enumerate(page.lines()):
        start = int(page.start[index])
        if texts and page.text.count("\n", end, start) > 1:
            texts.append("")
        end = int(page.end[index])
        if style == "browser":
            parts = _printed(links.number(line), width)
        elif style == "wrapped":
            parts = textwrap.wrap(line, width, replace_whitespace=False, break_long_words=False, break_on_hyphens=False)
        else:
            parts = [links.number(line)]
        for part in parts:
            if not is_blank(part):
                texts.append(part)
                source.append(index)
    listed = links.listed() if links.targets else []
    text = "\n".join((*texts, "", *listed) if listed else texts)
    starts, ends = split_lines(text)
    more = len(starts) - len(source)
    return replace(
        page,
        rendering=TERMINAL,
        text=text,
        start=starts,
        end=ends,
        label=np.concatenate((page.label.take(source), np.zeros(more, np.int8))),
        fraction=np.concatenate((page.fraction.take(source), np.zeros(more, np.float32))),
    )


def _printed(line: str, width: int) -> list[str]:
    """A line of Markdown as a terminal browser prints it: headings at the margin, text three columns from it, lists further."""
    if _RULE.fullmatch(line):
        return []
    hanging = "   "
    margin = "" if _HEADING.match(line) else hanging
    bullet = _BULLET.match(line)
    if bullet:
        depth = min(len(bullet[1].expandtabs(4)) // 2, len(_BULLETS) - 1)
        margin = " " * (5 + 5 * depth) + f"{_BULLETS[depth]} "
        hanging, line = " " * len(margin), line[bullet.end() :]
    return textwrap.wrap(
        _MARKS.sub("", line.strip()),
        width,
        initial_indent=margin,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
