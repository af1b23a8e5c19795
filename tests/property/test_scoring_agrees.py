"""The statistics join and trailing windows of many keywords against the domain, keyword by keyword."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from groundswell.domain.detector.baseline import expected_in_buckets, slot_of_week
from groundswell.domain.detector.count_tail import tail_z
from groundswell.domain.detector.score import WINDOW_SECONDS
from groundswell.domain.detector.windows import Ticks
from streaming.keyword_windows import windows_by_statistics, with_statistics
from streaming.statistics_source import STATISTICS

START_S, TICKS = 1_590_000_300, 80
BUCKET_SECONDS = 300
FLOATS = st.floats(0.125, 500, width=32)
OWN = st.lists(st.floats(0.125, 8, width=32), min_size=168, max_size=168)
CELLS = st.dictionaries(st.integers(0, TICKS - 1), st.integers(1, 400), max_size=20)
DISPERSIONS = st.tuples(st.floats(1, 20, width=32), st.floats(1, 40, width=32))
KEYWORDS = st.lists(st.tuples(FLOATS, DISPERSIONS, st.booleans(), CELLS), min_size=20, max_size=40)
EXPOSURES = st.lists(st.one_of(st.just(0.0), st.floats(0.1, 4)), min_size=TICKS, max_size=TICKS)


def plain_windows(cells: dict[int, int], level: float, dispersions: tuple[float, float], profile, exposure, tick: int):
    """One keyword's windows that end with a tick, added up bucket by bucket."""
    would = expected_in_buckets(level, profile, exposure, START_S, BUCKET_SECONDS)
    usual = expected_in_buckets(level, profile, [min(x, 1.0) for x in exposure], START_S, BUCKET_SECONDS)
    observed, expected, least, z = [], [], [], []
    for seconds, dispersion in zip(WINDOW_SECONDS, (dispersions[0], *dispersions), strict=True):
        width = seconds // BUCKET_SECONDS
        within = range(max(tick - width + 1, 0), tick + 1)
        observed.append(sum(cells.get(each, 0) for each in within))
        expected.append(sum(would[each] for each in within))
        least.append(sum(usual[each] for each in within))
        growth = max(sum(exposure[each] for each in within) / len(within), 1.0)
        if seconds == WINDOW_SECONDS[0]:  # the shortest window's counts scatter as the hour's do
            hour = range(max(tick - 11, 0), tick + 1)
            growth = max(sum(exposure[each] for each in hour) / len(hour), 1.0)
        against = expected[-1] if observed[-1] > expected[-1] else least[-1] if observed[-1] < least[-1] else None
        calm = against is None or not expected[-1]
        z.append(0.0 if calm else float(tail_z(observed[-1], against, 1 + (dispersion - 1) * growth)))
    return observed, expected, least, z


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(keywords=KEYWORDS, own=OWN, pooled=OWN, exposure=EXPOSURES)
@pytest.mark.parametrize("judged_ticks", [2, 9], ids=["few ticks", "many ticks"])
def test_windows(judged_ticks, keywords, own, pooled, exposure) -> None:
    rows = [
        (f"k{row}", level, *dispersions, 0.01, 500, own if has_own else [])
        for row, (level, dispersions, has_own, _) in reversed(list(enumerate(keywords)))
    ]
    statistics = pa.table([list(column) for column in zip(*rows, strict=True)], schema=STATISTICS)
    cells_of = [dict(sorted(cells.items())) for *_, cells in keywords]
    counts = pa.table(
        {
            "keyword": [f"k{row}" for row in range(len(keywords))],
            "ticks": pa.array([list(cells) for cells in cells_of], pa.list_(pa.int32())),
            "posts": pa.array([list(cells.values()) for cells in cells_of], pa.list_(pa.int64())),
        }
    )
    starts_s = START_S + np.arange(TICKS) * BUCKET_SECONDS
    ticks = Ticks(slot_of_week(starts_s), np.array(exposure), TICKS - judged_ticks, BUCKET_SECONDS)
    judged, theirs = with_statistics(counts, statistics)
    windows = windows_by_statistics(judged, theirs, np.array(pooled), ticks)
    assert judged["keyword"].to_pylist() == theirs["keyword"].to_pylist() == counts["keyword"].to_pylist()
    for place, keyword in enumerate(judged["keyword"].to_pylist()):
        level, dispersions, has_own, cells = keywords[int(keyword[1:])]
        for number in (0, judged_ticks - 1):
            oracle = plain_windows(
                cells, level, dispersions, own if has_own else pooled, exposure, TICKS - judged_ticks + number
            )
            for name, wanted in zip(("observed", "expected", "least_expected", "z"), oracle, strict=True):
                got = getattr(windows, name)[place, number].tolist()
                assert got == pytest.approx(wanted, rel=1e-5, abs=1e-5), (name, keyword)


def test_a_keyword_without_statistics_is_not_among_them() -> None:
    statistics = pa.Table.from_pylist(
        [
            {"keyword": keyword, "level": 1.0, "dispersion_hour": 1.0, "dispersion_six_hours": 1.0, "profile": []}
            for keyword in ("silent", "known")
        ],
        STATISTICS,
    )
    counts = pa.table({"keyword": ["known", "new"], "ticks": [[0], [0]], "posts": [[3], [3]]})
    ticks = Ticks(np.zeros(2, np.int64), np.ones(2), 1, BUCKET_SECONDS)
    judged, theirs = with_statistics(counts, statistics)
    assert judged["keyword"].to_pylist() == theirs["keyword"].to_pylist() == ["known"]
    assert windows_by_statistics(judged, theirs, np.ones(168), ticks).observed.tolist() == [[[3.0, 3.0, 3.0]]]
