"""A post, in whatever form it came."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Post:
    """What is known of a post; None where its form doesn't tell. docs/POSTS.md says what comes from where.

    Attributes
    ----------
    post_id : str
        Not always a number.
    form : {"nested", "web"}
    text : str
        As written; may be empty.
    created_s : int
        Epoch seconds; from 1970 to 2100, so maybe unbelievable.
    digg_count, comment_count, share_count, play_count : int or None
        As told: a negative one too.
    duration_seconds : int or None
    author_id, unique_name, nickname, signature : str or None
    is_verified : bool or None
    follower_count, following_count : int or None
    music_id, music_title, music_author : str or None
    is_original : bool or None
        Whether the music is the poster's own sound.
    hashtag_names : tuple of str
        Of the text's links and of the challenges, as TikTok writes them; the text itself may hold more.
    challenges : tuple of (str, str or None)
        Ids and names.
    """

    post_id: str
    form: Literal["nested", "web"]
    text: str
    created_s: int
    digg_count: int | None
    comment_count: int | None
    share_count: int | None
    play_count: int | None
    duration_seconds: int | None
    author_id: str | None
    unique_name: str | None
    nickname: str | None
    signature: str | None
    is_verified: bool | None
    follower_count: int | None
    following_count: int | None
    music_id: str | None
    music_title: str | None
    music_author: str | None
    is_original: bool | None
    hashtag_names: tuple[str, ...]
    challenges: tuple[tuple[str, str | None], ...]
