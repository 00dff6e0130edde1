"""Pages with what should be left of them, as labelled pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleantext.normalize import fix_many, fix_text

from .align import LINE_END, label_lines
from .metrics import word_prf
from .pages import LabelledPage, split_lines

# A page that shows less of its wanted text is not the page that it was made from, or another version of it.
_LEAST_SHOWN = 0.5


def labelled_page(name: str, site: str, text: str, wanted: str) -> LabelledPage:
    """A page whose lines are labelled by the text that should be left of it.

    Parameters
    ----------
    name, site : str
        What the page is called, and which site it is of: pages of one site are never held against each other.
    text : str
        The page, as it will be cleaned.
    wanted : str
        Its content: a cleaned text that was put right by hand, or any text that annotators gave. Words and their order count, not lines; ""
        if nothing of the page is content.

    Returns
    -------
    LabelledPage

    Raises
    ------
    ValueError
        If less than half of the wanted words stand in the page.

    Examples
    --------
    >>> page = "Home | Soups\\n\\nLeek soup\\nBoil the leeks, then add cream.\\nShare soup"
    >>> labelled_page("a", "a", page, "Leek soup\\nBoil the leeks, then add cream.").label.tolist()
    [0, 1, 1, 0]
    """
    start, end = split_lines(text)
    # A cleaned text that was put right by hand has been repaired; its page has not.
    lines = fix_many([text[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True)])
    wanted = fix_text(wanted)
    shown = word_prf("\n".join(lines), wanted).recall
    if wanted.strip() and shown < _LEAST_SHOWN:
        raise ValueError(f"{name}: {shown:.0%} of the words of its wanted text stand in the page; give what should be left of this page")
    if wanted.strip():
        label, fraction = label_lines(lines, wanted)
        _by_whole_lines(label, [line.strip() for line in lines], {line.strip() for line in LINE_END.split(wanted)} - {""})
    else:
        label, fraction = np.zeros(len(lines), np.int8), np.zeros(len(lines), np.float32)
    return LabelledPage(name, site, "yours", "own", "yours", "full", text, start, end, label, fraction)


def _by_whole_lines(label: NDArray[np.int8], lines: Sequence[str], wanted: set[str]) -> None:
    """Decide, in place, what words leave in doubt, where the wanted text is made of whole lines of the page: that is how cleaning makes it.

    Words in order say which copy of a line is meant, and lines whether it is one at all. Of several copies of which words say nothing each
    stays in doubt.
    """
    if not wanted <= set(lines):
        return
    copies = Counter(lines)
    found = {line for line, one in zip(lines, label.tolist(), strict=True) if one == 1}
    for index, line in enumerate(lines):
        if line not in wanted:
            label[index] = 0
        elif line not in found:
            label[index] = 1 if copies[line] == 1 else -1
        elif label[index] == -1:
            label[index] = 0


def read_pairs(pages: Path, wanted: Path) -> list[tuple[LabelledPage, str]]:
    """Read the pages of a folder and, from files of the same names in another, what should be left of them.

    Parameters
    ----------
    pages : pathlib.Path
        Folder of ``.txt`` files in UTF-8, in folders of one site each or all in one, which then count as a site each.
    wanted : pathlib.Path
        Folder with files of the same names.

    Returns
    -------
    list of (LabelledPage, str)
        Each page and its wanted text, in the order of their names.

    Raises
    ------
    ValueError
        If there are no pages, or a page has no wanted text or one that is not its own, or a file is not UTF-8.
    OSError
        If a file cannot be read.
    """
    found = []
    files = sorted(file for file in pages.rglob("*.txt") if file.is_file())
    if not files:
        raise ValueError(f"{pages}: there is no .txt file in it")
    names = [file.relative_to(pages) for file in files]
    missing = [name for name in names if not (wanted / name).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(f"{wanted}: there is no {missing[0]}{more}; give each page its wanted text, an empty file if it has no content")
    for file, name in zip(files, names, strict=True):
        site = name.parts[0] if len(name.parts) > 1 else name.stem
        text = _read(wanted / name)
        found.append((labelled_page(str(name), site, _read(file), text), text))
    return found


def _read(file: Path) -> str:
    # Line ends as they stand: they are part of a page.
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
