"""The baseline of one keyword in plain Python: slow, and what the fits of many keywords are held against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from groundswell.domain.detector.baseline import HOURS_PER_WEEK, Parameters, slot_of_week

DEFAULTS = Parameters()


@dataclass(frozen=True)
class PlainBaseline:
    """Level, dispersions of one hour and of six, and profile; None stands for the platform's profile."""

    level: float
    dispersions: tuple[float, float]
    profile: list[float] | None


def fit_one(
    posts: Sequence[float],
    exposure: Sequence[float],
    start_epoch_hour: int,
    *,
    pooled_profile: Sequence[float],
    smallest_level: float,
    parameters: Parameters = DEFAULTS,
) -> PlainBaseline:
    """Fit one keyword.

    Parameters
    ----------
    posts : sequence of float
        Posts in every hour of the history.
    exposure : sequence of float
        The platform's volume in each hour relative to its baseline; 0 in an outage.
    start_epoch_hour : int
        First hour, in hours since 1970-01-01 00:00 UTC.
    pooled_profile : sequence of 168 floats
        The platform's profile.
    smallest_level : float
        Floor of the level.
    parameters : Parameters
        As for all keywords.

    >>> fit_one([4] * 336, [1.0] * 336, 0, pooled_profile=[1.0] * 168, smallest_level=0.1).level
    4.0
    """
    one = _Keyword(
        [p if x else 0 for p, x in zip(posts, exposure, strict=True)], exposure, start_epoch_hour, parameters
    )
    if sum(posts) < parameters.minimum_posts_for_profile:
        level = one.level_by(list(pooled_profile), spread=parameters.winsor_margin)
        return PlainBaseline(max(level, smallest_level), (parameters.rare_dispersion,) * 2, None)
    profile = list(pooled_profile)
    for _ in range(parameters.passes):
        profile = one.profile(pooled_profile, one.slow_level(profile))
        level = one.level(profile)
        one.winsorise([level * profile[one.slot[t]] * one.exposure[t] for t in one.hours], spread=None)
    slow = one.slow_level(profile)
    shape = one.foreseen_shape(pooled_profile, slow)
    foreseen = one.foreseen(slow, shape)
    short, long = (one.dispersion(foreseen, width) for width in (1, parameters.long_window_slots))
    return PlainBaseline(max(one.level(profile), smallest_level), (short, long), profile)


