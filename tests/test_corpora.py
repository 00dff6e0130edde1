"""Readers of the corpora, on corpora of a few pages written here; those marked ``corpora`` read the real ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from small_corpora import write_corpora

from cleantext.train import corpora
from cleantext.train.corpora import corpus_hash, decode_html, find_corpora, read_corpus, site_of

ROOT = Path(__file__).resolve().parents[1]
LISTED = (ROOT / "data" / "corpora.txt").read_text(encoding="utf-8").split()
GUIDE = (ROOT / "data" / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_corpora(tmp_path)


def test_wcxb(root: Path) -> None:
    first, second = read_corpus(root, "wcxb")
    assert (first.id, first.corpus, first.site, first.kind) == ("wcxb/0001", "wcxb", "example.co.uk", "article")
    assert (first.title, first.gold) == ("Leek soup", "Boil the leeks.")
    assert (first.segments_with, first.segments_without) == (("Boil",), ("Login",))
    # Without an address the page's own canonical one tells the site; without gold there is none, not an error.
    assert (second.site, second.gold, second.segments_with) == ("gone.example", "", ())


def test_fundus_takes_the_version_that_fits_each_page(root: Path) -> None:
    older, newer = read_corpus(root, "fundus")
    assert older.gold == "Leek soup\nShort and hot.\nBoil the leeks."
    assert newer.gold == "Onion soup\nFirst\nFry the onions.\nAll of them."
    assert (older.title, newer.title) == ("Leek soup", "Onion soup")
    # A publisher's pages are one site even if only one of them names it.
    assert [d.site for d in (older, newer)] == ["kochblatt.example"] * 2
    assert (older.id, older.kind) == ("fundus/at/Kochblatt_2023_01_01", "at")


def test_segments(root: Path) -> None:
    sage, thyme = read_corpus(root, "segments")
    assert (sage.id, sage.site, thyme.site) == ("segments/aa", "herbs.example", "herbs.example")
    assert (thyme.segments_with, thyme.segments_without, thyme.gold) == (("Thyme is",), ("Share",), "")


def test_unknown_and_empty_corpora(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wcxb, fundus, segments"):
        read_corpus(root, "cleaneval")
    with pytest.raises(ValueError, match="no pages of corpus 'wcxb'"):
        read_corpus(tmp_path / "nowhere", "wcxb")


def test_hash_sees_names_and_bytes_and_nothing_else(root: Path, tmp_path: Path) -> None:
    before = corpus_hash(root, "fundus")
    page = root / "fundus/at/Kochblatt_2023_01_01.html.gz"
    page.touch()
    assert corpus_hash(root, "fundus") == before
    assert corpus_hash(root.rename(tmp_path.parent / "moved"), "fundus") == before
    page = tmp_path.parent / "moved/fundus/at/Kochblatt_2023_01_01.html.gz"
    moved = page.rename(page.with_name("Kochblatt_2024_01_01.html.gz"))
    renamed = corpus_hash(tmp_path.parent / "moved", "fundus")
    moved.write_bytes(b"other")
    changed = corpus_hash(tmp_path.parent / "moved", "fundus")
    assert len({before, renamed, changed}) == 3
    assert len(before) == 64


def test_find_corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(tmp_path))
    assert find_corpora() == tmp_path
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError, match=r"missing: set CLEANTEXT_CORPORA to the folder that holds wcxb-dev"):
        find_corpora()
    monkeypatch.delenv("CLEANTEXT_CORPORA")
    monkeypatch.setattr(corpora, "__file__", str(tmp_path / "checkout/cleantext/train/corpora.py"))
    (tmp_path / "shared/corpora").mkdir(parents=True)
    assert find_corpora() == tmp_path / "shared/corpora"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param("\ufeff<p>Grüße".encode(), "<p>Grüße", id="byte order mark"),
        pytest.param("\ufeff<p>Grüße".encode("utf-16-le"), "<p>Grüße", id="UTF-16 by its mark"),
        pytest.param("\ufeff<p>Grüße".encode("utf-16-be"), "<p>Grüße", id="UTF-16, other order"),
        pytest.param('<meta charset="latin1">Grüße'.encode(), '<meta charset="latin1">Grüße', id="a lie: it is UTF-8"),
        pytest.param(
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">Žluťoučký'.encode("cp1250"),
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">Žluťoučký',
            id="http-equiv",
        ),
        pytest.param('<meta charset="shift_jis">スープ'.encode("shift_jis"), '<meta charset="shift_jis">スープ', id="Shift JIS"),
        pytest.param(
            '<meta charset="iso-2022-jp">スープ'.encode("iso-2022-jp"), '<meta charset="iso-2022-jp">スープ', id="escapes are ASCII"
        ),
        pytest.param("<p>Grüße, schöne Grüße aus Köln".encode("cp1252"), "<p>Grüße, schöne Grüße aus Köln", id="nothing declared"),
        pytest.param(
            b'<meta charset="utf-8">' + "ö".encode() * 40 + b"\xff",
            '<meta charset="utf-8">' + "ö" * 40 + "\ufffd",
            id="broken UTF-8",
        ),
        pytest.param('<meta charset="no-such">Grüße'.encode("cp1252"), '<meta charset="no-such">Grüße', id="unknown charset"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_decoding(data: bytes, text: str) -> None:
    assert decode_html(data) == text


def test_any_bytes_decode() -> None:
    assert isinstance(decode_html(bytes(range(256)) * 3), str)


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://www.example.com/a", "example.com"),
        ("http://News.Example.COM.", "example.com"),
        ("https://shop.example.com.au/x", "example.com.au"),
        ("example.co.uk", "example.co.uk"),
        ("https://a.b.example.org:8080", "example.org"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_sites(address: str, site: str) -> None:
    assert site_of(address) == site


def test_the_documented_script_makes_the_segments(tmp_path: Path) -> None:
    urls = ["https://b.example/quince", "hard::a.example.html", "https://c.example/not-listed"]
    names = [hashlib.sha256(url.encode()).hexdigest()[:12] + ".html.gz" for url in urls]
    project, tests = tmp_path / "project", tmp_path / "project" / "trafilatura" / "tests"
    for folder in (project / "data", tests / "cache", tests / "eval"):
        folder.mkdir(parents=True)
    (project / "data" / "corpora.txt").write_text("".join(f"segments/html/{name}\n" for name in names[:2]), encoding="utf-8")
    (tests / "eval" / "0.html").write_text("<p>Café</p>", encoding="utf-8")
    (tests / "cache" / "1.html").write_text("<p>Tea</p>", encoding="utf-8")
    (tests / "eval" / "1.html").write_text("<p>an older one</p>", encoding="utf-8")
    pages = {url: {"file": f"{i}.html", "with": ["Café"], "without": [], "comments": []} for i, url in enumerate(urls)}
    (tests / "evaldata.json").write_text(json.dumps(pages), encoding="utf-8")

    (script,) = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    subprocess.run([sys.executable, "-c", script], cwd=project, check=True)
    made = tmp_path / "shared" / "corpora" / "segments"
    assert sorted(path.name for path in (made / "html").iterdir()) == sorted(names[:2])
    assert gzip.decompress((made / "html" / names[1]).read_bytes()) == b"<p>Tea</p>"
    by_site = {page.site: page for page in read_corpus(made.parent, "segments")}
    assert sorted(by_site) == ["b.example", "example.html"]
    assert by_site["b.example"].segments_with == ("Café",)


def test_the_guide_names_the_corpora_that_figures_were_measured_on() -> None:
    pinned = json.loads((ROOT / "benchmarks" / "floors.json").read_text(encoding="utf-8"))["corpora"]
    documented = dict(re.findall(r"^\| `([\w-]+)/` \|.*`([0-9a-f]{64})` \|$", GUIDE, re.MULTILINE))
    assert documented == {folder: pinned[name] for name, folder in corpora.FOLDERS.items()}


@pytest.mark.corpora
def test_the_real_corpora_are_complete() -> None:
    root = find_corpora()
    files = [path for name in ("fundus", "segments") for path in (root / name).rglob("*") if path.is_file()]
    assert sorted(path.relative_to(root).as_posix() for path in files) == sorted([*LISTED, "segments/segments.json"])
    documents = {name: read_corpus(root, name) for name in corpora.FOLDERS}
    assert {name: len(found) for name, found in documents.items()} == {"wcxb": 1497, "fundus": 132, "segments": 468}
    every = [d for found in documents.values() for d in found]
    assert max(Counter(d.id for d in every).values()) == 1
    assert all(d.site for d in every)
    # The 19 single-page sites without text of their own and two without an annotation.
    assert sum(not d.gold for d in documents["wcxb"]) == 21
    assert all(d.gold and d.title for d in documents["fundus"])
    # Every page of Fundus has a version of its own, so no version may be taken twice.
    assert max(Counter(d.gold for d in documents["fundus"]).values()) == 1
    undecoded = sum(d.html.count("\ufffd") for d in every)
    assert undecoded < 1000
