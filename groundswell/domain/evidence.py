"""The posts that an alert shows: those behind its keyword that were noticed most."""

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


def link(author: str, post_id: str) -> str:
    """Return the address of a post's page; TikTok finds it by the id, whatever the author's name.

    >>> link("ana", "6801"), link("", "6801")
    ('https://www.tiktok.com/@ana/video/6801', 'https://www.tiktok.com/@/video/6801')
    """
    return f"https://www.tiktok.com/@{author}/video/{post_id}"
