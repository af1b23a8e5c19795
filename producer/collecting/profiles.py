"""Profile requests: a page is fetched, kept, read and merged; what fails becomes a dead letter with its reason."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from groundswell.contracts.post_forms import post_of
from groundswell.contracts.profile_pages import ProfilePage, ProfilePageError, read_profile_page
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.post import Post
from producer.collecting.collect import Pace
from producer.collecting.hosts import FetchError, ForbiddenAddressError, user_name_of
from producer.collecting.page_store import content_digest, processed_key, raw_key, told
from producer.collecting.post_outlet import line_of
from producer.collecting.profile_tables import SeenProfile
from producer.collecting.robots import RobotsError

logger = logging.getLogger(__name__)

LONGEST_REQUEST_BYTES = 2_000


class RequestRefusedError(Exception):
    """A request that can't be met; `reason` is one word for a dead letter's header."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Keeping(Protocol):
    """Where pages and what they told are kept."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep an object."""

    def is_known(self, user_name: str, content_digest: str) -> bool:
        """Whether the newest page of the user told the same."""

    def send(self, user_name: str, lines: list[bytes], seen_at: datetime) -> None:
        """Send posts, stamped with the moment."""

    def merge(self, seen: SeenProfile, posts: list[Post]) -> None:
        """Merge a profile and its posts into the tables."""


@dataclass
class Profiles:
    """Meets requests.

    Parameters
    ----------
    fetch : callable
        Address -> bytes; raises FetchError or ForbiddenAddressError.
    allowed : callable
        Raises RobotsError or FetchError for an address that robots.txt asks to leave alone.
    keeping : Keeping
    pace : Pace
    nap : callable
        Waits so many seconds; may raise to end.
    now : callable
        Epoch seconds.
    """

    fetch: Callable[[str], bytes]
    allowed: Callable[[str], None]
    keeping: Keeping
    pace: Pace
    nap: Callable[[float], None]
    now: Callable[[], float] = field(default=time.time)

    def meet(self, request: bytes) -> bool:
        """Fetch, keep, read and merge a profile; return False where its page told nothing new.

        Parameters
        ----------
        request : bytes
            A page's address or @name.

        Raises
        ------
        RequestRefusedError
            It can't be met.
        UnavailableError
            S3, Kafka or Postgres is away: the request is to be tried again.
        """
        try:
            name = user_name_of(_text(request))
            url = f"https://www.tiktok.com/@{name}"
            html = self._fetched(url)
        except (ForbiddenAddressError, RobotsError) as error:
            raise RequestRefusedError(getattr(error, "reason", "forbidden"), error.message) from error
        except FetchError as error:
            raise RequestRefusedError(error.reason, error.message) from error
        # Whole milliseconds, as the records' time stamps are.
        seen_at = datetime.fromtimestamp(int(self.now() * 1000) / 1000, UTC)
        key = raw_key(name, seen_at, html)
        self.keeping.put(key, html, "text/html")
        try:
            page = read_profile_page(html.decode("utf-8", "replace"), name)
        except ProfilePageError as error:
            raise RequestRefusedError(error.reason, error.message) from error
        return self._merged(page, seen_at, key)

    def _merged(self, page: ProfilePage, seen_at: datetime, key: str) -> bool:
        name, digest = page.profile.user_name, content_digest(page)
        if self.keeping.is_known(name, digest):
            return False
        self.keeping.put(processed_key(name, seen_at, digest), line_of(told(page)), "application/json")
        lines = [line_of(post) for post in page.posts]
        self.keeping.send(name, lines, seen_at)
        posts = [post for line in lines if (whole := read_whole_post(line)) and (post := post_of(whole))]
        self.keeping.merge(SeenProfile(page.profile, seen_at, key, digest), posts)
        return True

    def _fetched(self, url: str) -> bytes:
        attempt = 0
        while True:
            attempt += 1
            try:
                self.allowed(url)
                return self.fetch(url)
            except FetchError as error:
                if not error.is_passing or attempt >= self.pace.attempts:
                    raise
                wait_seconds = self.pace.wait_seconds(attempt)
                logger.warning("%s; asking again in %.0f s", error.message, wait_seconds)
                self.nap(wait_seconds)


def _text(request: bytes) -> str:
    if len(request) > LONGEST_REQUEST_BYTES:
        raise RequestRefusedError("too_large", f"{len(request)} bytes, at most {LONGEST_REQUEST_BYTES}")
    try:
        return request.decode()
    except UnicodeDecodeError as error:
        raise RequestRefusedError("bad_utf8", f"{error.reason} at byte {error.start}") from None
