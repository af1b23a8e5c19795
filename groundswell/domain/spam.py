"""One voice is counted once: what a copied text is, and how many posts a keyword's posts are worth."""

import regex

SHORTEST_COPIED_TEXT = 30
"""Characters: shorter texts are alike by chance, and captions that are only hashtags are no copies of each other."""

VARIED_PATTERN = r"[\p{N}\p{Z}\p{Cc}]"
"""Copies differ in numbers and space too."""
_VARIED = regex.compile(VARIED_PATTERN)


class _Unvaried(dict[int, str]):
    """Each character as `str.translate` wants it: itself, or nothing where copies vary in it."""

    def __missing__(self, code: int) -> str:
        self[code] = "" if _VARIED.match(chr(code)) else chr(code)
        return self[code]


_UNVARIED = _Unvaried()


def copied_text_key(bare: str) -> str | None:
    """Return what copies of a text have in common, or None where too little of it remains.

    Parameters
    ----------
    bare : str
        Of `groundswell.domain.keywords.bare_text`: copies differ in what they point at.

    >>> copied_text_key("win 1000 followers now, follow   and like:    ")
    'winfollowersnow,followandlike:'
    >>> copied_text_key("look 😍       ") is None
    True
    """
    if len(bare) < SHORTEST_COPIED_TEXT:
        return None
    key = bare.translate(_UNVARIED)
    return key if len(key) >= SHORTEST_COPIED_TEXT else None


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
