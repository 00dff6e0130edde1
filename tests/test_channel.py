"""What passes between processes arrives as it was sent, and a closed end is noticed."""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.channel import _LEAST, Channel
from cleantext.corpus.blocks import Block


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    one, other = (Channel(end) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


def passed(ends: tuple[Channel, Channel], *objects: object) -> list[Any]:
    """What the other end gets: in a thread, as the kernel does not hold all of it."""
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(ends[1].receive() for _ in objects))
    thread.start()
    for obj in objects:
        ends[0].send(obj)
    thread.join(20)
    return got


@pytest.mark.parametrize("size", [0, 1, _LEAST - 1, _LEAST, _LEAST + 1, 5_000_001])
def test_bytes_of_any_size(size: int, ends: tuple[Channel, Channel]) -> None:
    data = bytes(range(256)) * (size // 256) + b"\x00" * (size % 256)
    (got,) = passed(ends, data)
    assert type(got) is bytes
    assert got == data


def test_messages_keep_their_order_and_their_large_parts_apart(ends: tuple[Channel, Channel]) -> None:
    sent = [
        Block(1, b"a" * 3_000_000, 3, head=b"h" * _LEAST),
        None,
        Block(2, [b"b" * _LEAST, "text \ud83d" * _LEAST, b"c" * (_LEAST + 1)], 4, problem=""),
        {"twice": [same := b"d" * 100_000, same]},
        b"",
    ]
    assert passed(ends, *sent) == sent


class _Held(bytearray):
    """Something that a weak reference can watch."""


def test_what_was_sent_is_not_held(ends: tuple[Channel, Channel]) -> None:
    pa = pytest.importorskip("pyarrow")
    gc.disable()  # so that only the counts of references free it
    try:
        held = _Held(b"x" * 100_000)
        watch = weakref.ref(held)
        batch = pa.record_batch([pa.Array.from_buffers(pa.uint8(), 100_000, [None, pa.py_buffer(held)])], ["bytes"])
        passed(ends, [batch, b"y" * _LEAST])
        del held, batch
        assert watch() is None
    finally:
        gc.enable()


def test_arrow_data_arrives_equal(ends: tuple[Channel, Channel]) -> None:
    pa = pytest.importorskip("pyarrow")
    batch = pa.record_batch(
        {"text": ["page", None, "x" * 200_000], "n": pa.array([1, None, 3], pa.int8()), "nested": [[{"a": 1}], [], None]}
    ).slice(1)
    (got,) = passed(ends, Block(1, batch, batch.nbytes))
    assert got.payload.equals(batch)
    got.payload.validate(full=True)


_LEAVES = st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5) | st.just(b"large" * _LEAST)


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)))
def test_any_structure(obj: object) -> None:
    one, other = socket.socketpair()
    try:
        assert passed((Channel(one), Channel(other)), obj) == [obj]
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize("sent", [0, 5, 40, 100_000], ids=lambda sent: f"{sent} bytes of a message")
def test_the_end_is_noticed_also_within_a_message(sent: int) -> None:
    one, other = socket.socketpair()
    relay, far = socket.socketpair()
    whole = bytearray()
    reader = threading.Thread(target=lambda: whole.extend(b"".join(iter(lambda: other.recv(1 << 16), b""))))
    reader.start()
    Channel(one).send({"large": b"x" * 200_000})
    one.close()
    reader.join()
    receiver = Channel(far)

    def write() -> None:
        relay.sendall(whole[:sent])
        relay.close()

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(EOFError):
        receiver.receive()
    writer.join()
    receiver.close()
    other.close()


def test_end_wakes_a_thread_that_receives(ends: tuple[Channel, Channel]) -> None:
    raised: list[BaseException] = []

    def receive() -> None:
        try:
            ends[0].receive()
        except EOFError as error:
            raised.append(error)

    thread = threading.Thread(target=receive)
    thread.start()
    ends[0].end()
    thread.join(10)
    assert len(raised) == 1
    with pytest.raises(OSError):  # noqa: PT011 (which one is the system's choice)
        ends[1].send(b"x" * 10_000_000)
