"""Every format: what is cleaned, what stays as it is, and what a bad shard or row ends in."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_files import (
    STATE,
    csv_bytes,
    environment,
    jsonl,
    pages,
    run,
    tree,
    wet_gz,
    wet_record,
    wet_records,
)

from cleantext import strip_boilerplate
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.streams import Source

pytest.importorskip("msgspec")
zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

TEXTS = pages(40)
CLEANED = [strip_boilerplate(text) for text in TEXTS]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def write(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_the_samples_have_something_to_lose() -> None:
    assert sum(text != cleaned for text, cleaned in zip(TEXTS, CLEANED, strict=True)) > 20


# --- JSON Lines


def _unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        decompressor = zstd.ZstdDecompressor()
        unpacked: bytes = decompressor.decompress(data)
        # One frame: readers in wide use stop silently after the first.
        assert decompressor.eof
        assert not decompressor.unused_data
        return unpacked
    return data


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "A.JSONL", "a.json", "c4.0-of-9.json.gz", "a.json.zst", "a.ndjson"]
)
def test_jsonl(name: str, tmp_path: Path, out: Path) -> None:
    data = jsonl([*TEXTS, None, ""])
    packed = {"gz": gzip.compress, "zst": zstd.compress}.get(name[-3:].lstrip("."), bytes)(data)
    run(write(tmp_path, name, packed), "-o", out)
    rows = _unpack(out / name).splitlines()
    assert [json.loads(row)["text"] for row in rows] == [*CLEANED, None, ""]
    for old, new in zip(data.splitlines(), rows, strict=True):
        if json.loads(old)["text"] == json.loads(new)["text"]:
            assert old == new
        else:  # all but the text's own value is as it was, byte by byte
            value = re.compile(rb'(?<="text":)".*?(?<!\\)"(?= ,"meta")')
            assert value.sub(b"", old, count=1) == value.sub(b"", new, count=1)


def _row_in_row_out(tmp_path: Path, row: bytes, *options: object) -> bytes:
    run(write(tmp_path, "a.jsonl", row), "-o", tmp_path / "out", *options)
    return (tmp_path / "out" / "a.jsonl").read_bytes()


@pytest.mark.parametrize(
    "row",
    [
        b'{"text": "Advertisement", "text": "%s"}\n',  # of two the last counts
        b'{"other": "%s", "text": "%s"}\n',  # the same text twice
        b'{"te\\u0078t": "%s"}\n',  # an escaped key
        b'\xef\xbb\xbf{"text": "%s"}\n',
        b'  {"text" : "%s"}  \r\n',
        b'\n\n{"text": "%s"}\n  \n{"text": "%s"}',  # blank lines, no final line end
    ],
    ids=["twice", "same value", "escaped", "BOM", "CRLF", "blank lines"],
)
def test_jsonl_splices_at_the_right_place(row: bytes, tmp_path: Path) -> None:
    old, new = TEXTS[0] + "\nAdvertisement", strip_boilerplate(TEXTS[0] + "\nAdvertisement")
    before, after = (json.dumps(text, ensure_ascii=False)[1:-1].encode() for text in (old, new))
    expected = row.replace(b"%s", after)
    if b"other" in row:
        expected = row.replace(b"%s", before, 1).replace(b"%s", after)
    assert _row_in_row_out(tmp_path, row.replace(b"%s", before)) == expected


def test_jsonl_keeps_lone_surrogates_when_not_normalising(tmp_path: Path) -> None:
    row = b'{"text": "%s\\nAdvertisement\\n%s cut \\ud83d off."}\n' % ((TEXTS[1].split("\n")[0].encode(),) * 2)
    record = json.loads(_row_in_row_out(tmp_path, row, "--no-normalize"))
    assert record["text"] == strip_boilerplate(json.loads(row)["text"], normalize=False)
    assert "\ud83d" in record["text"]


def test_text_key_and_threshold(tmp_path: Path) -> None:
    row = json.dumps({"text": "Advertisement", "body": TEXTS[0]}).encode() + b"\n"
    record = json.loads(_row_in_row_out(tmp_path, row, "--text-key", "body", "--threshold", "precision"))
    assert record == {"text": "Advertisement", "body": strip_boilerplate(TEXTS[0], threshold="precision")}


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\tb", "", "caf\u00e9"])
def test_any_text_key(key: str, tmp_path: Path) -> None:
    row = b'{"x": 1.50,  %s :"no", %s : %s , "z": {}}\n' % (
        json.dumps(key).encode(),
        json.dumps(key).encode(),
        json.dumps(TEXTS[0]).encode(),
    )
    cleaned = row.replace(json.dumps(TEXTS[0]).encode(), json.dumps(CLEANED[0], ensure_ascii=False).encode())
    assert _row_in_row_out(tmp_path, row, "--text-key", key) == cleaned
    stderr = run(write(tmp_path, "b.jsonl", b'{"x": 1}\n'), "-o", tmp_path / "b", "--text-key", key, code=1).stderr
    assert f"row 1: has no key {key!r}, but x; " in stderr


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt.gz", "a.warc.wet", "in/a.txt"])
def test_any_limit_on_rows(name: str, tmp_path: Path, out: Path) -> None:
    if "wet" in name:
        pytest.importorskip("fastwarc")
    (tmp_path / "in").mkdir()
    data = {"a.jsonl": jsonl(TEXTS), "a.csv": csv_bytes(TEXTS), "a.warc.wet": b"".join(wet_records(TEXTS))}.get(name, TEXTS[0].encode())
    write(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data)
    run(tmp_path / (name if name != "in/a.txt" else "in"), "-o", out, "--max-row-mb", "99999999999999")
    assert len(tree(out)) == 1


def test_format_overrules_the_name(tmp_path: Path, out: Path) -> None:
    run(write(tmp_path, "pages.data", jsonl(TEXTS)), "-o", out, "--format", "jsonl")
    assert [json.loads(row)["text"] for row in (out / "pages.data").read_bytes().splitlines()] == CLEANED


@pytest.mark.parametrize(
    "data",
    [
        b'[{"text": "one"}, {"text": "two"}]\n',
        b'[\n  {"text": "one"},\n  {"text": "two"}\n]\n',
        b'\xef\xbb\xbf\r\n[\r\n"one"]',
        b"[]",
        b'{\n  "text": "one"\n}\n',
    ],
    ids=["one line", "lines", "BOM", "empty", "object"],
)
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_one_json_value_is_not_json_lines(data: bytes, on_error: str, tmp_path: Path, out: Path) -> None:
    good = write(tmp_path, "z.json", jsonl(TEXTS))
    stderr = run(write(tmp_path, "a.json", data), good, "-o", out, "--on-error", on_error, code=1).stderr
    assert "a.json: is one JSON value, not JSON Lines, an object a line; jq" in stderr
    assert list(tree(out)) == ["z.json"]


def test_a_first_row_that_is_an_array_is_a_bad_row(tmp_path: Path, out: Path) -> None:
    shard = write(tmp_path, "a.jsonl", b"[1, 2]\n" + jsonl(TEXTS[:1]))
    assert "row 1: expected `object`, got `array`; skipped" in run(shard, "-o", out, "--on-error", "skip", code=1).stderr


# --- CSV


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_csv(name: str, tmp_path: Path, out: Path) -> None:
    data = csv_bytes(TEXTS)
    run(write(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data), "-o", out)
    rows = list(csv.reader(io.StringIO(_unpack(out / name).decode(), newline="")))
    assert rows[0] == ["id", "text", "note"]
    assert rows[1:] == [[f"{row}.00", text, 'said "so", twice'] for row, text in enumerate(CLEANED)]


def test_csv_keeps_the_quotes_of_other_fields(tmp_path: Path, out: Path) -> None:
    head, long = b'"id",text,"n"\r\n', TEXTS[0].split("\n")[0].encode()
    rows = b'"007","%s\nAdvertisement",""\r\n\r\n8,%s,"a ""b"""\n9,5" disk,x' % (
        long,
        long.replace(b",", b""),
    )
    run(write(tmp_path, "a.csv", head + rows), "-o", out)
    expected = rows.replace(b"\nAdvertisement", b"")
    cleaned = (out / "a.csv").read_bytes()
    assert cleaned.startswith(head)
    assert cleaned[len(head) :].split(b"\n9,")[0] == expected.split(b"\n9,")[0]


