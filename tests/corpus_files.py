"""Shards for the tests of corpus runs: made-up pages with known furniture, in every format."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cleantext

WORDS = re.findall(
    r"\w+",
    "the harbour stayed quiet while two boats came back before noon and people on the quay asked the crew about"
    " weather nets prices for herring then walked home along a narrow street where rain had begun to fall",
)
FURNITURE = ("Advertisement", "Share this article", "READ MORE:", "Photo by Ana Reis / Getty Images")
# A run must be found from any working folder, installed or not.
HOME = str(Path(cleantext.__file__).parents[1])
STATE = "_cleantext"


def pages(count: int, seed: int = 0) -> list[str]:
    """Pages of three to twelve paragraphs with furniture between them."""
    draw = random.Random(seed)
    return [_page(draw) for _ in range(count)]


def _page(draw: random.Random) -> str:
    lines = []
    for _ in range(draw.randint(3, 12)):
        lines.append(" ".join(draw.choices(WORDS, k=draw.randint(8, 30))).capitalize() + ".")
        if draw.random() < 0.3:
            lines.append(draw.choice(FURNITURE))
        if draw.random() < 0.5:
            lines.append("")
    return "\n".join(lines)


def jsonl(texts: Sequence[str | None]) -> bytes:
    """Rows with what a careless reader would change: spacing, big numbers, key order, a nested text."""
    return b"".join(
        b'{"z": %d.50e1,  "text":%s ,"meta": {"text": "Advertisement", "n": 12345678901234567890}}\n'
        % (row, json.dumps(text, ensure_ascii=row % 2 == 0).encode())
        for row, text in enumerate(texts)
    )


def csv_bytes(texts: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["id", "text", "note"])
    for row, text in enumerate(texts):
        writer.writerow([f"{row}.00", text, 'said "so", twice'])
    return buffer.getvalue().encode()


def wet_record(number: int, text: bytes, kind: str = "conversion") -> bytes:
    digest = base64.b32encode(hashlib.sha1(text).digest()).decode()
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://example.org/{number}\r\n"
        f"WARC-Date: 2025-01-01T00:00:00Z\r\nWARC-Block-Digest: sha1:{digest}\r\n"
        f"X-Spacing:   as it  is\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text + b"\r\n\r\n"


def wet_records(texts: Sequence[str]) -> list[bytes]:
    return [
        wet_record(0, b"Software-Info: test\r\n", "warcinfo"),
        *(wet_record(number, text.encode()) for number, text in enumerate(texts, 1)),
    ]


def wet_gz(texts: Sequence[str]) -> bytes:
    return b"".join(gzip.compress(record, mtime=0) for record in wet_records(texts))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "cleantext", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": HOME}


def run(*arguments: object, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line; its standard error must hold nothing but lines of ours."""
    result = subprocess.run(command(*arguments), capture_output=True, text=True, env=environment(), timeout=120, check=False)
    assert all(line.startswith("cleantext: ") for line in result.stderr.splitlines()), result.stderr
    assert code is None or result.returncode == code, result.stderr
    return result


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder but the manifest, which has the times of the inputs."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.jsonl"
    }
