"""Reading the three corpora: pages as HTML, and what their annotators call the page's own text.

The corpora are not part of the project (``data/README.md`` lists sources, commits and licences).  Each reader
yields :class:`Document` objects in the order of their ids, so everything built on them is reproducible.

=========  =======================================  ==========================================================
corpus     folder                                   gold
=========  =======================================  ==========================================================
wcxb       ``wcxb-dev/html``, ``ground-truth``      ``main_content`` as it stands; the title is kept apart
fundus     ``fundus/<country>``                     title, summary, section headlines, paragraphs
segments   ``segments/html``, ``segments.json``     none: short segments that must stay or must go
=========  =======================================  ==========================================================

Why WCXB's title stays outside the gold: the set's published score compares with ``main_content`` alone, and
87 of 100 articles lack the title there.  Headlines are content by our own definition, so
:mod:`cleantext.train.pages` marks such a line as doubtful: not trained on, in either direction.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import regex
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

#: The folder of each corpus below the corpora's root.
FOLDERS: Mapping[str, str] = {"wcxb": "wcxb-dev", "fundus": "fundus", "segments": "segments"}

#: The environment variable that names the corpora's root.
ENVIRONMENT_VARIABLE = "CLEANTEXT_CORPORA"


@dataclass(frozen=True)
class Document:
    """One page of a corpus, as HTML, with what its annotators say about it.

    Attributes
    ----------
    id : str
        Unique over all corpora, e.g. ``"wcxb/0004"``.
    corpus : str
        ``"wcxb"``, ``"fundus"`` or ``"segments"``.
    site : str
        The site's registered domain as far as it is known, the same in every corpus; folds are cut along it.
    kind : str
        Page type (wcxb), country code (fundus), ``"segments"`` otherwise.
    html : str
        The page, decoded.
    gold : str
        The page's own text, a paragraph, heading or list item per line; ``""`` if the annotators gave none.
    title : str
        The page's headline as annotated; ``""`` if unknown.
    segments_with, segments_without : tuple of str
        Segments that a cleaned page must hold, and must not hold.
    """

    id: str
    corpus: str
    site: str
    kind: str
    html: str
    gold: str
    title: str
    segments_with: tuple[str, ...]
    segments_without: tuple[str, ...]


def find_corpora() -> Path:
    """Return the root folder of the corpora.

    Returns
    -------
    pathlib.Path
        ``$CLEANTEXT_CORPORA`` if set, else ``../shared/corpora`` beside the checkout.

    Raises
    ------
    FileNotFoundError
        If that folder does not exist; the message says what to set and where the corpora come from.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    root = Path(named) if named else Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
    if not root.is_dir():
        raise FileNotFoundError(
            f"no corpora at {root}: set {ENVIRONMENT_VARIABLE} to the folder that holds "
            f"{', '.join(FOLDERS.values())} (data/README.md lists where each is downloaded)"
        )
    return root


# ---- decoding

