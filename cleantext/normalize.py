"""Text repair by ftfy, with the lines that ftfy would leave alone decided in bulk.

`fix_text` and `fix_many` return exactly what ``ftfy.fix_text(text, config)`` returns. ftfy takes 100-240 ns a byte,
nearly all of it to find out that a line is fine. Here a block of pages goes through the tables of
`cleantext.ftfy_tables` in a few array operations, which name the lines that *may* need repair: a few in ten thousand.
Those go to ftfy, the others are not copied. `cleantext.ftfy_screen` does it, and says why that is exact.

Entities, with ``unescape_html="auto"`` (the default): in a page's text, ``&amp;`` and the like are decoded up to the
first line that contains a ``<``; in that line and all later ones of the same page they stay, because the text then
seems to be HTML source. That is ftfy's rule, kept as it is; it never reaches from one page into another. (If that
line is longer than `max_decode_length`, the rule holds from the piece with the ``<`` on.)

If the installed ftfy is of an unknown make, every text simply goes to ftfy, and a `RuntimeWarning` says so once.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cleantext.ftfy_screen import Screen
from cleantext.ftfy_tables import UnknownFtfyError, check_structure

if TYPE_CHECKING:
    import ftfy

    DEFAULT_CONFIG: ftfy.TextFixerConfig

__all__ = ["DEFAULT_CONFIG", "fix_many", "fix_text"]

# Pages are joined up to this many characters (one longer page is a block of its own). On English with curly quotes,
# blocks of 2^14, 2^15, 2^16, 2^17 characters took 1.8, 1.4, 1.2, 1.1 ns a byte; from 2^18 on it was 2.3, as the
# allocator then hands the buffers back to the system after every block, and each new page of memory is a fault.
_BLOCK_CHARACTERS = 1 << 17

# As UTF-8, of which arrays are made for a few characters only, they are joined up to so many bytes.
_BLOCK_BYTES = 1 << 20

# Versions with which the tests of this module were run (6.2.1 calls itself 6.2.0). Another one is trusted only after a
# trial, see `Screen.prove`.
_PROVEN_VERSIONS = frozenset({"6.2.0", "6.2.2", "6.2.3", "6.3.0", "6.3.1"})


@functools.cache
def _default_config() -> ftfy.TextFixerConfig:
    """The settings for corpora: repair what is broken, keep what the author typed."""
    import ftfy

    return ftfy.TextFixerConfig(
        # On, their defaults: each undoes damage that a machine did and that no reader could want.
        unescape_html="auto",  # entities left by a half-done HTML-to-text step; "auto" spares pages about HTML
        remove_terminal_escapes=True,  # colour codes of terminals
        fix_encoding=True,  # mojibake: text decoded with the wrong encoding
        restore_byte_a0=True,  # ... in which a no-break space had become a space
        replace_lossy_sequences=True,  # ... of which some bytes had become a replacement character
        decode_inconsistent_utf8=True,  # ... in a line that is otherwise fine
        fix_c1_controls=True,  # U+0080-009F: Windows-1252 punctuation read as Latin-1
        fix_surrogates=True,  # halves of characters, which cannot be written as UTF-8
        remove_control_chars=True,  # bytes that show nothing, such as NUL and a BOM amid text
        # Off: these rewrite what is not broken.
        fix_latin_ligatures=False,  # typography; and "ĳ" or "ǆ" are letters to those who type them
        fix_character_width=False,  # full-width comma, brackets and digits are the norm in Chinese and Japanese
        uncurl_quotes=False,  # curly quotes are the typesetter's choice, and tell a quote from an apostrophe
        fix_line_breaks=False,  # line ends are the caller's: cleantext has its own definition of a line
        normalization=None,  # NFC would alter text that is not broken, compatibility ideographs among it
        # Lines longer than this are repaired in pieces, which bounds the time on a page without line ends.
        max_decode_length=1_000_000,
        explain=False,  # the list of steps would be thrown away
    )


def __getattr__(name: str) -> Any:
    if name == "DEFAULT_CONFIG":  # made when first asked for: importing ftfy takes 60 ms
        return _default_config()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def fix_text(text: str, config: ftfy.TextFixerConfig | None = None) -> str:
    r"""Repair mojibake, stray entities and control characters: exactly ``ftfy.fix_text(text, config)``, but faster.

    Parameters
    ----------
    text : str
        Any text, of any number of lines; lone surrogates and NUL included. It counts as one page: a ``<`` in it
        keeps entities from that line to the end of the text, with ``unescape_html="auto"``.
    config : ftfy.TextFixerConfig, optional
        All options are supported. None means `DEFAULT_CONFIG`: repair only, no change of quotes, ligatures, widths,
        line ends or normal form. `explain` gives no explanation, as in `ftfy.fix_text`; it is passed on because ftfy
        lets it change results: with ``explain=False``, ftfy takes `restore_byte_a0`, `replace_lossy_sequences`,
        `decode_inconsistent_utf8` and, within mojibake, `fix_c1_controls` to be on, whatever they say.

    Returns
    -------
    str
        `text` itself if there is nothing to repair.

    Raises
    ------
    TypeError
        If `text` is no str. (ftfy would raise UnicodeError for bytes.)
    ValueError
        If `max_decode_length` is under 1, with which ftfy would never end.

    Examples
    --------
    >>> fix_text("The cafÃ© stayed open &amp; full.")
    'The café stayed open & full.'
    >>> fix_text("Smörgåsbord à la maison: ¡olé!")
    'Smörgåsbord à la maison: ¡olé!'

    A ``<`` keeps the entities from its line on:

    >>> print(fix_text("a &amp; b\n<i>c</i> &amp; d\ne &amp; f"))
    a & b
    <i>c</i> &amp; d
    e &amp; f
    """
    return fix_many((text,), config)[0]


def fix_many(texts: Sequence[str], config: ftfy.TextFixerConfig | None = None) -> list[str]:
    r"""`fix_text` of every text, decided for all of them at once; each text is a page of its own.

    Parameters
    ----------
    texts : sequence of str
        Best called with a few hundred pages, 256 KB or more in all; under 100 KB the fixed cost of the array
        operations, some 20 us, begins to show. There is no upper limit: beside the texts and results, memory is
        bounded by some 10 bytes per character of the longest text.
    config : ftfy.TextFixerConfig, optional
        As for `fix_text`.

    Returns
    -------
    list of str
        As long as `texts`; a text with nothing to repair is the same object.

    Raises
    ------
    TypeError, ValueError
        As for `fix_text`.

    Examples
    --------
    >>> fix_many(["Ã¼ber &lt;3", "&lt;3", ""])
    ['über <3', '<3', '']
    """
    settings = _default_config() if config is None else config
    fixed = list(texts)
    ascii_only = list(map(str.isascii, fixed))  # unbound, so that anything but str is a TypeError
    screen = _screen(settings, all(ascii_only))
    if screen is None:
        import ftfy

        return [ftfy.fix_text(text, settings) for text in fixed]
    for start, end in _blocks(list(map(len, fixed)), _BLOCK_CHARACTERS):
        for plain in (True, False):
            screen.fix_pages(fixed, [i for i in range(start, end) if ascii_only[i] is plain], plain)
    return fixed


def fix_encoded(pages: Sequence[bytes], config: ftfy.TextFixerConfig | None = None) -> list[str]:
    r"""As `fix_many`, for pages as UTF-8, which are decoded: soonest done where they are bytes already.

    Parameters
    ----------
    pages : sequence of bytes
        UTF-8, lone surrogates in the generalised form of ``surrogatepass``.
    config : ftfy.TextFixerConfig, optional
        As for `fix_text`.

    Returns
    -------
    list of str
        As long as `pages`.

    Examples
    --------
    >>> fix_encoded(["Ã¼ber &lt;3".encode(), b"&lt;3", b""])
    ['über <3', '<3', '']
    """
    settings = _default_config() if config is None else config
    plain = all(map(bytes.isascii, pages))
    screen = _screen(settings, plain)
    if screen is None:
        return fix_many([page.decode("utf-8", "surrogatepass") for page in pages], settings)
    lengths = list(map(len, pages))
    if sum(lengths) <= _BLOCK_BYTES:
        return screen.fix_encoded(pages, plain)
    fixed: list[str] = []
    for start, end in _blocks(lengths, _BLOCK_BYTES):
        fixed += screen.fix_encoded(pages[start:end], plain)
    return fixed


def _blocks(lengths: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Ranges of texts that together have at most so many characters, or are one longer text."""
    start = size = 0
    for index, length in enumerate(lengths):
        if size and size + length > most:
            yield start, index
            start, size = index, 0
        size += length
    yield start, len(lengths)


@functools.lru_cache(maxsize=64)
def _screen(config: ftfy.TextFixerConfig, plain: bool) -> Screen | None:
    """The screen for a config, if `plain` for ASCII alone; None, after a warning, if ftfy is of unknown make."""
    if config.max_decode_length < 1:
        raise ValueError(f"max_decode_length must be at least 1, not {config.max_decode_length}")
    import ftfy

    version = getattr(ftfy, "__version__", "without a version")
    try:
        check_structure()
        screen = Screen(config, plain and version in _PROVEN_VERSIONS)
        if version not in _PROVEN_VERSIONS:
            screen.prove()
    except (UnknownFtfyError, ImportError, AttributeError) as problem:
        _warn_once(f"ftfy {version} is not known to cleantext, so every text goes through it, slowly: {problem}")
        return None
    return screen


@functools.cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)
