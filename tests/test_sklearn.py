"""The scikit-learn transformer, inside the pipelines and searches that users build."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from cleantext import LineModel, strip_boilerplate, strip_many
from cleantext.sklearn import BoilerplateStripper

BREAD = "Knead the dough for ten minutes, let it rise until it has doubled, and bake it on a hot stone."
CHESS = "White gave up a rook for two pawns and an open file, and won the ending in sixty moves."
PAGES = [
    *(f"{BREAD} Loaf number {number}.\nAdvertisement\nSubscribe to our newsletter" for number in range(6)),
    *(f"Advertisement\n{CHESS} Round {number}.\nREAD MORE: Results of the week" for number in range(6)),
]
LABELS = ["bread"] * 6 + ["chess"] * 6


@cache
def cleaned_pages() -> list[str]:
    return [strip_boilerplate(page) for page in PAGES]


def test_the_sample_has_something_to_strip() -> None:
    assert not any("Advertisement" in page for page in cleaned_pages())
    assert all(BREAD in page or CHESS in page for page in cleaned_pages())


class TestTransform:
    def test_same_as_strip_many(self) -> None:
        cleaned = BoilerplateStripper().fit_transform(PAGES)
        assert cleaned.dtype == object
        assert cleaned.shape == (len(PAGES),)
        assert cleaned.tolist() == cleaned_pages()

    def test_needs_no_fit(self) -> None:
        assert BoilerplateStripper().transform(PAGES).tolist() == cleaned_pages()

    def test_parameters_are_used(self) -> None:
        page = "Caf\u00c3\u00a9 in the square\nAdvertisement"
        kept = BoilerplateStripper(threshold=0.0, normalize=False).transform([page])
        assert kept.tolist() == strip_many([page], threshold=0.0, normalize=False) == [page]

    def test_a_model_of_ones_own(self) -> None:
        stripper = BoilerplateStripper(model=LineModel.load())
        assert clone(stripper).transform(PAGES).tolist() == cleaned_pages()

    def test_no_pages(self) -> None:
        assert BoilerplateStripper().fit_transform([]).shape == (0,)

    @pytest.mark.parametrize("container", [list, tuple, iter, np.array, lambda pages: np.array(pages, dtype=object)])
    def test_containers(self, container: Callable[[list[str]], Iterable[str]]) -> None:
        assert BoilerplateStripper().transform(container(PAGES)).tolist() == cleaned_pages()

    @pytest.mark.parametrize("dtype", ["object", "str", "string[pyarrow]"])
    def test_pandas_series_with_an_index_of_its_own(self, dtype: str) -> None:
        pandas = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        series = pandas.Series(PAGES, index=range(100, 100 + len(PAGES)), dtype=dtype)
        assert BoilerplateStripper().transform(series).tolist() == cleaned_pages()

    def test_polars_series(self) -> None:
        polars = pytest.importorskip("polars")
        assert BoilerplateStripper().transform(polars.Series(PAGES)).tolist() == cleaned_pages()


class TestInputErrors:
    @pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
    @pytest.mark.parametrize(
        ("X", "error", "message"),
        [
            (BREAD, ValueError, "single text"),
            (BREAD.encode(), ValueError, "single text"),
            (np.array([[BREAD], [CHESS]]), ValueError, r"shape \(2, 1\), not \(n_samples,\)"),
            ({"text": PAGES}, ValueError, r"X is a dict.*X\['text'\]"),
            (set(PAGES), ValueError, "X is a set, which has no order"),
            (7, TypeError, "int, not an iterable"),
        ],
    )
    def test_container(self, method: str, X: object, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            getattr(BoilerplateStripper(), method)(X)

    def test_frame_of_one_column(self) -> None:
        pandas = pytest.importorskip("pandas")
        with pytest.raises(ValueError, match=r"X\['text'\]"):
            BoilerplateStripper().fit(pandas.DataFrame({"text": PAGES}))

    @pytest.mark.parametrize(
        ("page", "message"),
        [
            (None, "page 1 must be str, not NoneType: None stands for a missing text; fill or drop"),
            (float("nan"), "page 1 must be str, not float: nan stands for a missing text; fill or drop"),
            (b"bytes", "page 1 must be str, not bytes: decode it first"),
            (3, "page 1 must be str, not int$"),
            (3.5, "page 1 must be str, not float$"),
            ([BREAD], "page 1 must be str, not list$"),
        ],
    )
    def test_page(self, page: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            BoilerplateStripper().transform([BREAD, page])

    @pytest.mark.parametrize("missing", ["None", "NaN", "NA"])
    def test_missing_text_of_a_series(self, missing: str) -> None:
        pandas = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        series = {
            "None": pandas.Series([BREAD, None], dtype=object),
            "NaN": pandas.Series([BREAD, None], dtype="str"),
            "NA": pandas.Series([BREAD, None], dtype="string[pyarrow]"),
        }[missing]
        with pytest.raises(TypeError, match=r"page 1 must be str, .*fill or drop"):
            BoilerplateStripper().transform(series)

    @pytest.mark.parametrize("threshold", ["strict", 1.5, -0.1])
    def test_threshold_is_checked_when_fitted(self, threshold: float | str) -> None:
        with pytest.raises(ValueError, match=r"threshold|precision"):
            BoilerplateStripper(threshold=threshold).fit(PAGES)

    @pytest.mark.parametrize("normalize", ["NFC", None, 1])
    def test_normalize_is_checked_when_fitted(self, normalize: Any) -> None:
        with pytest.raises(TypeError, match="normalize must be"):
            BoilerplateStripper(normalize=normalize).fit(PAGES)


class TestConventions:
    # scikit-learn's other checks need a matrix of numbers: it skips them for tags that ask for strings.
    @pytest.mark.parametrize(
        "check",
        [
            estimator_checks.check_estimator_cloneable,
            estimator_checks.check_parameters_default_constructible,
            estimator_checks.check_no_attributes_set_in_init,
            estimator_checks.check_get_params_invariance,
            estimator_checks.check_set_params,
            estimator_checks.check_valid_tag_types,
        ],
    )
    def test_estimator_checks(self, check: Callable[[str, BoilerplateStripper], None]) -> None:
        check("BoilerplateStripper", BoilerplateStripper())

    def test_params_and_clone(self) -> None:
        stripper = BoilerplateStripper(threshold="recall", normalize=False)
        assert stripper.get_params() == {"threshold": "recall", "normalize": False, "model": None}
        assert clone(stripper).get_params() == stripper.get_params()
        assert stripper.set_params(threshold=0.3).threshold == 0.3

    def test_pickle(self) -> None:
        stripper = pickle.loads(pickle.dumps(BoilerplateStripper(threshold="precision").fit(PAGES)))
        assert stripper.threshold == "precision"

    @pytest.mark.parametrize("container", ["pandas", "polars"])
    def test_set_output_leaves_texts_alone(self, container: str) -> None:
        pytest.importorskip(container)
        with sklearn.config_context(transform_output=container):
            assert BoilerplateStripper().fit_transform(PAGES).tolist() == cleaned_pages()
        stripper = BoilerplateStripper().set_output(transform=container)
        assert stripper.fit_transform(PAGES).tolist() == cleaned_pages()

    def test_set_output_reaches_the_steps_after_it(self) -> None:
        pandas = pytest.importorskip("pandas")
        lengths = FunctionTransformer(lambda texts: pandas.DataFrame({"length": [len(text) for text in texts]}))
        pipeline = make_pipeline(BoilerplateStripper(), lengths).set_output(transform="pandas")
        assert pipeline.fit_transform(PAGES)["length"].tolist() == [len(text) for text in cleaned_pages()]

    def test_global_pandas_output_does_not_corrupt_a_pipeline(self) -> None:
        pytest.importorskip("pandas")
        with sklearn.config_context(transform_output="pandas"):
            counts = make_pipeline(BoilerplateStripper(), CountVectorizer()).fit_transform(PAGES)
        assert (counts != CountVectorizer().fit_transform(cleaned_pages())).nnz == 0


@pytest.fixture
def no_processes_left() -> Iterator[None]:
    """End the processes that joblib keeps for another search: tests of our own workers would count them."""
    yield
    get_reusable_executor().shutdown(wait=True)


class TestPipelines:
    def test_vectorizer_sees_no_furniture(self) -> None:
        pipeline = make_pipeline(BoilerplateStripper(), TfidfVectorizer()).fit(PAGES)
        vocabulary = set(pipeline[-1].vocabulary_)
        assert {"dough", "rook"} <= vocabulary
        assert not {"advertisement", "newsletter", "subscribe"} & vocabulary

    def test_names_of_features(self) -> None:
        names = TfidfVectorizer().fit(cleaned_pages()).get_feature_names_out().tolist()
        pipeline = make_pipeline(BoilerplateStripper(), TfidfVectorizer()).fit(PAGES)
        assert pipeline.get_feature_names_out().tolist() == names
        assert BoilerplateStripper().get_feature_names_out().tolist() == ["x0"]

    @pytest.mark.parametrize("column", ["text", ["text"]])
    def test_names_of_features_of_a_column_of_a_frame(self, column: Any) -> None:
        frame = pytest.importorskip("pandas").DataFrame({"id": range(len(PAGES)), "text": PAGES})
        first = FunctionTransformer(lambda X: X if X.ndim == 1 else X["text"], feature_names_out="one-to-one")
        steps = make_pipeline(first, BoilerplateStripper(), TfidfVectorizer())
        table = ColumnTransformer([("words", steps, column), ("rest", "passthrough", ["id"])]).fit(frame)
        names = TfidfVectorizer().fit(cleaned_pages()).get_feature_names_out().tolist()
        assert table.get_feature_names_out().tolist() == [*(f"words__{name}" for name in names), "rest__id"]

    @pytest.mark.usefixtures("no_processes_left")
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_grid_search_over_the_threshold(self, n_jobs: int) -> None:
        pipeline = make_pipeline(BoilerplateStripper(), CountVectorizer(), LogisticRegression())
        # No stricter ones: they may leave nothing of pages of one paragraph, and a vectorizer cannot be fitted to nothing.
        grid = {"boilerplatestripper__threshold": [0.0, "recall", "balanced", 0.1]}
        search = GridSearchCV(pipeline, grid, cv=3, n_jobs=n_jobs, error_score="raise").fit(PAGES, LABELS)
        assert search.best_score_ == 1.0
        assert search.best_params_["boilerplatestripper__threshold"] == 0.0  # the first of equals
        assert search.predict([f"{BREAD}\nAdvertisement"]).tolist() == ["bread"]

    def test_cross_validation_on_a_series(self) -> None:
        pandas = pytest.importorskip("pandas")
        pipeline = make_pipeline(BoilerplateStripper(), TfidfVectorizer(), LogisticRegression())
        assert cross_val_score(pipeline, pandas.Series(PAGES), LABELS, cv=3).tolist() == [1.0, 1.0, 1.0]
