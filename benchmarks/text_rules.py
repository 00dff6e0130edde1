"""Rules that see a page's text alone, as corpus pipelines use them: what cleantext has to beat on its own ground.

Each is a function `str -> str` that keeps or drops whole lines and changes none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cleantext.train.align import LINE_END


def _keep(text: str, wanted: Callable[[str], bool]) -> str:
    return "\n".join(line for line in LINE_END.split(text) if wanted(line.strip()))


def keep_everything(text: str) -> str:
    """The page as it is: what every other system has to justify itself against."""
    return text


# The constants of the C4 corpus (Raffel et al. 2020, section 2.2; the line filters of its published script).
C4_MIN_WORDS = 5
C4_TERMINAL = (".", "!", "?", '"')
C4_ELLIPSIS = "..."
C4_POLICY = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)


def c4_line(line: str) -> bool:
    """True if C4 keeps the line: at least five words, a terminal mark at its end, no javascript or policy notice.

    C4 also drops whole pages (bad words, braces, lorem ipsum, too few sentences); those say nothing about lines.

    >>> c4_line("The harbour was quiet that morning.")
    True
    >>> c4_line("The harbour was quiet that morning..."), c4_line("Advertisement"), c4_line("We all use cookies here.")
    (False, False, False)
    """
    lower = line.lower()
    return (
        line.endswith(C4_TERMINAL)
        and not line.endswith(C4_ELLIPSIS)
        and len(line.split()) >= C4_MIN_WORDS
        and "javascript" not in lower
        and not any(phrase in lower for phrase in C4_POLICY)
    )


def c4_rule(text: str) -> str:
    """Lines that `c4_line` keeps."""
    return _keep(text, c4_line)


_SENTENCE_END = re.compile(r"[.!?…。！？।؟۔։።]['\"”’»“‘)\]】」』]*$")


def punctuation_rule(text: str) -> str:
    """Lines that end like a sentence, in any script, closing quotes and brackets after the mark allowed.

    >>> punctuation_rule('Home\\nShe said "yes."\\n晴れです。\\nRead more')
    'She said "yes."\\n晴れです。'
    """
    return _keep(text, lambda line: _SENTENCE_END.search(line) is not None)


# What a careful person writes in an afternoon with a few hundred news pages at hand. One pattern a line, each matched
# against the whole stripped line, whatever its case.
FURNITURE_PATTERNS: tuple[str, ...] = (
    r"(?:story continues below )?(?:advertisements?|advertising|sponsored(?: content)?|promoted|ad|ads)[.:]?",
    r"(?:anzeige|werbung|publicidad|publicité|pubblicità|reklama?|publicidade|advertentie|annons|annonse|annonce)",
    r"article continues (?:after|below).*",
    r"featured video",
    r"(?:photo|image|picture|video|credit|photograph|illustration)s?(?: credits?)?\s*(?:by|of|:|via|/|courtesy).{0,80}",
    r"(?:©|\(c\)|copyright\b).{0,160}",
    r".{0,80}\ball rights reserved\b.{0,80}",
    r".{0,60}\b(?:getty images|shutterstock|istock|unsplash|afp|reuters|ap photo)\b[^.]{0,40}",
    r"(?:read|see|learn|view|show|load|find out) (?:more|also|all|next)\b.{0,100}",
    r"(?:related|recommended|more from|you may also like|you might also like|most (?:read|popular)|trending)\b.{0,80}",
    r"(?:share|tweet|pin|email|print|copy link|save|follow us|follow)(?: (?:this|on|via|to|article|story|us)\b.{0,60})?",
    r"(?:facebook|twitter|x|instagram|linkedin|whatsapp|pinterest|reddit|telegram|youtube|tiktok|threads|bluesky)",
    r"(?:sign up|subscribe|join|register|log ?in|sign in)\b.{0,120}",
    r".{0,80}\bnewsletters?\b.{0,80}",
    r".{0,80}\b(?:we use|uses|accept(?: all)?) cookies\b.{0,120}",
    r"(?:\d+ )?comments?(?: \(\d+\))?|leave a (?:comment|reply).{0,40}|no comments(?: yet)?|add (?:a )?comment",
    r"(?:skip to|jump to|back to|go to|return to)\b.{0,40}",
    r"(?:home|menu|search|close|open|next|previous|prev|contact(?: us)?|about(?: us)?|privacy(?: policy)?|terms.{0,30})",
    r"(?:tags?|topics?|categor(?:y|ies)|filed under|posted in)\s*:.{0,120}",
    r"(?:click|tap) here\b.{0,100}",
    r"(?:loading|please wait|enable javascript).{0,60}",
    r"(?:\d+ (?:shares?|views?|likes?|min(?:ute)?s? read))",
    r"[\W\d_]{0,12}",
)

_FURNITURE = re.compile("|".join(f"(?:{p})" for p in FURNITURE_PATTERNS), re.IGNORECASE)


def regex_list(text: str) -> str:
    """Lines that no pattern of `FURNITURE_PATTERNS` matches from end to end.

    >>> regex_list("Share this article\\nPhoto by Ann Lee / Getty Images\\nHe worked in advertisement.")
    'He worked in advertisement.'
    """
    return _keep(text, lambda line: _FURNITURE.fullmatch(line) is None)


TEXT_RULES: dict[str, Callable[[str], str]] = {
    "keep everything": keep_everything,
    "C4 line rule": c4_rule,
    "sentence ends": punctuation_rule,
    "regex list": regex_list,
}
"""Name as printed in tables to rule."""


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py and speed.py")
