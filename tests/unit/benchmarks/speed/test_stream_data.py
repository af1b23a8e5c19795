"""What there is to be counted: each post once, and the same for everybody."""

import csv
import json
from pathlib import Path

import pytest

from benchmarks.speed.stream_data import Counted, StreamPosts, stream_posts
from benchmarks.speed.stream_rates import Batch, Steady, steady
from benchmarks.speed.stream_results import counted_csv


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> StreamPosts:
    return stream_posts(2_000, lambda _: None, folder=tmp_path_factory.mktemp("data"))


def test_no_post_comes_twice_and_time_never_goes_back(posts: StreamPosts) -> None:
    items = [json.loads(line)["itemInfos"] for line in posts.path.read_text(encoding="utf-8").splitlines()]
    created = [int(item["createTime"]) for item in items]

    assert len({item["id"] for item in items}) == len(items) == posts.facts.posts == posts.expected.posts
    assert posts.facts.posts < 2_000, "some were repeated"
    assert created == sorted(created)


def test_the_totals_are_those_of_the_counts(posts: StreamPosts) -> None:
    with posts.totals.open(encoding="utf-8", newline="") as file:
        totals = {keyword: int(count) for keyword, count in csv.reader(file)}

    assert totals.pop("") == posts.expected.posts
    assert sum(totals.values()) == posts.expected.mentions


def test_it_is_counted_once(posts: StreamPosts) -> None:
    before = posts.path.stat().st_mtime_ns

    assert stream_posts(2_000, lambda _: None, folder=posts.path.parent.parent) == posts
    assert posts.path.stat().st_mtime_ns == before


def test_one_count_that_differs_shows() -> None:
    counted = Counted.of([(0, "", 2), (0, "a", 2), (300, "a", 1)])

    assert (counted.posts, counted.buckets, counted.pairs, counted.mentions) == (2, 1, 2, 3)
    assert counted != Counted.of([(0, "", 2), (0, "a", 1), (300, "a", 2)])


def test_counts_are_read_whichever_way_their_time_is_written(tmp_path: Path) -> None:
    seconds, text = tmp_path / "seconds.csv", tmp_path / "text.csv"
    seconds.write_text('300,"",2\n300,the,1\n300,wave,2\n', encoding="utf-8")
    text.write_text("1970-01-01 00:05:00,,2\n1970-01-01 00:05:00,wave,2\n", encoding="utf-8")

    assert counted_csv([seconds], {"the"}) == counted_csv([text]) == Counted.of([(300, "", 2), (300, "wave", 2)])


def test_the_first_batch_is_no_part_of_the_steady_rate() -> None:
    batches = [Batch(100, 0.0, 20.0, {}), Batch(100, 20.0, 22.0, {}), Batch(60, 22.0, 24.0, {})]

    assert steady([batches]) == (20.0, Steady(160.0, 4.0))


def test_a_warm_up_may_be_longer_than_a_batch() -> None:
    batches = [Batch(100, 0.0, 20.0, {}), Batch(100, 20.0, 22.0, {}), Batch(60, 22.0, 24.0, {})]

    assert steady([batches], warm_up_batches=2) == (22.0, Steady(60.0, 2.0))


def test_of_two_queries_the_mean_counts_once_both_are_warm() -> None:
    slow = [Batch(100, 0.0, 20.0, {}), Batch(100, 20.0, 30.0, {})]
    fast = [Batch(100, 0.0, 10.0, {}), Batch(50, 10.0, 20.0, {}), Batch(50, 20.0, 22.0, {})]

    assert steady([slow, fast]) == (20.0, Steady(75.0, 10.0))


def test_a_single_batch_tells_nothing() -> None:
    with pytest.raises(ValueError, match="no batch after the warm-up"):
        steady([[Batch(100, 0.0, 20.0, {})]])
