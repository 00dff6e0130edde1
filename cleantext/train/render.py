"""HTML to text in several ways, because users' pages come from different tools.

A model trained on the output of one tool loses words on another's.  :data:`RENDERINGS` are trained on;
:data:`HELD_OUT` are only ever measured on.  Every rendering is a function ``str -> str`` that never raises on
a broken page and gives ``""`` for a page without text; the same page gives the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import html2text as html2text_package
import html_text as html_text_package
import inscriptis
import markdownify
from bs4 import BeautifulSoup
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from resiliparse.extract.html2text import extract_plain_text
from selectolax.lexbor import LexborHTMLParser, LexborNode

Rendering = Callable[[str], str]

#: Elements whose text no reader sees.  ``title`` stands in the window's frame, not on the page.
INVISIBLE = ("script", "style", "noscript", "template", "head", "svg", "iframe")

# Nesting at which tree-walking converters (inscriptis, markdownify, BeautifulSoup) run into Python's
# recursion limit of 1,000: each takes two or three frames per element.
_MAX_DEPTH = 250
# How far up a text node looks for its <pre>: highlighters nest code, line, token.
_PRE_DEPTH = 5
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


def _sound(html: str) -> str:
    """Replace lone surrogates, which no parser takes, and drop NUL, which ends the text for some of them."""
    return html.replace("\x00", "").encode("utf-8", errors="replace").decode("utf-8")


def _visible(html: str) -> LexborHTMLParser | None:
    """Parse a page and drop the elements no reader sees; None for a page without a root."""
    tree = LexborHTMLParser(_sound(html))
    if tree.root is None:
        return None
    tree.strip_tags(list(INVISIBLE))
    return tree


def _depth(tree: LexborHTMLParser) -> int:
    """Return the greatest number of elements nested in one another, without recursion."""
    deepest, depth, node = 0, 0, tree.root
    while node is not None:
        deepest = max(deepest, depth)
        if node.child is not None:
            node, depth = node.child, depth + 1
            continue
        while node is not None and node.next is None:
            node, depth = node.parent, depth - 1
        if node is not None:
            node = node.next
    return deepest


def _collapse(text: str) -> str:
    r"""Leave at most one blank line in a row, none at either end; line ends as ``\n``."""
    return _BLANK_LINES.sub("\n\n", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def _shallow(convert: Rendering) -> Rendering:
    """Give a recursive converter visible elements only, and pages that nest too deeply to :func:`blocks`."""

    def rendering(html: str) -> str:
        tree = _visible(html)
        if tree is None or tree.body is None or not tree.body.text(strip=True):
            return ""
        if _depth(tree) > _MAX_DEPTH:
            return blocks(html)
        try:
            return _collapse(convert(tree.html or ""))
        except (RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError, AssertionError):
            # Odd pages trip converters in ways of their own (a table cell spanning "x" columns, an empty
            # document); the plain rendering stands in, so that no page is lost.
            return blocks(html)

    rendering.__name__ = convert.__name__.lstrip("_")
    rendering.__doc__ = convert.__doc__
    return rendering


def _resiliparse(html: str, *, alt_texts: bool = False, noscript: bool = False) -> str:
    html = _sound(html)
    if not html.strip():
        return ""
    text = extract_plain_text(
        html,
        preserve_formatting=True,
        main_content=False,
        alt_texts=alt_texts,
        links=False,
        noscript=noscript,
        form_fields=False,
    )
    return _collapse(str(text))


def blocks(html: str) -> str:
    """Render with resiliparse: a line per block element, bullets before list items.

    Examples
    --------
    >>> print(blocks("<h1>Soup</h1><p>Boil <b>water</b>.<ul><li>salt<li>leek</ul><script>x()</script>"))
    Soup
    <BLANKLINE>
    Boil water.
    <BLANKLINE>
      • salt
      • leek
    """
    return _resiliparse(html)


def alt(html: str) -> str:
    """Render as :func:`blocks` does, with the images' alternative texts."""
    return _resiliparse(html, alt_texts=True)


_LAYOUT = ParserConfig(css=CSS_PROFILES["relaxed"])


def _layout(html: str) -> str:
    """Render with inscriptis, which lays out tables and lists as a browser would."""
    return str(inscriptis.get_text(html, _LAYOUT))


