"""Extractors of main content that see the HTML: for labels from their agreement (`agreement`), and as peers in the benchmarks."""

from __future__ import annotations

import functools
import re


def trafilatura(html: str) -> str | None:
    import trafilatura

    # As its own evaluation does. On these pages it gives 0.822 against 0.817 with the default, which appends comments;
    # favor_recall gave 0.798, favor_precision 0.766, fast 0.776 (every fifth page of WCXB).
    text: str | None = trafilatura.extract(html, include_comments=False)
    return text


def readability(html: str) -> str | None:
    from readability import Document
    from resiliparse.extract.html2text import extract_plain_text

    # readability gives HTML; resiliparse turns that HTML into text without choosing any more.
    return str(extract_plain_text(Document(html).summary(), alt_texts=False))


def resiliparse_main(html: str) -> str | None:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(html, main_content=True, alt_texts=False))


def justext(html: str) -> str | None:
    import justext

    stopwords = justext_stopwords(page_language(html))
    # jusText's own advice for a language it has no list for: an empty list and no threshold on it.
    without_list = {} if stopwords else {"stopwords_low": 0, "stopwords_high": 0}
    paragraphs = justext.justext(html, stopwords, **without_list)
    return "\n".join(p.text for p in paragraphs if not p.is_boilerplate)


# Language of a page -----------------------------------------------------------------------------------------------

_LANG_ATTRIBUTE = re.compile(r"<html\b[^>]{0,2000}?\blang\s*=\s*[\"']?\s*([A-Za-z]{2,3})\b", re.IGNORECASE)

# ISO 639-1 code of the `lang` attribute to the name of jusText's stop word list.
_STOPLISTS = {
    "af": "Afrikaans", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ka": "Georgian", "kk": "Kazakh", "kn": "Kannada", "ko": "Korean", "la": "Latin", "lb": "Luxembourgish",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "ms": "Malay",
    "mt": "Maltese", "nb": "Norwegian_Bokmal", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian_Nynorsk",
    "no": "Norwegian_Bokmal", "oc": "Occitan", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili",
    "ta": "Tamil", "te": "Telugu", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese",
}  # fmt: skip


def page_language(html: str) -> str:
    """Two- or three-letter code from the page's own `<html lang=...>`, "en" where there is none.

    >>> page_language('<!doctype html><html class="a" lang="de-AT"><p>Guten Tag')
    'de'
    >>> page_language("<p>Hello")
    'en'
    """
    found = _LANG_ATTRIBUTE.search(html, 0, 20_000)
    return found[1].lower() if found else "en"


@functools.cache
def justext_stopwords(language: str) -> frozenset[str]:
    """jusText's stop words for a language code, empty where it has no list (Chinese, Japanese, Thai ...)."""
    import justext

    name = _STOPLISTS.get(language)
    return justext.get_stoplist(name) if name else frozenset()