# Charsets that switch by escape sequences: their bytes are valid UTF-8 (ASCII even), so validity says nothing.
_ESCAPING = ("iso2022", "iso-2022", "hz")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode_html(data: bytes) -> str:
    """Decode a page's bytes: byte order mark, then valid UTF-8, then the declared charset, then a guess.

    Valid UTF-8 comes before the declaration because some pages lie about their charset, and text of a legacy
    charset with any non-ASCII character in it is hardly ever valid UTF-8 by accident.

    Parameters
    ----------
    data : bytes
        An HTML page.

    Returns
    -------
    str
        The page; undecodable bytes become U+FFFD, never an error.

    Examples
    --------
    >>> decode_html('<meta charset="iso-8859-1">Grüße'.encode())
    '<meta charset="iso-8859-1">Grüße'
    >>> decode_html('<meta charset="windows-1251">Привет'.encode("cp1251"))
    '<meta charset="windows-1251">Привет'
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    declared = detect_encoding(data, from_html_meta=True) or "utf-8"
    if declared.startswith("utf-16"):
        declared = "utf-8"  # it could not have been read from the page if it were true
    if not (declared.startswith(_ESCAPING) and data.isascii()):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        data.decode(declared)
    except (LookupError, UnicodeDecodeError):
        # A page that is UTF-8 but for a few broken bytes is still UTF-8: in a legacy charset every accented
        # letter would turn into two wrong ones.
        lossy = data.decode("utf-8", errors="replace")
        if lossy.count("\ufffd") * 20 < sum(1 for c in lossy if c > "\x7f"):
            return lossy
    try:
        return str(bytes_to_str(data, declared))
    except LookupError:
        return data.decode("utf-8", errors="replace")


# ---- sites

# Second-level labels under which registries of countries sell names (co.uk, com.au, or.jp ...).
_SECOND_LEVEL = frozenset(
    ["ac", "asn", "co", "com", "ed", "edu", "go", "gob", "gouv", "gov", "govt",
     "gv", "id", "mil", "ne", "net", "nom", "or", "org", "sch"]
)  # fmt: skip
_CANONICAL = re.compile(
    r"""<link\b[^>]*\brel\s*=\s*["']?canonical["']?[^>]*>|<meta\b[^>]*\bproperty\s*=\s*["']?og:url["']?[^>]*>""",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"""https?://[^"'\s>]+""", re.IGNORECASE)


def site_of(address: str) -> str:
    """Return the registered domain of an address, near enough to keep a site's pages together.

    The rule needs no public suffix list: the last two labels, or three if the last is a country's and the one
    before a registry's own (``co.uk``).  Sub-domains share a template and a staff, so they are one site; so
    are the blogs of one hosting service, which share a template as well.

    Parameters
    ----------
    address : str
        A URL or a bare host.

    Returns
    -------
    str
        Lower case, without port; ``""`` if there is no host.

    Examples
    --------
    >>> site_of("https://www.news.example.co.uk:443/a?b=c"), site_of("blog.example.org"), site_of("")
    ('example.co.uk', 'example.org', '')
    """
    host = (urlsplit(address if "//" in address else "//" + address).hostname or "").rstrip(".").lower()
    labels = host.split(".")
    if all(label.isdigit() for label in labels):
        return host
    country = len(labels[-1]) == len("uk") and _SECOND_LEVEL.issuperset(labels[-2:-1])
    return ".".join(labels[-3:] if country else labels[-2:])


def _canonical_site(html: str) -> str:
    """Return the registered domain a page names as its own address, ``""`` if it names none."""
    for tag in _CANONICAL.finditer(html):
        if found := _ADDRESS.search(tag.group()):
            return site_of(found.group())
    return ""


# ---- readers


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str) and v.strip()) if isinstance(value, list) else ()


def _html(path: Path) -> str:
    return decode_html(gzip.decompress(path.read_bytes()))


