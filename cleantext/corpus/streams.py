"""Bytes in and out of shards: decompression that notices a truncated file, compression, fingerprints.

Python's ``gzip`` and ``backports.zstd`` (``compression.zstd`` from Python 3.14) raise `EOFError` where a file
stops before its compressed data does. Other readers (``zstandard.open``, fastwarc's own) end there silently,
which would turn a broken download into a short corpus.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from cleantext.atomic import AtomicFile
from cleantext.corpus.settings import BLOCK_BYTES, ShardError, missing_extra

__all__ = ["ByteSink", "Source", "json_line", "pack", "zstd_module"]

_READ_BYTES = 1 << 18
# zstd's own default. gzip's (6) costs more than cleaning does: web pages, a member each, take 20 ms per MB, and 12 ms at
# level 4, for 2.5 % more bytes.
_GZIP_LEVEL, _ZSTD_LEVEL = 4, 3


def zstd_module() -> ModuleType:
    """The zstd module of the standard library or its backport; a usage error naming the extra without
    either.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise missing_extra("zst") from None
    return zstd


class _HashingFile(io.RawIOBase):
    """A raw file that digests what is read from it."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed with this object)
        self.digest = hashlib.blake2b(digest_size=16)
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer) or 0
        self.digest.update(memoryview(buffer)[:count])
        self.position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Source:
    """A shard's bytes, decompressed, read once from start to end.

    Parameters
    ----------
    path : Path
        The file.
    compression : {None, "gz", "zst"}
        How it is compressed.

    Attributes
    ----------
    path : Path
        The file.
    position : int
        Bytes of the file read so far (compressed, as it lies on the disk): for progress.
    """

    def __init__(self, path: Path, compression: str | None) -> None:
        self.path = path
        self._raw = _HashingFile(path)
        buffered = io.BufferedReader(self._raw, _READ_BYTES)
        self._stream: io.BufferedIOBase = buffered
        if compression == "gz":
            self._stream = gzip.GzipFile(fileobj=buffered, mode="rb")
        elif compression == "zst":
            self._stream = zstd_module().ZstdFile(buffered, "rb")
        self._broken: str | None = None
        self._errors: tuple[type[Exception], ...] = (zlib.error, gzip.BadGzipFile)
        if compression == "zst":
            self._errors += (zstd_module().ZstdError,)

    @property
    def position(self) -> int:
        return self._raw.position

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end.

        Raises
        ------
        ShardError
            The compressed data ends too early or is damaged. What was readable before is returned first.
        """
        pieces: list[bytes] = []
        left = size
        while left > 0 and self._broken is None:
            try:
                # Not read(): when it fails half-way, what it had read before is lost. A plain file's makes room for all it
                # is asked for.
                piece = self._stream.read1(min(left, BLOCK_BYTES))
            except EOFError:
                # Kept, as where a gzip member's head is cut short the next read would see no more than the end.
                self._broken = "is truncated: the file ends before its compressed data does"
            except self._errors as cause:
                self._broken = f"is damaged: {cause}"
            else:
                if not piece:
                    break
                pieces.append(piece)
                left -= len(piece)
        if self._broken is not None and left > 0 and not pieces:
            raise ShardError(self._broken)
        return b"".join(pieces)

    def close(self) -> str:
        """Close the file and return the digest of all its bytes, also of those that nobody had to read."""
        while not self._raw.closed and self._raw.read(_READ_BYTES):
            pass
        digest = self._raw.digest.hexdigest()
        self.abandon()
        return digest

    def abandon(self) -> None:
        """Close the file, read or not. Once closed, nothing happens."""
        if not self._raw.closed:
            self._stream.close()
            self._raw.close()

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(_READ_BYTES):
            yield data


def json_line(record: Mapping[str, Any]) -> bytes:
    """A line of JSON Lines, which any reader takes: what UTF-8 has no bytes for (half a surrogate pair, a file name that is
    not UTF-8) is escaped.

    >>> json_line({"text": "caf\u00e9"}) == b'{"text": "caf\\xc3\\xa9"}\\n'
    True
    >>> json_line({"text": chr(0xD83D)}) == b'{"text": "\\\\ud83d"}\\n'
    True
    """
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record).encode() + b"\n"


class _Compressor(Protocol):
    def compress(self, data: bytes) -> bytes: ...
    def flush(self) -> bytes: ...


def pack(data: bytes, compression: str | None) -> bytes:
    """Do the part of compression that can be done block by block, in the process that cleaned the block.

    gzip members may follow each other in a file, and all readers read on (gzip costs more than cleaning, so
    it must run in parallel). zstd frames may too, but widely used readers (python-zstandard's
    ``stream_reader``, and through it fsspec and datasets) stop silently after the first: :class:`ByteSink`
    writes one frame."""
    return gzip.compress(data, _GZIP_LEVEL, mtime=0) if compression == "gz" and data else data


class ByteSink:
    """An output file made of packed blocks: compresses what :func:`pack` leaves open.

    Parameters
    ----------
    path : Path
        The final name; its folder is made.
    compression : {None, "gz", "zst"}
        How the file is compressed.
    head : bytes
        Written first, not packed yet: a CSV file's header.
    key : str, optional
        See :class:`cleantext.atomic.AtomicFile`.
    """

    def __init__(self, path: Path, compression: str | None, head: bytes = b"", key: str | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = AtomicFile(path, key)
        self._compression = compression
        self._written = False
        self._compressor: _Compressor | None = None
        if compression == "zst":
            self._compressor = cast(_Compressor, zstd_module().ZstdCompressor(level=_ZSTD_LEVEL))
        self.write(pack(head, compression))

    def write(self, data: bytes) -> None:
        """Append a packed block."""
        if data:
            self._written = True
            self._file.write(data if self._compressor is None else self._compressor.compress(data))

    def commit(self) -> int:
        """Give the file its name, and return its size in bytes."""
        try:
            if self._compressor is not None:
                self._file.write(self._compressor.flush())
            elif self._compression == "gz" and not self._written:
                self._file.write(gzip.compress(b"", _GZIP_LEVEL, mtime=0))
            self._file.commit()
        except BaseException:
            self._file.discard()
            raise
        return self._file.size

    def discard(self) -> None:
        """Drop the file."""
        self._file.discard()
