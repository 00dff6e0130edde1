"""Arguments of the public functions, checked at the call: what is wrong is told where it was written, and before any work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .model import LineModel

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


@cache
def default_model() -> LineModel:
    """The model that ships with the package, read once."""
    return LineModel.load()


def chosen_model(model: LineModel | None) -> LineModel:
    """The model to use, by default the one that ships; a TypeError that says what to do if it is none."""
    if model is None:
        return default_model()
    if not isinstance(model, LineModel):
        raise TypeError(f"model must be a LineModel, not {model!r}: read one from a file with LineModel.load(path)")
    return model


def check_count(name: str, value: object, least: int, hint: str = "") -> int:
    """Raise an error if a number of things is not a whole number, `least` or more.

    >>> check_count("top", 6, 0)
    6
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, not {value!r}{hint}")
    if value < least:
        raise ValueError(f"{name} is {value}, not {least} or more{hint}")
    return int(value)


def check_text(text: object) -> str:
    """Raise a TypeError that says what to do if `text` is not a str."""
    if isinstance(text, str):
        return text
    raise TypeError(f"a page must be str, not {named(text)}")


def named(page: object) -> str:
    """The type of what should be a page and is none, and what to do about it.

    >>> named(b"bread"), named([])
    ("bytes: decode it first, for example page.decode('utf-8')", 'list')
    """
    kind = type(page).__name__
    if isinstance(page, (bytes, bytearray, memoryview)):
        return f"{kind}: decode it first, for example page.decode('utf-8')"
    # Known by name, so that pandas need not be imported.
    if page is None or kind in {"NAType", "NaTType"} or (isinstance(page, float) and math.isnan(page)):
        return f"{kind}: {page} stands for a missing text; fill or drop those first, such as texts.fillna('')"
    if hasattr(page, "as_py"):
        return f"{kind}: pass the column's texts, texts.to_pylist()"
    return kind


def check_pages(texts: Iterable[str | None]) -> Iterator[str | None]:
    """The same pages, one by one; what does not hold a page per item is refused at the call.

    Raises
    ------
    TypeError
        At the call if `texts` is no iterable of pages; when it is reached for a page that is neither a str nor None, with its place.
    """
    problem = why_not_pages(texts)
    if problem is not None:
        raise TypeError(problem)
    return _checked(texts)


def _checked(texts: Iterable[str | None]) -> Iterator[str | None]:
    for place, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise TypeError(f"page {place} must be str or None, not {named(text)}")
        yield text


def why_not_pages(texts: object, name: str = "texts") -> str | None:
    """What is wrong with an argument that should hold a page per item; None if nothing is.

    Iterated over, a text gives its characters, a table or a mapping the names of its columns, and a set no order to find the pages by.

    >>> why_not_pages("bread")
    'texts is a single text: pass a list of texts, such as [text]'
    >>> why_not_pages(["bread"]) is None
    True
    """
    kind = type(texts).__name__
    if isinstance(texts, (str, bytes, bytearray, memoryview)):
        return f"{name} is a single text: pass a list of texts, such as [text]"
    if isinstance(texts, Mapping):
        return f"{name} is a {kind}, which gives its keys: pass what holds the texts, such as {name}['text'] or {name}.values()"
    if isinstance(texts, (set, frozenset)):
        return f"{name} is a {kind}, which has no order: pass a list of texts"
    shape = getattr(texts, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        return f"{name} has shape {shape}, not (n_samples,): pass one column of text, such as {name}['text']"
    if not isinstance(texts, Iterable) and not hasattr(texts, "__getitem__"):
        return f"{name} is {kind}, not an iterable of str"
    return None


def check_normalize(normalize: object) -> bool | TextFixerConfig:
    """Raise an error that says what to do if `normalize` is neither a bool nor a config that ftfy can use.

    Raises
    ------
    TypeError
        If it is of another type. 0, 1 and None too: a flag that another program has read may mean anything by them.
    ValueError
        If it is a config with a value that ftfy refuses, or with which it would never end.
    """
    if isinstance(normalize, bool):
        return normalize
    from ftfy import TextFixerConfig

    if not isinstance(normalize, TextFixerConfig):
        raise TypeError(
            f"normalize must be True, False or an ftfy.TextFixerConfig, not {normalize!r}: "
            'a normal form is one of its options, ftfy.TextFixerConfig(normalization="NFC")'
        )
    try:
        _try_out(normalize)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"normalize: ftfy cannot work with this TextFixerConfig: {error}") from error
    return normalize


@lru_cache(maxsize=64)
def _try_out(config: TextFixerConfig) -> None:
    from .normalize import fix_text

    fix_text("é", config)