def _in_pre(node: LexborNode) -> bool:
    """Whether a text node stands in preformatted text, at any depth that occurs in source code listings."""
    parent = node.parent
    for _ in range(_PRE_DEPTH):
        if parent is None or parent.tag in {"pre", "textarea"}:
            return parent is not None
        parent = parent.parent
    return False


def nodes(html: str) -> str:
    """Render one line per text node, white space folded: the crudest of the usual ways.

    Only preformatted text keeps the line ends it has.

    Examples
    --------
    >>> print(nodes("<p>Boil <b>water</b>.<noscript>Switch on scripts</noscript>"))
    Boil
    water
    .
    """
    tree = _visible(html)
    if tree is None or tree.body is None:
        return ""
    lines: list[str] = []
    for node in tree.body.traverse(include_text=True):
        if node.tag != "-text":
            continue
        text = node.text_content or ""
        if "\n" in text and _in_pre(node):
            lines += [line.rstrip() for line in text.split("\n")]
        else:
            lines.append(" ".join(text.split()))
    return "\n".join(line for line in lines if line)


class _Markdown(markdownify.MarkdownConverter):  # type: ignore[misc, unused-ignore]
    """ATX headings, links and images as ``[text](url)``, no escapes: what most pipelines ask for."""

    class Options:
        heading_style = markdownify.ATX
        bullets = "*-+"
        escape_underscores = False
        escape_asterisks = False
        bs4_options = "lxml"


def _markdown(html: str) -> str:
    """Render with markdownify: ATX headings, ``[text](url)``, pipe tables."""
    return str(_Markdown().convert(html))


def _html2text(html: str) -> str:
    """Render with html2text, without its hard wrapping: Markdown of another make."""
    converter = html2text_package.HTML2Text(bodywidth=0)
    converter.ignore_images = True
    converter.ignore_links = True
    return str(converter.handle(html))


def _html2text_defaults(html: str) -> str:
    """Render with html2text as it comes: Markdown with links and images, wrapped at 78 columns."""
    return str(html2text_package.html2text(html))


def _soup(html: str) -> str:
    r"""Render with BeautifulSoup's ``get_text("\n")``, lines stripped."""
    soup: Any = BeautifulSoup(html, "lxml")
    return str(soup.get_text("\n", strip=True))


def _html_text(html: str) -> str:
    """Render with html-text, which guesses paragraphs from the elements' names."""
    return str(html_text_package.extract_text(html))


def unscripted(html: str) -> str:
    """Render a page that shows nothing without its scripts from what it offers readers without them.

    Some forums put a whole thread into ``<noscript>``.  All other pages give ``""``: their text is that of
    :func:`blocks`, and notices to switch on scripts belong to no page.

    Examples
    --------
    >>> unscripted("<div></div><noscript><p>Boil water.</p></noscript>")
    'Boil water.'
    >>> unscripted("<p>Hot</p><noscript>soup</noscript>")
    ''
    """
    return "" if blocks(html) else _resiliparse(html, noscript=True)


#: Renderings to train and to measure on.
RENDERINGS: Mapping[str, Rendering] = {
    "blocks": blocks,
    "alt": alt,
    "layout": _shallow(_layout),
    "nodes": nodes,
    "markdown": _shallow(_markdown),
}

#: Renderings to measure on only: no model has ever been trained on their output.
HELD_OUT: Mapping[str, Rendering] = {
    "html2text": _shallow(_html2text),
    "html2text, defaults": _shallow(_html2text_defaults),
    "soup": _shallow(_soup),
    "html-text": _shallow(_html_text),
}


#: Renderings that add pages the others leave empty; for training only, no tool's output looks like that.
SUPPLEMENTS: Mapping[str, Rendering] = {"unscripted": unscripted}


def render(html: str, name: str) -> str:
    """Render a page in the way of that name.

    Parameters
    ----------
    html : str
        A page.
    name : str
        A key of :data:`RENDERINGS`, :data:`HELD_OUT` or :data:`SUPPLEMENTS`.

    Returns
    -------
    str
        Its text, without blank lines at either end.

    Raises
    ------
    ValueError
        If there is no such rendering.
    """
    ways = {**RENDERINGS, **HELD_OUT, **SUPPLEMENTS}
    if name not in ways:
        raise ValueError(f"unknown rendering {name!r}: use one of {', '.join(ways)}")
    return ways[name](html)
