import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from web_form import web_post

from groundswell.errors import InputError
from producer.collecting.feed_places import feed_key
from producer.collecting.feeds import Feed, FeedCursor
from producer.collecting.post_outlet import LinesFile, PostOutlet, positions_in
from producer.positions import Position
from producer.sink import DrySink

FEED = Feed("hashtag", "cats")
NOW_S = 1_800_000_000.25


class NotedSink(DrySink):
    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.committed: dict[str, Position] = {}

    def produce(self, topic: str, value: bytes, key: bytes | None = None, *, timestamp: int, headers: Any) -> None:
        self.records.append({"topic": topic, "value": value, "key": key, "timestamp": timestamp, **dict(headers)})

    def commit(self, positions: Mapping[str, Position]) -> None:
        self.committed |= positions


def outlet(sink: NotedSink, committed: Mapping[str, Position] | None = None, file: Any = None) -> PostOutlet:
    return PostOutlet(sink, "t.", committed or {}, file, lambda: NOW_S)


def test_posts_go_out_as_a_replays_do_stamped_with_the_moment() -> None:
    sink, post = NotedSink(), web_post(1, "hi #cats", 1_700_000_000)
    out = outlet(sink)

    out.begin(FEED)
    out.take([post])
    out.commit(FeedCursor("30"), finished=False)

    (record,) = sink.records
    assert json.loads(record["value"]) == {**post, "time_stamp": 1_800_000_000_250}
    assert (record["topic"], record["key"], record["timestamp"]) == (
        "t.posts_v1",
        post["id"].encode(),
        1_800_000_000_250,
    )
    assert (record["source"], record["line_number"]) == (b"scrape:hashtag:cats", b"1")


def test_what_is_no_post_becomes_a_dead_letter_and_the_counts_add_up() -> None:
    sink = NotedSink()
    out = outlet(sink)

    out.begin(FEED)
    out.take([web_post(1, "x", 1_700_000_000), {"id": "7", "desc": "no time"}, "no object"])
    out.commit(FeedCursor(), finished=True)

    assert [record["reason"] for record in sink.records[1:]] == [b"no_creation_time", b"not_an_object"]
    assert out.counts.sent == 1
    assert out.counts.dead == 2
    assert out.counts.adds_up()


def test_a_cut_feed_goes_on_and_a_finished_one_begins_anew() -> None:
    sink = NotedSink()
    out = outlet(sink)
    out.begin(FEED)
    out.take([web_post(1, "x", 1_700_000_000)])
    out.commit(FeedCursor("30", "s"), finished=False)

    again = outlet(NotedSink(), sink.committed)
    assert again.begin(FEED) == FeedCursor("30", "s")
    again.take([web_post(2, "x", 1_700_000_000)])
    assert again.counts.sent == 1

    again.commit(FeedCursor("60"), finished=True)
    assert again.begin(FEED) == FeedCursor()


def test_a_file_gets_the_lines_as_they_came_and_keeps_the_place_beside_it(tmp_path: Path) -> None:
    path, posts = tmp_path / "posts.ndjson", [web_post(1, "héllo\u2028", 1_700_000_000), web_post(2, "\ud83d", 1)]
    file = LinesFile(path)
    out = outlet(NotedSink(), file=file)
    out.begin(FEED)
    out.take(posts)
    out.commit(FeedCursor("30"), finished=False)
    file.close()

    assert [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] == posts
    assert positions_in(LinesFile(path))[feed_key(FEED)].feed_cursor


def test_what_wasnt_committed_is_cut_off_the_file(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"earlier\n")
    file = LinesFile(path)
    out = outlet(NotedSink(), file=file)
    out.begin(FEED)
    out.take([web_post(1, "x", 1_700_000_000)])
    out.commit(FeedCursor("30"), finished=False)
    good = path.read_bytes()
    out.take([web_post(2, "x", 1_700_000_000)])
    file.close()
    assert path.read_bytes() == good

    path.write_bytes(good + b'{"id": "killed in the mid')
    LinesFile(path).close()
    assert path.read_bytes() == good
    assert good.startswith(b"earlier\n")


def test_nothing_stays_beside_a_file_that_is_finished(tmp_path: Path) -> None:
    file = LinesFile(tmp_path / "posts.ndjson")
    out = outlet(NotedSink(), file=file)
    out.begin(FEED)
    out.commit(FeedCursor(), finished=True)
    file.close()

    assert [path.name for path in tmp_path.iterdir()] == ["posts.ndjson"]


def test_a_file_that_cant_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-folder"):
        LinesFile(tmp_path / "no-folder" / "posts.ndjson")
