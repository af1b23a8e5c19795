"""What the delay benchmark sends, and what it says of the alerts that answered."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner

from benchmarks.speed import delay, delay_feed, delay_report
from benchmarks.speed.data import Facts
from benchmarks.speed.delay_feed import Level, Sent
from benchmarks.speed.delay_report import GOAL_LEVEL, Delays, Measured
from benchmarks.speed.stream_contestants import ALERTS, BOTH
from benchmarks.speed.stream_data import Counted, StreamPosts

LEVEL = Level("l1", 1000.0, 0, 3, 4.0)


class Listener:
    came_at: ClassVar = {"#burstl1x0": 107.0, "#burstl1x1": 109.5}


def test_a_delay_begins_with_the_post_that_completes_the_bucket() -> None:
    bursts = [LEVEL.burst(bucket) for bucket in range(3)]
    sent = Sent(
        dict(zip(bursts, (100.0, 104.0, 108.0), strict=True)), dict(zip(bursts, (104.0, 108.0, 112.0), strict=True))
    )
    found = delay._delays(sent, LEVEL, ALERTS, 50, Listener())  # type: ignore[arg-type]
    assert (found.judged, found.total, found.silent) == ([3.0, 1.5], [7.0, 5.5], 1)


def test_lag_that_grows_shows_between_the_first_and_the_last_third() -> None:
    levels = [Delays(ALERTS, 50, 1.0, delays, delays, 0, 0.0) for delays in ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])]
    assert [level.growth for level in levels] == [2.0, 0.0]


def test_posts_sent_again_have_ids_of_their_own_and_bursts_an_author_each() -> None:
    line = b'{"itemInfos":{"id":"7","text":"x","createTime":"7","authorId":"7"},"textExtra":[]}'
    first, second = (json.loads(delay_feed._renewed(line, number, 9_000))["itemInfos"] for number in (1, 2))
    assert first["id"] != second["id"]
    assert (first["createTime"], first["authorId"]) == ("9", "7")
    one, other = (json.loads(delay_feed._burst_post("#b", number, 5_000)) for number in (1, 2))
    assert one["itemInfos"]["authorId"] != other["itemInfos"]["authorId"]
    assert one["itemInfos"]["createTime"] == "5"


def test_a_whole_run_writes_its_section_and_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Counted(0, 0, 0, 0, 0)
    posts = StreamPosts(Path(), Facts(1000, 3_000_000, 3.0, 10, 48), nothing, nothing, Path())
    levels = [
        Delays(way, percent, 1.0, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], 0, 0.3)
        for way in delay.WAYS
        for percent in delay.LEVELS
    ]
    tops = dict.fromkeys(delay.WAYS, 4.0)
    monkeypatch.setattr(delay, "measure", lambda *_: Measured(posts, "a machine", tops, 7, 4.0, levels))

    result = CliRunner().invoke(delay.main, ["--out", str(tmp_path / "PERFORMANCE.md")], catch_exceptions=False)

    assert result.exit_code == 0
    document = (tmp_path / "PERFORMANCE.md").read_text(encoding="utf-8")
    assert "<!-- delay -->" in document
    assert document.count("0.3 s") == len(levels)
    picture = (tmp_path / "performance" / "delay.svg").read_text(encoding="utf-8")
    assert picture.count("75 % (1 posts/s)") == 2
    assert "both queries" in picture


def test_no_two_levels_share_keywords_or_days_and_all_have_as_many_posts_a_bucket() -> None:
    levels = [level for way in delay.WAYS for _, level in delay._levels(way, 1000.0, 30, 4.0)]
    assert len({level.name for level in levels}) == len({level.start_s for level in levels}) == len(levels)
    assert {level.posts_per_second * level.bucket_passes_seconds for level in levels} == {2000.0}


def test_a_median_over_five_seconds_is_a_goal_missed() -> None:
    slow = Delays(BOTH, GOAL_LEVEL, 1.0, [5.1] * 3, [6.0] * 3, 0, 0.0)
    quick = Delays(ALERTS, GOAL_LEVEL, 1.0, [4.9] * 3, [6.0] * 3, 0, 0.0)
    posts = StreamPosts(Path(), Facts(1, 1, 1.0, 1, 1), *[Counted(0, 0, 0, 0, 0)] * 2, Path())
    rows = delay_report._goals(Measured(posts, "", {}, 0, 4.0, [quick, slow]))
    missed = [row[0] for row in rows if row[-1] != "yes"]
    assert missed == ["median at 50 %, both queries"]
