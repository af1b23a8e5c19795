"""Fit the baselines of series that are given whole; the method stands in `groundswell.domain.detector.baseline`."""

from dataclasses import dataclass

import numpy as np

from groundswell.domain.detector.baseline import ANSCOMBE, Flags, Floats, Parameters, Season
from groundswell.domain.detector.windows import trailing


@dataclass(frozen=True)
class Fitted:
    """Baselines of K series.

    Attributes
    ----------
    levels : array (K,)
        Posts per slot of exposure 1, mean over the week.
    profiles : array (K, slots per week)
        Factor per slot of the week, mean 1.
    dispersions : array (K, 2)
        Variance / mean of the counts of one slot and of `long_window_slots`, 1 or more.
    """

    levels: Floats
    profiles: Floats
    dispersions: Floats


def fit_series(
    counts: Floats,
    exposure: Floats,
    season: Season,
    pooled_profile: Floats,
    parameters: Parameters,
    *,
    kept_profiles: Floats | None = None,
    left_out: Flags | None = None,
    taken_whole: Flags | None = None,
) -> Fitted:
    """Fit every series.

    Parameters
    ----------
    counts : array (K, n)
        Posts in each slot, oldest first.
    exposure : array (n,)
        How much each slot was observed: 0 for an outage, 1 for a whole slot of a platform as large as it is now.
    season : Season
        What slot of the week each of the n is.
    pooled_profile : array (slots per week,)
        The platform's profile, positive, mean 1.
    parameters : Parameters
        One set for every series.
    kept_profiles : array (K, slots per week), optional
        Profiles that stay as they are: only levels and dispersions are fitted.
    left_out : array (K, n) of bool, optional
        Slots that say nothing of what is normal, those of a known event say.
    taken_whole : array (K, n) of bool, optional
        Slots that are not winsorised, for a person said that they were normal.

    Returns
    -------
    Fitted
    """
    observed = np.broadcast_to(exposure, counts.shape)
    if left_out is not None:
        observed = np.where(left_out, 0.0, observed)
    fit = _Fit(counts, observed, season, pooled_profile, parameters)
    profiles = np.tile(pooled_profile, (len(counts), 1)) if kept_profiles is None else kept_profiles
    cut = fit.counts
    for _ in range(parameters.passes):
        if kept_profiles is None:
            profiles = fit.profiles(cut, fit.slow_levels(cut, profiles))
        cut = fit.winsorised(fit.levels(cut, profiles)[:, None] * fit.shape(profiles))
        if taken_whole is not None:
            cut = np.where(taken_whole, fit.counts, cut)
    slow = fit.slow_levels(cut, profiles)
    shape = fit.foreseen_shape(cut, slow)
    return Fitted(fit.levels(cut, profiles), profiles, fit.dispersions(fit.foreseen_levels(cut, slow, shape) * shape))


