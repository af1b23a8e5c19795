"""When the pipeline itself is the news: a feed that stopped, statistics too old, a night that failed."""

from collections.abc import Mapping
from dataclasses import dataclass

FEED_STOPPED, STATISTICS_OLD, NIGHT_FAILED = "feed stopped", "statistics too old", "night failed"
NIGHT_JOBS = ("parse-lake", "recompute-statistics", "propose-phrases", "maintain-lake")
_HOUR_SECONDS = 3600


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with the pipeline.

    Attributes
    ----------
    name : str
        One of the constants of this module; of a night with the job that failed.
    text : str
        The same for people, with the numbers.
    since_s : int
        Since when, epoch seconds.
    """

    name: str
    text: str
    since_s: int


@dataclass(frozen=True)
class Facts:
    """What is known of the pipeline.

    Attributes
    ----------
    metrics : mapping of (str, str) to float
        Component and metric -> newest value; see `streaming.query_metrics` and `batch.job_metrics`.
    statistics_at_s : float or None
        When the statistics in force were computed, epoch seconds; None: there are none yet.
    """

    metrics: Mapping[tuple[str, str], float]
    statistics_at_s: float | None


def problems(facts: Facts, statistics_hours: float, now_s: float) -> list[Problem]:
    """Return what is wrong with statistics and nights.

    Parameters
    ----------
    facts : Facts
    statistics_hours : float
        Age from which on statistics are too old; where there are none yet, none are too old.
    now_s : float
        Epoch seconds.
    """
    found = []
    at_s = facts.statistics_at_s
    if at_s is not None and now_s - at_s > statistics_hours * _HOUR_SECONDS:
        hours = (now_s - at_s) / _HOUR_SECONDS
        text = f"the keyword statistics are {hours:.0f} h old: run `groundswell batch recompute-statistics`"
        found.append(Problem(STATISTICS_OLD, text, int(at_s + statistics_hours * _HOUR_SECONDS)))
    for job in NIGHT_JOBS:
        failed_s, succeeded_s = (facts.metrics.get((job, metric)) for metric in ("failed_s", "succeeded_s"))
        if failed_s is not None and failed_s > (succeeded_s or 0):
            text = f"`groundswell batch {job}` failed, and has not succeeded since"
            found.append(Problem(f"{NIGHT_FAILED}: {job}", text, int(failed_s)))
    return found


def feed_problem(last_record_s: float, silent_minutes: float, now_s: float) -> Problem | None:
    """Return whether the feed has stopped.

    Parameters
    ----------
    last_record_s : float
        When the newest record was read, or the stream was started, epoch seconds.
    silent_minutes : float
        How long a feed may be silent.
    now_s : float
    """
    silent_s = now_s - last_record_s
    if silent_s <= silent_minutes * 60:
        return None
    text = f"no post has come for {silent_s / 60:.0f} minutes"
    return Problem(FEED_STOPPED, text, int(last_record_s + silent_minutes * 60))
