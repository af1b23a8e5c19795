"""The truth file: where bursts were planted, and which keywords must stay quiet."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producer.synthesize.bursts import DAY_SECONDS, QUIET, Burst, truth_keyword
from producer.synthesize.plan import Plan, midnight

_STEP_SECONDS = 300
_HOUR_SECONDS = 3600


def truth(plan: Plan, special_seconds: dict[int, list[int]]) -> dict[str, Any]:
    """Return the truth file's content.

    Parameters
    ----------
    plan : Plan
        The data set.
    special_seconds : dict
        For each special keyword's number, the epoch seconds of its posts on the day of the bursts.
    """
    bursts = [_burst(plan, number, burst, special_seconds.get(number, [])) for number, burst in enumerate(plan.planted)]
    quiet = [
        {
            "keyword": truth_keyword(keyword),
            "kind": "hashtag",
            "season": keyword.season,
            "season_factor": keyword.season_factor,
            "posts_on_burst_day": len(special_seconds.get(len(plan.planted) + number, [])),
        }
        for number, keyword in enumerate(QUIET)
    ]
    return {"burst_day": plan.planted_on.isoformat(), "bursts": bursts, "quiet": quiet}


def _burst(plan: Plan, number: int, burst: Burst, seconds: list[int]) -> dict[str, Any]:
    expected = plan.expected_in_burst(burst)
    start = midnight(plan.planted_on)
    peak_start, peak_posts = _peak_hour(np.array(seconds, np.int64) - start)
    return {
        "keyword": truth_keyword(burst.keyword),
        "written": burst.keyword.text,
        "kind": "hashtag" if burst.keyword.is_hashtag else "word",
        "shape": burst.shape,
        "start": _iso(start + burst.start_second),
        "end": _iso(start + burst.end_second),
        "size_factor": None if burst.is_new else round(peak_posts / expected, 2),
        "expected_posts_per_hour": round(expected, 3),
        "planted_posts": len(plan.planted_seconds(number)),
        "peak_hour_start": _iso(start + peak_start),
        "peak_hour_posts": peak_posts,
        "is_new": burst.is_new,
    }


def _peak_hour(seconds: NDArray[np.int64]) -> tuple[int, int]:
    """Return the start of the fullest 60 minutes on 5-minute marks, and its posts."""
    buckets = np.bincount(seconds // _STEP_SECONDS, minlength=DAY_SECONDS // _STEP_SECONDS)
    hours = np.convolve(buckets, np.ones(_HOUR_SECONDS // _STEP_SECONDS, np.int64), mode="valid")
    best = int(hours.argmax())
    return best * _STEP_SECONDS, int(hours[best])


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
