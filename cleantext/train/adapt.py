"""Moves a model towards pages of your own: ``python -m cleantext.train.adapt PAGES WANTED -o mine.ctm``.

PAGES is a folder of pages as .txt files, WANTED one with files of the same names: what should be left of each. Clean the pages
(``python -m cleantext PAGES/*.txt -o WANTED/``) and put right what came out. It needs the extra ``fit``, neither corpora nor a checkout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cleantext.model import LineModel

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
    """

    model: LineModel
    before: Figures
    held_out: Figures


def adapt(
    texts: Sequence[str], wanted: Sequence[str], *, sites: Sequence[str] | None = None, model: LineModel | None = None, version: str = ""
) -> Adapted:
    """Move a model towards pages of which it is known what should be left.

    Parameters
    ----------
    texts, wanted : sequence of str
        Pages, and the content of each: see `pairs.labelled_page`.
    sites : sequence of str, optional
        Which site each page is of; by default each is of its own. Pages of one site say little of other sites, so tell them.
    model : LineModel, optional
        To start from; by default the one that ships.
    version : str
        The new model's name; by default the old one's with "+" and how many pages moved it.

    Returns
    -------
    Adapted

    Raises
    ------
    ValueError
        If the numbers of texts differ, a wanted text is not its page's, there are fewer than two sites, or no line of either kind.

    Examples
    --------
    >>> page = "Vase of blue glass\\nHand-blown, 32 cm high, with a heavy foot.\\nAdd to basket\\nDelivery in three days"
    >>> found = adapt([page, page.replace("Vase", "Bowl")], ["\\n".join(page.split("\\n")[:2])] * 2)
    >>> found.held_out.f1 >= found.before.f1
    True
    """
    from .pairs import labelled_page

    texts, wanted = list(texts), list(wanted)
    names = [f"page {index}" for index in range(len(texts))]
    sites = names if sites is None else list(sites)
    if not len(texts) == len(wanted) == len(sites):
        raise ValueError(f"{len(texts)} texts, {len(wanted)} wanted ones and {len(sites)} sites: they must be as many")
    pages = [labelled_page(*one) for one in zip(names, sites, texts, wanted, strict=True)]
    return _adapted(pages, wanted, model or LineModel.load(), version)


def _adapted(pages: Sequence[LabelledPage], wanted: Sequence[str], model: LineModel, version: str) -> Adapted:
    from .adaptation import Adaptation, page_scores

    filled = [index for index, page in enumerate(pages) if len(page.label)]
    pages, wanted = [pages[index] for index in filled], [wanted[index] for index in filled]
    adaptation = Adaptation(model, pages)
    limit = model.threshold(None)
    before = _figures(pages, wanted, page_scores(model, pages), limit)
    held_out = _figures(pages, wanted, adaptation.held_out(), limit)
    moved = adaptation.moved()
    info = {key: value for key, value in moved.info.items() if key != "measured"}  # which is not what this one does
    info["version"] = version or f"{model.version}+{len(pages)}"
    info["adapted"] = {
        "from": model.version, "pages": len(pages), "sites": len({page.site for page in pages}),
        "before": before._asdict(), "held_out": held_out._asdict(),
    }  # fmt: skip
    return Adapted(LineModel(moved.arrays, info), before, held_out)


def _figures(pages: Sequence[LabelledPage], wanted: Sequence[str], scores: Sequence[npt.NDArray[np.float64]], limit: float) -> Figures:
    import numpy as np

    from .metrics import line_rates, word_f1
    from .pages import kept_text

    f1 = np.mean([word_f1(kept_text(page, score >= limit), text) for page, text, score in zip(pages, wanted, scores, strict=True)])
    rates = line_rates(np.concatenate(scores) >= limit, np.concatenate([page.label for page in pages]))
    return Figures(round(float(f1), 4), round(rates.furniture_removed, 4), round(rates.content_lost, 4))


def main(arguments: Sequence[str] | None = None) -> int:
    """Move a model and write it; returns the exit code: 0, 1 if a package is missing, 2 if something given is wrong."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m cleantext.train.adapt", description=__doc__, formatter_class=raw)
    parser.add_argument(
        "pages", type=Path, metavar="PAGES", help="folder of pages as .txt files; those of one site may have a folder in it"
    )
    parser.add_argument("wanted", type=Path, metavar="WANTED", help="folder with what should be left of each, under the same name")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the model goes")
    parser.add_argument("--model", type=Path, metavar="FILE", help="the model to start from (default: the one shipped)")
    parser.add_argument("--version", default="", metavar="NAME", help="name of the new model, kept in its header")
    options = parser.parse_args(arguments)
    try:
        from .checks import check_output
        from .pairs import read_pairs

        check_output(options.output, "-o")
        model = LineModel.load(options.model)
        for folder in (options.pages, options.wanted):
            if not folder.is_dir():
                parser.error(f"{folder}: is no folder")
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
    _report(found, options.output)
    return 0


def _report(found: Adapted, output: Path) -> None:
    about = found.model.info["adapted"]
    print(f"{about['pages']} pages of {about['sites']} sites      word F1   furniture removed   content lost")
    for name, figures in ((f"model {about['from']}", found.before), ("moved, sites not seen", found.held_out)):
        print(f"{name:<26}{figures.f1:>9.3f}{figures.furniture_removed:>20.2f}{figures.content_lost:>15.2f}")
    if found.held_out.f1 <= found.before.f1:
        print("no better than before on sites that it has not seen: label pages of more sites, or keep the model you have")
    elif about["pages"] < _FEW_PAGES:
        print("so few pages say little: with dozens both the model and these figures become better")
    print(f"wrote {output}, model {found.model.version}")


if __name__ == "__main__":
    sys.exit(main())
