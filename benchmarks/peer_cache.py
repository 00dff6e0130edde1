"""Outputs of the peers, kept on disk: running ten extractors over two thousand pages takes most of an hour.

A file `peers/outputs.sqlite` under `$CLEANTEXT_CACHE` (default `~/.cache/cleantext`), one row per page, peer and
version. The key holds the SHA-256 of the HTML, so a page that is decoded differently is run anew. Failures are rows
like any other; a time-out is tried again when the limit is raised.

`python benchmarks/peer_cache.py` fills the cache for all corpora and prints what each peer did.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from peers import PAGE_TIMEOUT, PEERS, Outcome, Peer, run

_SCHEMA = """
CREATE TABLE IF NOT EXISTS output (
    html TEXT, peer TEXT, version TEXT, text BLOB, error TEXT, seconds REAL,
    PRIMARY KEY (html, peer, version)
) WITHOUT ROWID
"""


def cache_dir() -> Path:
    """`$CLEANTEXT_CACHE`, else `~/.cache/cleantext`; not created here."""
    given = os.environ.get("CLEANTEXT_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "cleantext"


class PeerCache:
    """Runs peers on pages once and remembers what they gave.

    Parameters
    ----------
    path : Path, optional
        The SQLite file; made with its folders where missing. Default: `cache_dir() / "peers/outputs.sqlite"`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_dir() / "peers" / "outputs.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A benchmark may read while another process still fills the cache: wait for its lock rather than fail.
        self._db = sqlite3.connect(self.path, timeout=60.0)
        self._db.execute("PRAGMA journal_mode=WAL")
        # Of what a power cut takes, the last pages are run again; waiting for the disk after each of them is not worth it.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        """Close the file. Every outcome is already on disk."""
        self._db.close()

    def outcome(self, peer: Peer, html: str, timeout: float = PAGE_TIMEOUT) -> Outcome:
        """What `peer` gives for `html`, from the file or, the first time, by running it."""
        digest = hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest()
        row = self._db.execute(
            "SELECT text, error, seconds FROM output WHERE html = ? AND peer = ? AND version = ?",
            (digest, peer.name, peer.version),
        ).fetchone()
        if row is not None and not (row[1] and row[1].startswith("TimeoutError") and row[2] < timeout * 0.9):
            blob, error, seconds = row
            text = None if blob is None else zlib.decompress(blob).decode("utf-8", "surrogatepass")
            return Outcome(text, error, seconds)
        outcome = run(peer, html, timeout)
        if outcome.error and outcome.error.startswith(("ImportError", "ModuleNotFoundError")):
            return outcome  # a package is missing here: installing it must mend this, so it is not remembered
        blob = None if outcome.text is None else zlib.compress(outcome.text.encode("utf-8", "surrogatepass"), 6)
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?, ?)",
                (digest, peer.name, peer.version, blob, outcome.error, outcome.seconds),
            )
        return outcome

    def texts(self, peer: Peer, htmls: Iterable[str]) -> tuple[list[str], list[str]]:
        """Texts of many pages, "" where there is none, and the errors met on the way."""
        outcomes = [self.outcome(peer, html) for html in htmls]
        return [o.text or "" for o in outcomes], [o.error for o in outcomes if o.error]


def fill(htmls: Sequence[str], cache: PeerCache, peers: Sequence[Peer] = PEERS) -> None:
    """Run every peer on every page that is not cached yet, and print one line per peer."""
    for peer in peers:
        outcomes = [cache.outcome(peer, html) for html in htmls]
        failed = [o.error for o in outcomes if o.error]
        kinds = sorted({e.split(":")[0] for e in failed})
        print(
            f"{peer.name:26s} {peer.version:12s} {len(outcomes):5d} pages "
            f"{sum(o.seconds for o in outcomes) / len(outcomes) * 1e3:7.1f} ms/page "
            f"{sum(not o.text for o in outcomes):5d} empty {len(failed):4d} failed {' '.join(kinds)}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the cache with all pages of the three corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    from cleantext.train import corpora

    try:
        documents = [d for name in corpora.READERS for d in corpora.read_corpus(corpora.find_corpora(), name)]
    except (FileNotFoundError, ValueError) as missing:  # the message says where they come from
        parser.error(str(missing))
    with closing(PeerCache()) as cache:
        fill([d.html for d in documents], cache)
    return 0


if __name__ == "__main__":
    sys.exit(main())
