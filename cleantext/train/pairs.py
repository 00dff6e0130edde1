"""Pages with what should be left of them, as labelled pages."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleantext.normalize import fix_many
from cleantext.plain import plain_text

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
        if nothing of the page is content. Neither broken encodings and entities nor invisible characters matter, in either text.

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
    *lines, wanted = _comparable([*(text[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True)), wanted])
    shown = word_prf("\n".join(lines), wanted).recall
    if wanted.strip() and shown < _LEAST_SHOWN:
        raise ValueError(f"{name}: {shown:.0%} of the words of its wanted text stand in the page; give what should be left of this page")
    if wanted.strip():
        label, fraction = label_lines(lines, wanted)
        _by_whole_lines(label, [line.strip() for line in lines], [line.strip() for line in LINE_END.split(wanted)])
    else:
        label, fraction = np.zeros(len(lines), np.int8), np.zeros(len(lines), np.float32)
    return LabelledPage(name, site, "yours", "own", "yours", "full", text, start, end, label, fraction)


def _comparable(texts: Sequence[str]) -> list[str]:
    """Texts repaired, plain and composed: a cleaned text that was put right by hand has been repaired, and its page has not."""
    return [unicodedata.normalize("NFC", plain_text(text)) for text in fix_many(texts)]


def _by_whole_lines(label: NDArray[np.int8], lines: Sequence[str], wanted: Sequence[str]) -> None:
    """Decide, in place, what words leave in doubt, where the wanted text is made of whole lines of the page: that is how cleaning makes it.

    Words in order say which copy of a line is meant, and lines whether it is one at all. Of several copies of which words say nothing each
    stays in doubt, if there are more of them than are wanted.
    """
    copies, asked = Counter(lines), Counter(filter(None, wanted))
    if not set(asked) <= set(copies):
        return
    found = {line for line, one in zip(lines, label.tolist(), strict=True) if one == 1}
    for index, line in enumerate(lines):
        if line not in asked:
            label[index] = 0
        elif copies[line] <= asked[line]:
            label[index] = 1
        elif line not in found:
            label[index] = -1
        elif label[index] == -1:
            label[index] = 0


def read_pairs(pages: Path, wanted: Path) -> list[tuple[LabelledPage, str]]:
    """Read the pages of a folder and, from files of the same names in another, what should be left of them.

    Parameters
    ----------
    pages : pathlib.Path
        Folder of ``.txt`` files in UTF-8: of those in a folder of it all are of one site, of the others each is a site of its own.
    wanted : pathlib.Path
        Folder with files of the same names. It may stand in `pages`; names that begin with a dot or an underscore are passed over.

    Returns
    -------
    list of (LabelledPage, str)
        Each page and its wanted text, in the order of their names.

    Raises
    ------
    ValueError
        If both folders are one, there are no pages, a page has no wanted text or one that is not its own, a wanted text has no page, or a
        file is not UTF-8.
    OSError
        If a file cannot be read.
    """
    if pages.samefile(wanted):
        raise ValueError(f"{wanted}: is the folder of the pages; what should be left of them goes into another one")
    names = [name for name in _names(pages) if wanted.resolve() not in (pages / name).resolve().parents]
    texts = list(_names(wanted))
    if not names:
        raise ValueError(f"{pages}: there is no .txt file in it")
    for folder, missing, hint in (
        (wanted, sorted(set(names) - set(texts)), "give each page its wanted text, an empty file if it has no content"),
        (pages, sorted(set(texts) - set(names)), f"what is in {wanted} must have the name of a page"),
    ):
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise ValueError(f"{folder}: there is no {missing[0]}{more}; {hint}")
    found = []
    for name in sorted(names):
        text = _read(wanted / name)
        found.append((labelled_page(str(name), name.parts[0], _read(pages / name), text), text))
    return found


def _names(folder: Path) -> Iterator[Path]:
    """Names of the text files in a folder and those below it, links followed."""
    for base, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in files:
            if name.lower().endswith(".txt") and not name.startswith((".", "_")):
                yield (Path(base) / name).relative_to(folder)


def _read(file: Path) -> str:
    # Line ends as they stand: they are part of a page.
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
