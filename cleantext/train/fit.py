"""Trains the line model: two views on out-of-fold halves of the corpora, then a judge over their scores.

A view's scores of the pages it was trained on are too good to learn from, so the judge learns from scores of views that have not
seen a page's site. For honest figures the same holds once more: a model that is to be measured is trained without a fold, views and
judge and all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from cleantext import features, phrases
from cleantext.judge import Judge
from cleantext.line_columns import SECTIONS
from cleantext.model import LineModel, View, Views
from cleantext.phrasetable import PhraseTable

from . import augment
from .dataset import Dataset, Layout, judge_matrix, make_dataset, view_matrix
from .pages import HEADLINE, LabelledPage, nearly_clean, site_folds
from .reflow import LAYOUTS, one_of_each, reflowed
from .regression import FloatArray, Penalty, fit, fit_view, whole, without_place
from .terminal import TERMINAL, terminal

N_FOLDS = 5
# Lists cut to their own stretch look like full pages and are rarely what people have as nearly clean text. At 0.2 and 0.3 of the weight
# articles' word F1 was 0.001 to 0.002 higher than at 1 (one level of folds).
NEAR_LISTS = 0.3
# fundus and our own pages are a few hundred beside WCXB's 1,497, and hold nearly all languages but English.
PAGE_WEIGHTS = {"fundus": 3.0, "own pages": 2.0}
# Pages in other layouts. Up to model 1.7, whose views were stopped early, 0.5 instead of 0.35 cost full pages as they are 0.002 of word
# F1; with the penalties of 1.8 0.6 instead of 0.35 changes that by less than 0.001 (folds 0 and 1), and joined lines have 0.783 instead of
# 0.764, small letters 0.793 instead of 0.778 (fold 0).
LAYOUT_WEIGHT = 0.6
# Pages that are shorter are let off `Recipe.stray_weight`: a sentence alone on its page had better stay.
_STRAY_LINES = 3
OTHER_LAYOUTS = frozenset((*LAYOUTS, TERMINAL))
RENDERINGS = ("blocks", "alt", "layout", "nodes", "markdown")


class Recipe(NamedTuple):
    """What may be tuned; `benchmarks/EXPERIMENTS.md` says what each was tried with and what it gave.

    Attributes
    ----------
    C_line, C_page, C_judge : float
        Inverse penalties. Up to model 1.7 the views had 1 and 0.3 and were stopped after 60 steps, far from the optimum, where they would
        have learnt their pages by heart. Held back more and fitted to the end they tell lines of sites not seen better (fold 0, by hand):
        the line view those of nearly clean news with an area under the curve of 0.936 instead of 0.918, of WCXB's articles 0.839 instead
        of 0.830 (0.05 and 0.1 alike); the page view those of full pages with 0.934 instead of 0.928 and a log loss of 0.320 instead of
        0.352 (0.005 to 0.01; 0.03 0.329, 0.1 0.361).
    line_penalty, page_penalty : Penalty
        Words three times and pairs twice as free as the rest: 0.943 instead of 0.937 on news, 0.841 instead of 0.837 on WCXB's articles
        (line view, fold 0, C 0.05); for the page view five and three times made no difference.
    own_weight : float
        Weight of a line of our own in the line view's training. With 20 lines of our own are told better (0.940 instead of 0.937), with
        8 and 5 others' (news 0.947 and 0.948 instead of 0.943, WCXB's articles 0.849 and 0.852 instead of 0.841; fold 0). 11
        came with a third rendering of each page, by which others' lines are up to 1.55 times as many; not tried by itself.
    mixes : int
        How often pages in other languages than English are mixed with our own lines.
    shares : tuple of float
        Weights of a line of full pages, nearly clean ones, ones mixed with our own lines, and gold texts in the judge's training. The last
        two were 8 and 2 before pages were trained on as terminal browsers print them, whose lines outnumbered the rest (model 1.7),
        10 and 2.5 before the pages of the press, and 10 and 3.5 with two renderings of each page.
    stray_weight : float
        Weight of furniture in pages mixed with our own lines, against content there, in the judge's training. It moves the point on the
        curve and not the curve: where 0.95 of our one-line cases goes, models 1.8 without folds 0 and 1 keep 0.991 and 0.991 of look-alike
        content with 1.6, 0.991 and 0.990 with 1.2 and gold texts at 3.5, at thresholds of 0.33 and 0.28, 0.38 and 0.34. With 1.2 and 3.5
        trafilatura's output loses less (fold 1: 0.0007 instead of 0.0028 of word F1 at the thresholds chosen).
    headline_weight : float
        Weight of headlines that the gold lacks, against other lines of full and nearly clean pages, in the judge's training. With 3 and 6
        instead of 1 of the titles shown on full pages 0.44 and 0.53 stay instead of 0.39 (fold 0; 0.59 and 0.67 instead of 0.51 on fold 1).
        A whole model with 6, and other `shares`, had 0.001 less word F1 on full and on nearly clean pages than one with 2. With pages
        as terminal browsers print them 2 and shares (1, 2, 8, 2) left 0.61 of the titles of full pages, 3 and those here 0.67 (five folds).
    renderings_per_page : int
        In how many renderings each page takes part: in blocks, the commonest shape by far, and in others in turn. With 3 instead of
        2 pages with one text node a line have word F1 0.806 instead of 0.793, Markdown 0.814 instead of 0.809, blocks 0.819 instead of
        0.818 (fold 0).
    """

    C_line: float = 0.05
    C_page: float = 0.01
    C_judge: float = 0.2
    line_penalty: Penalty = Penalty(words=3.0, pairs=2.0, forms=3.0)
    page_penalty: Penalty = Penalty(words=3.0, pairs=2.0, forms=3.0)
    own_weight: float = 11.0
    mixes: int = 4
    shares: tuple[float, float, float, float] = (1.0, 2.0, 14.0, 5.0)
    stray_weight: float = 1.2
    headline_weight: float = 3.0
    renderings_per_page: int = 3


def view_folds() -> list[frozenset[int]]:
    """The folds that views are trained without: those which the models without each fold rest on, two at a time, and those of all data."""
    return [frozenset(some) for number in (2, 1) for some in combinations(range(N_FOLDS), number)]


class Part(NamedTuple):
    """Pages of one state: their features, the number of each row's site and each row's weight."""

    pages: list[LabelledPage]
    data: Dataset
    site: npt.NDArray[np.int64]
    weight: FloatArray


def part(pages: Sequence[LabelledPage], table: PhraseTable, weight: Callable[[Dataset], FloatArray]) -> Part:
    """Features of pages; those without lines are left out."""
    filled = [page for page in pages if len(page.label)]
    sites = [page.site for page in filled]
    folds = site_folds(sites, N_FOLDS)
    for index, page in enumerate(filled):
        if page.corpus == "own":
            folds[index] = int(page.site)
    data = make_dataset(filled, folds, table)
    data.label[(data.label == 0) & _is_code(data)] = -1
    number = {site: index for index, site in enumerate(sorted(set(sites)))}
    of_page = [PAGE_WEIGHTS.get(page.corpus, 1.0) * (LAYOUT_WEIGHT if page.rendering in OTHER_LAYOUTS else 1.0) for page in filled]
    weights = weight(data) * np.array(of_page)[data.page]
    return Part(filled, data, np.array([number[site] for site in sites])[data.page], weights)


def _is_code(data: Dataset) -> npt.NDArray[np.bool_]:
    """Lines with two signs of code or more and no furniture phrase.

    Code is content, but on many pages of WCXB the annotators left it out of the gold text: such lines are doubtful, not furniture.
    """
    names = [column.name for column in features.OWN_COLUMNS]
    signs = data.own.columns[names.index("signs")] % len(features.COUNT_BINS)
    covered = data.own.columns[names.index("phrase share")] % len(features.SHARE_BINS)
    links = data.own.columns[names.index("links")] % len(features.COUNT_BINS)
    return np.asarray((signs >= 2) & (covered == 0) & (links == 0))


def log_words(data: Dataset) -> FloatArray:
    """Weight of lines by the logarithm of their words, for the judge of nearly clean pages.

    A paragraph lost costs more than a label kept.
    """
    return np.asarray(0.5 + np.log2(1 + data.own.n_words))


def balanced_words(data: Dataset) -> FloatArray:
    """Weight of full pages' lines: by the logarithm of their words, pages by the root of their sum of that."""
    weight = log_words(data)
    of_page = np.bincount(data.page, weight, len(data.fold))
    return np.asarray(weight / np.sqrt(of_page[data.page]))