def test_csv_with_a_header_alone(tmp_path: Path, out: Path) -> None:
    run(write(tmp_path, "a.csv", b"\xef\xbb\xbftext,id\r\n"), "-o", out)
    assert (out / "a.csv").read_bytes() == b"\xef\xbb\xbftext,id\r\n"


def test_csv_with_a_bom_before_a_quoted_header(tmp_path: Path, out: Path) -> None:
    run(write(tmp_path, "a.csv", b'\xef\xbb\xbf"text","id"\r\n"Advertisement","1"\r\n'), "-o", out)
    assert (out / "a.csv").read_bytes() == b'\xef\xbb\xbf"text","id"\r\n"","1"\r\n'


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_csv_rows_of_one_column_stay_when_nothing_is_left(end: bytes, tmp_path: Path, out: Path) -> None:
    long = TEXTS[0].split("\n")[0].encode()
    rows = [b"text", b"Advertisement", long, b'"Advertisement"', b"", b"Advertisement"]
    run(write(tmp_path, "a.csv", end.join(rows)), "-o", out)
    assert (out / "a.csv").read_bytes() == end.join([b"text", b'""', long, b'""', b"", b'""'])


def test_csv_fields_beside_others_need_no_quotes_when_nothing_is_left(tmp_path: Path, out: Path) -> None:
    run(write(tmp_path, "a.csv", b"text,id\nAdvertisement,\n"), "-o", out)
    assert (out / "a.csv").read_bytes() == b"text,id\n,\n"


# --- WET


