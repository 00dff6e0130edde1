"""Corpora of a few pages, written here, in the formats of the real ones: for tests of whatever reads them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path


def write_page(path: Path, html: str | bytes) -> None:
    """Write a page as the corpora hold it, gzipped bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(html.encode() if isinstance(html, str) else html, mtime=0))


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_corpora(root: Path) -> Path:
    """Write all three corpora, of two pages each, in their sources' own formats; return their root."""
    wcxb = root / "wcxb-dev"
    truth = {"title": " Leek soup ", "main_content": "Boil the leeks.", "with": ["Boil"], "without": ["Login", ""]}
    for number, (url, ground_truth) in enumerate([("https://www.soups.example.co.uk/leek", truth), (None, {"title": "Gone"})], start=1):
        record = {"ground_truth": ground_truth, "_internal": {"page_type": {"primary": "article"}}}
        write_json(wcxb / f"ground-truth/{number:04}.json", record | ({"url": url} if url else {}))
        write_page(wcxb / f"html/{number:04}.html.gz", '<link rel="canonical" href="https://m.gone.example/1"><p>Boil the leeks.')

    fundus = root / "fundus" / "at"
    old = {"title": "Leek soup", "body": {"summary": ["Short and hot."], "sections": [{"headline": [], "paragraphs": ["Boil the leeks."]}]}}
    new = {
        "title": "Onion soup",
        "body": {"summary": [], "sections": [{"headline": ["First"], "paragraphs": ["Fry the onions.\nAll of them.", " "]}]},
    }
    write_json(fundus / "Kochblatt.json", {"V1": old, "V2": new})
    write_page(fundus / "Kochblatt_2023_01_01.html.gz", "<h1>Leek soup</h1><p>Short and hot.<p>Boil the leeks.")
    write_page(
        fundus / "Kochblatt_2025_01_01.html.gz",
        '<meta property="og:url" content="https://www.kochblatt.example/2"><h1>Onion soup</h1>'
        "<h2>First</h2><p>Fry the onions. All of them.",
    )

    records = {
        "https://blog.herbs.example/thyme": {"file": "bb.html.gz", "with": ["Thyme is"], "without": ["Share"]},
        "hard::herbs.example-sage.html": {"file": "aa.html.gz", "with": ["Sage is"], "without": []},
    }
    write_json(root / "segments/segments.json", records)
    for name in ("aa", "bb"):
        write_page(root / f"segments/html/{name}.html.gz", "<p>Thyme is hardy.")
    return root
