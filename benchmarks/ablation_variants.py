"""The variants of the line model that `ablations.py` compares: how each one's training or scoring differs from the full model's."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from cleantext import context, features
from cleantext.line_columns import SECTIONS
from cleantext.model import COLUMN_OFFSETS, JUDGE_OFFSETS, LineModel, View
from cleantext.train.dataset import Dataset
from cleantext.train.fit import OTHER_LAYOUTS, PAGE_WEIGHTS, RENDERINGS, Part, Trainer
from cleantext.train.pages import HEADLINE, LabelledPage, site_folds
from cleantext.train.regression import Penalty
from cleantext.train.terminal import TERMINAL

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

FULL_MODEL = "full model"


# Training ---------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class HiddenColumns(Dataset):
    """Pages of which the judge does not see some columns: every line has their first bin.

    Attributes
    ----------
    hidden : frozenset of str
        Names of the judge's columns.
    """

    hidden: frozenset[str] = frozenset()

    def judge_columns(self, line: Ints, page: Ints) -> Ints:
        """Bins of the judge's columns, 0 for those hidden."""
        bins = super().judge_columns(line, page)
        bins[[column.name in self.hidden for column in context.JUDGE_COLUMNS]] = 0
        return bins


class AblationTrainer(Trainer):
    """A trainer whose copies share features and fitted views, and do without some of what it has."""

    hidden: frozenset[str] = frozenset()
    """Names of the judge's columns it is not shown."""

    PARTS = ("full", "near", "prose", "mixed", "gold", "lines", "phrases")

    @cached_property
    def _fitted(self) -> dict[tuple[object, ...], tuple[Sequence[Part], View]]:
        return {}

    @cached_property
    def _models(self) -> dict[int, LineModel]:
        return {}

    def changed(self, **attributes: object) -> AblationTrainer:
        """A copy with other attributes, which shares the views fitted on what both have."""
        other = copy.copy(self)
        other.__dict__.update(attributes, _fitted=self._fitted, fitted={})
        other.__dict__.pop("_models", None)
        return other

    def with_parts(self, change: Callable[[Part], Part], names: Iterable[str] = PARTS) -> AblationTrainer:
        """A copy with other training pages."""
        return self.changed(**{name: change(getattr(self, name)) for name in names})

    def without_rows(self, drop: Callable[[Part], Bools], names: Iterable[str] = PARTS) -> AblationTrainer:
        """A copy that does not train on some rows: to it they are doubtful."""

        def change(one: Part) -> Part:
            dropped = drop(one)
            if not dropped.any():
                return one
            label = np.where(dropped, -1, one.data.label).astype(np.int8)
            return one._replace(data=replace(one.data, label=label))

        return self.with_parts(change, names)

    def with_penalty(self, **scales: object) -> AblationTrainer:
        """A copy whose views use kinds of features less, or not at all (0); `columns` may be an array with one number for each bin."""
        r = self.recipe
        line, page = (one._replace(**cast(Any, scales)) for one in (r.line_penalty, r.page_penalty))
        return self.changed(recipe=r._replace(line_penalty=line, page_penalty=page))

    def hiding(self, names: frozenset[str]) -> AblationTrainer:
        """A copy whose judge does not see some columns."""

        def change(one: Part) -> Part:
            data = one.data
            return one._replace(data=HiddenColumns(data.own, data.first_row, data.label, data.fold, names))

        # The views do not see these columns anyway, so only what the judge is trained on changes; `prose` and `lines` stay.
        return self.with_parts(change, ("near", "gold", "full", "mixed")).changed(hidden=names)

    def without_fold(self, fold: int) -> LineModel:
        """The model that has not seen a fold's sites; fitted once."""
        if fold not in self._models:
            self._models[fold] = self.model(frozenset({fold}))
        return self._models[fold]

    def judge(self, without: frozenset[int]) -> dict[str, NDArray[np.int16]]:
        """The judge, with the weight of each hidden column's first bin, which every line has, as part of the intercept."""
        with warnings.catch_warnings():
            # The mean weight of a part of which no row is left.
            warnings.filterwarnings("ignore", "Mean of empty slice|invalid value encountered", RuntimeWarning)
            arrays = super().judge(without)
        weights, intercept = arrays["judge_columns"], arrays["judge_intercept"]
        for column, low, high in zip(context.JUDGE_COLUMNS, JUDGE_OFFSETS.tolist(), JUDGE_OFFSETS.tolist()[1:], strict=False):
            if column.name in self.hidden:
                intercept += weights[low]
                weights[low:high] = 0
        return arrays

    def _view(self, parts: Sequence[Part], without: frozenset[int], *, penalty: Penalty, C: float, place: bool = False) -> View:
        scales = tuple(np.asarray(scale, np.float32).tobytes() for scale in penalty)
        # What a view learns from is told by the arrays themselves, which copies share unless they were changed.
        seen = tuple(id(array) for one in parts for array in (one.data.own, one.data.label, one.data.fold, one.weight))
        key = (seen, without, scales, C, place)
        if key not in self._fitted:
            self._fitted[key] = (parts, super()._view(parts, without, penalty=penalty, C=C, place=place))
        return self._fitted[key][1]


