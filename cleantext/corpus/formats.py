"""The formats by name. A format's library is imported when the first shard of it comes."""

from __future__ import annotations

from cleantext.corpus.blocks import Format
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.streams import zstd_module

__all__ = ["check_installed", "open_format"]

WARC_REFUSED = (
    "is raw HTML (WARC), and cleantext takes text: turn it into text first, with resiliparse or trafilatura"
    " for example, or use the WET files of the same crawl"
)


def open_format(name: str, compression: str | None, settings: Settings) -> Format:
    """The reader and writer of a format.

    Parameters
    ----------
    name : str
        One of :data:`cleantext.corpus.names.FORMATS`, or "warc", which is refused.
    compression : {None, "gz", "zst"}
        How the shard is compressed; its output will be too.
    settings : Settings
        The run's options.

    Raises
    ------
    CorpusUsageError
        The format's library is not installed; the message has the pip command.
    ShardError
        No shard of this kind can be cleaned.
    """
    if name == "jsonl":
        from cleantext.corpus.jsonl import JsonLines

        return JsonLines(settings, compression)
    if name == "csv":
        from cleantext.corpus.csvrows import CsvRows

        return CsvRows(settings, compression)
    if name == "parquet":
        from cleantext.corpus.parquet import Parquet

        return Parquet(settings, compression)
    if name == "wet":
        from cleantext.corpus.wet import Wet

        return Wet(settings, compression)
    if name == "text":
        from cleantext.corpus.textfile import TextFile

        return TextFile(settings, compression)
    raise ShardError(WARC_REFUSED)


def check_installed(name: str, compression: str | None) -> None:
    """Raise CorpusUsageError if what a shard needs is not installed."""
    if compression == "zst":
        zstd_module()
    try:
        open_format(name, None, Settings())
    except ShardError:
        return
