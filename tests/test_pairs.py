"""Pages labelled by what should be left of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleantext.normalize import fix_many
from cleantext.train.pairs import labelled_page, read_pairs

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
PAGE = "Home | Soups\n\nLeek soup\n\nBoil the leeks, then add cream and salt.\nShare soup\nLeek soup"
WANTED = "Leek soup\nBoil the leeks, then add cream and salt."


def labels(text: str, wanted: str) -> list[int]:
    return labelled_page("a", "b", text, wanted).label.tolist()  # type: ignore[no-any-return]


def test_lines_of_the_wanted_text_are_content() -> None:
    page = labelled_page("a", "b", PAGE, WANTED)
    assert page.lines() == ["Home | Soups", "Leek soup", "Boil the leeks, then add cream and salt.", "Share soup", "Leek soup"]
    assert page.label.tolist() == [0, 1, 1, 0, 0]
    assert (page.doc_id, page.site, page.text) == ("a", "b", PAGE)


def test_nothing_wanted() -> None:
    assert labels(PAGE, " \n") == [0] * 5
    assert labels("", "") == []


def test_other_line_ends_quotes_and_lines_of_the_wanted_text_do_not_matter() -> None:
    assert labels(PAGE.replace("\n", "\r\n"), WANTED.replace("\n", " ")) == [0, 1, 1, 0, 0]


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.expected.txt")), ids=lambda path: path.name)
def test_sample_pages_are_labelled_as_they_should_come_out(path: Path) -> None:
    wanted = path.read_text(encoding="utf-8")
    page = labelled_page("a", "a", path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8"), wanted)
    lines = fix_many(page.lines())
    by_label = {label: {line for line, one in zip(lines, page.label.tolist(), strict=True) if one == label} for label in (1, 0, -1)}
    shown = set(wanted.split("\n")) - {""}
    assert by_label[1] <= shown
    assert by_label[0] & shown <= by_label[1]  # but for copies of kept lines
    assert not by_label[-1]


def test_whole_lines_leave_no_doubt() -> None:
    page = "Yes\n***\nLeek soup, hot, for four\nLeek soup for four people\n***"
    assert labels(page, "Leek soup for four people") == [0, 0, 0, 1, 0]
    assert labels(page, "Yes\nLeek soup for four people") == [1, 0, 0, 1, 0]
    # Which of two rows of stars is meant, no word says; and where lines were rewritten, those without words stay in doubt.
    assert labels(page, "***\nLeek soup for four people") == [0, -1, 0, 1, -1]
    assert labels(page, "***\nLeek soup for four people\n***") == [0, 1, 0, 1, 1]
    assert labels(page, "Leek soup for four hungry people")[1] == -1


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Wer\xadbung im Gar\xadten ist er\xadlaubt", "Werbung im Garten ist erlaubt"),
        ("٣ تعليقات على هذا المقال", "3 تعليقات على هذا المقال"),
        ("Le cafe\u0301 d’a\u0300 co\u0302te\u0301", "Le café d’à côté"),
        ("Fish &amp; chips in the cafÃ© now", "Fish & chips in the café now"),
        ("Leek soup in the café now", "Leek soup in the cafÃ© now"),
    ],
)
def test_what_is_not_seen_or_repaired_does_not_matter(line: str, wanted: str) -> None:
    assert labels(f"Menu\n{line}\nImprint", wanted) == [0, 1, 0]


def test_wanted_text_of_another_page_is_refused() -> None:
    with pytest.raises(ValueError, match="soup: 25% of the words of its wanted text stand in the page"):
        labelled_page("soup", "soup", PAGE, "Boil the beans by all means until tender")


def test_folders(tmp_path: Path) -> None:
    for folder, text in (("pages", PAGE), ("wanted", WANTED)):
        for name in ("b.txt", "a.txt", "site/one.txt", "site/two.txt", "site/deep/three.txt"):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_bytes(b"\xef\xbb\xbf" * (name == "a.txt") + text.encode())
    (tmp_path / "pages/notes.md").write_text("no page", encoding="utf-8")
    found = read_pairs(tmp_path / "pages", tmp_path / "wanted")
    assert [(page.doc_id, page.site) for page, _ in found] == [
        ("a.txt", "a.txt"), ("b.txt", "b.txt"), (str(Path("site/deep/three.txt")), "site"), (str(Path("site/one.txt")), "site"),
        (str(Path("site/two.txt")), "site"),
    ]  # fmt: skip
    assert {page.text for page, _ in found} == {PAGE}
    assert {text for _, text in found} == {WANTED}


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    for folder in ("pages", "wanted"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_bytes(b"Leek soup\r\nBoil the leeks.\r\n")
    assert read_pairs(tmp_path / "pages", tmp_path / "wanted")[0][0].text == "Leek soup\r\nBoil the leeks.\r\n"


def test_links_capitals_and_a_folder_within_the_other(tmp_path: Path) -> None:
    for name, data in {"wanted/A.TXT": b"Leek", "A.TXT": b"Leek", ".b.txt": b"b", "_cleantext/c.txt": b"c", "d/e.txt": b"Leek"}.items():
        (tmp_path / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pages" / name).write_bytes(data)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/f.txt").write_bytes(b"Leek")
    (tmp_path / "pages/linked").symlink_to(tmp_path / "site")
    for name in ("d/e.txt", "linked/f.txt"):
        (tmp_path / "pages/wanted" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pages/wanted" / name).write_bytes(b"Leek")
    found = read_pairs(tmp_path / "pages", tmp_path / "pages/wanted")
    assert [page.doc_id for page, _ in found] == ["A.TXT", str(Path("d/e.txt")), str(Path("linked/f.txt"))]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"pages: there is no \.txt file in it"),
        ({"pages/a.txt": b"a"}, r"wanted: there is no a\.txt; give each page its wanted text, an empty file"),
        ({"pages/a.txt": b"a", "pages/b.txt": b"b", "pages/c.txt": b"c"}, r"there is no a\.txt and 2 more"),
        ({"pages/a.txt": b"a", "wanted/a.txt": b"a", "wanted/b.TXT": b"b"}, r"pages: there is no b\.TXT; what is in .*wanted must have"),
        ({"pages/a.txt": b"Leek \xff", "wanted/a.txt": b"Leek"}, r"a\.txt: byte 5 is not UTF-8"),
        ({"pages/a.txt": b"Leek", "wanted/a.txt": b"Beans"}, r"a\.txt: 0% of the words"),
    ],
)
def test_what_is_wrong_is_named(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    for folder in ("pages", "wanted"):
        (tmp_path / folder).mkdir()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_pairs(tmp_path / "pages", tmp_path / "wanted")