# Variants ---------------------------------------------------------------------------------------------------------


def seen(model: LineModel, data: Dataset) -> context.Context:
    """What a model's judge sees."""
    return context.Context(data.own, *data.view_scores(model.views), context.Pages(data.first_row, data.own.row))


def judged(model: LineModel, data: Dataset) -> Ints:
    """The whole model's scores of every line, in 1/256 log-odds."""
    return model.judge.scores(seen(model, data))


def line_view(model: LineModel, data: Dataset) -> Ints:
    """What the line view says alone."""
    return data.view_scores(model.views)[0]


def page_view(model: LineModel, data: Dataset) -> Ints:
    """What the page view says alone."""
    return data.view_scores(model.views)[1]


Score = Callable[[LineModel, Dataset], Ints]
Change = Callable[[AblationTrainer], AblationTrainer]


class Variant(NamedTuple):
    """A model to compare.

    Attributes
    ----------
    about : str
    change : callable
        Makes its trainer from that of the full model.
    score : callable
        Its lines' scores, given a model and pages.
    deal : int
        Which way sites are dealt out to folds; 0 is that of the shipped model.
    """

    about: str
    change: Change = lambda trainer: trainer
    score: Score = judged
    deal: int = 0


OWN_GROUPS = {
    "size-and-ends": ("words", "start and end", "words and end"),
    "capitals": ("capitalised words", "words in capitals"),
    "numbers": ("numbers",),
    "punctuation": ("commas", "sentences", "separators", "signs"),
    "word-shapes": ("word length", "script"),
    "links": ("links",),
}
PLACE_GROUPS = {
    "copies": ("copies on page",),
    "blank-lines": ("blank lines",),
    "position": ("lines from top", "lines to end", "place on page"),
    "neighbours": ("line -3", "line -2", "line -1", "line +1", "line +2", "line +3", "line before and after"),
    "labels": ("label above", "label below"),
    "sections": tuple(f"{name} on page" for name in SECTIONS),
    "runs": ("run, words", "runs on, shape"),
}
PHRASE_COLUMNS = ("phrase share", *PLACE_GROUPS["labels"], *PLACE_GROUPS["sections"])
# Patterns of the names of the judge's columns.
JUDGE_GROUPS = {
    "neighbours": r".* of line [+-]\d",
    "windows": r"(sure )?content within \d+ lines",
    "stretch": r"(lines from the )?main stretch.*",
    "block": r"lines of the block|content within the block",
    "page-state": r"content (words|lines) of the page.*|lines of the page.*|(lines of )?sure furniture.*",
    "prose": r"words per line of the page.*|shape between paragraphs",
    "core": r"breaks before the core.*|page view against the page's content.*",
    "runs": r"run, (page|line) view|content within the run",
    "echo": r"words that come back, (page|line) view",
    "headline": r"words that come back, lines above.*|likely headline.*",
}


