"""The posts behind a keyword's counts: how many voices they are, and which of them were noticed most."""

from dataclasses import dataclass

SHOWN_POSTS = 5
SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class EvidencePost:
    """A post that mentions the keyword.

    Attributes
    ----------
    post_id : str
    author : str
        Name as in tiktok.com/@name; empty where the record doesn't say.
    text : str
        Up to `SHOWN_CHARACTERS` characters as written.
    engagement : int
        Likes + comments + shares when it was first seen.
    seen_at_s : int
        Stream time, epoch seconds.
    link : str
        Its page.
    """

    post_id: str
    author: str
    text: str
    engagement: int
    seen_at_s: int
    link: str


@dataclass(frozen=True)
class Evidence:
    """A keyword's posts in a window.

    Attributes
    ----------
    posts : int
    authors : int
        Different authors; a post without one is counted as an author of its own.
    texts : int
        Different texts, copies taken as one; see `groundswell.domain.spam`.
    top : tuple of EvidencePost
        The `SHOWN_POSTS` with most engagement, most first.
    """

    posts: int
    authors: int
    texts: int
    top: tuple[EvidencePost, ...]


def link(author: str, post_id: str) -> str:
    """Return the address of a post's page; TikTok finds it by the id, whatever the author's name.

    >>> link("ana", "6801"), link("", "6801")
    ('https://www.tiktok.com/@ana/video/6801', 'https://www.tiktok.com/@/video/6801')
    """
    return f"https://www.tiktok.com/@{author}/video/{post_id}"
