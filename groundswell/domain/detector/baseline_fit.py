"""Fit the baselines of many keywords from their hours with posts; the method stands in `baseline`.

Most of a million keywords have a handful of posts: these get a level only, from their few hours. The others are laid
out whole, block by block, and go through `groundswell.domain.detector.seasonal_fit`.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.detector.baseline import (
    ANSCOMBE,
    Baselines,
    Flags,
    Floats,
    History,
    HourlyCounts,
    Integers,
    Parameters,
    Season,
    TaughtHours,
    exposure_of,
)
from groundswell.domain.detector.seasonal_fit import Fitted, fit_series

DEFAULTS = Parameters()
NOTHING_TAUGHT = TaughtHours()
EXPOSURE_PRIOR_POSTS_PER_HOUR = 50.0
_SMALLEST_POOLED_FACTOR = 0.05
_KEYWORDS_PER_BLOCK = 512


def fit_platform(
    posts: Floats,
    season: Season,
    parameters: Parameters = DEFAULTS,
    *,
    kept_profile: Floats | None = None,
    taken_whole: Flags | None = None,
) -> tuple[Fitted, History]:
    """Fit the platform as a whole; its profile is the prior of all keywords, its volume their exposure.

    Parameters
    ----------
    posts : array (n,)
        Posts of the whole platform in each hour; 0 is an outage.
    season : Season
        Where in the week these hours lie.
    parameters : Parameters
        As for keywords.
    kept_profile : array (slots per week,), optional
        Profile that stays as it is.
    taken_whole : array (1, n) of bool, optional
        Hours that a person said were normal.

    Returns
    -------
    Fitted
        Of one series; the factors of its profile are at least 0.05 before they are put to mean 1.
    History
        Of the same hours, for `fit_keywords`.
    """
    observed = (posts > 0).astype(np.float64)
    kept = None if kept_profile is None else kept_profile[None, :]
    flat = np.ones(season.slots_per_week)
    fitted = fit_series(posts[None, :], observed, season, flat, parameters, kept_profiles=kept, taken_whole=taken_whole)
    if kept is None:
        profiles = np.maximum(fitted.profiles, _SMALLEST_POOLED_FACTOR)
        fitted = replace(fitted, profiles=profiles / profiles.mean())
    expected = fitted.levels[0] * fitted.profiles[0][season.slots(len(posts))]
    return fitted, History(season, exposure_of(posts, expected, EXPOSURE_PRIOR_POSTS_PER_HOUR))


def fit_keywords(
    counts: HourlyCounts,
    history: History,
    pooled_profile: Floats,
    smallest_level: float,
    parameters: Parameters = DEFAULTS,
    *,
    kept_profiles: tuple[Floats, NDArray[np.int64]] | None = None,
    taught: TaughtHours = NOTHING_TAUGHT,
) -> Baselines:
    """Fit the baselines of many keywords.

    Parameters
    ----------
    counts : HourlyCounts
        Posts per keyword and hour.
    history : History
        The hours.
    pooled_profile : array (slots per week,)
        The platform's profile, positive, mean 1.
    smallest_level : float
        Floor of the levels, see `groundswell.domain.detector.baseline.unseen_level`.
    parameters : Parameters
        One set for every keyword.
    kept_profiles : (profiles, profile_rows), optional
        Profiles as in `Baselines` that stay as they are: only level and dispersion are fitted.
    taught : TaughtHours
        What people said of single hours; of keywords that have a profile.

    Returns
    -------
    Baselines
    """
    totals = np.bincount(counts.keyword_index, counts.posts, counts.keyword_count)
    if kept_profiles is None:
        chosen = np.flatnonzero(totals >= parameters.minimum_posts_for_profile)
        kept = None
    else:
        profiles, rows = kept_profiles
        chosen, kept = np.flatnonzero(rows >= 0), profiles[rows[rows >= 0]]
    levels = _rare_levels(counts, history, pooled_profile, parameters)
    dispersions = np.full((counts.keyword_count, 2), parameters.rare_dispersion)
    order = np.argsort(counts.keyword_index, kind="stable")
    found = np.empty((len(chosen), len(pooled_profile)))
    for first in range(0, len(chosen), _KEYWORDS_PER_BLOCK):
        here = slice(first, first + _KEYWORDS_PER_BLOCK)
        block = chosen[here]
        fitted = fit_series(
            _laid_out(counts, order, block, len(history.exposure)),
            history.exposure,
            history.season,
            pooled_profile,
            parameters,
            kept_profiles=None if kept is None else kept[here],
            left_out=_flags(taught.left_out_keywords, taught.left_out_hours, block, len(history.exposure)),
            taken_whole=_flags(taught.whole_keywords, taught.whole_hours, block, len(history.exposure)),
        )
        levels[block], dispersions[block], found[here] = fitted.levels, fitted.dispersions, fitted.profiles
    profile_rows = np.full(counts.keyword_count, -1, np.int64)
    profile_rows[chosen] = np.arange(len(chosen))
    return Baselines(np.maximum(levels, smallest_level), dispersions, found, profile_rows)


def _rare_levels(counts: HourlyCounts, history: History, pooled: Floats, parameters: Parameters) -> Floats:
    """Return the levels by the platform's profile; counts are cut at the width of a keyword without spread."""
    hours = len(history.exposure)
    ages = np.arange(hours)[::-1]
    shape = pooled[history.season.slots(hours)] * history.exposure
    observed = history.exposure > 0
    slow_weights = 0.5 ** (ages / parameters.slow_half_life_slots) * observed
    fast_weights = 0.5 ** (ages / parameters.level_half_life_slots) * observed
    keyword, hour = counts.keyword_index, counts.hour_index
    posts: Floats = counts.posts.astype(np.float64) * observed[hour]

    def slow(cut: Floats) -> Floats:
        found = np.bincount(keyword, slow_weights[hour] * cut, counts.keyword_count)
        levels: Floats = found / max(float(slow_weights @ shape), 1e-9)
        return levels

    reach = 2 * parameters.winsor_width * parameters.winsor_margin
    cut = posts
    for _ in range(parameters.passes):
        expected = slow(cut)[keyword] * shape[hour]
        cut = np.minimum(posts, (np.sqrt(expected + ANSCOMBE) + reach) ** 2 - ANSCOMBE)
    held = slow(cut)
    prior = parameters.level_prior_posts
    fast = np.bincount(keyword, fast_weights[hour] * cut, counts.keyword_count)
    levels: Floats = held * (fast + prior) / (held * float(fast_weights @ shape) + prior)
    return levels


def _laid_out(counts: HourlyCounts, order: Integers, block: Integers, hours: int) -> Floats:
    """Return (block, hours): the counts of these keywords with the hours without posts as 0."""
    ordered = counts.keyword_index[order]
    firsts, lasts = np.searchsorted(ordered, block), np.searchsorted(ordered, block, side="right")
    laid = np.zeros((len(block), hours))
    for row, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        cells = order[first:last]
        laid[row, counts.hour_index[cells]] = counts.posts[cells]
    return laid


def _flags(keywords: Integers, hours: Integers, block: Integers, count: int) -> Flags | None:
    places = np.searchsorted(block, keywords)
    here = (places < len(block)) & (block[np.minimum(places, len(block) - 1)] == keywords)
    if not here.any():
        return None
    flags = np.zeros((len(block), count), bool)
    flags[places[here], hours[here]] = True
    return flags
