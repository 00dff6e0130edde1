"""Labels from extractors: they agree or a line is doubtful, and annotators' labels stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_corpora import write_corpora
from test_augment import page_of

from cleantext.train import agreement, extractors
from cleantext.train.agreement import WEIGHTS, agreed_labels, extracted, extractor_outputs, with_agreement
from cleantext.train.corpora import find_corpora, read_corpus
from cleantext.train.pages import label_page
from cleantext.train.render import blocks

TEXT = "The bridge over the harbour is open again."
OTHER = "Work begins during spring next year, engineers said."


def outputs(**texts: str) -> dict[str, str]:
    return dict.fromkeys(WEIGHTS, "") | texts


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (dict.fromkeys(WEIGHTS, TEXT), 1),
        (dict.fromkeys(WEIGHTS, OTHER), 0),
        (outputs(trafilatura=TEXT, readability=TEXT, resiliparse_main=OTHER, justext=OTHER), 1),
        (outputs(trafilatura=TEXT, readability=OTHER, resiliparse_main=OTHER, justext=OTHER), -1),
        (outputs(trafilatura=OTHER, readability=TEXT, resiliparse_main=TEXT, justext=TEXT), -1),
        (outputs(trafilatura=OTHER, readability=OTHER, resiliparse_main=TEXT, justext=OTHER), 0),
        (outputs(readability=TEXT, resiliparse_main=TEXT, justext=TEXT), -1),  # nothing of the best one
        (outputs(trafilatura=TEXT), -1),  # too few have a say
        (outputs(), -1),
    ],
)
def test_label_of_a_line(given: dict[str, str], label: int) -> None:
    # A line is judged beside one that is on the other side.
    assert int(agreed_labels([TEXT, OTHER], given)[0]) == label


def test_annotators_labels_stand() -> None:
    page = page_of([(TEXT, 0), (OTHER, -1), ("Imprint", -1)])
    found = with_agreement(page, dict.fromkeys(WEIGHTS, f"{TEXT}\n{OTHER}"))
    assert found.label.tolist() == [0, 1, 0]
    assert found.fraction.tolist() == [0, 1, 0]


def test_an_extractor_that_fails_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(html: str) -> str:
        raise RuntimeError(html)

    for name in WEIGHTS:
        monkeypatch.setattr(extractors, name, fail if name == "justext" else lambda html: f"text of {html}")
    assert agreement.extracted("<p>") == outputs(trafilatura="text of <p>", readability="text of <p>", resiliparse_main="text of <p>")


def test_a_missing_extractor_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(agreement, "DISTRIBUTIONS", ("no-such-extractor",))
    with pytest.raises(ModuleNotFoundError, match=r"no-such-extractor is missing.*\.\[train\]"):
        extractor_outputs(write_corpora(tmp_path), "segments")


def test_outputs_are_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The distributions' versions key the cache; whether they are installed is not what is tested here.
    monkeypatch.setattr(agreement, "version", lambda name: "1")
    root = write_corpora(tmp_path / "corpora")
    first = extractor_outputs(root, "segments", tmp_path / "cache")
    assert len(first) == 2
    assert all(set(one) == set(WEIGHTS) for one in first.values())
    monkeypatch.setattr(agreement, "read_corpus", None)
    assert extractor_outputs(root, "segments", tmp_path / "cache") == first


def test_an_extractor_that_finds_next_to_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(agreement, "version", lambda name: "1")
    monkeypatch.setattr(agreement, "_MANY", 2)
    monkeypatch.setattr(agreement, "WEIGHTS", {"broken": 1.0})
    with pytest.raises(RuntimeError, match=r"the extractor broken found nothing in 2 of 2 pages.*install a version"):
        extractor_outputs(write_corpora(tmp_path / "corpora"), "segments", tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_labels_are_small_numbers() -> None:
    assert agreed_labels([], dict.fromkeys(WEIGHTS, TEXT)).dtype == np.int8


@pytest.mark.corpora
def test_where_extractors_agree_they_are_right_about_annotated_lines() -> None:
    right = known = 0
    for document in read_corpus(find_corpora(), "segments")[::12]:
        page = label_page(document, "blocks", blocks(document.html))
        agreed = agreed_labels(page.lines(), extracted(document.html))
        both = (page.label >= 0) & (agreed >= 0)
        known += int(both.sum())
        right += int((page.label == agreed)[both].sum())
    assert known >= 100
    assert right >= 0.88 * known