def judge_names(pattern: str) -> frozenset[str]:
    """Names of the judge's columns that match a pattern as a whole."""
    return frozenset(column.name for column in context.JUDGE_COLUMNS if re.fullmatch(pattern, column.name))


def without_columns(names: Sequence[str], trainer: AblationTrainer) -> AblationTrainer:
    """Without some of both views' columns."""
    scale = np.ones(int(COLUMN_OFFSETS[-1]), np.float32)
    for column, low, high in zip(features.COLUMNS, COLUMN_OFFSETS.tolist(), COLUMN_OFFSETS.tolist()[1:], strict=False):
        if column.name in names:
            scale[low:high] = 0
    return trainer.with_penalty(columns=scale)


def without_judge_columns(pattern: str, trainer: AblationTrainer) -> AblationTrainer:
    """Without the judge's columns of that name."""
    return trainer.hiding(judge_names(pattern))


def without_phrases(trainer: AblationTrainer) -> AblationTrainer:
    """Without anything that is told by the phrase tables; the lines out of them stay, as examples."""
    return without_judge_columns("phrase share.*", without_columns(PHRASE_COLUMNS, trainer).with_penalty(phrases=0.0))


def without_parts(names: Sequence[str], trainer: AblationTrainer) -> AblationTrainer:
    """Without all training pages of some kinds."""
    return trainer.without_rows(lambda one: np.ones(len(one.data.label), np.bool_), names)


def _of_pages(one: Part, chosen: Callable[[LabelledPage], bool]) -> Bools:
    """Which rows belong to some pages."""
    return np.array([chosen(page) for page in one.pages])[one.data.page]


def without_own_pages(trainer: AblationTrainer) -> AblationTrainer:
    """Without the pages written by us."""
    return trainer.without_rows(partial(_of_pages, chosen=lambda page: page.corpus == "own pages"))


def without_layouts(trainer: AblationTrainer) -> AblationTrainer:
    """Without the pages that are laid out another way."""
    return trainer.without_rows(partial(_of_pages, chosen=lambda page: page.rendering in OTHER_LAYOUTS))


def without_terminals(trainer: AblationTrainer) -> AblationTrainer:
    """Without the pages as terminal browsers print them, and in wrapped Markdown."""
    return trainer.without_rows(partial(_of_pages, chosen=lambda page: page.rendering == TERMINAL))


def without_headlines(trainer: AblationTrainer) -> AblationTrainer:
    """Headlines that the gold lacks are doubtful, as they are when measuring."""
    return trainer.without_rows(lambda one: np.concatenate([page.label for page in one.pages]) == HEADLINE)


def one_rendering(in_turn: bool, trainer: AblationTrainer) -> AblationTrainer:
    """With one rendering of each document: blocks, or of as many documents each of the renderings."""

    def drop(one: Part) -> Bools:
        renderings: dict[str, list[str]] = {}
        for page in one.pages:
            renderings.setdefault(page.doc_id, []).append(page.rendering)
        names = sorted(renderings)
        # A hash, as the same document must come in the same rendering in every state.
        others = site_folds(names, len(RENDERINGS), seed=1) > 0 if in_turn else np.zeros(len(names), np.bool_)
        kept = {}
        for name, other in zip(names, others.tolist(), strict=True):
            chosen = [rendering for rendering in renderings[name] if (rendering == RENDERINGS[0]) != other]
            kept[name] = (chosen or renderings[name])[0]  # our own pages have no blocks and a single rendering
        return _of_pages(one, lambda page: page.rendering != kept[page.doc_id])

    return trainer.without_rows(drop, ("full", "near", "prose"))


