"""Does a text classifier get better when boilerplate is stripped first?

The task is ``data/tasks/topics``: ninety-six pages of six sites, to be sorted into six topics. Menus, teasers for other stories
and newsletter boxes of a site speak of other topics than the page does, and every site has a favourite topic, so a classifier
learns the sites' furniture in place of the topics. It is tested on a site that it has not seen, each of the six in turn.

Run from a checkout, with the extra ``sklearn``::

    python benchmarks/classifier.py
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import Pipeline

from cleantext.sklearn import BoilerplateStripper

TASK = Path(__file__).parents[1] / "data" / "tasks" / "topics" / "pages.jsonl"


class Score(NamedTuple):
    """Quality on pages of unseen sites.

    Attributes
    ----------
    accuracy : float
        Share of pages given their topic, 0 to 1.
    macro_f1 : float
        Mean over topics of F1, 0 to 1.

    """

    accuracy: float
    macro_f1: float


class Task(NamedTuple):
    """The pages, their topics and sites, and the content a reader marked, all of length n_pages."""

    text: list[str]
    label: list[str]
    site: list[str]
    content: list[str]


def load_task(path: Path = TASK) -> Task:
    """Read a task from JSON lines with the keys of `Task`."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return Task(*([row[key] for row in rows] for key in Task._fields))


def classifier(threshold: float | str | None) -> Pipeline:
    """Return an ordinary topic classifier, after a step that strips; a threshold of 0.0 strips nothing.

    The settings are scikit-learn's own but for sublinear term frequencies and English stop words, which help the classifier
    of raw pages too. They were chosen before any figure was known.
    """
    return Pipeline(
        [
            ("strip", BoilerplateStripper(threshold=threshold)),
            ("words", TfidfVectorizer(sublinear_tf=True, stop_words="english")),
            ("topic", LogisticRegression(C=10.0, max_iter=1000)),
        ]
    )


def evaluate(texts: Sequence[str], task: Task, threshold: float | str | None) -> Score:
    """Sort every page with a classifier trained on the other sites' pages.

    Parameters
    ----------
    texts : sequence of str of length n_pages
        The pages, or what is to be classified in their place.
    task : Task
    threshold : float, str or None
        For `BoilerplateStripper`.

    """
    predicted = cross_val_predict(classifier(threshold), np.asarray(texts, object), task.label, groups=task.site, cv=LeaveOneGroupOut())
    right = [guess == label for guess, label in zip(predicted, task.label, strict=True)]
    return Score(float(np.mean(right)), float(f1_score(task.label, predicted, average="macro")))


def compare(task: Task) -> dict[str, Score]:
    """Evaluate raw pages, pages stripped at each named threshold, and the marked content as the most that can be had."""
    return {
        "raw pages": evaluate(task.text, task, 0.0),
        'stripped, "recall"': evaluate(task.text, task, "recall"),
        'stripped, "balanced"': evaluate(task.text, task, "balanced"),
        'stripped, "precision"': evaluate(task.text, task, "precision"),
        "content marked by hand": evaluate(task.content, task, 0.0),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the comparison as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    task = load_task()
    scores = compare(task)
    if options.json:
        print(json.dumps({name: score._asdict() for name, score in scores.items()}, indent=2))
        return
    print(f"{len(task.text)} pages, {len(set(task.label))} topics, {len(set(task.site))} sites, each site tested unseen\n")
    print(f"{'':24}accuracy  macro F1")
    for name, score in scores.items():
        print(f"{name:24}{score.accuracy:8.3f}{score.macro_f1:10.3f}")


if __name__ == "__main__":
    main()
