"""Moves a model towards pages of your own: ``python -m cleantext.train.adapt PAGES WANTED -o mine.ctm``.

PAGES is a folder of pages as .txt files, WANTED one with files of the same names: what should be left of each. Clean the pages
(``python -m cleantext PAGES/ -o WANTED/``) and put right what came out. It needs the extra ``fit``, neither corpora nor a checkout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cleantext.arguments import check_text, chosen_model, why_not_pages
from cleantext.model import MAGIC, LineModel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .pages import LabelledPage

_FEW_PAGES = 10


class Figures(NamedTuple):
    """What a model does to pages: mean word F1 over pages, and the shares of furniture lines removed and of content lines lost."""

    f1: float
    furniture_removed: float
    content_lost: float


class Adapted(NamedTuple):
    """A moved model.

    Attributes
    ----------
    model : LineModel
    before, held_out : Figures
        Of the pages given: by the model that was started from, and by models that were moved by pages of other sites alone.
    n_doubtful : int
        Lines of which the wanted texts do not tell what they are: they train nothing, and count for neither share.
    """

    model: LineModel
    before: Figures
    held_out: Figures
    n_doubtful: int


def adapt(
    texts: Iterable[str], wanted: Iterable[str], *, sites: Iterable[str] | None = None, model: LineModel | None = None, version: str = ""
) -> Adapted:
    """Move a model towards pages of which it is known what should be left.

    Parameters
    ----------
    texts, wanted : iterable of str
        Pages, and the content of each: see `pairs.labelled_page`.
    sites : iterable of str, optional
        Which site each page is of; by default each is of its own. Pages of one site say little of other sites, so tell them.
    model : LineModel, optional
        To start from; by default the one that ships. Not one that was moved before: give all pages at once.
    version : str
        The new model's name; by default the old one's with "+" and how many pages moved it.

    Returns
    -------
    Adapted

    Raises
    ------
    TypeError
        If a text or site is not a str, or `model` is no LineModel.
    ValueError
        If there are not as many of each, a wanted text is not its page's, there are fewer than two sites or lines of one kind alone, or
        the model was moved before.

    Examples
    --------
    >>> page = "Vase of blue glass\\nHand-blown, 32 cm high, with a heavy foot.\\nAdd to basket\\nDelivery in three days"
    >>> found = adapt([page, page.replace("Vase", "Bowl")], ["\\n".join(page.split("\\n")[:2])] * 2)
    >>> found.held_out.f1 >= found.before.f1
    True
    """
    from .pairs import labelled_page

    model = chosen_model(model)
    texts, wanted = _checked("texts", texts), _checked("wanted", wanted)
    names = [f"page {index}" for index in range(len(texts))]
    sites = names if sites is None else _checked("sites", sites)
    if not len(texts) == len(wanted) == len(sites):
        raise ValueError(f"{len(texts)} texts, {len(wanted)} wanted ones and {len(sites)} sites: they must be as many")
    pages = [labelled_page(*one) for one in zip(names, sites, texts, wanted, strict=True)]
    return _adapted(pages, wanted, model, version)


def _checked(name: str, texts: Iterable[str]) -> list[str]:
    if problem := why_not_pages(texts, name):
        raise TypeError(problem)
    found = []
    for place, text in enumerate(texts):
        try:
            found.append(check_text(text))
        except TypeError as wrong:
            raise TypeError(f"{name}, item {place}: {wrong}") from None
    return found


def _adapted(pages: Sequence[LabelledPage], wanted: Sequence[str], model: LineModel, version: str) -> Adapted:
    from .adaptation import Adaptation, page_scores

    filled = [index for index, page in enumerate(pages) if len(page.label)]
    pages, wanted = [pages[index] for index in filled], [wanted[index] for index in filled]
    adaptation = Adaptation(model, pages)
    limit = model.threshold(None)
    before = figures(pages, wanted, page_scores(model, pages), limit)
    held_out = figures(pages, wanted, adaptation.held_out(), limit)
    moved = adaptation.moved()
    info = {key: value for key, value in moved.info.items() if key != "measured"}  # which is not what this one does
    info["version"] = str(version) or f"{model.version}+{len(pages)}"
    info["adapted"] = {
        "from": model.version, "pages": len(pages), "sites": len({page.site for page in pages}),
        "before": before._asdict(), "held_out": held_out._asdict(),
    }  # fmt: skip
    return Adapted(LineModel(moved.arrays, info), before, held_out, sum(int((page.label < 0).sum()) for page in pages))


def figures(pages: Sequence[LabelledPage], wanted: Sequence[str], scores: Sequence[npt.NDArray[np.float64]], limit: float) -> Figures:
    """What keeping the lines with at least a score does to pages, whose text is repaired as cleaning repairs it."""
    import numpy as np

    from cleantext.normalize import fix_many

    from .metrics import line_rates, word_f1
    from .pages import kept_text

    kept = fix_many([kept_text(page, score >= limit) for page, score in zip(pages, scores, strict=True)])
    f1 = np.mean([word_f1(text, gold) for text, gold in zip(kept, fix_many(wanted), strict=True)])
    rates = line_rates(np.concatenate(scores) >= limit, np.concatenate([page.label for page in pages]))
    return Figures(round(float(f1), 4), round(rates.furniture_removed, 4), round(rates.content_lost, 4))


def main(arguments: Sequence[str] | None = None) -> int:
    """Move a model and write it; returns the exit code: 0, 1 if a package is missing, 2 if something given is wrong, 130 interrupted."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m cleantext.train.adapt", description=__doc__, formatter_class=raw)
    parser.add_argument("pages", type=Path, metavar="PAGES", help="folder of pages as .txt files; those of one site in a folder of it")
    parser.add_argument("wanted", type=Path, metavar="WANTED", help="folder with what should be left of each, under the same name")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the model goes")
    parser.add_argument("--model", type=Path, metavar="FILE", help="the model to start from (default: the one shipped)")
    parser.add_argument("--version", default="", metavar="NAME", help="name of the new model, kept in its header")
    options = parser.parse_args(arguments)
    try:
        from .pairs import read_pairs

        model = _check_options(options)
        pairs = read_pairs(options.pages, options.wanted)
        found = _adapted([page for page, _ in pairs], [text for _, text in pairs], model, options.version)
        found.model.save(options.output)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "cleantext":
            raise
        print(f"cleantext.train.adapt: {missing.name} is missing: pip install 'cleantext-lines[fit]'", file=sys.stderr)
        return 1
    except (OSError, ValueError) as wrong:
        parser.error(str(wrong))
    except KeyboardInterrupt:
        print("cleantext.train.adapt: interrupted", file=sys.stderr)
        return 130
    _report(found, options.output)
    return 0


