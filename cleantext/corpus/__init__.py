"""Cleaning corpora where they lie: shards of JSON Lines, Parquet, CSV or WET, by several processes,
resumable.

``formats`` reads and writes one shard, ``runner`` spreads shards and blocks of rows over processes,
``manifest`` remembers what is finished, ``report`` counts. This package is used by the command line;
engines have functions of their own (:mod:`cleantext.arrow`). Nothing is imported here: a page of text needs
none of it."""
