"""Content of scraped web pages from their plain text: scores each line, keeps the content, repairs it with ftfy.

>>> from cleantext import strip_boilerplate
>>> strip_boilerplate("Advertisement")
''
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if sys.byteorder != "little":
    # Words are hashed eight bytes at a time, as the machine reads them.
    raise ImportError("cleantext needs a little-endian machine (x86-64, ARM): on this one it would find no word that its model knows")

if TYPE_CHECKING:
    from .explanation import ExplainedLine, Explanation, explain
    from .model import LineModel
    from .reports import DroppedLine, PageReport, report_stream
    from .strip import LineScores, score_lines, strip_boilerplate, strip_many, strip_stream

__version__ = "0.1.0"

__all__ = [
    "DroppedLine",
    "ExplainedLine",
    "Explanation",
    "LineModel",
    "LineScores",
    "PageReport",
    "explain",
    "report_stream",
    "score_lines",
    "strip_boilerplate",
    "strip_many",
    "strip_stream",
]

# Loaded on first use: `import cleantext` alone costs no numpy, so a command's --help and a worker's start stay quick.
_HOME = dict.fromkeys(__all__, "strip") | {"LineModel": "model"}
_HOME |= dict.fromkeys(("explain", "Explanation", "ExplainedLine"), "explanation")
_HOME |= dict.fromkeys(("report_stream", "PageReport", "DroppedLine"), "reports")
# What the PyPI projects `clean-text` and `cleantext` export; both install a module of our name.
_OTHERS = frozenset({"clean", "clean_words", "fix_bad_unicode", "fix_strange_quotes", "to_ascii_unicode", "normalize_whitespace",
                     "remove_emoji", "remove_punct", "replace_urls", "replace_emails", "replace_numbers", "replace_phone_numbers",
                     "replace_digits", "replace_currency_symbols", "replace_punct"})  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    if name in _OTHERS:
        # `from cleantext import clean` asks through importlib, which would hide our message behind its own if it got an AttributeError.
        # `hasattr`, with which programs find out which module they have, must get one.
        imported = sys._getframe(1).f_code.co_name == "_handle_fromlist"
        raise (ImportError if imported else AttributeError)(
            f"this module is cleantext of the distribution cleantext-lines and has no {name!r}; the distributions clean-text and "
            "cleantext install a module of the same name: keep them in another environment"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