def without_foreign_weight(trainer: AblationTrainer) -> AblationTrainer:
    """Pages of fundus and our own pages with the weight of WCXB's."""

    def change(one: Part) -> Part:
        weights = np.array([PAGE_WEIGHTS.get(page.corpus, 1.0) for page in one.pages])
        return one._replace(weight=one.weight / weights[one.data.page]) if (weights != 1).any() else one

    return trainer.with_parts(change)


def _scaled(trainer: AblationTrainer, **scales: float) -> AblationTrainer:
    return trainer.with_penalty(**scales)


VARIANTS: dict[str, Variant] = {
    FULL_MODEL: Variant("as shipped"),
    "other-folds-1": Variant("the full model with other sites in each fold", deal=1),
    "other-folds-2": Variant("the full model with other sites in each fold", deal=2),
    "line-view": Variant("the line view alone", score=line_view),
    "page-view": Variant("the page view alone", score=page_view),
    "no-phrases": Variant("without phrases and all columns that count them", without_phrases),
    "no-words": Variant("without hashed words", partial(_scaled, words=0.0)),
    "no-pairs-edges": Variant("without hashed pairs of words, and first and last words", partial(_scaled, pairs=0.0, edges=0.0)),
    "no-forms": Variant("without forms of words", partial(_scaled, forms=0.0)),
    "no-words-near": Variant("page view without words of the lines around", partial(_scaled, near=0.0)),
    "no-hashes": Variant("without any hashed words", partial(_scaled, words=0.0, pairs=0.0, edges=0.0, near=0.0)),
    **{
        f"no-{name}": Variant(f"line columns without {', '.join(names)}", partial(without_columns, names))
        for name, names in OWN_GROUPS.items()
    },
    **{
        f"no-place-{name}": Variant(f"page view without {', '.join(names)}", partial(without_columns, names))
        for name, names in PLACE_GROUPS.items()
    },
    "no-place": Variant("page view without any column of place", partial(without_columns, [c.name for c in features.PLACE_COLUMNS])),
    **{
        f"no-judge-{name}": Variant(f"judge without its columns of {name}", partial(without_judge_columns, pattern))
        for name, pattern in JUDGE_GROUPS.items()
    },
    "no-mixed": Variant("without pages mixed with our own lines", partial(without_parts, ("mixed",))),
    "no-own-lines": Variant("without our own lines, mixed into pages or alone", partial(without_parts, ("mixed", "lines"))),
    "no-phrase-lines": Variant("without the phrases as training lines", partial(without_parts, ("phrases",))),
    "no-own-pages": Variant("without our own pages", without_own_pages),
    "no-near": Variant("judge not trained on nearly clean pages", partial(without_parts, ("near",))),
    "no-gold": Variant("judge not trained on gold texts", partial(without_parts, ("gold",))),
    "equal-shares": Variant(
        "judge trained with the same weight for all states of a page",
        lambda trainer: trainer.changed(recipe=trainer.recipe._replace(shares=(1.0, 1.0, 1.0, 1.0))),
    ),
    "no-headline-weight": Variant(
        "headlines that the gold lacks count as other lines do",
        lambda trainer: trainer.changed(recipe=trainer.recipe._replace(headline_weight=1.0)),
    ),
    "no-stray-weight": Variant(
        "judge trained with furniture among our own lines counting as content there does",
        lambda trainer: trainer.changed(recipe=trainer.recipe._replace(stray_weight=1.0)),
    ),
    "one-rendering": Variant("each document in one rendering, dealt out in turn", partial(one_rendering, True)),
    "blocks-only": Variant("each document in the block rendering alone", partial(one_rendering, False)),
    "no-layouts": Variant("without pages in other layouts", without_layouts),
    "no-terminals": Variant("without pages as terminal browsers print them, and in wrapped Markdown", without_terminals),
    "no-headlines": Variant("headlines that the gold lacks train nothing", without_headlines),
    "no-foreign-weight": Variant("news of other countries and our own pages count like WCXB's", without_foreign_weight),
}


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "ablations.py")
