"""Fit the baselines of many keywords at once; the method stands in `groundswell.domain.baseline`."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.baseline import (
    HOURS_PER_WEEK,
    Baselines,
    Floats,
    History,
    HourlyCounts,
    Parameters,
)

DEFAULTS = Parameters()
_SMALLEST_POOLED_FACTOR = 0.05
_KEYWORDS_PER_DENSE_BLOCK = 2048


def fit_platform(
    posts: Floats, history: History, parameters: Parameters = DEFAULTS, *, kept_profile: Floats | None = None
) -> Baselines:
    """Fit the platform as a whole, shrunk to a flat week; its profile is the prior of all keywords.

    Parameters
    ----------
    posts : array
        Posts of the whole platform in each hour of the history.
    history : History
        The hours.
    parameters : Parameters
        As for keywords; the platform always has a profile and a scale of its own.
    kept_profile : array (168,), optional
        Profile that stays as it is.

    Returns
    -------
    Baselines
        Of one keyword; the factors of its profile are at least 0.05 before they are put to mean 1.
    """
    hours = np.flatnonzero(posts)
    counts = HourlyCounts(np.zeros(len(hours), np.int64), hours, posts[hours], 1)
    certain = replace(parameters, minimum_posts_for_profile=0.0, minimum_posts_for_scale=0)
    kept = None if kept_profile is None else (kept_profile[None, :], np.zeros(1, np.int64))
    fitted = fit_keywords(counts, history, np.ones(HOURS_PER_WEEK), 0.0, certain, kept_profiles=kept)
    if kept_profile is not None:
        return fitted
    profiles = np.maximum(fitted.profiles, _SMALLEST_POOLED_FACTOR)
    return replace(fitted, profiles=profiles / profiles.mean())


def fit_keywords(
    counts: HourlyCounts,
    history: History,
    pooled_profile: Floats,
    smallest_level: float,
    parameters: Parameters = DEFAULTS,
    *,
    kept_profiles: tuple[Floats, NDArray[np.int64]] | None = None,
) -> Baselines:
    """Fit the baselines of many keywords from their hours with posts.

    Parameters
    ----------
    counts : HourlyCounts
        Posts per keyword and hour.
    history : History
        The hours.
    pooled_profile : array (168,)
        The platform's profile, positive, mean 1.
    smallest_level : float
        Floor of the levels, see `groundswell.domain.baseline.unseen_level`.
    parameters : Parameters
        One set for every keyword.
    kept_profiles : (profiles, profile_rows), optional
        Profiles as in `Baselines` that stay as they are: only level and scale are fitted.

    Returns
    -------
    Baselines
        Level in posts per hour, 0..; scale 0.5..; profile factors 0.., mean 1.
    """
    fit = _Fit(counts, history, pooled_profile, parameters)
    if kept_profiles is not None:
        fit.use(*kept_profiles)
    levels = fit.level(fit.posts)
    for number in range(parameters.passes):
        winsorised = fit.winsorise(levels)
        levels = fit.level(winsorised)
        if kept_profiles is None:
            if number == 0:
                fit.give_profiles_to(fit.totals(winsorised) >= parameters.minimum_posts_for_profile)
            fit.fit_profiles(winsorised, levels)
            levels = fit.level(winsorised)
    levels = np.maximum(levels, smallest_level)
    profiles = fit.table[:-1]
    rows = np.where(fit.rows == len(profiles), -1, fit.rows)
    return Baselines(levels, fit.scales(levels), profiles, rows)


class _Fit:
    """Working arrays of one fit; the last row of `table` is the pooled profile."""

    def __init__(self, counts: HourlyCounts, history: History, pooled_profile: Floats, parameters: Parameters) -> None:
        self.keyword, self.hour = counts.keyword_index, counts.hour_index
        self.posts: Floats = counts.posts.astype(np.float64)
        self.count, self.history, self.parameters = counts.keyword_count, history, parameters
        self.slots = history.hours_of_week
        self.slot = self.slots[self.hour]
        hour_weights = history.weights(parameters.half_life_hours)
        self.weight = hour_weights[self.hour]
        self.slot_weights = np.bincount(self.slots, hour_weights, HOURS_PER_WEEK)
        self.pooled = pooled_profile.astype(np.float64)
        self.use(np.empty((0, HOURS_PER_WEEK)), np.full(self.count, -1, np.int64))

    def use(self, profiles: Floats, rows: NDArray[np.int64]) -> None:
        self.table = np.vstack([profiles, self.pooled])
        self.rows = np.where(rows < 0, len(profiles), rows)

    def give_profiles_to(self, chosen: NDArray[np.bool_]) -> None:
        rows = np.where(chosen, np.cumsum(chosen) - 1, -1)
        self.use(np.tile(self.pooled, (int(chosen.sum()), 1)), rows)

    def totals(self, posts: Floats) -> Floats:
        totals: Floats = np.bincount(self.keyword, self.weight * posts, self.count).astype(np.float64)
        return totals

    def level(self, posts: Floats) -> Floats:
        exposure = (self.table @ self.slot_weights)[self.rows]
        return np.divide(self.totals(posts), exposure, out=np.zeros(self.count), where=exposure > 0)

    def winsorise(self, levels: Floats) -> Floats:
        expected = levels[self.keyword] * self.table[self.rows[self.keyword], self.slot]
        return np.minimum(self.posts, expected + self.parameters.winsor_width * np.sqrt(expected + 1))

    def fit_profiles(self, posts: Floats, levels: Floats) -> None:
        """Set f = p * S(C + k p) / S((E + k) p), put to mean 1.

        C are the weighted posts per hour of week, E what a flat level expects, p the pooled profile, k the
        prior's posts and S a circular (1/4, 1/2, 1/4) mean; without S this is the posterior mean
        (C + k p) / (E + k).
        """
        own = len(self.table) - 1
        row = self.rows[self.keyword]
        mine = row < own
        cells = row[mine] * HOURS_PER_WEEK + self.slot[mine]
        shape = (own, HOURS_PER_WEEK)
        found = np.bincount(cells, (self.weight * posts)[mine], own * HOURS_PER_WEEK).reshape(shape)
        flat = np.zeros(own)
        has_own = self.rows < own
        flat[self.rows[has_own]] = levels[has_own]
        prior = self.parameters.prior_posts
        expected = (flat[:, None] * self.slot_weights + prior) * self.pooled
        profiles = self.pooled * _smoothed(found + prior * self.pooled) / _smoothed(expected)
        self.table[:-1] = profiles / profiles.mean(axis=1, keepdims=True)

    def scales(self, levels: Floats) -> Floats:
        """Return max(median |r| / 0.6745, 95% quantile of |r| / 1.96, floor); the default for rare ones."""
        scales = np.full(self.count, self.parameters.default_scale)
        if not self.history.observed.any():
            return scales
        posts = np.bincount(self.keyword, self.posts, self.count)
        chosen = np.flatnonzero(posts >= self.parameters.minimum_posts_for_scale)
        order = np.argsort(self.keyword, kind="stable")
        starts = np.searchsorted(self.keyword[order], np.arange(self.count + 1))
        for first in range(0, len(chosen), _KEYWORDS_PER_DENSE_BLOCK):
            block = chosen[first : first + _KEYWORDS_PER_DENSE_BLOCK]
            dense = np.zeros((len(block), len(self.history.observed)))
            for row, keyword in enumerate(block):
                cells = order[starts[keyword] : starts[keyword + 1]]
                dense[row, self.hour[cells]] = self.posts[cells]
            scales[block] = self._scales_of(dense, levels[block], self.rows[block])
        return scales

    def _scales_of(self, dense: Floats, levels: Floats, rows: NDArray[np.int64]) -> Floats:
        observed = np.flatnonzero(self.history.observed)
        expected = levels[:, None] * self.table[np.ix_(rows, self.slots[observed])]
        residuals = np.abs(np.sqrt(dense[:, observed] + 0.375) - np.sqrt(expected + 0.375))
        middle, high = np.quantile(residuals, (0.5, 0.95), axis=1)
        spread: Floats = np.maximum(middle / 0.6745, high / 1.96)
        return np.maximum(spread, self.parameters.smallest_scale)


def _smoothed(rows: Floats) -> Floats:
    smoothed: Floats = (np.roll(rows, 1, axis=1) + 2 * rows + np.roll(rows, -1, axis=1)) / 4
    return smoothed
