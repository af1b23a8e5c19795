"""docs/SCALING.md: from two runs to what a million posts cost, and from that to what many posts need."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.speed.scaling import DOCUMENT, generated, with_tables
from benchmarks.speed.scaling_costs import (
    COSTS,
    DRIVER,
    PARTIES,
    STAGES,
    Costs,
    Run,
    StatisticsRun,
    Table,
    load_costs,
    save_costs,
)
from benchmarks.speed.scaling_measure import ProcessTree
from benchmarks.speed.scaling_needs import PLANNED, kept_bytes, limits, needs, partitions
from benchmarks.speed.scaling_tables import archive_table, cost_table, live_table
from groundswell.errors import InputError
from infra.airflow_environment import PROJECT


def run(posts: int, seconds: float) -> Run:
    """A run in which every stage took so many seconds of every party, a tenth of the command's in its driver."""
    return Run(
        posts=posts,
        post_bytes=posts * 2000,
        keywords=500,
        cpu_seconds={stage: dict.fromkeys(PARTIES, seconds) | {DRIVER: seconds / 10} for stage in STAGES},
        kafka_bytes=posts * 700,
        lake_bytes=posts * 500,
        state_bytes=posts * 40,
        checkpoint_files=80,
        batches=2,
        state_partitions=4,
        driver_post_bytes=200.0,
        tables={
            "posts": Table(posts, posts * 900),
            "keyword_counts": Table(posts * 3, posts * 100),
            "stream_kept_batches": Table(posts // 5_000, posts * 600),
            "keyword_statistics_1": Table(500, posts * 50),
        },
    )


@pytest.fixture
def costs() -> Costs:
    """A second of each party for 10,000 posts, and 10 to start with."""
    return Costs("2 cores", run(1_000, 10.1), run(11_000, 11.1), statistics(1_000_000, 10), statistics(3_000_000, 14))


def statistics(rows: int, seconds: float) -> StatisticsRun:
    return StatisticsRun(rows // 20, rows, dict.fromkeys(PARTIES, seconds) | {DRIVER: seconds / 10})


def need(costs: Costs, name: str, rate: float) -> float:
    return next(one.of_rate(rate) for one in needs(costs) if one.name == name)


def test_a_million_posts_cost_the_difference_of_the_runs_and_starting_is_apart(costs: Costs) -> None:
    assert costs.million("alerts query", "own") == pytest.approx(100)
    assert costs.starting("alerts query") == pytest.approx(40)


def test_a_stage_that_was_quicker_with_more_posts_costs_nothing_rather_than_less() -> None:
    counts = [statistics(rows, 1) for rows in (1, 2)]
    assert Costs("", run(1_000, 5), run(2_000, 4), *counts).million("replay", "own") == 0


def test_cores_are_the_cost_over_the_share_that_they_work(costs: Costs) -> None:
    assert need(costs, "cores of the alerts query", 10_000) == pytest.approx(10_000 * 100 / 1e6 / PLANNED.busy)
    # Each replica is written, each query reads.
    assert need(costs, "cores of the brokers", 10_000) == pytest.approx(10_000 * (3 * 100 + 200) / 1e6 / PLANNED.busy)


def test_partitions_are_whole_executors_of_the_hungrier_query_and_never_fewer_than_four(costs: Costs) -> None:
    assert [partitions(costs, PLANNED, rate) for rate in (100, 20_000, 21_000)] == [4, 4, 8]


def test_what_the_stream_lets_go_of_does_not_stay_in_postgres(costs: Costs) -> None:
    assert kept_bytes(costs) == pytest.approx(1000)


def test_the_driver_holds_the_posts_of_the_longest_window(costs: Costs) -> None:
    assert need(costs, "memory of the driver's Python, GB", 1_000) == pytest.approx(1_000 * 21_600 * 200 / 1e9)
    assert limits(costs)["driver of the alerts query: memory"][1] == pytest.approx(64e9 / 21_600 / 200)


def test_the_statistics_read_eight_weeks_of_counts_each_night(costs: Costs) -> None:
    rows = 1_000 * 86_400 * 56 * 3
    assert need(costs, "rows of counts in 56 days, billions, at most", 1_000) == pytest.approx(rows / 1e9)
    in_night = rows * 2 / 1e6 / (PLANNED.night_hours * 3600) / PLANNED.busy
    assert need(costs, "cores of recompute-statistics, at most", 1_000) == pytest.approx(in_night)
    full = limits(costs)["Postgres: cores at night"][1]
    of_jobs = [need(costs, f"cores of Postgres for {which}", full) for which in ("it", "them")]
    assert sum(of_jobs) == pytest.approx(PLANNED.postgres_cores)
    whole = need(costs, "cores of the night, one job after the other, at most", full)
    assert whole == pytest.approx(2 * PLANNED.postgres_cores)


def test_a_partition_keeps_its_share_of_the_days(costs: Costs) -> None:
    kept = need(costs, "kafka.retention_gigabytes, for 3 days", 10_000)
    assert kept == pytest.approx(10_000 * 700 * 86_400 * 3 / 4 / 1e9)


def test_the_streams_own_tables_hold_hours_not_days(costs: Costs) -> None:
    assert need(costs, "the stream's own tables in Postgres, GB", 1_000) == pytest.approx(1_000 * 600 * 7 * 3600 / 1e9)


def test_every_need_follows_the_rate_as_its_arithmetic_says(costs: Costs) -> None:
    for one in needs(costs):
        times = 0.5 if one.name.startswith("days") else 1 if one.name.startswith("kafka.retention") else 2
        assert one.of_rate(200_000) == pytest.approx(times * one.of_rate(100_000), rel=0.05), one.name
    table = live_table(costs)
    assert "posts/s × 100.0 s ÷ 10⁶ ÷ 0.5" in table
    assert "posts/s × 36 h × 3,600 s" in table


def test_the_archives_times_are_its_posts_times_their_cost(costs: Costs) -> None:
    table = archive_table(costs)
    assert "95 GB ÷ 2,100 bytes" in table
    # 45.2 million posts × 400 s of all four parties = 5.0 core-hours
    assert "45.2 M × 400.0 s ÷ 3,600 = 5.0 core-h" in table
    assert "2.5 h |   0.6 h |    0.2 h" in table
    assert "95 GB × 0.250" in table  # 500 of 2,000 bytes are in the lake


def test_the_nearest_limit_comes_first(costs: Costs) -> None:
    rates = [rate for _, rate in limits(costs).values()]
    assert rates == sorted(rates)
    assert limits(costs)["driver of the alerts query: one core"][1] == pytest.approx(PLANNED.busy / 10 * 1e6)
    assert limits(costs)["Postgres: disk"][1] == pytest.approx(10e12 / 1000 / 86_400 / 365)


def test_tables_take_their_places_and_what_is_written_by_hand_stays(costs: Costs) -> None:
    names = generated(costs)
    document = "# Head\n" + "".join(f"by hand {name}\n<!-- {name} -->\nold\n<!-- /{name} -->\n" for name in names)
    once = with_tables(document, names)
    assert cost_table(costs).strip() in once
    assert "old" not in once
    assert all(f"by hand {name}\n" in once for name in names)
    assert with_tables(once, names) == once


def test_a_document_without_a_tables_place_is_refused(costs: Costs) -> None:
    with pytest.raises(InputError, match="costs"):
        with_tables("# Head\n", generated(costs))


def test_costs_are_read_as_they_were_written(costs: Costs, tmp_path: Path) -> None:
    save_costs(tmp_path / "some" / "costs.json", costs)
    assert load_costs(tmp_path / "some" / "costs.json") == costs


@pytest.mark.parametrize("text", [None, "{}", "no json"])
def test_costs_that_cannot_be_read_say_how_to_measure_them(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "costs.json").write_text(text)
    with pytest.raises(InputError) as caught:
        load_costs(tmp_path / "costs.json")
    assert "--measure" in caught.value.way_out


def test_the_committed_document_is_that_of_the_committed_costs() -> None:
    document = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
    assert with_tables(document, generated(load_costs(PROJECT / COSTS))) == document


def test_a_process_that_ended_is_counted_with_what_it_used() -> None:
    burn = "import time; end = time.process_time() + 0.6\nwhile time.process_time() < end: pass"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    process = subprocess.Popen([sys.executable, "-c", start])
    tree = ProcessTree(psutil.Process(process.pid))
    seconds = [0.0]
    while process.poll() is None:
        seconds.append(tree.look())
        time.sleep(0.02)
    assert seconds == sorted(seconds)
    assert seconds[-1] > 0.4
    assert tree.first_seconds < 0.4  # it only waited
