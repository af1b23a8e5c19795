"""One voice is counted once: what a copied text is, and how many posts a keyword's posts are worth.

`groundswell.frames.spam` is the same in Spark expressions, held against this module by property tests.
"""

import regex

from groundswell.domain.keywords import HASHTAG_REMAINS_PATTERN, MENTION_PATTERN, URL_PATTERN

SHORTEST_COPIED_TEXT = 30
"""Characters: shorter texts are alike by chance, and captions that are only hashtags are no copies of each other."""

# Copies differ in what they point at and in numbers. Not `\s`: Java and Python differ in what they take for a space.
VARIED_PATTERNS = (URL_PATTERN, MENTION_PATTERN, HASHTAG_REMAINS_PATTERN, r"[\p{N}\p{Z}\p{Cc}]+")

_VARIED = tuple(map(regex.compile, VARIED_PATTERNS))


def copied_text_key(normal_text: str) -> str | None:
    """Return what copies of a text have in common, or None where too little of it remains.

    Parameters
    ----------
    normal_text : str
        Of `groundswell.domain.keywords.normal_form`.

    >>> copied_text_key("win 1000 followers now, follow @me and like: https://x.y #fyp #free")
    'winfollowersnow,followandlike:'
    >>> copied_text_key("look 😍 #fyp #foryou #foryoupage #viral #trending") is None
    True
    """
    for pattern in _VARIED:
        normal_text = pattern.sub("", normal_text)
    return normal_text if len(normal_text) >= SHORTEST_COPIED_TEXT else None


def counted_posts(posts: int, authors: int, texts: int) -> int:
    """Return the number of posts to judge by: one author or one copied text a thousand times is one voice.

    Parameters
    ----------
    posts : int
    authors : int
        Different authors of the posts.
    texts : int
        Different texts among them, copies taken as one.

    Returns
    -------
    int
        `posts` where at least half of them are voices of their own, else the number of voices.

    >>> counted_posts(100, 80, 60), counted_posts(100, 3, 90), counted_posts(100, 90, 1)
    (100, 3, 1)
    """
    voices = min(authors, texts)
    return posts if 2 * voices >= posts else voices
