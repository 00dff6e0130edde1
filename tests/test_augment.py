"""Pages made from our own lines: every line has the label it came with, and no fold sees another's lines."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cleantext import phrases
from cleantext.train import augment
from cleantext.train.augment import OwnLine
from cleantext.train.pages import LabelledPage, site_folds, split_lines

DATA = Path(__file__).resolve().parents[1] / "data"
N_FOLDS = 5


def page_of(rows: list[tuple[str, int]], doc_id: str = "news-en-full", corpus: str = "own pages", kind: str = "own") -> LabelledPage:
    text = "\n\n".join(row for row, _ in rows)
    start, end = split_lines(text)
    label = np.array([label for _, label in rows], np.int8)
    return LabelledPage(doc_id, doc_id, corpus, kind, "own", "full", text, start, end, label, np.maximum(label, 0).astype(np.float32))


def rows_of(page: LabelledPage) -> list[tuple[str, int]]:
    return list(zip(page.lines(), page.label.tolist(), strict=True))


def article(number: int, n_lines: int = 12) -> LabelledPage:
    return page_of([(f"Paragraph {line} of article {number}.", 1) for line in range(n_lines)], f"article{number}-en-clean")


@pytest.fixture(scope="module")
def own() -> list[OwnLine]:
    return augment.read_lines(DATA / "lines", N_FOLDS)


class TestReading:
    def test_lines_come_as_they_are_in_the_files(self, own: list[OwnLine]) -> None:
        texts = [file.read_text(encoding="utf-8") for file in sorted((DATA / "lines").glob("*.jsonl"))]
        rows = [json.loads(row) for text in texts for row in text.split("\n") if row]
        expected = [(row["text"], row["label"], row["kind"], row["lang"]) for row in rows]
        assert [(line.text, line.label, line.kind, line.lang) for line in own] == expected

    def test_every_language_has_both_labels_in_every_fold(self, own: list[OwnLine]) -> None:
        # Else pages of that fold and language could not be mixed.
        cells = Counter((line.lang, line.fold, line.label) for line in own)
        for lang in {line.lang for line in own}:
            for fold in range(N_FOLDS):
                assert min(cells[lang, fold, 0], cells[lang, fold, 1]) >= 5, (lang, fold)

    def test_fold_is_told_by_the_text_alone(self, own: list[OwnLine]) -> None:
        assert [line.fold for line in own] == site_folds([line.text for line in own], N_FOLDS).tolist()

    def test_folder_without_lines(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="train from a checkout"):
            augment.read_lines(tmp_path, N_FOLDS)

    def test_unusual_separators_do_not_cut_a_row(self, tmp_path: Path) -> None:
        row = json.dumps({"text": "one\u2028line\x85", "label": 1, "kind": "x", "lang": "en"}, ensure_ascii=False)
        (tmp_path / "en.jsonl").write_text(row + "\n", encoding="utf-8")
        (line,) = augment.read_lines(tmp_path, N_FOLDS)
        assert line.text == "one\u2028line\x85"

    def test_pages_have_a_label_for_every_line(self) -> None:
        pages = augment.read_pages(DATA / "pages")
        languages = {file.stem for file in (DATA / "lines").glob("*.jsonl")} | {"fa"}  # a page, but no single lines
        assert len(pages) == len(list((DATA / "pages").glob("*.txt")))
        for page in pages:
            assert len(page.label) == len(page.start)
            assert set(page.label.tolist()) <= {0, 1}
            assert page.state == ("full" if page.doc_id.endswith("-full") else "nearly-clean")
            assert augment.language_of(page) in languages


class TestMixing:
    def test_labels_stay_with_their_lines(self, own: list[OwnLine]) -> None:
        known = {(line.text, line.label) for line in own if line.lang == "en"}
        known |= {(phrases.mojibake(text), label) for text, label in known}
        pages = [article(number) for number in range(40)]
        mixed = augment.mixed_pages(pages, own, N_FOLDS, seed=1)
        assert len(mixed) == len(pages)
        added: Counter[int] = Counter()
        for page, result in zip(pages, mixed, strict=True):
            rows = rows_of(result)
            originals = set(rows_of(page))
            # The page's own lines are all there, in order, and what came in between is known with that label.
            assert [row for row in rows if row in originals] == rows_of(page)
            others = [row for row in rows if row not in originals]
            assert set(others) <= known
            added.update(label for _, label in others)
            assert result.state == "mixed"
            assert (result.doc_id, result.site, result.kind) == (page.doc_id, page.site, page.kind)
        assert added[0] > 40
        assert added[1] > 20

    def test_lines_are_of_the_pages_fold(self, own: list[OwnLine]) -> None:
        fold_of = {line.text: line.fold for line in own}
        pages = [article(number) for number in range(40)]
        for page, result in zip(pages, augment.mixed_pages(pages, own, N_FOLDS, seed=2), strict=True):
            (fold,) = site_folds([page.site], N_FOLDS).tolist()
            assert {fold_of[text] for text, _ in rows_of(result) if text in fold_of} <= {fold}

    def test_lines_are_of_the_pages_language(self, own: list[OwnLine]) -> None:
        lang_of: dict[str, set[str]] = {}
        for line in own:
            lang_of.setdefault(line.text, set()).add(line.lang)
        pages = [replace(article(n), corpus="fundus", kind=kind) for n, kind in enumerate(("de", "at", "jp", "uk", "ua") * 4)]
        expected = ("de", "de", "ja", "en", "uk") * 4
        for lang, result in zip(expected, augment.mixed_pages(pages, own, N_FOLDS, seed=3), strict=True):
            assert all(lang in lang_of[text] for text, _ in rows_of(result) if text in lang_of)

    def test_same_seed_same_pages(self, own: list[OwnLine]) -> None:
        pages = [article(number) for number in range(8)]
        one, again, other = ([page.text for page in augment.mixed_pages(pages, own, N_FOLDS, seed=seed)] for seed in (1, 1, 2))
        assert one == again != other

    def test_neither_blank_lines_nor_furniture_are_everywhere(self, own: list[OwnLine]) -> None:
        mixed = augment.mixed_pages([article(number) for number in range(90)], own, N_FOLDS, seed=4)
        spaced = sum("\n\n" in page.text for page in mixed)
        clean = sum(page.label.all() for page in mixed)
        # Of 90 about 67 and 30; four standard deviations are 17 and 18.
        assert 50 <= spaced <= 84
        assert 12 <= clean <= 48

    def test_pages_in_other_languages_and_empty_ones_are_left_out(self, own: list[OwnLine]) -> None:
        unknown = replace(article(1), corpus="fundus", kind="xx")
        assert augment.mixed_pages([unknown, page_of([])], own, N_FOLDS, seed=1) == []

    def test_kinds_with_a_place_stand_there_more_often(self) -> None:
        rng = np.random.default_rng(0)
        places = {kind: [augment._place(kind, 50, rng) for _ in range(2000)] for kind in ("byline", "copyright", "share", "ad")}
        share_at_top = {kind: np.mean(np.array(listed) <= 4) for kind, listed in places.items()}
        share_at_end = {kind: np.mean(np.array(listed) >= 49) for kind, listed in places.items()}
        # Half of them there, the others anywhere, a tenth of which is there by chance; "share" has two places.
        assert share_at_top["byline"] == pytest.approx(0.55, abs=0.06)
        assert share_at_end["copyright"] == pytest.approx(0.52, abs=0.06)
        assert min(share_at_top["share"], share_at_end["share"]) > 0.2
        assert max(share_at_top["ad"], share_at_end["ad"]) < 0.15
        assert all(0 <= place <= 50 for listed in places.values() for place in listed)
        assert [augment._place("byline", 0, rng) for _ in range(20)] == [0] * 20


class TestLinePages:
    def test_every_line_once_in_its_fold(self, own: list[OwnLine]) -> None:
        pages = augment.line_pages(own, N_FOLDS)
        assert [page.site for page in pages] == ["0", "1", "2", "3", "4"]
        assert {page.corpus for page in pages} == {"own"}
        for fold, page in enumerate(pages):
            expected = [(line.text, line.label) for line in own if line.fold == fold]
            assert rows_of(page) == expected


class TestHeadline:
    page = page_of([("First paragraph.", 1), ("Second.", 1)])

    def test_goes_on_top_as_content(self) -> None:
        result = augment.with_headline(self.page, " Rain\n in   Spain ")
        assert rows_of(result) == [("Rain in Spain", 1), ("First paragraph.", 1), ("Second.", 1)]
        assert result.state == "gold"

    @pytest.mark.parametrize("title", ["", " \n", "First paragraph."])
    def test_is_not_put_there_twice_or_empty(self, title: str) -> None:
        assert augment.with_headline(self.page, title) is self.page


def test_content_of_a_page() -> None:
    page = page_of([("Menu", 0), ("Text.", 1), ("Share", 0), ("More text.", 1)])
    result = augment.content_of(page)
    assert rows_of(result) == [("Text.", 1), ("More text.", 1)]
    assert result.state == "gold"
    assert len(augment.content_of(page_of([("Menu", 0)])).label) == 0


class TestSnippets:
    def test_lines_stand_together_as_in_their_page_with_their_labels(self, own: list[OwnLine]) -> None:
        mixed = augment.mixed_pages([article(number) for number in range(40)], own, N_FOLDS, seed=1)
        found = augment.snippets(mixed, seed=2)
        by_document = {page.doc_id: rows_of(page) for page in mixed}
        assert len(found) == len(mixed)
        sizes = set()
        for snippet in found:
            rows, whole = rows_of(snippet), by_document[snippet.doc_id]
            assert any(rows == whole[first : first + len(rows)] for first in range(len(whole)))
            sizes.add(len(rows))
        assert sizes == {1, 2, 3, 4, 5, 6}

    def test_same_seed_same_snippets(self, own: list[OwnLine]) -> None:
        mixed = augment.mixed_pages([article(number) for number in range(10)], own, N_FOLDS, seed=1)
        one, same, other = ([page.text for page in augment.snippets(mixed, seed)] for seed in (2, 2, 3))
        assert one == same != other


class TestSpaced:
    """Blank lines, which must not tell how clean a page is."""

    def test_lines_labels_and_states_stay(self) -> None:
        originals = [replace(article(number), state="gold") for number in range(60)]
        found = augment.spaced(originals, seed=3)
        assert [rows_of(page) for page in found] == [rows_of(page) for page in originals]
        assert {page.state for page in found} == {"gold"}
        assert [page.doc_id for page in found] == [page.doc_id for page in originals]

    def test_pages_with_blank_lines_everywhere_somewhere_and_nowhere(self) -> None:
        found = augment.spaced([article(number) for number in range(60)], seed=3)
        shares = [page.text.count("\n\n") / (len(page.label) - 1) for page in found]
        kinds = Counter("none" if share == 0 else "all" if share == 1 else "some" for share in shares)
        assert min(kinds["none"], kinds["all"]) >= 4
        assert kinds["some"] >= 20
        assert all(not page.text.endswith("\n") and "\n\n\n" not in page.text for page in found)

    def test_pages_without_lines_and_of_one(self) -> None:
        empty, single = augment.spaced([page_of([]), page_of([("Only this.", 1)])], seed=3)
        assert (empty.text, single.text) == ("", "Only this.")

    def test_same_seed_same_pages(self) -> None:
        pages = [article(number) for number in range(10)]
        one, same, other = ([page.text for page in augment.spaced(pages, seed)] for seed in (3, 3, 4))
        assert one == same != other


class TestKinds:
    def test_lists_are_told_by_their_names(self) -> None:
        kinds = {page.doc_id: page.kind for page in augment.read_pages(DATA / "pages")}
        assert kinds["product-en-full"] == "product"
        assert kinds["listing-en-full"] == "listing"
        assert kinds["blog-en-full"] == "own"


def test_lines_out_of_the_phrase_tables() -> None:
    families = {family.name: family for family in phrases.families()}
    examples, lines = augment.family_lines([families["share"], families["date"]], 5)
    share, date = families["share"], families["date"]
    assert {line.text for line in examples if line.label == 0} == set(share.examples)
    # A date alone on its line may be either: none is taught.
    assert {line.text for line in examples if line.label == 1} == {*share.counterexamples, *date.counterexamples}
    assert {line.kind for line in lines} == {"share"}
    assert all(line.label == 0 for line in lines)
