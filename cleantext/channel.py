"""Objects between two processes, large bytes without copies of them.

``multiprocessing.Connection`` pickles a megabyte into a buffer, reads it in pieces through a second one and copies it
out of a third. Here large `bytes` and Arrow's buffers travel beside the pickle: each goes from where it lies into the
socket, and from the socket into the object that the receiver gets, by one system call, during which other threads run.
On blocks of a megabyte that halves the cost of passing them on."""

from __future__ import annotations

import contextlib
import io
import pickle
import socket
import struct
from collections.abc import Sequence
from typing import Any

__all__ = ["Channel"]

# Bytes from this size on travel beside the pickle. Below it a system call costs more than the copies.
_LEAST = 1 << 14
# Bytes that the kernel may hold of what was sent and not yet received, so that the two ends wake each other seldom. It takes
# less if its own limit is lower.
_KERNEL_BYTES = 1 << 22

_HEAD = struct.Struct("<QI")  # bytes of the pickle, number of buffers
_SIZE = struct.Struct("<Q")


class _Pickler(pickle.Pickler):
    """Large bytes and the buffers of Arrow data are put aside.

    Nothing here may refer to the pickler itself, as a bound method given to it would: such a circle would keep the last
    dozens of blocks in memory until the garbage collector comes round."""

    def __init__(self, file: io.BytesIO, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self.large: list[bytes] = []

    def persistent_id(self, obj: Any) -> int | None:
        """Take large bytes out of the pickle, which then has their number."""
        if type(obj) is bytes and len(obj) >= _LEAST:
            self.large.append(obj)
            return len(self.large) - 1
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, large: Sequence[bytes], buffers: Sequence[bytes]) -> None:
        super().__init__(io.BytesIO(data), buffers=buffers)
        self._large = large

    def persistent_load(self, pid: int) -> bytes:
        return self._large[pid]


class Channel:
    """One end of a connection to another process. One thread may send while another receives.

    Parameters
    ----------
    end : socket.socket
        Of a :func:`socket.socketpair`; a stream.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, option, _KERNEL_BYTES)

    def send(self, obj: object) -> None:
        """Send an object; returns when the kernel has it.

        Raises
        ------
        OSError
            The other end is closed.
        """
        file, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
        pickler = _Pickler(file, buffers)
        pickler.dump(obj)
        beside: list[bytes | memoryview] = [*pickler.large, *(buffer.raw() for buffer in buffers)]
        body = file.getbuffer()
        sizes = b"".join(_SIZE.pack(len(data)) for data in beside)
        self._socket.sendall(b"".join((_HEAD.pack(len(body), len(beside)), _SIZE.pack(len(pickler.large)), sizes, body)))
        for data in beside:
            self._socket.sendall(data)

    def receive(self) -> Any:
        """Wait for the next object.

        Raises
        ------
        EOFError
            The other end is closed.
        """
        n_body, n_beside = _HEAD.unpack(self._exactly(_HEAD.size))
        data = self._exactly(_SIZE.size * (1 + n_beside) + n_body)
        n_large, *sizes = (size for (size,) in _SIZE.iter_unpack(data[: _SIZE.size * (1 + n_beside)]))
        beside = [self._exactly(size) for size in sizes]
        return _Unpickler(data[_SIZE.size * (1 + n_beside) :], beside[:n_large], beside[n_large:]).load()

    def _exactly(self, size: int) -> bytes:
        data = self._socket.recv(size, socket.MSG_WAITALL) if size else b""
        if len(data) == size:
            return data
        # A signal may cut even MSG_WAITALL short.
        pieces = [data]
        left = size - len(data)
        while left:
            if not pieces[-1]:
                raise EOFError
            pieces.append(self._socket.recv(left, socket.MSG_WAITALL))
            left -= len(pieces[-1])
        return b"".join(pieces)

    def end(self) -> None:
        """Let both ends see the end of the connection, also a thread that waits in :meth:`receive`."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
