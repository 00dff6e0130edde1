"""Arguments of the public functions, checked at the call: what is wrong is told where it was written, and before any work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from .model import LineModel

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


@cache
def default_model() -> LineModel:
    """The model that ships with the package, read once."""
    return LineModel.load()


def check_text(text: object) -> str:
    """Raise a TypeError that says what to do if `text` is not a str."""
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray, memoryview)):
        raise TypeError('a page must be str, not bytes: decode it first, for example page.decode("utf-8")')
    raise TypeError(f"a page must be str, not {type(text).__name__}")


def checked(texts: Iterable[str | None]) -> Iterator[str | None]:
    """The same pages; a TypeError when one is reached that is neither a str nor None."""
    return (None if text is None else check_text(text) for text in texts)


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
