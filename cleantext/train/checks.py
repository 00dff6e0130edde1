"""What must be there before training begins: it takes a quarter of an hour, and should not end for want of a folder."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from . import augment
from .agreement import extractor_versions
from .cache import RENDERERS
from .corpora import FOLDERS, READERS, find_corpora
from .fit import N_FOLDS


def check_all(output: Path, folds: Path, data: Path) -> Path:
    """Raise an error that says what to do if training would fail later; return the corpora's root.

    Parameters
    ----------
    output : pathlib.Path
        File that the model is to be written to.
    folds : pathlib.Path
        Folder for the models of the folds; made if it is not there.
    data : pathlib.Path
        Folder of our own labelled ``lines`` and ``pages``.

    Raises
    ------
    ModuleNotFoundError
        If an extractor or a package that renders pages is missing.
    FileNotFoundError
        If the model's folder, a corpus or our own lines are not where they should be.
    OSError, ValueError
        If the model cannot be written there, a corpus has no pages, or our own lines or pages are damaged.
    """
    check_output(output, "-o")
    folds.mkdir(parents=True, exist_ok=True)
    check_output(folds / "fold-0.ctm", "--folds")
    for name in ("scikit-learn", "rapidfuzz", *RENDERERS):
        version(name)
    extractor_versions()
    root = find_corpora()
    check_corpora(root)
    check_own(data)
    return root


def check_output(file: Path, option: str) -> None:
    """Whether a model can be written to a file, which an option of the command line names."""
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{option} {file}: there is no folder {file.parent}; make it first")
    if file.is_dir():
        raise IsADirectoryError(f"{option} {file}: is a folder; name a file in it, such as {file / 'mine.ctm'}")
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(f"{option} {file}: nothing can be written to {file.parent}; name another place")


def check_corpora(root: Path) -> None:
    """Whether every corpus has a first page that can be read."""
    for name, read in READERS.items():
        folder = root / FOLDERS[name]
        try:
            first = next(read(root), None)
        except OSError as error:
            raise FileNotFoundError(f"corpus {name!r}: {error}; data/README.md says where it is downloaded") from None
        except (ValueError, KeyError) as error:
            raise ValueError(f"corpus {name!r} in {folder} is not what it should be ({error!r}): download it anew") from error
        if first is None:
            raise ValueError(f"no pages of corpus {name!r} in {folder}: data/README.md says where it is downloaded")


def check_own(data: Path) -> None:
    """Whether our own lines and pages are there, and can be read."""
    for pattern in ("lines/*.jsonl", "pages/*.txt"):
        if not any(data.glob(pattern)):
            hint = "name the folder that holds lines/ and pages/, which is data/ of a checkout"
            raise FileNotFoundError(f"--data {data}: there is no {pattern} in it; {hint}")
    try:
        augment.read_lines(data / "lines", N_FOLDS)
        pages = augment.read_pages(data / "pages")
    except OSError as error:
        raise FileNotFoundError(f"--data {data}: {error}; data/README.md says what belongs there") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"--data {data}: a line or page of it cannot be read ({error!r}); data/README.md describes them") from error
    for page in pages:
        marks, lines = len(page.label), len(page.start)
        if marks != lines:
            file = data / "pages" / f"{page.doc_id}.labels"
            raise ValueError(f"{file}: has {marks} labels, but the page has {lines} lines that are not blank; give each of them one")
