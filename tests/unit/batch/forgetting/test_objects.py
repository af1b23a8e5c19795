import io
import json
from collections.abc import Iterator
from typing import Any

from web_form import comment

from batch.forgetting.objects import forget_objects
from batch.forgetting.person import Person

ANA = Person("68", ("ana",), ("7001",), ("7002",))


class Bucket:
    """As much of boto3's client as is used."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in list(self.objects) if key.startswith(Prefix)]}
        yield {}

    def delete_object(self, Bucket: str, Key: str) -> None:
        del self.objects[Key]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body


def test_pages_and_comments_of_the_person_go_and_those_of_others_stay() -> None:
    theirs = {**comment(1, "mine"), "user": {"uid": "68", "unique_id": "ana"}}
    by_name = {**comment(2, "mine, too"), "user": {"unique_id": "Ana"}}
    other = comment(3, "another's")
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in (theirs, other, by_name))
    bucket = Bucket(
        {
            "profiles/raw/day=2026-11-22/ana/a.html": b"",
            "profiles/processed/day=2026-11-22/ana/a.json": b"",
            "profiles/raw/day=2026-11-22/anabel/a.html": b"kept",
            "comments/raw/day=2026-11-22/7001/a.ndjson": b"on their post",
            "comments/raw/day=2026-11-22/7002/a.ndjson": lines,
            "comments/raw/day=2026-11-22/7003/a.ndjson": b"kept",
            "warehouse/raw/ana/data.parquet": b"kept",
        }
    )

    assert forget_objects(bucket, "lake", ANA) == {"objects": 3, "lines of comments": 2}
    assert bucket.objects == {
        "profiles/raw/day=2026-11-22/anabel/a.html": b"kept",
        "comments/raw/day=2026-11-22/7002/a.ndjson": json.dumps(other).encode() + b"\n",
        "comments/raw/day=2026-11-22/7003/a.ndjson": b"kept",
        "warehouse/raw/ana/data.parquet": b"kept",
    }