class _Fit:
    """Working arrays of one fit: series along axis 0, slots along axis 1."""

    def __init__(
        self, counts: Floats, exposure: Floats, season: Season, pooled: Floats, parameters: Parameters
    ) -> None:
        self.parameters, self.season, self.pooled, self.exposure = parameters, season, pooled, exposure
        self.observed = exposure > 0
        self.counts: Floats = np.where(self.observed, counts, 0.0)
        self.slots = season.slots(counts.shape[1])
        self.ages = np.arange(counts.shape[1])[::-1].astype(np.float64)

    def weights(self, half_life_slots: float) -> Floats:
        """Return the weight of each observed slot: 1 for the newest, half of it a half-life earlier."""
        weights: Floats = 0.5 ** (self.ages / half_life_slots) * self.observed
        return weights

    def shape(self, profiles: Floats) -> Floats:
        shape: Floats = profiles[:, self.slots] * self.exposure
        return shape

    def slow_levels(self, cut: Floats, profiles: Floats) -> Floats:
        weights = self.weights(self.parameters.slow_half_life_slots)
        exposed = (weights * self.shape(profiles)).sum(axis=1)
        levels: Floats = np.divide((weights * cut).sum(axis=1), exposed, out=np.zeros(len(cut)), where=exposed > 0)
        return levels

    def levels(self, cut: Floats, profiles: Floats) -> Floats:
        """Return the levels as they are now: the fast mean, held by the slow one."""
        slow, prior = self.slow_levels(cut, profiles), self.parameters.level_prior_posts
        weights = self.weights(self.parameters.level_half_life_slots)
        expected = slow * (weights * self.shape(profiles)).sum(axis=1)
        levels: Floats = slow * ((weights * cut).sum(axis=1) + prior) / (expected + prior)
        return levels

    def profiles(self, cut: Floats, levels: Floats) -> Floats:
        """Return the platform's profile x the own day x the own week, put to mean 1."""
        parameters, per_day = self.parameters, self.season.slots_per_day
        expected = levels[:, None] * self.exposure * self.pooled[self.slots]
        profiles: Floats = np.tile(self.pooled, (len(cut), 1))
        if per_day > 1:
            weights = self.weights(parameters.daily_half_life_slots)
            sums = self._sums((cut, expected, self.observed), weights, per_day)
            day = self._ratios(_smoothed(sums), parameters.daily_prior_days)
            profiles = profiles * np.tile(day, (1, self.season.slots_per_week // per_day))
            expected = expected * day[:, self.slots % per_day]
        weights = self.weights(parameters.weekly_half_life_slots)
        sums = self._sums((cut, expected, self.observed), weights, self.season.slots_per_week)
        profiles = profiles * self._ratios(sums, parameters.weekly_prior_weeks)
        normal: Floats = profiles / profiles.mean(axis=1, keepdims=True)
        return normal

    def _sums(self, values: tuple[Floats, Floats, Flags], weights: Floats, period: int) -> Floats:
        """Return (3, K, period): the weighted sums per slot of the day or week."""
        return np.stack([self._by_period(weights * each, period).sum(axis=1) for each in values])

    def _by_period(self, values: Floats | Flags, period: int) -> Floats:
        """Return (K, periods, period): the slots laid out by day or week, 0 before the first and after the last."""
        lead = int(self.slots[0] % period)
        whole = -(-(lead + values.shape[1]) // period)
        laid = np.zeros((len(values), whole * period))
        laid[:, lead : lead + values.shape[1]] = values
        by_period: Floats = laid.reshape(len(values), whole, period)
        return by_period

    def _ratios(self, sums: Floats, prior_slots: float) -> Floats:
        """Return found / expected, shrunk towards 1; `sums` are found, expected and slots along axis 0."""
        found, expected, slots = sums
        strength = self.parameters.profile_prior_posts + prior_slots * expected / np.maximum(slots, 1e-9)
        ratios: Floats = (found + strength) / (expected + strength)
        return ratios

    def winsorised(self, expected: Floats) -> Floats:
        """Return the counts, held within m +- width (a + margin) around the expectation's root m."""
        parameters = self.parameters
        middle = np.sqrt(expected + ANSCOMBE)
        weights = self.weights(parameters.spread_half_life_slots)
        off = (weights * np.abs(np.sqrt(self.counts + ANSCOMBE) - middle)).sum(axis=1)
        spread = off / np.maximum(weights.sum(axis=1), 1e-9)
        reach = parameters.winsor_width * (spread + parameters.winsor_margin)[:, None]
        low = np.maximum(np.maximum(middle - reach, 0) ** 2 - ANSCOMBE, 0)
        cut: Floats = np.clip(self.counts, low, (middle + reach) ** 2 - ANSCOMBE) * self.observed
        return cut

    def foreseen_shape(self, cut: Floats, levels: Floats) -> Floats:
        """Return (K, n): profile x exposure, each slot's profile from the days and weeks before it only."""
        parameters, per_day = self.parameters, self.season.slots_per_day
        shape: Floats = self.exposure * self.pooled[self.slots]
        if per_day > 1:
            shape = shape * self._foreseen_ratios(
                cut, levels[:, None] * shape, per_day, parameters.daily_half_life_slots, parameters.daily_prior_days
            )
        weekly = self._foreseen_ratios(
            cut,
            levels[:, None] * shape,
            self.season.slots_per_week,
            parameters.weekly_half_life_slots,
            parameters.weekly_prior_weeks,
        )
        return shape * weekly

    def _foreseen_ratios(
        self, cut: Floats, expected: Floats, period: int, half_life_slots: float, prior_slots: float
    ) -> Floats:
        laid = np.stack([self._by_period(values, period) for values in (cut, expected, self.observed)])
        ratios = np.empty(laid.shape[1:])
        known = np.zeros((3, len(cut), period))
        decay = 0.5 ** (period / half_life_slots)
        for number in range(laid.shape[2]):
            smooth = _smoothed(known) if period == self.season.slots_per_day else known
            ratios[:, number] = self._ratios(smooth, prior_slots)
            known = decay * (known + laid[:, :, number])
        lead = int(self.slots[0] % period)
        return ratios.reshape(len(cut), -1)[:, lead : lead + cut.shape[1]]

    def foreseen_levels(self, cut: Floats, slow: Floats, shape: Floats) -> Floats:
        """Return (K, n): the level known at the refresh before each slot; the slow level at first."""
        parameters, held = self.parameters, slow[:, None]
        growing = 0.5 ** (self.ages / parameters.level_half_life_slots)
        found = np.cumsum(growing * cut, axis=1)
        expected = held * np.cumsum(growing * shape, axis=1)
        before = np.arange(cut.shape[1]) // parameters.refresh_slots * parameters.refresh_slots - 1
        newest = np.maximum(before, 0)
        prior = parameters.level_prior_posts
        levels = held * (found[:, newest] / growing[newest] + prior) / (expected[:, newest] / growing[newest] + prior)
        return np.where(before < parameters.burn_in_slots - 1, held, levels)

    def dispersions(self, foreseen: Floats) -> Floats:
        """Return variance / mean of the counts of the short and the long window around what was foreseen."""
        parameters = self.parameters
        judged = self.observed & (np.arange(self.counts.shape[1]) >= parameters.burn_in_slots)
        weights = self.weights(parameters.dispersion_half_life_slots) * judged
        total = weights.sum(axis=1)
        columns = []
        for width in (1, parameters.long_window_slots):
            off = np.sqrt(trailing(self.counts, width) / width + ANSCOMBE)
            off -= np.sqrt(trailing(foreseen, width) / width + ANSCOMBE)
            # Nothing judged yet: as uncertain as a count four times as dispersed as a Poisson one.
            variance = np.divide(
                (weights * off**2).sum(axis=1), total, out=np.full(len(off), 1 / width), where=total > 0
            )
            columns.append(np.maximum(4 * width * variance + parameters.dispersion_margin, 1.0))
        dispersions: Floats = np.stack(columns, axis=1)
        return dispersions


def _smoothed(rows: Floats) -> Floats:
    smoothed: Floats = (np.roll(rows, 1, axis=-1) + 2 * rows + np.roll(rows, -1, axis=-1)) / 4
    return smoothed