def equal_lines(data: Dataset) -> FloatArray:
    """All lines the same, for the line view: one "Advertisement" left in is one complaint."""
    return np.ones(len(data.label))


def strays(data: Dataset) -> npt.NDArray[np.bool_]:
    """Furniture on pages of `_STRAY_LINES` lines or more; on shorter ones a line is given the benefit of the doubt."""
    return np.asarray((data.label == 0) & (np.diff(data.first_row) >= _STRAY_LINES)[data.page])


def headlines(one: Part) -> npt.NDArray[np.bool_]:
    """Lines that are the headline of their page but not of its gold text."""
    return np.asarray(np.concatenate([page.label for page in one.pages]) == HEADLINE)


def sample(pages: Iterable[LabelledPage], count: int) -> list[LabelledPage]:
    """For each document `count` of its renderings that have lines: the first one, and of the others so many, dealt out in turn.

    All in turn, one a document, gave 0.009 less word F1 on full pages and 0.003 less on nearly clean ones with one level of folds (see
    `benchmarks/EXPERIMENTS.md`); whole models that nothing had seen the pages of differed by 0.002.
    """
    by_document: dict[str, list[LabelledPage]] = {}
    for page in pages:
        if len(page.label):
            by_document.setdefault(page.doc_id, []).append(page)
    chosen = []
    for index, name in enumerate(sorted(by_document)):
        first, *others = by_document[name]
        chosen += [first, *(others[(index + step) % len(others)] for step in range(min(count - 1, len(others))))]
    return chosen


