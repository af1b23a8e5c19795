"""The state benchmark: posts that differ in their keywords only, and a section that says what was found."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from benchmarks.speed import state
from benchmarks.speed.data import Facts
from benchmarks.speed.driver_memory import DriverMemory
from benchmarks.speed.state_data import WORDS_A_POST, _with_words
from benchmarks.speed.stream_data import Counted, StreamPosts
from benchmarks.speed.stream_rates import Steady

NOTHING = Counted(0, 0, 0, 0, 0)


def test_words_are_taken_in_turn_and_nothing_else_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    lines = [
        {"itemInfos": {"id": str(n), "text": "x"}, "textExtra": [{"HashtagName": "y"}], "challengeInfoList": None}
        for n in range(3)
    ]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    posts = [orjson.loads(line) for line in _with_words(path, 15)]
    texts = [post["itemInfos"]["text"].split() for post in posts]
    assert [len(set(words)) for words in texts] == [WORDS_A_POST] * 3
    assert len({word for words in texts for word in words}) == 15
    assert [post["itemInfos"]["id"] for post in posts] == ["0", "1", "2"]
    assert [post["textExtra"] for post in posts] == [[], [], []]


def measured(peaks: dict[int, int], rates: dict[int, float]) -> state.Measured:
    facts = Facts(1000, 3_000_000, 3.0, 10, 48)
    posts = {size: StreamPosts(Path(), facts, NOTHING, NOTHING, Path()) for size in state.SIZES}
    kept = DriverMemory(1000, 5_000_000)
    runs = {
        size: [state.Run(Steady(rates[size], 1.0), peaks[size], 1_000_000, 2_000_000, kept)] for size in state.SIZES
    }
    return state.Measured("a machine", posts, runs)


@pytest.mark.parametrize(
    ("peak_bytes", "rate", "met"),
    [(2_900_000_000, 80.0, ["yes", "yes"]), (3_100_000_000, 69.0, ["**no**", "**no**"])],
)
def test_goals_are_those_of_a_million_keywords(peak_bytes: int, rate: float, met: list[str]) -> None:
    few, many, most = state.SIZES
    found = measured({few: 1, many: peak_bytes, most: 4_000_000_000}, {few: 100.0, many: rate, most: 10.0})
    assert [row[-1] for row in state._goals(found)] == met
    assert f"{most:,} | " in state.document(found).replace("|  ", "| ")


def test_a_whole_run_writes_its_section_and_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(dict.fromkeys(state.SIZES, 2_000_000_000), dict.fromkeys(state.SIZES, 90.0))
    monkeypatch.setattr(state, "measure", lambda *_: found)

    result = CliRunner().invoke(state.main, ["--out", str(tmp_path / "PERFORMANCE.md")], catch_exceptions=False)

    assert result.exit_code == 0
    assert "<!-- state -->" in (tmp_path / "PERFORMANCE.md").read_text(encoding="utf-8")
    assert "distinct keywords" in (tmp_path / "performance" / "state.svg").read_text(encoding="utf-8")
