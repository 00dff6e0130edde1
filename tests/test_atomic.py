"""Files appear whole or not at all, and nobody else's file is written to on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cleantext.atomic import AtomicFile, is_temporary


def abandon(path: Path, key: str) -> Path:
    """What a killed process leaves: the temporary file of a key."""
    file = AtomicFile(path, key)
    file.write(b"half")
    file.stream.close()
    (left,) = (some for some in path.parent.iterdir() if is_temporary(some.name))
    return left


def write(path: Path, data: bytes, key: str | None = None) -> None:
    with AtomicFile(path, key) as file:
        file.write(data)


def test_a_second_try_replaces_what_the_first_left(tmp_path: Path) -> None:
    left = abandon(tmp_path / "a", "a")
    write(tmp_path / "a", b"whole", "a")
    assert not left.exists()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"whole"}


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_put_at_the_temporary_name_is_not_followed(tmp_path: Path, link: object) -> None:
    folder, other = tmp_path / "out", tmp_path / "other"
    folder.mkdir()
    other.write_bytes(b"of somebody else")
    left = abandon(folder / "a", "a")
    left.unlink()
    assert callable(link)
    link(other, left)
    write(folder / "a", b"whole", "a")
    assert other.read_bytes() == b"of somebody else"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"whole"}
    assert not (folder / "a").is_symlink()


@pytest.mark.parametrize("key", [None, "a"])
def test_errors_name_the_file_and_leave_nothing(tmp_path: Path, key: str | None) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write(tmp_path / "none" / "a", b"", key)
    assert caught.value.filename == str(tmp_path / "none" / "a")
    with pytest.raises(TypeError):
        write(tmp_path / "a", 3, key)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
