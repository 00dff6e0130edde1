"""The systems cleantext is measured against: extractors that see the HTML, and converters of HTML to text.

Each peer is a function from a page's HTML (`str`) to text, or None where the peer finds no text. It runs with the
settings a newcomer gets from the peer's own README, unless the adapter's comment says otherwise. Where the peer's authors
use another setting in their own evaluation and it scores higher here, the peer stands with that one, and with its defaults
beside it. A peer that raises or takes too long fails on that page: the failure is kept as an `Outcome`, counted and
printed; the page then counts as an empty text, since that is what a user is left with.

Rules that see the text alone are in `text_rules`.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cleantext.train import extractors
from cleantext.train.extractors import page_language

__all__ = ["PEERS", "Outcome", "Peer", "page_language", "peer", "run"]

PAGE_TIMEOUT = 30.0
"""Seconds a peer may take for one page. The slowest median page takes 0.1 s; past 30 s a crawl would give up."""


class Peer(NamedTuple):
    """A system that turns HTML into text.

    Attributes
    ----------
    name : str
        As printed in tables.
    distribution : str
        Its name on the package index; the version comes from there.
    selects : bool
        True if it chooses the main content, False if it converts the whole page.
    extract : callable
        HTML to text, None where it finds none.
    settings : str
        What differs from its defaults, as its own arguments. Outputs are remembered by it: change it with the adapter.
    """

    name: str
    distribution: str
    selects: bool
    extract: Callable[[str], str | None]
    settings: str = ""

    @property
    def version(self) -> str:
        """Version of the installed distribution, and the settings; `PackageNotFoundError` where it is missing."""
        return f"{importlib.metadata.version(self.distribution)} {self.settings}".rstrip()


class Outcome(NamedTuple):
    """What a peer made of one page.

    Attributes
    ----------
    text : str or None
        None if the peer found no text, or failed.
    error : str or None
        The exception's type and the start of its message, None if there was none.
    seconds : float
        Wall time. Good for finding slow pages, not for comparing peers: `speed.py` does that.
    """

    text: str | None
    error: str | None
    seconds: float


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread after `seconds`. C code is interrupted when it returns to Python."""

    def stop(signum: int, frame: object) -> None:
        raise TimeoutError(f"no result within {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@functools.cache
def _quiet() -> None:
    # What they log about odd pages is in the outcome's error already, or is advice to their own users.
    for name in ("boilerpy3", "goose3", "htmldate", "newspaper", "readability", "trafilatura"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def run(peer: Peer, html: str, timeout: float = PAGE_TIMEOUT) -> Outcome:
    """Run a peer on one page; whatever it raises becomes the outcome's `error`."""
    _quiet()
    begin = time.perf_counter()
    text, error = None, None
    try:
        # Peers warn about pages (markup that looks like a file name, a missing optional package): not ours to judge.
        with _time_limit(timeout), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = peer.extract(html)
    except Exception as exc:
        error = f"{type(exc).__name__}: {exc}"[:200]
    return Outcome(text, error, time.perf_counter() - begin)


# Extractors of main content ---------------------------------------------------------------------------------------


def _trafilatura_defaults(html: str) -> str | None:
    import trafilatura

    text: str | None = trafilatura.extract(html)
    return text


@functools.cache
def _boilerpy3_extractor() -> object:
    from boilerpy3.extractors import ArticleExtractor

    return ArticleExtractor()


def _boilerpy3(html: str) -> str | None:
    return str(_boilerpy3_extractor().get_content(html))  # type: ignore[attr-defined]


def _newspaper(html: str) -> str | None:
    from newspaper import Article

    # No page may cause a request: the HTML is given, images are not looked at, refreshes are not followed.
    article = Article("https://page.invalid/", fetch_images=False, follow_meta_refresh=False)
    article.download(input_html=html)
    article.parse()
    return str(article.text)


def _goose(html: str) -> str | None:
    from goose3 import Goose

    with Goose({"enable_image_fetching": False}) as goose:
        return str(goose.extract(raw_html=html).cleaned_text)


# Converters of the whole page -------------------------------------------------------------------------------------


def _resiliparse_plain(html: str) -> str | None:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(html, alt_texts=False))


def _inscriptis(html: str) -> str | None:
    import inscriptis

    return str(inscriptis.get_text(html))


def _html2text(html: str) -> str | None:
    import html2text

    return str(html2text.html2text(html))


def _html2text_unwrapped(html: str) -> str | None:
    import html2text

    # Its default breaks lines at column 78; most corpora that were made with it switch that off.
    return str(html2text.html2text(html, bodywidth=0))


def _markdownify(html: str) -> str | None:
    import markdownify

    return str(markdownify.markdownify(html, heading_style="ATX"))


PEERS: tuple[Peer, ...] = (
    Peer("trafilatura", "trafilatura", True, extractors.trafilatura, "include_comments=False"),
    Peer("trafilatura defaults", "trafilatura", True, _trafilatura_defaults),
    Peer("resiliparse main content", "resiliparse", True, extractors.resiliparse_main, "alt_texts=False"),
    Peer("readability", "readability-lxml", True, extractors.readability),
    Peer("jusText", "jusText", True, extractors.justext),
    Peer("boilerpy3", "boilerpy3", True, _boilerpy3),
    Peer("newspaper4k", "newspaper4k", True, _newspaper, "fetch_images=False"),
    Peer("goose3", "goose3", True, _goose),
    Peer("resiliparse plain text", "resiliparse", False, _resiliparse_plain, "alt_texts=False"),
    Peer("inscriptis", "inscriptis", False, _inscriptis),
    Peer("html2text", "html2text", False, _html2text),
    Peer("html2text unwrapped", "html2text", False, _html2text_unwrapped, "bodywidth=0"),
    Peer("markdownify", "markdownify", False, _markdownify, "heading_style=ATX"),
)


def peer(name: str) -> Peer:
    """The peer of that name; KeyError lists the names there are."""
    for candidate in PEERS:
        if candidate.name == name:
            return candidate
    raise KeyError(f"no peer {name!r}; there are {', '.join(p.name for p in PEERS)}")


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py, speed.py and peer_cache.py")
