"""Strip boilerplate as a step of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from cleantext.arguments import named, why_not_pages
from cleantext.strip import strip_many

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ImportError as error:  # pragma: no cover - needs an environment without scikit-learn
    raise ImportError("cleantext.sklearn needs scikit-learn: pip install 'cleantext-lines[sklearn]'") from error

if TYPE_CHECKING:
    from ftfy import TextFixerConfig
    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from cleantext.model import LineModel

__all__ = ["BoilerplateStripper"]


# No output wrapping: with `transform_output="pandas"` scikit-learn would turn the texts into a frame of one
# column, and a vectorizer that iterates over a frame silently reads its column names instead of its rows.
class BoilerplateStripper(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc,call-arg,unused-ignore]
    r"""Replace each page by its content.

    Stateless: `fit` learns nothing, so the step can neither overfit nor leak a test set. It stands before a
    vectorizer such as ``TfidfVectorizer``.

    Parameters
    ----------
    threshold : float in [0, 1], "precision", "balanced", "recall" or None, default None
        Least score of a line that is kept. None is "balanced". 0.0 keeps every line, which is what to compare
        with.
    normalize : bool or ftfy.TextFixerConfig, default True
        Whether ftfy repairs the kept text, and how.
    model : cleantext.LineModel or None, default None
        None is the model that comes with cleantext.

    See Also
    --------
    cleantext.strip_many : The same on a list, None allowed.

    Examples
    --------
    >>> from cleantext.sklearn import BoilerplateStripper
    >>> pages = ["The bridge reopened on Monday after two years of work.\nAdvertisement"]
    >>> BoilerplateStripper().fit_transform(pages)
    array(['The bridge reopened on Monday after two years of work.'], dtype=object)

    How much to strip is a parameter like any other:

    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> pipeline = make_pipeline(BoilerplateStripper(), TfidfVectorizer(), LogisticRegression())
    >>> search = GridSearchCV(pipeline, {"boilerplatestripper__threshold": [0.0, "balanced", "precision"]})

    """

    def __init__(
        self,
        threshold: float | str | None = None,
        normalize: bool | TextFixerConfig = True,
        model: LineModel | None = None,
    ) -> None:
        self.threshold = threshold
        self.normalize = normalize
        self.model = model

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Check the parameters and the kind of input; learn nothing.

        Parameters
        ----------
        X : iterable of str of shape (n_samples,)
            Pages; they are not read.
        y : ignored

        Returns
        -------
        BoilerplateStripper
            This object.

        Raises
        ------
        ValueError
            If `threshold` is out of range or an unknown name, or if `X` is a single string, a mapping or a set,
            or has two dimensions.
        TypeError
            If `X` cannot be iterated over, or a parameter is of another type.

        """
        _check_container(X)
        self._strip([])
        return self

    def transform(self, X: Iterable[str]) -> NDArray[np.object_]:
        """Strip the boilerplate from every page.

        Parameters
        ----------
        X : iterable of str of shape (n_samples,)
            Pages: a list, a tuple, a one-dimensional array, a pandas or Polars series, a generator.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            The cleaned texts, str, in the same order; ``""`` for a page without content.

        Raises
        ------
        ValueError
            If `X` is a single string, a mapping or a set, or has two dimensions, or if `threshold` is not valid.
        TypeError
            If `X` cannot be iterated over, or if a page is not a str. Missing values (None, NaN) are refused
            as the vectorizers of scikit-learn refuse them: the message names the first one's position.

        """
        _check_container(X)
        pages = list(X)
        for position, page in enumerate(pages):
            if not isinstance(page, str):
                raise TypeError(f"page {position} must be str, not {named(page)}")
        cleaned = np.empty(len(pages), dtype=object)
        cleaned[:] = self._strip(pages)
        return cleaned

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Give the names of the features back as they are, a text in and a text out.

        It exists so that ``get_feature_names_out`` of a pipeline reaches the steps after this one.

        Parameters
        ----------
        input_features : str, array-like of str or None, default None
            Name of the column of texts. None is ``"x0"``, as in scikit-learn.

        Returns
        -------
        ndarray of str, dtype object
            The same names.

        Examples
        --------
        >>> BoilerplateStripper().get_feature_names_out(["body"])
        array(['body'], dtype=object)

        """
        return np.atleast_1d(np.asarray("x0" if input_features is None else input_features, dtype=object))

    def set_output(self, *, transform: str | None = None) -> Self:
        """Do nothing: the output is always an array of texts.

        It exists so that ``set_output`` of a pipeline reaches the steps after this one.

        Parameters
        ----------
        transform : str or None, default None
            Ignored.

        Returns
        -------
        BoilerplateStripper
            This object.

        """
        return self

    def _strip(self, pages: list[str]) -> list[str | None]:
        return strip_many(pages, threshold=self.threshold, normalize=self.normalize, model=self.model)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _check_container(X: object) -> None:
    """Refuse what can be iterated over but does not hold one page per item."""
    problem = why_not_pages(X, "X")
    if problem is not None:
        raise (ValueError if isinstance(X, Iterable) else TypeError)(problem)