@pytest.mark.parametrize("name", ["a.warc.wet", "a.warc.wet.gz"])
def test_wet(name: str, tmp_path: Path, out: Path) -> None:
    warc = pytest.importorskip("fastwarc.warc")
    records = wet_records(TEXTS)
    data = wet_gz(TEXTS) if name.endswith("gz") else b"".join(records)
    run(write(tmp_path, name, data), "-o", out)
    expected = [records[0], *(wet_record(n, text.encode()) for n, text in enumerate(CLEANED, 1))]
    assert _unpack(out / name) == b"".join(expected)
    with (out / name).open("rb") as file:
        read = list(warc.ArchiveIterator(file, func_filter=warc.has_valid_block_digest))
    assert len(read) == len(records)
    if name.endswith("gz"):  # indexes point at members: each record is one
        offsets = [record.stream_pos for record in read]
        assert gzip.GzipFile(fileobj=io.BytesIO((out / name).read_bytes()[offsets[3] :])).read(8) == b"WARC/1.0"


@pytest.mark.parametrize(
    ("label", "spell"),
    [
        (b"sha1", lambda body: base64.b32encode(hashlib.sha1(body).digest())),
        (b"SHA-1", lambda body: hashlib.sha1(body).hexdigest().encode()),
        (b"md5", lambda body: hashlib.md5(body).hexdigest().upper().encode()),
        (b"sha256", lambda body: base64.b32encode(hashlib.sha256(body).digest())),
        (b"sha256", lambda body: base64.b32encode(hashlib.sha256(body).digest()).rstrip(b"=")),
        (b"sha256", lambda body: base64.b64encode(hashlib.sha256(body).digest())),
        (b"sha1", lambda body: base64.b32encode(hashlib.sha1(body).digest()).lower()),
        (b"sha256", lambda body: base64.b32encode(hashlib.sha256(body).digest()).lower()),
        (b"sha512", lambda body: base64.b64encode(hashlib.sha512(body).digest())),
        (b"sha512", lambda body: base64.urlsafe_b64encode(hashlib.sha512(body).digest())),
        (b"sha512", lambda body: base64.urlsafe_b64encode(hashlib.sha512(body).digest()).rstrip(b"=")),
        (b"sha-512", lambda body: hashlib.sha512(body).hexdigest().encode()),
        (b"crc32", None),
        (b"sha1", None),
        (b"", None),
    ],
)
def test_wet_digests_are_right_or_gone(label: bytes, spell: Callable[[bytes], bytes] | None, tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")

    def record(text: str, gone: bool) -> bytes:
        line = b"WARC-Payload-Digest: %s:%s\r\n" % (label, spell(text.encode()) if spell else b"0123")
        # Of the next record nothing is dropped: all of it stays.
        return wet_record(1, text.encode()).replace(b"X-Spacing", (b"" if gone else line) + b"X-Spacing")

    old = record(TEXTS[0] + "\nAdvertisement", False) + record(CLEANED[0], False)
    new = record(strip_boilerplate(TEXTS[0] + "\nAdvertisement"), spell is None) + record(CLEANED[0], False)
    run(write(tmp_path, "a.wet", old), "-o", out)
    assert (out / "a.wet").read_bytes() == new


def test_wet_digest_with_white_space() -> None:
    wet = pytest.importorskip("cleantext.corpus.wet")
    digest = base64.b32encode(hashlib.sha1(b"old").digest()), base64.b32encode(hashlib.sha1(b"new").digest())
    head, expected = (b"WARC/1.0\r\nWARC-Block-Digest: \t sha1:%s \t \r\nX: 1\n\r\n" % some for some in digest)
    assert wet._replaced(wet._Record(head, b"old", True), "new") == (expected, b"new", True)

    def took(value: bytes) -> float:
        record = wet._Record(b"WARC/1.0\r\nWARC-Block-Digest: sha1:A%sx\r\n\r\n" % value, b"old", True)
        begin = time.perf_counter()
        assert wet._replaced(record, "new").head == b"WARC/1.0\r\n\r\n"
        return time.perf_counter() - begin

    # The time must not grow with the square of the spaces.
    assert min(took(b" " * 10_000) for _ in range(3)) < 50 * min(took(b"a" * 10_000) for _ in range(3))


def test_wet_with_two_lengths(tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")

    def twice(text: str) -> bytes:
        return re.sub(rb"(Content-Length: \d+\r\n)", rb"\1X-Between: 1\r\n\1", wet_record(1, text.encode()))

    run(write(tmp_path, "a.wet", twice(TEXTS[0] + "\nAdvertisement")), "-o", out)
    assert (out / "a.wet").read_bytes() == twice(strip_boilerplate(TEXTS[0] + "\nAdvertisement"))


def test_wet_with_names_of_headers_in_small_letters(tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")

    def small(record: bytes) -> bytes:
        return record.replace(b"WARC-Type", b"warc-type").replace(b"WARC-Block-Digest", b"warc-block-digest")

    text = TEXTS[0] + "\nAdvertisement"
    run(write(tmp_path, "a.wet", small(wet_record(1, text.encode()))), "-o", out)
    assert (out / "a.wet").read_bytes() == small(wet_record(1, strip_boilerplate(text).encode()))
    records = wet_records(TEXTS[:3])
    records[2] = records[2].replace(b"Content-Length", b"content-length")
    shard = write(tmp_path, "b.wet", b"".join(records))
    said = "b.wet: row 3: has a header 'content-length' of "
    assert said in run(shard, "-o", tmp_path / "b", code=1).stderr
    assert said in run(shard, "-o", tmp_path / "b", "--on-error", "skip", code=1).stderr
    assert (tmp_path / "b" / "b.wet").read_bytes().count(b"WARC-Type: conversion") == 1


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (b"9" * 5000, "9" * 20 + "..."),
        (b"9" * 20, "9" * 20),
        (b"1" + b"0" * 20, "1" + "0" * 19 + "..."),
        (b"+5", "+5"),
        (b"x" * 99, "x" * 20 + "..."),
    ],
    ids=lambda value: f"{value[:2]} of {len(value)}",
)
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_wet_lengths_that_are_none(on_error: str, length: bytes, shown: str, tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")
    records = wet_records(TEXTS[:1])
    bad = re.sub(rb"(Content-Length: )\d+", rb"\g<1>" + length, wet_record(2, TEXTS[1].encode()))
    shard, good = write(tmp_path, "a.wet", b"".join([*records, bad])), write(tmp_path, "b.jsonl", jsonl(TEXTS))
    stderr = run(shard, good, "-o", out, "--on-error", on_error, "--workers", 1, code=1).stderr
    assert f"a.wet: row 3: has a header 'Content-Length' of '{shown}', where" in stderr
    assert f"{1 + (on_error == 'skip')} of 2 shards finished" in stderr
    if on_error == "skip":
        assert (out / "a.wet").read_bytes().count(b"WARC-Type: conversion") == 1
        assert b"Content-Length: " + length in (out / STATE / "skipped" / "a.wet").read_bytes()


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_html_in_a_warc_is_refused_with_a_hint(name: str, tmp_path: Path, out: Path) -> None:
    good = write(tmp_path, "b.jsonl", jsonl(TEXTS))
    result = run(write(tmp_path, name, wet_record(1, b"<p>", "response")), good, "-o", out, code=1)
    assert f"{name}: is raw HTML (WARC)" in result.stderr
    assert "resiliparse" in result.stderr
    assert list(tree(out)) == ["b.jsonl"]


def test_html_under_the_name_of_a_wet_is_refused_too(tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")
    result = run(write(tmp_path, "a.wet", wet_record(1, b"<p>", "response")), "-o", out, code=1)
    assert "a.wet: row 1: holds raw HTML" in result.stderr


# --- Parquet


def _table() -> Any:  # a pyarrow.Table, which has no types
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {
            "id": pa.array(range(42), pa.uint8()),
            "text": pa.array([*TEXTS, None, ""]),
            "nested": [[{"text": "Advertisement", "n": row}] for row in range(42)],
            "amount": pa.array([None] * 42, pa.decimal128(38, 10)),
        }
    ).replace_schema_metadata({"made by": "a test"})


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
@pytest.mark.parametrize("codec", ["zstd", "snappy", "none"])
def test_parquet(kind: str, codec: str, tmp_path: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = _table()
    kinds = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "string_view": pa.string_view(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
    }
    field = pa.field("text", kinds[kind], metadata={"of": "the field"})
    table = table.set_column(1, field, table["text"].cast(kinds[kind]))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=16, compression=codec)
    run(tmp_path / "a.parquet", "-o", out)
    read = pq.read_table(out / "a.parquet")
    assert read.schema.equals(pq.read_table(tmp_path / "a.parquet").schema, check_metadata=True)
    assert read["text"].to_pylist() == [*CLEANED, None, ""]
    assert read.drop(["text"]).equals(table.drop(["text"]))
    used = pq.ParquetFile(out / "a.parquet").metadata.row_group(0).column(0).compression
    assert used == ("UNCOMPRESSED" if codec == "none" else codec.upper())


@pytest.mark.parametrize("compliant", [True, False], ids=["element", "item"])
def test_parquet_keeps_each_columns_compression(compliant: bool, tmp_path: Path, out: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    level = "element" if compliant else "item"
    codecs = {"id": "gzip", "text": "zstd", f"nested.list.{level}.n": "snappy", f"nested.list.{level}.text": "none", "amount": "lz4"}
    pq.write_table(_table(), tmp_path / "a.parquet", compression=codecs, use_compliant_nested_type=compliant)
    run(tmp_path / "a.parquet", "-o", out, "--on-error", "skip", "--max-removed", 0.1)

    def used(path: Path) -> list[str]:
        group = pq.ParquetFile(path).metadata.row_group(0)
        return [group.column(at).compression for at in range(group.num_columns)]

    assert sorted(used(tmp_path / "a.parquet")) == ["GZIP", "LZ4", "SNAPPY", "UNCOMPRESSED", "ZSTD"]
    assert used(out / "a.parquet") == used(out / STATE / "set_aside" / "a.parquet") == used(tmp_path / "a.parquet")


def test_parquet_whose_text_is_null_throughout(tmp_path: Path, out: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"text": pa.nulls(3), "id": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", "-o", out, "--stats", "--dropped", tmp_path / "dropped.jsonl")
    assert pq.read_table(out / "a.parquet").equals(table)


def test_parquet_rows_set_aside_with_columns_of_any_type(tmp_path: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    texts = [CLEANED[0], "Advertisement", None, CLEANED[1], "", "Share this article\n\nAdvertisement", CLEANED[2]]
    others = {
        "view": pa.array([str(row) * 20 for row in range(7)], pa.string_view()),
        "bytes": pa.array([None, *([b"x" * 20] * 6)], pa.binary_view()),
        "struct": [{"a": row, "b": [None]} for row in range(7)],
        "map": pa.array([[("k", row)] for row in range(7)], pa.map_(pa.string(), pa.int64())),
        "time": pa.array(range(7), pa.timestamp("us", "Europe/Paris")),
        "list": [["a"], None, [], ["b", None], ["c"], ["d"], ["e"]],
    }
    table = pa.table({"text": pa.array(texts, pa.string_view())} | others)
    pq.write_table(table, tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", "-o", out, "--max-removed", 0.8)
    assert pq.read_table(out / "a.parquet").equals(pa.concat_tables([table.slice(0, 1), table.slice(2, 3), table.slice(6)]))
    aside = pq.read_table(out / STATE / "set_aside" / "a.parquet")
    assert aside.equals(pa.concat_tables([table.slice(1, 1), table.slice(5, 1)]))


def test_parquet_without_rows(tmp_path: Path, out: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(_table().slice(0, 0), tmp_path / "a.parquet")
    run(tmp_path / "a.parquet", "-o", out)
    read = pq.read_table(out / "a.parquet")
    assert (read.num_rows, read.schema) == (0, _table().schema)


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ([["a list"]], "is list<"),
        ([{"a": "struct"}], "is struct<"),
        ([7], "is int64, not text"),
        ([b"bytes"], "is binary, not text"),
    ],
    ids=["list", "struct", "int", "binary"],
)
def test_parquet_whose_text_is_no_text(column: list[object], problem: str, tmp_path: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    result = run(tmp_path / "a.parquet", "-o", out, code=1)
    assert f"a.parquet: column 'text' {problem}" in result.stderr
    assert tree(out) == {}


def test_parquet_that_is_none(tmp_path: Path, out: Path) -> None:
    pytest.importorskip("pyarrow")
    for name, data in (("a.parquet", b"PAR1 and then nothing"), ("b.parquet", b"")):
        assert f"{name}: " in run(write(tmp_path, name, data), "-o", out, code=1).stderr
    assert tree(out) == {}


def test_parquet_rows_that_are_not_utf8(tmp_path: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    values = [TEXTS[0].encode(), b"caf\xe9", TEXTS[1].encode()]
    array = pa.array(values, pa.binary())
    broken = pa.StringArray.from_buffers(3, *array.buffers()[1:], array.buffers()[0])
    pq.write_table(pa.table({"text": broken, "id": [1, 2, 3]}), tmp_path / "a.parquet")
    result = run(tmp_path / "a.parquet", "-o", out, code=1)
    assert "a.parquet: row 2: is not UTF-8" in result.stderr
    assert tree(out) == {}
    run(tmp_path / "a.parquet", "-o", out, "--on-error", "skip", "--overwrite", code=1)
    assert pq.read_table(out / "a.parquet")["text"].to_pylist() == CLEANED[:2]
    aside = pq.read_table(out / STATE / "skipped" / "a.parquet")
    assert aside["id"].to_pylist() == [2]
    assert aside["text"].cast(pa.binary()).to_pylist() == [b"caf\xe9"]


# --- text in folders


def test_text_files_in_a_folder(tmp_path: Path, out: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write(tmp_path, "in/deep/page.txt", b"\xef\xbb\xbf" + TEXTS[0].encode())
    write(tmp_path, "in/empty.txt", b"\n\n")
    run(tmp_path / "in", "-o", out)
    assert tree(out) == {"empty.txt": b"", "deep/page.txt": CLEANED[0].encode() + b"\n"}


def test_pages_of_which_nothing_is_left_can_be_cleaned_again(tmp_path: Path, out: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, data in (("a.txt", b"Advertisement\n"), ("b.txt", b"")):
        write(tmp_path, f"in/{name}", data)
    write(tmp_path, "in/d.txt.gz", gzip.compress(b"Advertisement\n"))
    run(tmp_path / "in", "-o", out)
    run(out, "-o", tmp_path / "again")
    for folder in (out, tmp_path / "again"):
        assert tree(folder) == {"a.txt": b"", "b.txt": b"", "d.txt.gz": gzip.compress(b"", 4, mtime=0)}


# --- bad shards and rows

GOOD = jsonl(TEXTS[:3]).splitlines(keepends=True)
# Ten megabytes that no compressor makes smaller than a block.
NOISE = [json.dumps({"text": "".join(pages(2, seed))}).encode() + b"\n" for seed in range(400)]


@pytest.mark.parametrize(
    ("name", "data", "row", "problem"),
    [
        ("a.jsonl", GOOD[0] + b'{"text": "broken\n' + GOOD[1], 2, "truncated|malformed"),
        ("a.jsonl", GOOD[0] + b'{"text": "x"} trailing\n' + GOOD[1], 2, "trailing characters"),
        ("a.jsonl", GOOD[0] + b"[1, 2]\n" + GOOD[1], 2, "got `array`"),
        ("a.jsonl", GOOD[0] + b'{"text": "caf\xe9"}\n' + GOOD[1], 2, r"not UTF-8 at its byte 13 \(0xe9\)"),
        ("a.jsonl", GOOD[0] + b'{"id": "caf\xe9", "text": "x"}\n' + GOOD[1], 2, "not UTF-8"),
        ("a.jsonl", GOOD[0] + b'{"id": 1, "body": "x"}\n' + GOOD[1], 2, "no key 'text', but id, body"),
        ("a.jsonl", GOOD[0] + b"{}\n" + GOOD[1], 2, "no key 'text', but none at all"),
        ("a.jsonl", GOOD[0] + b'{"text": 7}\n' + GOOD[1], 2, "value of 'text': expected `str"),
        ("a.csv", b"id,text\n1,one\n2,two,three\n3,three\n", 2, "3 fields where the header has 2"),
        ("a.csv", b"id,text\n1,one\n2,caf\xe9\n3,three\n", 2, "not UTF-8"),
        ("a.wet", wet_record(1, b"one") + wet_record(2, b"caf\xe9") + wet_record(3, b"x"), 2, "not UTF-8"),
        ("a.txt.gz", gzip.compress(b"caf\xe9"), 1, "not UTF-8"),
    ],
)
def test_bad_rows(name: str, data: bytes, row: int, problem: str, tmp_path: Path, out: Path) -> None:
    if name.endswith("wet"):
        pytest.importorskip("fastwarc")
    shard = write(tmp_path, name, data)
    good = write(tmp_path, "z.jsonl", jsonl(TEXTS))
    # Stop: the shard is given up, the other is finished.
    result = run(shard, good, "-o", out, code=1)
    assert re.search(rf"cleantext: {re.escape(str(shard))}: row {row}: .*({problem})", result.stderr)
    assert list(tree(out)) == ["z.jsonl"]
    # Skip: the row is written aside as it was.
    result = run(shard, good, "-o", out, "--on-error", "skip", "--resume", code=1)
    assert f"{name}: row {row}: " in result.stderr
    assert "1 rows skipped" in result.stderr
    files = tree(out)
    aside = _unpack(out / STATE / "skipped" / name)
    record = json.loads(files[f"{STATE}/skipped/{name}.errors.jsonl"])
    assert (record["shard"], record["row"]) == (name, row)
    assert re.search(problem, record["error"])
    if name == "a.jsonl":
        assert aside == data[len(GOOD[0]) : -len(GOOD[1])]
        assert files[name].count(b"\n") == 2
    elif name == "a.csv":
        assert aside == b"id,text\n" + data.splitlines(keepends=True)[2]
        assert files[name].count(b"\n") == 3
    elif name == "a.wet":
        assert aside == wet_record(2, b"caf\xe9")
    else:
        assert aside == b"caf\xe9\n"


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_truncated_shards(kind: str, tmp_path: Path, out: Path) -> None:
    data = b"".join(NOISE)
    packed = gzip.compress(data) if kind == "gz" else zstd.compress(data)
    shard = write(tmp_path, f"a.jsonl.{kind}", packed[: len(packed) * 2 // 3])
    result = run(shard, "-o", out, code=1)
    (row,) = re.findall(rf"a\.jsonl\.{kind}: row (\d+): is truncated", result.stderr.replace(",", ""))
    assert tree(out) == {}
    run(shard, "-o", out, "--on-error", "skip", "--overwrite", code=1)
    kept = _unpack(out / shard.name).splitlines()
    assert len(kept) == int(row) - 1 > 100
    assert [json.loads(line)["text"] for line in kept] == [strip_boilerplate(json.loads(line)["text"]) for line in NOISE[: len(kept)]]
    # What is left of the row in which the file broke off is not lost either.
    aside = _unpack(out / STATE / "skipped" / shard.name)
    assert NOISE[len(kept)].startswith(aside)


@pytest.mark.parametrize("cut", [3, 200, 1000])
def test_truncated_wet(cut: int, tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")
    plain = write(tmp_path, "a.wet", b"".join(wet_records(TEXTS))[: -4 - cut])
    packed = write(tmp_path, "b.wet.gz", wet_gz(TEXTS)[:-cut])
    result = run(plain, packed, "-o", out, code=1)
    assert len(re.findall(r"[ab]\.wet(?:\.gz)?: row \d+: is truncated", result.stderr)) == 2
    assert tree(out) == {}
    run(plain, packed, "-o", out, "--on-error", "skip", "--overwrite", code=1)
    kept = (out / "a.wet").read_bytes().count(b"WARC-Type: conversion")
    assert kept >= 35
    # What there is of the record in which the file breaks off is not lost either.
    aside = (out / STATE / "skipped" / "a.wet").read_bytes()
    assert plain.read_bytes().endswith(aside)
    if cut < 1000:
        assert aside.startswith(b"WARC/1.0\r\n")
        assert plain.read_bytes().count(b"WARC-Type: conversion") == kept + 1
    assert _unpack(out / "b.wet.gz").count(b"WARC-Type: conversion") >= 35


@pytest.mark.parametrize("length", range(1, 12))
def test_a_source_that_breaks_off_in_the_head_of_a_gzip_member(length: int, tmp_path: Path) -> None:
    shard = write(tmp_path, "a.gz", gzip.compress(b"whole") + gzip.compress(b"cut off")[:length])
    source = Source(shard, "gz")
    assert source.read(100) == b"whole"
    for _ in range(2):
        with pytest.raises(ShardError, match=r"is (truncated|damaged)"):
            source.read(100)
    source.abandon()


def test_shards_that_break_off_in_the_head_of_a_gzip_member(tmp_path: Path, out: Path) -> None:
    pytest.importorskip("fastwarc")
    members = {
        "a.wet.gz": wet_records(TEXTS[:2]),
        "b.jsonl.gz": GOOD,
        "c.csv.gz": csv_bytes(CLEANED[:1]).splitlines(keepends=True),
        "d.txt.gz": [b"one\n", b"two\n", b"three\n"],
    }
    (tmp_path / "in").mkdir()
    for name, (first, second, third, *_) in members.items():
        packed = [gzip.compress(data, mtime=0) for data in (first, second, third)]
        write(tmp_path, f"in/{name}", packed[0] + packed[1] + packed[2][:5])
    stderr = run(tmp_path / "in", "-o", out, code=1).stderr
    for name in members:
        assert re.search(rf"{re.escape(name)}: (row \d: )?is truncated", stderr), stderr
    assert tree(out) == {}


def test_damaged_compression(tmp_path: Path, out: Path) -> None:
    packed = bytearray(zstd.compress(b"".join(NOISE), options={zstd.CompressionParameter.checksum_flag: 1}))
    packed[len(packed) // 2] ^= 0xFF
    result = run(write(tmp_path, "a.jsonl.zst", bytes(packed)), "-o", out, code=1)
    assert re.search(r"a\.jsonl\.zst: (row \S+: )?is damaged", result.stderr)
    result = run(write(tmp_path, "b.jsonl.gz", b"not gzip at all"), "-o", out, code=1)
    assert "b.jsonl.gz: row 1: is damaged" in result.stderr
    assert tree(out) == {}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.wet", "a.jsonl.gz", "a.jsonl.zst", "a.txt.gz"])
def test_an_empty_file(name: str, tmp_path: Path, out: Path) -> None:
    if "wet" in name:
        pytest.importorskip("fastwarc")
    good = write(tmp_path, "z.jsonl", jsonl(TEXTS))
    result = run(write(tmp_path, name, b""), good, "-o", out, code=1)
    assert re.search(rf"{re.escape(name)}: .*(is empty|has no header|truncated)", result.stderr)
    assert list(tree(out)) == ["z.jsonl"]


def test_a_compressed_file_without_rows_is_no_error(tmp_path: Path, out: Path) -> None:
    run(write(tmp_path, "a.jsonl.gz", gzip.compress(b"")), "-o", out)
    run(write(tmp_path, "b.jsonl.zst", zstd.compress(b"")), "-o", out, "--overwrite")
    assert _unpack(out / "a.jsonl.gz") == _unpack(out / "b.jsonl.zst") == b""


# 100 MB of text, the second page of a shard, and what stands in the shard for it.
LONG = "The harbour stayed quiet, and two boats came back before noon.\n" * 1_620_000


def _long_shard(folder: Path, name: str) -> tuple[Path, bytes]:
    """A shard of three pages and their like in length: its path, and the long row's bytes."""
    texts = [TEXTS[0], LONG, TEXTS[1]]
    if name.startswith("a.jsonl"):
        rows = [json.dumps({"text": text}).encode() + b"\n" for text in texts]
    elif name == "a.csv":
        # Commas and quotes within, so that only the quotes tell where the row ends.
        rows = [b'1,"%s ""so"""\r\n' % text.encode() for text in texts]
    elif name.startswith("a.wet"):
        rows = wet_records(texts)[1:]
    else:
        rows = [b"", LONG.encode(), b""]
    head = b"id,text\r\n" if name == "a.csv" else b""
    data = head + b"".join(rows)
    pack = {"gz": lambda packed: gzip.compress(packed, 1), "zst": zstd.compress}.get(name.rpartition(".")[2], bytes)
    return write(folder, name, pack(data)), head + rows[1]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.zst", "a.csv", "a.wet", "a.wet.gz", "a.txt.gz"])
def test_a_row_of_100_mb(name: str, tmp_path: Path, out: Path) -> None:
    if "wet" in name:
        pytest.importorskip("fastwarc")
    shard, long = _long_shard(tmp_path, name)
    number = 1 if "txt" in name else 2
    result = run(shard, "-o", out, code=1)
    assert f"{name}: row {number}: is longer than 16 MB; raise --max-row-mb if it is wanted" in result.stderr
    assert tree(out) == {}
    # Skipped, it is written aside as it was, and the rows after it are cleaned; at no time is it in memory as a whole.
    peak, stderr = _peak_mb(shard, "-o", out, "--on-error", "skip", "--workers", "1")
    assert f"{name}: row {number}: is longer than 16 MB" in stderr
    assert "1 rows skipped" in stderr
    assert peak < 200
    assert _unpack_all(out / STATE / "skipped" / name) == long
    errors = (out / STATE / "skipped" / f"{name}.errors.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in errors] == [number]
    kept = _unpack_all(out / name)
    if "jsonl" in name:
        assert [json.loads(row)["text"] for row in kept.splitlines()] == CLEANED[:2]
    elif "csv" in name:
        rows = list(csv.reader(io.StringIO(kept.decode(), newline="")))
        assert rows == [["id", "text"], *(["1", strip_boilerplate(text + ' "so"')] for text in TEXTS[:2])]
    elif "wet" in name:
        assert kept.count(b"WARC-Type: conversion") == 2
        assert CLEANED[0].encode() in kept
        assert CLEANED[1].encode() in kept
    else:
        assert kept == b""


def test_a_parquet_row_of_100_mb(tmp_path: Path, out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"text": [TEXTS[0], LONG, TEXTS[1]], "id": [1, 2, 3]}), tmp_path / "a.parquet")
    assert "a.parquet: row 2: is longer than 16 MB" in run(tmp_path / "a.parquet", "-o", out, code=1).stderr
    assert tree(out) == {}
    run(tmp_path / "a.parquet", "-o", out, "--on-error", "skip", code=1)
    assert pq.read_table(out / "a.parquet").to_pydict() == {"text": CLEANED[:2], "id": [1, 3]}
    assert pq.read_table(out / STATE / "skipped" / "a.parquet").to_pydict() == {"text": [LONG], "id": [2]}


def test_a_row_of_100_mb_that_is_wanted(tmp_path: Path, out: Path) -> None:
    shard, _ = _long_shard(tmp_path, "a.jsonl.zst")
    peak, _ = _peak_mb(shard, "-o", out, "--max-row-mb", "128", "--workers", "1")
    assert [json.loads(row)["text"] for row in _unpack(out / shard.name).splitlines()] == [CLEANED[0], strip_boilerplate(LONG), CLEANED[1]]
    assert peak < 20 * len(LONG) / 1e6


def _peak_mb(*arguments: object) -> tuple[float, str]:
    """Run the command line in a process; its peak memory in MB and its standard error."""
    code = (
        "import re, sys\nfrom cleantext.cli import main\nmain(sys.argv[1:])\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc")
    command = [sys.executable, "-c", code, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    return int(result.stdout) * 1024 / 1e6, result.stderr


def _unpack_all(path: Path) -> bytes:
    """What a shard's file holds, also of several gzip members."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else _unpack(path)


def test_a_csv_quote_that_is_never_closed(tmp_path: Path, out: Path) -> None:
    lines = b"".join(b"%d,text of a row,x\n" % row for row in range(120_000))
    data = b'id,text,n\n1,one,x\n2,"two,x\n' + lines
    shard = write(tmp_path, "a.csv", data)
    result = run(shard, "-o", out, "--max-row-mb", "1", code=1)
    assert "a.csv: row 2: is longer than 1 MB" in result.stderr
    assert "quote never closed" in result.stderr
    run(shard, "-o", out, "--max-row-mb", "1", "--on-error", "skip", "--overwrite", code=1)
    assert (out / "a.csv").read_bytes() == b"id,text,n\n1,one,x\n"
    assert (out / STATE / "skipped" / "a.csv").read_bytes() == b'id,text,n\n2,"two,x\n' + lines


def test_a_missing_library_names_the_pip_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from cleantext.corpus import formats
    from cleantext.corpus.settings import CorpusUsageError

    for form, module, extra in (
        ("jsonl", "msgspec", "jsonl"),
        ("parquet", "pyarrow", "parquet"),
        ("wet", "fastwarc.warc", "warc"),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, f"cleantext.corpus.{form}", raising=False)
        with pytest.raises(CorpusUsageError, match=rf"pip install 'cleantext-lines\[{extra}\]'"):
            formats.open_format(form, None, Settings())
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.setitem(sys.modules, "backports", None)
    if sys.version_info < (3, 14):
        with pytest.raises(CorpusUsageError, match=r"pip install 'cleantext-lines\[zstd\]'"):
            formats.check_installed("csv", "zst")