def read_wcxb(root: Path) -> Iterator[Document]:
    """Read WCXB's development split.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root, as :func:`find_corpora` returns it.

    Yields
    ------
    Document
        ``gold`` is ``main_content`` unchanged, the text that the set's published scores compare with.
    """
    folder = root / FOLDERS["wcxb"]
    for path in sorted((folder / "ground-truth").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        truth = record["ground_truth"]
        html = _html(folder / "html" / f"{path.stem}.html.gz")
        yield Document(
            id=f"wcxb/{path.stem}",
            corpus="wcxb",
            site=site_of(_text(record.get("url"))) or _canonical_site(html) or f"wcxb-{path.stem}",
            kind=record["_internal"]["page_type"]["primary"],
            html=html,
            gold=_text(truth.get("main_content")),
            title=_text(truth.get("title")).strip(),
            segments_with=_texts(truth.get("with")),
            segments_without=_texts(truth.get("without")),
        )


def _fundus_gold(version: Mapping[str, Any]) -> str:
    """Title, summary, section headlines and paragraphs of one parser version, one per line."""
    body = version.get("body") or {}
    parts = [version.get("title") or "", *body.get("summary", ())]
    for section in body.get("sections", ()):
        parts += [*section.get("headline", ()), *section.get("paragraphs", ())]
    lines = (line.strip() for part in parts for line in str(part).splitlines())
    return "\n".join(line for line in lines if line)


def _words(text: str) -> Counter[str]:
    return Counter(regex.findall(r"\w+", text.lower()))


def _fit(gold: str, page: Counter[str]) -> tuple[float, int]:
    """How well a gold text fits a page: the share of its words found there, then their number.

    Rounded, so that of two versions that both fit the fuller one wins.
    """
    words = _words(gold)
    total = words.total()
    return (round((words & page).total() / total, 2) if total else 0.0, total)


def read_fundus(root: Path) -> Iterator[Document]:
    """Read Fundus' test resources: news pages of many countries.

    A publisher's JSON holds what each version of its parser extracted, and there may be a page for each; the
    version whose words the page's text holds best is taken.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root.

    Yields
    ------
    Document
        ``site`` is the domain that most of a publisher's pages name as their own, else the publisher's name.
    """
    folder = root / FOLDERS["fundus"]
    for record_path in sorted(folder.glob("*/*.json")):
        publisher, country = record_path.stem, record_path.parent.name
        versions = list(json.loads(record_path.read_text(encoding="utf-8")).values())
        pages = {p: _html(p) for p in sorted(record_path.parent.glob(f"{publisher}_*.html.gz"))}
        sites = Counter(site for html in pages.values() if (site := _canonical_site(html)))
        site = sites.most_common(1)[0][0] if sites else publisher.lower()
        for path, html in pages.items():
            words = _words(extract_plain_text(html))
            fits = [_fit(_fundus_gold(version), words) for version in versions]
            best = versions[fits.index(max(fits))]
            yield Document(
                id=f"fundus/{country}/{path.name.removesuffix('.html.gz')}",
                corpus="fundus",
                site=site,
                kind=country,
                html=html,
                gold=_fundus_gold(best),
                title=_text(best.get("title")).strip(),
                segments_with=(),
                segments_without=(),
            )


def read_segments(root: Path) -> Iterator[Document]:
    """Read the pages of which only short segments are annotated.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root.

    Yields
    ------
    Document
        ``gold`` and ``title`` are empty.
    """
    folder = root / FOLDERS["segments"]
    records = json.loads((folder / "segments.json").read_text(encoding="utf-8"))
    for url, record in sorted(records.items(), key=lambda item: str(item[1]["file"])):
        html = _html(folder / "html" / record["file"])
        address = url if url.startswith("http") else url.split("::")[-1].split("-")[0]
        yield Document(
            id=f"segments/{record['file'].removesuffix('.html.gz')}",
            corpus="segments",
            site=site_of(address) if url.startswith("http") else _canonical_site(html) or site_of(address),
            kind="segments",
            html=html,
            gold="",
            title="",
            segments_with=_texts(record.get("with")),
            segments_without=_texts(record.get("without")),
        )


READERS: Mapping[str, Callable[[Path], Iterator[Document]]] = {
    "wcxb": read_wcxb,
    "fundus": read_fundus,
    "segments": read_segments,
}


def read_corpus(root: Path, name: str) -> list[Document]:
    """Read a whole corpus.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root.
    name : {"wcxb", "fundus", "segments"}

    Returns
    -------
    list of Document

    Raises
    ------
    ValueError
        If there is no corpus of that name, or its folder holds no page.
    """
    if name not in READERS:
        raise ValueError(f"unknown corpus {name!r}: use one of {', '.join(READERS)}")
    documents = list(READERS[name](root))
    if not documents:
        raise ValueError(f"no pages of corpus {name!r} in {root / FOLDERS[name]}")
    return documents


def corpus_hash(root: Path, name: str) -> str:
    """Hash a corpus: the names and bytes of all its files, in the order of their names.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root.
    name : {"wcxb", "fundus", "segments"}

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits; it depends on neither file times nor the place of the folder.
    """
    folder = root / FOLDERS[name]
    total = hashlib.sha256()
    for relative in sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()):
        digest = hashlib.sha256((folder / relative).read_bytes()).hexdigest()
        total.update(f"{relative}\0{digest}\n".encode())
    return total.hexdigest()
