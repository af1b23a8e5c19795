"""The stream's section: ratios and goals are what was measured, and everybody is in it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.speed import stream
from benchmarks.speed.data import Facts
from benchmarks.speed.stream_contestants import ALERTS, ALL, BOTH, BYTEWAX, FLINK, LAKE, ORIGINAL, PYTHON, Profile, Run
from benchmarks.speed.stream_data import Counted, StreamPosts
from benchmarks.speed.stream_picture import draw_stream
from benchmarks.speed.stream_rates import Steady
from benchmarks.speed.stream_report import WORK, Measured, Sizes, document, goals

FACTS = Facts(posts=1_000, data_bytes=3_000_000, compression=3.2, keywords=700, windows=24)
EXPECTED = Counted(posts=1_000, buckets=24, pairs=5_000, mentions=6_000, digest=1)
SPLIT = Counted(posts=1_000, buckets=24, pairs=7_000, mentions=9_000, digest=2)
FLINKS = Counted(posts=1_000, buckets=24, pairs=5_001, mentions=6_006, digest=3)
SIZES = Sizes(records_a_batch=100, warm_up_records=200, statistics_keywords=650)
PROFILE = Profile({"Kafka": 10.0, "JSON": 30.0}, {"JVM": 60.0}, {"rows": 20.0})
POSTS = StreamPosts(Path("posts"), FACTS, EXPECTED, SPLIT, Path("totals"))


def _run(name: str, rate: float) -> Run:
    return Run(name, 9.5, Steady(800, 800 / rate), 3, {}, {"Java": 30.0, "Python": 10.0})


def _measured(**rates: float) -> Measured:
    all_rates = dict.fromkeys(ALL, 100.0) | {
        ALERTS: rates.get("alerts", 600.0),
        BOTH: rates.get("both", 360.0),
        PYTHON: rates.get("python", 540.0),
        FLINK: rates.get("flink", 440.0),
    }
    runs = {name: [_run(name, rate)] * 2 for name, rate in all_rates.items()}
    return Measured(POSTS, "2 cores", runs, SIZES, FLINKS, PROFILE, {"words": 5.0})


def _met(text: str) -> list[str]:
    return [line.split("|")[-2].strip() for line in text.splitlines()[2:]]


def test_goals_are_met_at_their_limits() -> None:
    assert _met(goals(_measured())) == ["yes", "yes", "yes", "yes"]


@pytest.mark.parametrize(
    ("worse", "missed"), [({"python": 560.0}, 0), ({"flink": 460.0}, 1), ({"alerts": 590.0}, 2), ({"both": 350.0}, 3)]
)
def test_each_goal_can_be_missed(worse: dict[str, float], missed: int) -> None:
    assert _met(goals(_measured(**worse)))[missed] == "**no**"


def test_the_section_shows_every_contestant_and_part() -> None:
    text = document(_measured())

    assert text.startswith("## Stream")
    assert all(f"| {name} " in text for name in (*ALL, "Kafka", "JSON", "JVM", "rows", "words"))
    assert "| 30.0 | 75% |" in " ".join(text.split())
    assert "compressing 3.2:1" in text
    assert "Java 30.0 (75%), Python 10.0 (25%)" in text
    assert "0.10%" in text, "what Flink counted otherwise"


def test_every_contestant_says_what_it_does() -> None:
    assert set(WORK) == set(ALL)


def test_the_picture_shows_every_contestant(tmp_path: Path) -> None:
    draw_stream(tmp_path / "stream.svg", _measured())

    picture = (tmp_path / "stream.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in picture for name in (ALERTS, LAKE, FLINK, BYTEWAX))
    assert all(f">{name}<" in picture for name in (PYTHON, ORIGINAL.replace("'", "&#x27;"))) or ORIGINAL in picture


def test_a_whole_run_writes_its_section_and_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "measure", lambda *_: _measured())

    result = CliRunner().invoke(stream.main, ["--out", str(tmp_path / "PERFORMANCE.md")], catch_exceptions=False)

    assert result.exit_code == 0
    assert "## Stream" in (tmp_path / "PERFORMANCE.md").read_text(encoding="utf-8")
    assert (tmp_path / "performance" / "stream.svg").exists()


def test_a_run_of_some_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "measure", lambda *_: _measured())

    result = CliRunner().invoke(stream.main, ["--only", PYTHON, "--out", str(tmp_path / "PERFORMANCE.md")])

    assert f"{PYTHON}: [540, 540] posts/s" in result.output
    assert not list(tmp_path.iterdir())