class _Keyword:
    """One keyword's hours; `cut` are its winsorised counts."""

    def __init__(self, posts: Sequence[float], exposure: Sequence[float], start: int, parameters: Parameters) -> None:
        self.posts, self.exposure, self.parameters = posts, exposure, parameters
        self.hours = range(len(posts))
        self.slot = [int(slot_of_week((start + t) * 3600)) for t in self.hours]
        self.cut = list(posts)

    def weight(self, t: int, half_life: float) -> float:
        return 0.5 ** ((len(self.posts) - 1 - t) / half_life) if self.exposure[t] else 0.0

    def _sums(self, half_life: float, profile: Sequence[float]) -> tuple[float, float]:
        found = sum(self.weight(t, half_life) * self.cut[t] for t in self.hours)
        exposed = sum(self.weight(t, half_life) * profile[self.slot[t]] * self.exposure[t] for t in self.hours)
        return found, exposed

    def slow_level(self, profile: Sequence[float]) -> float:
        found, exposed = self._sums(self.parameters.slow_half_life_slots, profile)
        return found / exposed if exposed else 0.0

    def level(self, profile: Sequence[float]) -> float:
        slow, prior = self.slow_level(profile), self.parameters.level_prior_posts
        found, exposed = self._sums(self.parameters.level_half_life_slots, profile)
        return slow * (found + prior) / (slow * exposed + prior)

    def level_by(self, profile: Sequence[float], spread: float) -> float:
        for _ in range(self.parameters.passes):
            slow = self.slow_level(profile)
            self.winsorise([slow * profile[self.slot[t]] * self.exposure[t] for t in self.hours], spread, low=False)
        return self.level(profile)

    def winsorise(self, expected: Sequence[float], spread: float | None, low: bool = True) -> None:
        p = self.parameters
        off = [abs(sqrt(self.posts[t] + 0.375) - sqrt(expected[t] + 0.375)) for t in self.hours]
        if spread is None:
            weights = [self.weight(t, p.spread_half_life_slots) for t in self.hours]
            spread = sum(w * o for w, o in zip(weights, off, strict=True)) / max(sum(weights), 1e-9)
        reach = p.winsor_width * (spread + p.winsor_margin)
        for t in self.hours:
            middle = sqrt(expected[t] + 0.375)
            least = max(max(middle - reach, 0) ** 2 - 0.375, 0) if low else 0.0
            most = (middle + reach) ** 2 - 0.375
            self.cut[t] = min(max(self.posts[t], least), most) if self.exposure[t] else 0.0

    def profile(self, pooled: Sequence[float], level: float) -> list[float]:
        p = self.parameters
        expected = [level * self.exposure[t] * pooled[self.slot[t]] for t in self.hours]
        day = self._ratios(lambda t: self.weight(t, p.daily_half_life_slots), expected, 24, p.daily_prior_days)
        expected = [e * day[self.slot[t] % 24] for t, e in enumerate(expected)]
        week = self._ratios(lambda t: self.weight(t, p.weekly_half_life_slots), expected, 168, p.weekly_prior_weeks)
        profile = [pooled[s] * day[s % 24] * week[s] for s in range(HOURS_PER_WEEK)]
        mean = sum(profile) / HOURS_PER_WEEK
        return [factor / mean for factor in profile]

    def _ratios(
        self, weight: Callable[[int], float], expected: Sequence[float], period: int, prior_slots: float
    ) -> list[float]:
        sums = [[0.0] * period for _ in range(3)]
        for t in self.hours:
            w = weight(t)
            for total, value in zip(sums, (self.cut[t], expected[t], 1.0), strict=True):
                total[self.slot[t] % period] += w * value
        if period == 24:
            sums = [[(s[i - 1] + 2 * s[i] + s[(i + 1) % 24]) / 4 for i in range(24)] for s in sums]
        ratios = []
        for found, would, slots in zip(*sums, strict=True):
            strength = self.parameters.profile_prior_posts + prior_slots * would / max(slots, 1e-9)
            ratios.append((found + strength) / (would + strength))
        return ratios

    def foreseen_shape(self, pooled: Sequence[float], level: float) -> list[float]:
        p = self.parameters
        shape = [pooled[self.slot[t]] * self.exposure[t] for t in self.hours]
        for period, half_life, prior in (
            (24, p.daily_half_life_slots, p.daily_prior_days),
            (168, p.weekly_half_life_slots, p.weekly_prior_weeks),
        ):
            shape = self._foreseen_factor(shape, level, period, half_life, prior)
        return shape

    def _foreseen_factor(
        self, shape: Sequence[float], level: float, period: int, half_life: float, prior: float
    ) -> list[float]:
        lead = self.slot[0] % period
        expected = [level * x for x in shape]
        factors: list[list[float]] = []
        result = []
        for t in self.hours:
            number = (t + lead) // period
            while len(factors) <= number:
                now = len(factors)

                def weight(u: int, now: int = now) -> float:
                    age = now - (u + lead) // period
                    return 0.5 ** (age * period / half_life) if age > 0 and self.exposure[u] else 0.0

                factors.append(self._ratios(weight, expected, period, prior))
            result.append(shape[t] * factors[number][self.slot[t] % period])
        return result

    def foreseen(self, slow: float, shape: Sequence[float]) -> list[float]:
        p = self.parameters
        result = []
        for t in self.hours:
            known = t // p.refresh_slots * p.refresh_slots
            level = slow
            if known >= p.burn_in_slots:
                weights = [0.5 ** ((known - 1 - u) / p.level_half_life_slots) for u in range(known)]
                found = sum(w * self.cut[u] for u, w in enumerate(weights))
                would = slow * sum(w * shape[u] for u, w in enumerate(weights))
                level = slow * (found + p.level_prior_posts) / (would + p.level_prior_posts)
            result.append(level * shape[t])
        return result

    def dispersion(self, foreseen: Sequence[float], width: int) -> float:
        p = self.parameters
        off = total = 0.0
        for t in self.hours:
            weight = self.weight(t, p.dispersion_half_life_slots) if t >= p.burn_in_slots else 0.0
            if weight:
                around = range(max(t - width + 1, 0), t + 1)
                found, would = sum(self.posts[u] for u in around), sum(foreseen[u] for u in around)
                off += weight * (sqrt(found / width + 0.375) - sqrt(would / width + 0.375)) ** 2
                total += weight
        variance = off / total if total else 1 / width
        return max(4 * width * variance + p.dispersion_margin, 1.0)
