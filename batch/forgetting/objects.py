"""A person's objects in the lake's bucket: profile pages, and comments of theirs or on their posts."""

import json
from collections.abc import Iterator
from typing import Any

from batch.forgetting.person import Person

_PROFILES = "profiles/"
_COMMENTS = "comments/"


def forget_objects(client: Any, bucket: str, person: Person) -> dict[str, int]:
    """Delete a person's objects, and their lines of those that hold others' comments, too.

    Returns
    -------
    dict
        How many `objects`, and how many `lines of comments` in others.
    """
    deleted = lines = 0
    for key in _keys(client, bucket, _PROFILES):
        if _folder(key) in person.names:
            client.delete_object(Bucket=bucket, Key=key)
            deleted += 1
    for key in _keys(client, bucket, _COMMENTS):
        if _folder(key) in person.post_ids:
            client.delete_object(Bucket=bucket, Key=key)
            deleted += 1
        elif _folder(key) in person.commented_ids:
            lines += _without_their_lines(client, bucket, key, person)
    return {"objects": deleted, "lines of comments": lines}


def _without_their_lines(client: Any, bucket: str, key: str, person: Person) -> int:
    found = client.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
    kept = [line for line in found if not _is_theirs(line, person)]
    if len(kept) < len(found):
        client.put_object(Bucket=bucket, Key=key, Body=b"".join(line + b"\n" for line in kept))
    return len(found) - len(kept)


def _is_theirs(line: bytes, person: Person) -> bool:
    comment = json.loads(line)
    user = comment.get("user") if isinstance(comment, dict) else None
    if not isinstance(user, dict):
        return False
    return str(user.get("uid")) == person.author_id or str(user.get("unique_id", "")).lower() in person.names


def _folder(key: str) -> str:
    """Return the folder of an object: a user's name or a post's id."""
    return key.rsplit("/", 2)[-2]


def _keys(client: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield str(found["Key"])
