"""Example records of the contracts, which every room's tests replay; all of them made up."""

import base64
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_FOLDER = files("groundswell.contracts") / "examples"


@dataclass(frozen=True)
class ExamplePost:
    """A line that is a post, and what every room must make of it.

    `expected` has the columns of the tables in Postgres, and besides: `what` (what the line is an example of),
    `hashtags` and `words` (its keywords, stopwords among them) and `challenge_ids`.
    """

    line: bytes
    expected: dict[str, Any]


@dataclass(frozen=True)
class ExampleDeadLetter:
    """A line that is no post, and the reason its dead letter must carry."""

    line: bytes
    reason: str


def example_posts() -> list[ExamplePost]:
    """Return the examples of the posts topic, before `time_stamp` is spliced in.

    >>> len({post.expected["post_id"] for post in example_posts()})  # one of them comes twice
    12
    """
    lines = (_FOLDER / "posts_v1.ndjson").read_bytes().splitlines()
    expected = json.loads((_FOLDER / "posts_v1.expected.json").read_text(encoding="utf-8"))
    return [ExamplePost(line, wanted) for line, wanted in zip(lines, expected, strict=True)]


def example_dead_letters() -> list[ExampleDeadLetter]:
    """Return the examples of the dead-letter topic; what is no UTF-8 stands in base64 in the file.

    >>> sorted({letter.reason for letter in example_dead_letters()})
    ['bad_json', 'bad_utf8', 'no_creation_time', 'no_id', 'not_an_object']
    """
    found = []
    for text in (_FOLDER / "dead_letters_v1.ndjson").read_text(encoding="utf-8").splitlines():
        letter = json.loads(text)
        line = letter["line"].encode() if "line" in letter else base64.b64decode(letter["line_base64"])
        found.append(ExampleDeadLetter(line, letter["reason"]))
    return found


def example_alerts() -> list[bytes]:
    """Return the examples of the alerts topic: the values of whole episodes in the order in which they are sent.

    >>> {json.loads(value)["state"] for value in example_alerts()} == {"opened", "updated", "closed"}
    True
    """
    return (_FOLDER / "alerts_v1.ndjson").read_bytes().splitlines()
