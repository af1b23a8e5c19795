"""The baseline of one keyword in plain Python: slow, short, and what `baseline_fit` is held against."""

from collections.abc import Sequence
from math import sqrt

from groundswell.domain.baseline import HOURS_PER_WEEK, Parameters, hour_of_week

DEFAULTS = Parameters()


def fit_one(
    posts: Sequence[float],
    observed: Sequence[bool],
    start_epoch_hour: int,
    *,
    pooled_profile: Sequence[float],
    smallest_level: float,
    parameters: Parameters = DEFAULTS,
) -> tuple[float, float, list[float] | None]:
    """Fit one keyword.

    Parameters
    ----------
    posts : sequence of float
        Posts in every hour of the history.
    observed : sequence of bool
        For each hour, whether the platform had any post.
    start_epoch_hour : int
        First hour, in hours since 1970-01-01 00:00 UTC.
    pooled_profile : sequence of 168 floats
        The platform's profile.
    smallest_level : float
        Floor of the level.
    parameters : Parameters
        As for all keywords.

    Returns
    -------
    tuple of (float, float, list of float or None)
        Level, scale and profile; None stands for the platform's profile.

    >>> fit_one([4] * 336, [True] * 336, 0, pooled_profile=[1.0] * 168, smallest_level=0.1)[:2]
    (4.0, 0.5)
    """
    hours = [hour for hour in range(len(posts)) if observed[hour]]
    slot = {hour: hour_of_week((start_epoch_hour + hour) * 3600) for hour in hours}
    weight = {hour: 0.5 ** ((len(posts) - 1 - hour) / parameters.half_life_hours) for hour in hours}
    profile, own = list(pooled_profile), False

    def level_of(counts: dict[int, float]) -> float:
        exposure = sum(weight[hour] * profile[slot[hour]] for hour in hours)
        return sum(weight[hour] * counts[hour] for hour in hours) / exposure if exposure else 0.0

    level = level_of({hour: posts[hour] for hour in hours})
    for number in range(parameters.passes):
        cut = {}
        for hour in hours:
            expected = level * profile[slot[hour]]
            cut[hour] = min(posts[hour], expected + parameters.winsor_width * sqrt(expected + 1))
        level = level_of(cut)
        if number == 0:
            own = sum(weight[hour] * cut[hour] for hour in hours) >= parameters.minimum_posts_for_profile
        if own:
            profile = _profile(cut, slot, weight, level=level, pooled=pooled_profile, prior=parameters.prior_posts)
            level = level_of(cut)
    level = max(level, smallest_level)
    scale = parameters.default_scale
    if hours and sum(posts) >= parameters.minimum_posts_for_scale:
        residuals = sorted(abs(sqrt(posts[hour] + 0.375) - sqrt(level * profile[slot[hour]] + 0.375)) for hour in hours)
        spread = max(_quantile(residuals, 0.5) / 0.6745, _quantile(residuals, 0.95) / 1.96)
        scale = max(spread, parameters.smallest_scale)
    return level, scale, profile if own else None


def _profile(
    counts: dict[int, float],
    slot: dict[int, int],
    weight: dict[int, float],
    *,
    level: float,
    pooled: Sequence[float],
    prior: float,
) -> list[float]:
    found = [prior * factor for factor in pooled]
    expected = [prior * factor for factor in pooled]
    for hour, count in counts.items():
        found[slot[hour]] += weight[hour] * count
        expected[slot[hour]] += weight[hour] * level * pooled[slot[hour]]
    profile = [pooled[h] * _around(found, h) / _around(expected, h) for h in range(HOURS_PER_WEEK)]
    mean = sum(profile) / HOURS_PER_WEEK
    return [factor / mean for factor in profile]


def _around(values: Sequence[float], h: int) -> float:
    return (values[h - 1] + 2 * values[h] + values[(h + 1) % HOURS_PER_WEEK]) / 4


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
