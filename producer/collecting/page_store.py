"""Profile pages in the lake's bucket: the page as it came, and what it told, each under a dated key."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from groundswell.contracts.profile_pages import ProfilePage
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

RAW_PREFIX = "profiles/raw"
PROCESSED_PREFIX = "profiles/processed"


def raw_key(user_name: str, fetched_at: datetime, html: bytes) -> str:
    """Return where a page as it came is kept.

    >>> raw_key("ana", datetime(2026, 11, 22), b"<html>")
    'profiles/raw/day=2026-11-22/ana/b7d082ee12e91b75.html'
    """
    return f"{RAW_PREFIX}/day={fetched_at:%Y-%m-%d}/{user_name}/{hashlib.sha256(html).hexdigest()[:16]}.html"


def processed_key(user_name: str, fetched_at: datetime, digest: str) -> str:
    """Return where what a page told is kept.

    >>> processed_key("ana", datetime(2026, 11, 22), "ab")
    'profiles/processed/day=2026-11-22/ana/ab.json'
    """
    return f"{PROCESSED_PREFIX}/day={fetched_at:%Y-%m-%d}/{user_name}/{digest}.json"


def told(page: ProfilePage) -> dict[str, Any]:
    """Return what a page told, for JSON."""
    return {"profile": asdict(page.profile), "posts": list(page.posts)}


def content_digest(page: ProfilePage) -> str:
    """Return a digest that is equal where pages tell the same."""
    text = json.dumps(told(page), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class PageStore:
    """Keeps pages.

    Parameters
    ----------
    client : boto3 client
        Of S3.
    settings : Settings
    """

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep an object.

        Raises
        ------
        UnavailableError
            The object store doesn't take it.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        lake = self._settings.lake
        try:
            self._client.put_object(Bucket=lake.bucket, Key=key, Body=body, ContentType=content_type)
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(
                f"the lake at {lake.endpoint_url} doesn't take {key}: {error}", "check S3 with `groundswell status`"
            ) from error
