"""Dead letters on a real broker: looked at, tried again once, parked where they fail again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from groundswell.adapters.kafka import producer
from groundswell.contracts.topics import DEAD_LETTERS, POSTS

BROKEN = [b"{", b'{"createTime":1780000000}', b'{"text":"h\xc3\xa9"}', b"\xff\xfe not utf-8", b"x" * 1_000_010]
POST = b'{"itemInfos":{"id":"77","createTime":"1780000000","text":"back again"}}'


@pytest.fixture(scope="module")
def pipeline(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make_pipeline("deadletters")
    path = tmp_path_factory.mktemp("dead") / "mixed.ndjson"
    path.write_bytes(b"\n".join([POST.replace(b"77", b"1"), *BROKEN]) + b"\n")
    assert made.replay(path)["dead_lettered"] == len(BROKEN)
    return made


def listed(pipeline: Any, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in pipeline.cold("deadletters", "list", "--json", *arguments).splitlines()]


def post_ids(pipeline: Any) -> list[bytes]:
    return [message.key() for message in pipeline.records(POSTS)]


def refuse_for_a_rule_of_former_times(pipeline: Any) -> None:
    """Put a post on the dead-letter topic, as a check that has been mended since would have."""
    sender = producer(pipeline.settings)
    headers = {
        "reason": b"old_rule", "detail": b"", "source": b"old.ndjson", "line_number": b"3",
        "original_bytes": b"%d" % len(POST),
    }  # fmt: skip
    sender.produce(DEAD_LETTERS.name(pipeline.settings.kafka.topic_prefix), POST, headers=headers)
    assert sender.flush(20) == 0


def test_they_are_counted_by_reason_with_their_bytes(pipeline: Any) -> None:
    found = {row["reason"]: (row["count"], row["original_bytes"], row["state"]) for row in listed(pipeline)}
    by_hand = {
        "bad_json": (1, 1, "waiting"),
        "no_id": (2, len(BROKEN[1]) + len(BROKEN[2]), "waiting"),
        "bad_utf8": (1, len(BROKEN[3]), "waiting"),
        "too_large": (1, len(BROKEN[4]), "waiting"),
    }
    assert {reason: found[reason] for reason in by_hand} == by_hand


def test_each_is_shown_with_its_reason_place_and_original_bytes(pipeline: Any) -> None:
    (row,) = listed(pipeline, "--each", "--reason", "bad_utf8")
    assert (row["source"].endswith("mixed.ndjson"), row["line_number"]) == (True, 5)
    process = pipeline.start("deadletters", "show", row["place"], "--raw", stdout=-1)
    assert process.communicate(timeout=60)[0] == BROKEN[3] + b"\n"
    assert "bad_utf8" in pipeline.cold("deadletters", "show", row["place"])


def test_a_place_without_a_dead_letter_is_an_error_that_names_it(pipeline: Any) -> None:
    for command in ("show", "requeue"):
        assert "0:9999" in pipeline.cold("deadletters", command, "0:9999", exit_code=2)
    assert "--all" in pipeline.cold("deadletters", "requeue", exit_code=2)


def test_tried_again_posts_are_sent_once_and_what_fails_again_is_parked(pipeline: Any) -> None:
    refuse_for_a_rule_of_former_times(pipeline)
    first = json.loads(pipeline.cold("deadletters", "requeue", "--all", "--json"))
    assert first == {"requeued": 1, "parked": {"bad_json": 1, "no_id": 2, "bad_utf8": 1, "too_large": 1}}
    again = json.loads(pipeline.cold("deadletters", "requeue", "--all", "--json"))
    assert again == {"requeued": 0, "parked": {}}
    assert post_ids(pipeline).count(b"77") == 1
    states = {(row["reason"], row["state"]): row["count"] for row in listed(pipeline)}
    assert states["old_rule", "requeued"] == 1
    assert sum(count for (_, state), count in states.items() if state == "parked") == len(BROKEN)
    # Nothing loops: what was refused again is no new dead letter.
    assert len(pipeline.records(DEAD_LETTERS)) == len(BROKEN) + 1
    parked = json.loads(pipeline.cold("deadletters", "requeue", "--reason", "no_id", "--parked", "--json"))
    assert parked == {"requeued": 0, "parked": {"no_id": 2}}
