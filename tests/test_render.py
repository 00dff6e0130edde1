"""Renderings: what each makes of the same small page, and that none trips over a broken one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleantext.train.render import HELD_OUT, RENDERINGS, SUPPLEMENTS, nodes, render, unscripted

EVERY = {**RENDERINGS, **HELD_OUT}

PAGE = """<!DOCTYPE html><html><head><title>In the frame</title><style>p { color: red }</style></head><body>
<script>var hidden = "script";</script><noscript>Please switch on scripts</noscript><template>templated</template>
<h1>Leek soup</h1><p>Boil the <b>leeks</b> for <a href="https://example.org/ten">ten minutes</a>.</p>
<img src="pot.png" alt="An iron pot"><ul><li>2 leeks<li>1 onion</ul>
<table><tr><th>Herb<th>Grams<tr><td>Thyme<td>3</table><svg><title>drawn</title></svg></body></html>"""

EXPECTED = {
    "blocks": ["Leek soup", "Boil the leeks for ten minutes.", "  • 2 leeks", "Herb\t\tGrams"],
    "alt": ["Leek soup", "Boil the leeks for ten minutes.", "  • 2 leeks", "Herb\t\tGrams"],
    "layout": ["Leek soup", "Boil the leeks for ten minutes.", "  * 2 leeks", "Herb   Grams"],
    "nodes": ["Leek soup", "Boil the", "leeks", "for", "ten minutes", ".", "2 leeks", "Herb", "Grams"],
    "markdown": ["# Leek soup", "Boil the **leeks** for [ten minutes](https://example.org/ten).", "* 2 leeks", "| Herb | Grams |"],
    "html2text": ["# Leek soup", "Boil the **leeks** for ten minutes.", "  * 2 leeks"],
    "html2text, defaults": [
        "# Leek soup",
        "Boil the **leeks** for [ten minutes](https://example.org/ten).",
        "![An iron pot](pot.png)",
        "  * 2 leeks",
    ],
    "soup": ["Leek soup", "Boil the", "leeks", "for", "ten minutes", ".", "2 leeks", "Herb", "Grams"],
    "html-text": ["Leek soup", "Boil the leeks for ten minutes.", "2 leeks", "Herb Grams"],
}

BROKEN = [
    "",
    " \n ",
    "\x00",
    "<",
    "<p",
    "<html></html>",
    "<frameset><frame></frameset>",
    "<!-- only a comment",
    "<table><td colspan=x>1<td rowspan=99999>2<tr><td>3",
    "<ol start=x><li>1</ol>",
    "<a href>x</a><img><img alt>",
    "\ud800 lone surrogate",
    "</div></p></body>after",
    "<p>" * 3000 + "deep",
]


def test_every_rendering_has_its_expected_lines() -> None:
    assert EXPECTED.keys() == EVERY.keys()
    assert not RENDERINGS.keys() & HELD_OUT.keys()


@pytest.mark.parametrize("name", EVERY)
def test_visible_text_in_order(name: str) -> None:
    lines = render(PAGE, name).split("\n")
    positions = [lines.index(line) for line in EXPECTED[name]]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_invisible(name: str) -> None:
    text = render(PAGE, name)
    # Alternative texts name what a picture shows, drawings' titles among them.
    unseen = ["script", "color", "switch on", "templated", "In the frame"] + ["drawn"] * (name != "alt")
    assert [word for word in unseen if word in text] == []


def test_alternative_texts() -> None:
    shown = {name for name in EVERY if "An iron pot" in render(PAGE, name)}
    assert shown == {"alt", "markdown", "html2text, defaults"}


@pytest.mark.parametrize("name", [*EVERY, *SUPPLEMENTS])
@pytest.mark.parametrize("html", BROKEN)
def test_broken_pages(name: str, html: str) -> None:
    text = render(html, name)
    assert text == render(html, name)
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("html", ["", " \n ", "<html><head><title>x</title></head></html>", "<script>x()</script>"])
def test_empty_pages(name: str, html: str) -> None:
    assert render(html, name) == ""


@pytest.mark.parametrize("name", EVERY)
def test_text_nested_too_deeply_is_not_lost(name: str) -> None:
    assert "deep soup" in render("<div>" * 2000 + "deep soup", name)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<table>",
                "<tr>",
                "<td>",
                "<li>",
                "<pre>",
                "</b>",
                "<a href=x>",
                "<img alt=a>",
                "leek",
                "\n",
                "&amp;",
                "<h2>",
                "<br>",
            ]
        ),
        max_size=30,
    )
)
def test_any_tag_soup_is_rendered(pieces: list[str]) -> None:
    html = "".join(pieces)
    for name in EVERY:
        assert render(html, name).count("leek") == pieces.count("leek")


def test_nodes_keep_the_lines_of_code() -> None:
    assert nodes("<p>a\n b</p><pre><code><span>x = 1\n  y = 2\n</span></code></pre>") == "a b\nx = 1\n  y = 2"


def test_unscripted_only_adds_pages_that_show_nothing() -> None:
    thread = "<body><noscript><h1>Leeks</h1><p>Which ones?</p></noscript>"
    assert unscripted(thread) == "Leeks\n\nWhich ones?"
    assert unscripted(thread + "<p>Shown") == ""


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="blocks, alt, layout"):
        render("", "lynx")