def _check_options(options: argparse.Namespace) -> LineModel:
    """The model to start from, if all that is given can be used."""
    from .checks import check_output

    for folder in (options.pages, options.wanted):
        if not folder.is_dir():
            raise ValueError(f"{folder}: is no folder")
    check_output(options.output, "-o")
    if options.output.exists() and not _is_model(options.output):
        raise ValueError(f"-o {options.output}: is there already, and no model; name another file")
    try:
        return LineModel.load(options.model)
    except OSError as error:
        raise ValueError(f"--model {options.model}: {error.strerror}") from None


def _is_model(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _report(found: Adapted, output: Path) -> None:
    about = found.model.info["adapted"]
    print(f"{about['pages']} pages of {about['sites']} sites      word F1   furniture removed   content lost")
    for name, figures in ((f"model {about['from']}", found.before), ("moved, sites not seen", found.held_out)):
        print(f"{name:<26}{figures.f1:>9.3f}{figures.furniture_removed:>20.2f}{figures.content_lost:>15.2f}")
    if found.n_doubtful:
        print(f"lines of which the wanted texts do not tell what they are, left out: {found.n_doubtful}")
    if found.held_out.f1 <= found.before.f1:
        print("no better than before on sites that it has not seen: label pages of more sites, or keep the model you have")
    elif about["pages"] < _FEW_PAGES:
        print("so few pages say little: with dozens both the model and these figures become better")
    print(f"wrote {output}, model {found.model.version}")


if __name__ == "__main__":
    sys.exit(main())
