"""Files that appear complete or not at all.

A reader of the output folder, or a run resumed after a crash, never sees half a file: bytes go to a temporary
name in the same folder (a rename is atomic only within one file system), reach the disk by ``fsync``, and the
name is then replaced in one step. What a killed process leaves behind has a name of its own, so that
:func:`sweep` can find it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: no lock there, who else writes is the user's own care
    fcntl = None  # type: ignore[assignment]

__all__ = ["AtomicFile", "Claim", "is_temporary", "sweep"]

# The name does not contain the final one: that may already be as long as the file system allows.
_PREFIX, _SUFFIX = ".cleantext-", ".tmp"


def is_temporary(name: str) -> bool:
    """Whether a file name (no folder) is one that :class:`AtomicFile` writes to before the rename.

    >>> is_temporary(".cleantext-0a1b2c3d.tmp"), is_temporary("notes.tmp")
    (True, False)
    """
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def sweep(folder: Path) -> int:
    """Delete the temporary files that a killed process left in `folder` or below, and return their number.

    Only for a folder that no other process writes to at the same time. Folders below with a ``_cleantext`` of
    their own belong to other runs and are left alone.
    """
    swept = 0
    for parent, folders, names in os.walk(folder):
        if Path(parent) != folder and "_cleantext" in folders:
            folders.clear()
            continue
        for name in filter(is_temporary, names):
            (Path(parent) / name).unlink(missing_ok=True)
            swept += 1
    return swept


class AtomicFile:
    """A binary file, for writing, that takes its name only by :meth:`commit`.

    As a context manager it commits at the end of the block, and discards when the block raises. A symbolic
    link is followed; an existing file's permissions are kept. Something that is not a regular file
    (``/dev/null``, a named pipe) cannot be replaced and is written to directly.

    Parameters
    ----------
    path : Path
        The final name. Its folder must exist.
    key : str, optional
        Whoever gives the same key writes to the same temporary name, so that a second try replaces what a
        killed first one left, in a folder that :func:`sweep` must not touch. By default the name is random.
        Only one may write at a time.

    Raises
    ------
    OSError
        As ``open`` does; also from :meth:`commit`, where a full disk may first be noticed. `filename` is
        always the final name.
    """

    def __init__(self, path: Path, key: str | None = None) -> None:
        self.path = path
        self.size = 0
        self._final = Path(os.path.realpath(path))
        self._temporary: Path | None = None
        self._stream: IO[bytes] | None = None
        with self.errors_named():
            mode = _mode(self._final)
            if mode is not None and not stat.S_ISREG(mode):
                self._stream = open(self._final, "wb")  # noqa: SIM115 (closed by commit or discard)
                return
            token = secrets.token_hex(8) if key is None else _token(key)
            temporary = self._final.parent / f"{_PREFIX}{token}{_SUFFIX}"
            if key is not None:
                # Not emptied: whoever can guess the name may have put a link there to a file of ours.
                temporary.unlink(missing_ok=True)
            # 0o666 less the umask, as open() does; tempfile's 0o600 would make outputs unreadable for others.
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            self._temporary, self._stream = temporary, os.fdopen(handle, "wb")
            if mode is not None:
                with contextlib.suppress(OSError):
                    os.chmod(temporary, stat.S_IMODE(mode))

    @property
    def stream(self) -> IO[bytes]:
        """The open file, for libraries that want to write to one themselves."""
        if self._stream is None:
            raise ValueError(f"{self.path} is already closed")
        return self._stream

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`."""
        with self.errors_named():
            self.stream.write(data)

    def commit(self) -> None:
        """Bring the bytes to the disk, then the name. On an error nothing is left behind."""
        stream = self.stream
        try:
            with self.errors_named():
                stream.flush()
                if self._temporary is not None:
                    os.fsync(stream.fileno())
                    self.size = os.fstat(stream.fileno()).st_size
                stream.close()
                if self._temporary is not None:
                    os.replace(self._temporary, self._final)
                    _sync_folder(self._final.parent)
        except BaseException:
            self.discard()
            raise
        self._temporary = self._stream = None

    def discard(self) -> None:
        """Drop what was written. Does nothing after :meth:`commit`."""
        if self._stream is not None:
            with contextlib.suppress(OSError):  # a full disk raises again at close
                self._stream.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
        self._temporary = self._stream = None

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    @contextlib.contextmanager
    def errors_named(self) -> Iterator[None]:
        """Errors name the file the user asked for: write() names none, and the temporary name says nothing."""
        try:
            yield
        except OSError as error:
            error.filename, error.filename2 = str(self.path), None
            raise


class Claim:
    """Keeps a file to one process, also where that is yet to be made or is replaced meanwhile. A context manager.

    The lock is on a file of its own beside it, which goes away at the end; one that a killed process left is taken up by
    whoever claims the file next. Something that is not a regular file is not locked, and nothing is where the system
    has no such locks.

    Parameters
    ----------
    path : Path
        The file. Its folder must exist.

    Raises
    ------
    BlockingIOError
        Another process has claimed it.
    OSError
        As ``open`` does for a file in that folder. `filename` is always `path`.
    """

    def __init__(self, path: Path) -> None:
        final = Path(os.path.realpath(path))
        self._lock = final.parent / f"{_PREFIX}{_token(str(final))}.lock"
        self._handle: int | None = None
        try:
            mode = _mode(final)
            if fcntl is not None and (mode is None or stat.S_ISREG(mode)):
                while not self._take():
                    pass
        except OSError as error:
            error.filename, error.filename2 = str(path), None
            raise

    def _take(self) -> bool:
        """Lock the file that has the name; False if who held it has deleted it meanwhile."""
        handle = os.open(self._lock, os.O_RDONLY | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), self._lock.stat()):
                    self._handle = handle
        finally:
            if self._handle is None:
                os.close(handle)
        return self._handle is not None

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):  # another user's, left by a killed process: the lock itself is what counts
                self._lock.unlink()
            os.close(self._handle)
            self._handle = None


def _token(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """Make a rename itself survive a power cut. Not every system lets a folder be opened; then nothing is
    lost.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
