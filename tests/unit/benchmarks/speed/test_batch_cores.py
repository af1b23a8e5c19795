"""Who was busy with a post: sums hold, what a start costs is in no further post, and the floor is what follows."""

from pathlib import Path

import pytest

from benchmarks.speed.batch_contestants import START, CopyRun, Run
from benchmarks.speed.batch_cores import a_further_post, a_post, busy_part, cores_of, grouped
from benchmarks.speed.batch_measured import Parsed
from benchmarks.speed.batch_steps import COUNTING, FORMS, JSON, KEYWORDS, LINES, ROW, steps
from benchmarks.speed.data import Facts, Posts
from benchmarks.speed.stream_cores import COMPILERS, DRIVER, JVM, WORKERS
from groundswell.contracts.examples import example_posts


def _parsed(posts: int, noise: float = 0.0) -> Parsed:
    """Return a job that needs 10 s of Java to start, 8 to be compiled, and 100 core-µs and 80 µs for each post."""
    cores = {
        START: {JVM: 10.0, DRIVER: 0.0},
        "reading": {JVM: posts * 30e-6 + noise, COMPILERS: 8.0, WORKERS: posts * 40e-6, "Postgres": posts * 10e-6},
        "placing": {DRIVER: posts * 1e-6, "Postgres": posts * 19e-6, "S3": 0.0},
    }
    steps_s = {"reading": 5.0 + posts * 50e-6, "placing": posts * 30e-6}
    run = Run(sum(steps_s.values()), 7.0, cores, 1_000, steps_s, {})
    seconds = {"posts": posts * 20e-6}
    copy = CopyRun(seconds, {"posts": posts}, {DRIVER: posts * 5e-6, "Postgres": posts * 20e-6}, seconds)
    return Parsed(Facts(posts, posts * 3_000, 3.2, 700, 24), [(run, copy)])


PARSED = [_parsed(25_000), _parsed(50_000), _parsed(100_000), _parsed(200_000)]


def test_a_start_is_in_no_further_post() -> None:
    further = a_further_post(PARSED, lambda run, _: cores_of(run))

    assert further == pytest.approx({JVM: 30, COMPILERS: 0, WORKERS: 40, DRIVER: 1, "Postgres": 29, "S3": 0})
    assert a_post(PARSED[-1], lambda run, _: grouped(cores_of(run)))["JVM"] == pytest.approx(30 + 18 / 0.2)


def test_what_comes_out_below_zero_stays_below_zero() -> None:
    noisy = [PARSED[0], _parsed(50_000, noise=6.0), *PARSED[2:]]

    assert a_further_post(noisy, lambda run, _: cores_of(run))[JVM] == pytest.approx(30 - 6.0 / 0.15)


def test_the_tables_add_up_and_the_floor_follows_from_them() -> None:
    _, who, floor, _, by_step = busy_part(PARSED, cores=2)

    assert "| all of them | 190.0 | 100.0 | 25.0 | 25.0 |" in _squeezed(who)
    assert "| by the clock, Spark's start left out | 105.0 | 80.0 | 20.0 | 20.0 |" in _squeezed(who)
    assert "a further post would take 50 µs (it takes 80): 0.40 × COPY's speed at best" in floor
    assert "whose 20 µs keep 1.2 cores busy" in floor
    assert "70 µs for each post instead of 105: 0.29 × COPY." in floor
    assert "| reading | 50.0 | 30.0 | 40.0 | 0.0 | 10.0 | 0.0 | 80.0 |" in _squeezed(by_step)
    assert "| all of them | 80.0 | 30.0 | 40.0 | 1.0 | 29.0 | 0.0 | 100.0 |" in _squeezed(by_step)


def test_every_step_of_reading_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"".join(post.line + b"\n" for post in example_posts()))

    taken = steps(Posts(path, Facts(posts=1, data_bytes=1, compression=1.0, keywords=1, windows=1)), lambda _: None)

    assert list(taken) == [JSON, FORMS, KEYWORDS, ROW, LINES, COUNTING]
    assert min(taken[name] for name in (JSON, FORMS, KEYWORDS, COUNTING)) > 0


def _squeezed(text: str) -> str:
    return " ".join(text.split())
