"""What keywords do when nothing is to be reported: volumes, seasons, growth, holidays, slow rises, shifts, past bursts.

Rates are posts per tick of 5 minutes, `volume * week[slot of week] * growth * everything else`:

* Volumes are Zipf-Mandelbrot over the ranks, 500 down to 0.02 posts an hour: `500 * ((1 + q) / (rank + q)) ** s`, with
  q = 1 % of the keywords, so that 7 % of all keywords expect 5 posts an hour or more whatever their number.
* Keywords belong to six groups (languages with their time zones). The day has two harmonics with the group's phase, an
  amplitude of its own (peak to trough 3 to 8 times) and a jitter of 1 h; at weekends a group has 0.8 to 1.4 times as
  many posts, 2 hours later. Of all keywords 3 % have a habit: 3 to 6 times as many posts for 3 hours of every week.
* The platform grows by 1 % a day. Two groups have a holiday in the third week of the history and on the fourth judged
  day: a Sunday with 1.3 times as many posts.
* Half of the keywords are clumped: variance `mean * (1 + min(mean / 10, 1))` within a tick (negative binomial), and a
  rate that wanders by 10 % with a correlation time of 6 h.
* 2 % rise slowly (doubling in 3 to 10 days, fourfold at most), 1 % fade as slowly, 1 % change their level for good, up
  to 2 to 3 times or down to a half or third, half of these in the history.
* 10 % had one to three bursts of 3 to 20 times for 1 to 12 h in the history.
* 1 % are newcomers, unseen before some judged tick, below 2 posts an hour.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.suite import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_WEEK

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LARGEST_PER_HOUR, SMALLEST_PER_HOUR = 500.0, 0.02
_UTC_OFFSETS_HOURS = np.array([-8.0, -5.0, 0.0, 1.0, 5.5, 9.0])
_GROUP_SHARES = np.array([0.15, 0.25, 0.15, 0.2, 0.1, 0.15])
_WEEKEND_FACTORS = np.array([1.2, 1.3, 1.1, 1.4, 0.8, 1.0])
_HOLIDAY_GROUPS = (1, 3)
_HOLIDAY_FACTOR = 1.3
_GROWTH_PER_DAY = 0.01
_WANDER_SD, _WANDER_HOURS = 0.1, 6.0
_SUNDAY = 6


@dataclass(frozen=True)
class Change:
    """A slow trend or a lasting shift of one keyword: a factor on its rate from a tick on.

    Attributes
    ----------
    keyword, start_tick : int
        Which, and from when on.
    factor : float
        What it comes to in the end.
    ramp_ticks : int
        Ticks that it takes, 0 for a shift.
    """

    keyword: int
    start_tick: int
    factor: float
    ramp_ticks: int


@dataclass(frozen=True)
class PastBurst:
    """A burst in the history."""

    keyword: int
    start_tick: int
    end_tick: int
    factor: float


@dataclass(frozen=True)
class OrdinaryLife:
    """All that makes up the rates of all keywords, before any planted burst."""

    ticks: int
    history_ticks: int
    volumes_per_hour: Floats
    groups: Indices
    amplitudes: Floats
    jitter_hours: Floats
    habit_slots: Indices
    habit_factors: Floats
    clumped: NDArray[np.bool_]
    wander: NDArray[np.float32]
    changes: tuple[Change, ...]
    past_bursts: tuple[PastBurst, ...]
    first_ticks: Indices

    def week(self, rows: slice) -> Floats:
        """Return the factors of the ticks of a week, mean 1, for some keywords."""
        slots = np.arange(TICKS_PER_WEEK)
        groups = self.groups[rows]
        weekend = slots // TICKS_PER_DAY >= _SUNDAY - 1
        local = slots / TICKS_PER_HOUR + _UTC_OFFSETS_HOURS[groups, None] - 2.0 * weekend
        hour = (local - self.jitter_hours[rows, None]) * (2 * np.pi / 24)
        shape = np.cos(hour - 20 * np.pi / 12) + 0.3 * np.cos(2 * hour - 13 * np.pi / 6)
        factors = np.exp(self.amplitudes[rows, None] * shape)
        factors *= np.where(weekend, _WEEKEND_FACTORS[groups, None], 1.0)
        since = (slots - self.habit_slots[rows, None]) % TICKS_PER_WEEK
        factors *= np.where(since < 3 * TICKS_PER_HOUR, self.habit_factors[rows, None], 1.0)
        return np.asarray(factors / factors.mean(axis=1, keepdims=True), np.float64)

    def rates(self, rows: slice) -> Floats:
        """Return the posts per tick that some keywords expect, over all ticks."""
        ticks = np.arange(self.ticks)
        week = self.week(rows)
        rates = week[:, ticks % TICKS_PER_WEEK]
        of_holiday_groups = np.flatnonzero(np.isin(self.groups[rows], _HOLIDAY_GROUPS))
        for day in self._holidays():
            there = slice(day * TICKS_PER_DAY, (day + 1) * TICKS_PER_DAY)
            rates[of_holiday_groups, there] = week[of_holiday_groups, _SUNDAY * TICKS_PER_DAY :] * _HOLIDAY_FACTOR
        rates *= self.volumes_per_hour[rows, None] / TICKS_PER_HOUR
        rates *= (1 + _GROWTH_PER_DAY) ** ((ticks - self.history_ticks) / TICKS_PER_DAY)
        rates *= np.repeat(self.wander[rows], TICKS_PER_HOUR, axis=1)
        self._change(rates, rows)
        return rates

    def traits(self) -> dict[str, Indices]:
        """Return the keywords with something special about them, by what it is."""
        changes = self.changes
        slow = np.array([c.keyword for c in changes if c.ramp_ticks], np.int64)
        shifted = np.array([c.keyword for c in changes if not c.ramp_ticks], np.int64)
        return {
            "slow rise or fade": slow,
            "lasting shift": shifted,
            "weekly habit": np.flatnonzero(self.habit_factors > 1),
            "newcomer": np.flatnonzero(self.first_ticks),
            "burst in the history": np.unique([b.keyword for b in self.past_bursts]).astype(np.int64),
            "holiday": np.flatnonzero(np.isin(self.groups, _HOLIDAY_GROUPS)),
            "clumped": np.flatnonzero(self.clumped),
        }

    def _holidays(self) -> tuple[int, int]:
        judged_from = self.history_ticks // TICKS_PER_DAY
        return max(judged_from - 12, 0), judged_from + 3

    def _change(self, rates: Floats, rows: slice) -> None:
        for change in self.changes:
            if rows.start <= change.keyword < rows.stop:
                since = np.arange(self.ticks - change.start_tick)
                done = np.minimum(since / change.ramp_ticks, 1.0) if change.ramp_ticks else 1.0
                rates[change.keyword - rows.start, change.start_tick :] *= change.factor**done
        for burst in self.past_bursts:
            if rows.start <= burst.keyword < rows.stop:
                rates[burst.keyword - rows.start, burst.start_tick : burst.end_tick] *= burst.factor
        for row in np.flatnonzero(self.first_ticks[rows]):
            rates[row, : self.first_ticks[rows.start + row]] = 0.0


def draw_life(rng: np.random.Generator, keywords: int, ticks: int, history_ticks: int) -> OrdinaryLife:
    """Draw the ordinary life of all keywords.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    keywords, ticks, history_ticks : int
        Size; `ticks` includes the history, both are whole days.

    Returns
    -------
    OrdinaryLife
        Keyword 0 is the most frequent.
    """
    volumes = zipf_mandelbrot(keywords)
    picks = iter(rng.permutation(keywords))
    newcomers = np.array([next(picks) for _ in range(keywords // 100)], np.int64)
    volumes[newcomers] = np.exp(rng.uniform(np.log(0.05), np.log(2.0), len(newcomers)))
    first_ticks = np.zeros(keywords, np.int64)
    first_ticks[newcomers] = rng.integers(history_ticks, ticks, len(newcomers))
    slow = [int(next(picks)) for _ in range(3 * keywords // 100)]
    shifted = [int(next(picks)) for _ in range(keywords // 100)]
    changes = [_trend(rng, k, ticks, history_ticks, rising=n % 3 > 0) for n, k in enumerate(slow)]
    changes += [_shift(rng, k, ticks, history_ticks, past=n % 2 > 0) for n, k in enumerate(shifted)]
    clumped = rng.random(keywords) < 0.5
    return OrdinaryLife(
        ticks=ticks,
        history_ticks=history_ticks,
        volumes_per_hour=volumes,
        groups=rng.choice(len(_GROUP_SHARES), keywords, p=_GROUP_SHARES),
        amplitudes=rng.uniform(0.5, 0.95, keywords),
        jitter_hours=rng.normal(0.0, 1.0, keywords),
        habit_slots=rng.integers(0, TICKS_PER_WEEK, keywords),
        habit_factors=np.where(rng.random(keywords) < 0.03, rng.uniform(3.0, 6.0, keywords), 1.0),
        clumped=clumped,
        wander=_wander(rng, clumped, ticks // TICKS_PER_HOUR),
        changes=tuple(changes),
        past_bursts=_past_bursts(rng, keywords, history_ticks),
        first_ticks=first_ticks,
    )


def zipf_mandelbrot(keywords: int) -> Floats:
    """Return mean posts an hour by rank, `LARGEST_PER_HOUR` down to `SMALLEST_PER_HOUR`."""
    flat = keywords / 100
    places = (np.arange(1, keywords + 1) + flat) / (1 + flat)
    exponent = np.log(LARGEST_PER_HOUR / SMALLEST_PER_HOUR) / np.log(places[-1])
    return np.asarray(LARGEST_PER_HOUR * places**-exponent, np.float64)


def _trend(rng: np.random.Generator, keyword: int, ticks: int, history_ticks: int, *, rising: bool) -> Change:
    start = int(rng.integers(history_ticks - 5 * TICKS_PER_DAY, ticks - 2 * TICKS_PER_DAY))
    doubling_ticks = int(rng.uniform(3, 10) * TICKS_PER_DAY)
    return Change(keyword, start, 4.0 if rising else 0.25, 2 * doubling_ticks)


def _shift(rng: np.random.Generator, keyword: int, ticks: int, history_ticks: int, *, past: bool) -> Change:
    start = int(rng.integers(7 * TICKS_PER_DAY, history_ticks) if past else rng.integers(history_ticks, ticks))
    factor = float(rng.uniform(2.0, 3.0))
    return Change(keyword, start, factor if rng.random() < 0.5 else 1 / factor, 0)


def _past_bursts(rng: np.random.Generator, keywords: int, history_ticks: int) -> tuple[PastBurst, ...]:
    found = []
    for keyword in rng.choice(keywords, keywords // 10, replace=False):
        for _ in range(rng.integers(1, 4)):
            hours = float(np.exp(rng.uniform(0.0, np.log(12.0))))
            start = int(rng.integers(0, history_ticks - 12 * TICKS_PER_HOUR))
            factor = float(np.exp(rng.uniform(np.log(3.0), np.log(20.0))))
            found.append(PastBurst(int(keyword), start, start + int(hours * TICKS_PER_HOUR), factor))
    return tuple(found)


def _wander(rng: np.random.Generator, clumped: NDArray[np.bool_], hours: int) -> NDArray[np.float32]:
    """Return factors (keywords, hours) of a first-order autoregression in the logarithm; 1 where not clumped."""
    kept = np.exp(-1.0 / _WANDER_HOURS)
    state = rng.normal(0.0, _WANDER_SD, len(clumped))
    factors = np.ones((len(clumped), hours), np.float32)
    for hour in range(hours):
        state = kept * state + rng.normal(0.0, _WANDER_SD * np.sqrt(1 - kept**2), len(clumped))
        factors[clumped, hour] = np.exp(state[clumped])
    return factors