def in_other_layouts(chosen: Iterable[LabelledPage], full: Iterable[LabelledPage]) -> list[LabelledPage]:
    """Pages as other tools leave them: of the first rendering of each of the chosen documents, and of every other one in Markdown."""
    reflown = reflowed(page for page in one_of_each(chosen) if page.state == "full")
    return reflown + [terminal(page) for page in [page for page in full if page.rendering == "markdown"][::2]]


def mean_view(several: Sequence[View]) -> View:
    """The mean of some views' weights."""
    return View(*(np.rint(np.mean(arrays, axis=0)).astype(arrays[0].dtype) for arrays in zip(*several, strict=True)))


def mean_judge(models: Sequence[LineModel]) -> dict[str, npt.NDArray[np.int16]]:
    """The mean of some models' judges' weights.

    What ships has the mean of the judges of all folds instead of one judge trained on everything: five that have each seen four fifths
    agree on what holds and differ in what is chance. Of 180 behaviour cases, more than half of them labels alone between two paragraphs,
    five failed with one judge, none with the mean (model 1.2).
    """
    return {name: np.rint(np.mean([model.arrays[name] for model in models], axis=0)).astype(np.int16) for name in Judge.ARRAYS}


class Trainer:
    """Fits models on labelled pages.

    Parameters
    ----------
    full : sequence of LabelledPage
        Full pages, in several renderings, and our own pages, some of which are nearly clean.
    gold : sequence of LabelledPage
        Gold texts as pages.
    own : sequence of augment.OwnLine
        Lines written by us.
    recipe : Recipe

    Attributes
    ----------
    fitted : dict of frozenset of int to Views
        Views by the folds that they were trained without, as far as they have been asked for.
    """

    def __init__(
        self, full: Sequence[LabelledPage], gold: Sequence[LabelledPage], own: Sequence[augment.OwnLine], recipe: Recipe | None = None
    ) -> None:
        self.recipe = recipe or Recipe()
        self.fitted: dict[frozenset[int], Views] = {}
        self.families = phrases.families()
        sections = [(("", *SECTIONS).index(family.section)) for family in self.families]
        self.table = PhraseTable.compile([family.spellings() for family in self.families], sections)
        self.layout = Layout(len(self.families))
        chosen = sample(full, self.recipe.renderings_per_page)
        chosen += in_other_layouts(chosen, full)
        near = [cut for page in chosen if page.state == "full" and (cut := nearly_clean(page)) is not None]
        near += [page for page in chosen if page.state != "full"]
        self.full = part([page for page in chosen if page.state == "full"], self.table, balanced_words)
        self.near = part(near, self.table, log_words)
        # The judge and the page view learn what a headline is by where it stands. To the line view it would be one more short line without
        # a full stop that is content: "Photo: NAME" between two paragraphs stayed.
        for one in (self.full, self.near):
            one.data.label[one.data.label == HEADLINE] = 1
        self.near.weight[np.isin([page.kind for page in self.near.pages], list(augment.LISTS))[self.near.data.page]] *= NEAR_LISTS
        # What is content in lists of products or places is furniture elsewhere; the line view, which knows no place, had better not
        # learn from them.
        # Nor from pieces of wrapped lines, which are content however short they are.
        prose = [page for page in near if page.kind not in augment.LISTS and page.rendering not in OTHER_LAYOUTS]
        self.prose = part(prose, self.table, equal_lines)
        # WCXB is English: news of other countries and our own pages, of which there are few, are mixed several times over. Gold texts of
        # products and listings hold "Add to cart" and "1 month ago": furniture put among those would teach that it is content.
        own_gold = [augment.content_of(page) for page in full if page.corpus == "own pages"]
        articles = [page for page in gold if page.kind == "article"]
        others = [page for page in (*gold, *own_gold) if page.corpus != "wcxb" and page.kind not in augment.LISTS]
        mixed = augment.mixed_pages([*articles, *self.recipe.mixes * others], own, N_FOLDS, seed=1)
        self.mixed = part([*mixed, *augment.snippets(mixed, seed=2)], self.table, equal_lines)
        self.gold = part(augment.spaced([*gold, *own_gold], seed=3), self.table, log_words)
        examples, phrase_lines = augment.family_lines(self.families, N_FOLDS)
        self.lines = part(augment.line_pages([*own, *examples], N_FOLDS), self.table, self._own)
        self.phrases = part(augment.line_pages(phrase_lines, N_FOLDS), self.table, equal_lines)

    def _own(self, data: Dataset) -> FloatArray:
        return np.full(len(data.label), self.recipe.own_weight)

    def views(self, without: frozenset[int]) -> Views:
        """Both views, trained on all folds but these; fitted once, and kept in `fitted`."""
        if without not in self.fitted:
            r = self.recipe
            line = self._view([self.prose, self.mixed, self.lines, self.phrases], without, penalty=r.line_penalty, C=r.C_line)
            page = self._view([self.full], without, penalty=r.page_penalty, C=r.C_page, place=True)
            self.fitted[without] = Views(line, page)
        return self.fitted[without]

    def _view(self, parts: Sequence[Part], without: frozenset[int], *, penalty: Penalty, C: float, place: bool = False) -> View:
        matrices, labels, weights, sites = [], [], [], []
        first_site = 0
        for one in parts:
            rows = self._rows(one, without)
            matrices.append(view_matrix(one.data, rows, self.layout, place=place))
            labels.append(one.data.label[rows])
            weights.append(one.weight[rows])
            sites.append(one.site[rows] + first_site)
            first_site += int(one.site.max()) + 1
        X = sparse.vstack(matrices).tocsr()
        y, weight, site = np.concatenate(labels), np.concatenate(weights), np.concatenate(sites)
        view = fit_view(X, y, weight, site, self.layout, penalty=penalty, C=C)
        return view if place else without_place(view)

    @staticmethod
    def _rows(one: Part, without: frozenset[int]) -> npt.NDArray[np.int64]:
        return np.flatnonzero((one.data.label >= 0) & ~np.isin(one.data.row_fold, list(without)))

    def judge(self, without: frozenset[int]) -> dict[str, npt.NDArray[np.int16]]:
        """The judge, trained on all folds but these, on scores of views that did not see the line's fold either."""
        folds = sorted(set(range(N_FOLDS)) - without)
        matrices, labels, weights = [], [], []
        for one, share in zip((self.full, self.near, self.mixed, self.gold), self.recipe.shares, strict=True):
            line = np.zeros(len(one.data.label), np.int64)
            page = line.copy()
            for fold in folds:
                seen = one.data.row_fold == fold
                a, b = one.data.view_scores(self.views(without | {fold}))
                line[seen], page[seen] = a[seen], b[seen]
            rows = self._rows(one, without)
            matrices.append(judge_matrix(one.data.judge_columns(line, page))[rows])
            labels.append(one.data.label[rows])
            weight = np.where(headlines(one)[rows], self.recipe.headline_weight, 1.0) * one.weight[rows]
            if one is self.mixed:
                weight = np.where(strays(one.data)[rows], self.recipe.stray_weight, 1.0) * weight
            weights.append(share * weight / weight.mean())
        X = sparse.vstack(matrices).tocsr()
        columns, intercept = fit(X, np.concatenate(labels), np.concatenate(weights), C=self.recipe.C_judge, max_iter=80)
        return {"judge_columns": whole(columns), "judge_intercept": whole(np.array([intercept]))}

    def mean_views(self, without: frozenset[int]) -> Views:
        """What a model has for views: the mean of those that the judge learnt from, each trained without one fold more.

        One view trained on all of these folds is surer of itself than those the judge has seen, and worse than the mean of several:
        word F1 of full pages was 0.826 with it, 0.828 with the mean (fold 0).
        """
        several = [self.views(without | {fold}) for fold in sorted(set(range(N_FOLDS)) - without)]
        return Views(mean_view([views.line for views in several]), mean_view([views.page for views in several]))

    def model(self, without: frozenset[int] = frozenset()) -> LineModel:
        """A whole model, trained on all folds but these."""
        return self.assembled(self.mean_views(without), self.judge(without))

    def assembled(self, views: Views, judge: Mapping[str, npt.NDArray[np.int16]]) -> LineModel:
        """A model of views and a judge."""
        arrays: dict[str, npt.NDArray[Any]] = dict(judge)
        for side, view in (("line", views.line), ("page", views.page)):
            arrays |= {f"{side}_{name}": array for name, array in view._asdict().items()}
        arrays |= {f"phrase_{name}": getattr(self.table, name) for name in ("keys", "known", "sections")}
        header = {
            "version": "untitled",
            "families": [family.name for family in self.families],
            "thresholds": {"precision": 0.7, "balanced": 0.5, "recall": 0.3},
        }
        return LineModel(arrays, header)
