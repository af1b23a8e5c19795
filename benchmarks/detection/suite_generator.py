"""Make a planted-burst suite: ordinary life, drawn as counts, with bursts planted into the judged days.

Bursts are a full design of size (2, 3, 5, 10, 20 times) by duration (15 min, 1 h, 3 h, 12 h) by shape, with as many
repetitions as the number of keywords allows (12 at 10,000), spread over six volume classes. The size is the multiple of
what the keyword expects in the whole burst, so that a ramp of 5 times has as many posts as a level of 5 times. On top,
1 keyword in 200 is a meme never seen before: 20 to 200 posts an hour for 6 hours, then halving every 12 hours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.ordinary_life import Floats, OrdinaryLife, draw_life
from benchmarks.detection.suite import (
    TICK_MINUTES,
    TICKS_PER_DAY,
    TICKS_PER_HOUR,
    Burst,
    Excuse,
    PlatformEvent,
    Shape,
    Suite,
)

SIZES = (2.0, 3.0, 5.0, 10.0, 20.0)
DURATIONS_MINUTES = (15, 60, 180, 720)
SHAPES: tuple[Shape, ...] = ("pulse", "ramp", "level")
VOLUME_EDGES = (0.0, 0.2, 1.0, 5.0, 20.0, 100.0, np.inf)
"""Posts an hour between which the volume classes lie."""

_CLASS_SHARES = (0.14, 0.18, 0.22, 0.2, 0.17, 0.09)
_KEYWORDS_PER_REPETITION = 833
_POSTS_PER_MENTION = 0.5
_SHIFT_EXCUSE_TICKS = TICKS_PER_DAY
_MEME_TICKS, _MEME_HALVING_TICKS, _MEME_EXCUSE_TICKS = 6 * TICKS_PER_HOUR, 12 * TICKS_PER_HOUR, 2 * TICKS_PER_DAY
_LEAD_TICKS = TICKS_PER_HOUR
_ROWS_PER_BLOCK = 500
_START_EPOCH_S = 1_590_969_600  # Monday 2020-06-01 00:00 UTC

Told = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Which suite to make.

    Attributes
    ----------
    seed : int
        The same seed gives the same suite.
    keywords : int
        Number of keywords, 1,000 or more.
    history_days, judged_days : int
        Days to learn from (21 or more) and days to judge (5 or more).
    with_bursts : bool
        Whether bursts and memes are planted.
    event : {"doubled", "outage"}, optional
        The whole platform doubles for the second judged day, or has no post for 6 hours of its noon: neither that day
        nor the next is a holiday, whose alerts would count as the event's.
    """

    seed: int
    keywords: int = 10_000
    history_days: int = 28
    judged_days: int = 7
    with_bursts: bool = True
    event: str | None = None


def make_suite(plan: Plan, tell: Told = lambda _: None) -> Suite:
    """Make the suite of a plan; `tell` hears of the progress.

    A plan with an event has the same counts of keywords outside of it as the plan without it.
    """
    history, ticks = plan.history_days * TICKS_PER_DAY, (plan.history_days + plan.judged_days) * TICKS_PER_DAY
    life_rng, burst_rng, count_rng, event_rng = np.random.default_rng(plan.seed).spawn(4)
    life = draw_life(life_rng, plan.keywords, ticks, history)
    event = _event(plan, history)
    planted = _plant(burst_rng, life) if plan.with_bursts else []
    by_keyword = {burst.keyword: burst for burst in planted}
    counts = np.empty((plan.keywords, ticks), np.int32)
    platform_rates = np.zeros(ticks)
    bursts: list[Burst] = []
    for rows in _blocks(plan.keywords):
        tell(f"suite: {rows.stop:,} of {plan.keywords:,} keywords")
        rates = life.rates(rows)
        here = [by_keyword[k] for k in range(rows.start, rows.stop) if k in by_keyword]
        bursts += [_raise(rates[burst.keyword - rows.start], burst) for burst in here]
        counts[rows] = _draw(count_rng, rates, life.clumped[rows])
        if event is not None:
            _apply(event, counts[rows], rates, life.clumped[rows], event_rng)
        platform_rates += rates.sum(axis=0)
    if event is not None:
        there = slice(event.start_tick, event.end_tick)
        platform_rates[there] *= 2.0 if event.kind == "doubled" else 0.0
    platform = count_rng.poisson(platform_rates * _POSTS_PER_MENTION)
    excuses = _excuses(life, bursts)
    return Suite(counts, platform, _START_EPOCH_S, history, tuple(bursts), excuses, event, life.traits())


def _blocks(keywords: int) -> Iterator[slice]:
    for start in range(0, keywords, _ROWS_PER_BLOCK):
        yield slice(start, min(start + _ROWS_PER_BLOCK, keywords))


def _event(plan: Plan, history: int) -> PlatformEvent | None:
    day = history + TICKS_PER_DAY
    if plan.event == "doubled":
        return PlatformEvent("doubled", day, day + TICKS_PER_DAY)
    if plan.event == "outage":
        return PlatformEvent("outage", day + 10 * TICKS_PER_HOUR, day + 16 * TICKS_PER_HOUR)
    return None


def _draw(rng: np.random.Generator, rates: Floats, clumped: NDArray[np.bool_]) -> NDArray[np.int32]:
    drawn = rates.copy()
    mean = rates[clumped]
    clump = np.clip(mean / 10.0, 1e-6, 1.0)
    drawn[clumped] = rng.gamma(np.maximum(mean / clump, 1e-12)) * clump
    drawn[rates == 0.0] = 0.0
    return rng.poisson(drawn).astype(np.int32)


def _apply(
    event: PlatformEvent, counts: NDArray[np.int32], rates: Floats, clumped: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    there = slice(event.start_tick, event.end_tick)
    if event.kind == "outage":
        counts[:, there] = 0
    else:
        counts[:, there] += _draw(rng, rates[:, there], clumped)


def _plant(rng: np.random.Generator, life: OrdinaryLife) -> list[Burst]:
    """Choose keyword, time, size, duration and shape of all bursts; what they expect is not known yet."""
    unchanged = np.ones(len(life.volumes_per_hour), bool)
    unchanged[[change.keyword for change in life.changes]] = False
    unchanged[life.first_ticks > 0] = False
    repetitions = max(round(len(unchanged) / _KEYWORDS_PER_REPETITION), 1)
    design = list(product(SIZES, DURATIONS_MINUTES, SHAPES)) * repetitions
    keywords = _keywords_over_volumes(rng, life.volumes_per_hour, unchanged, len(design))
    bursts = []
    for keyword, place in zip(keywords, rng.permutation(len(design)), strict=True):
        size, minutes, shape = design[place]
        length = minutes // TICK_MINUTES
        start = int(rng.integers(life.history_ticks + _LEAD_TICKS, life.ticks - length - _LEAD_TICKS))
        bursts.append(Burst(int(keyword), start, start + length, size, shape, 0.0))
    unchanged[keywords] = False
    memes = rng.choice(np.flatnonzero(unchanged & (life.volumes_per_hour < 1)), len(unchanged) // 200, replace=False)
    starts = rng.integers(life.history_ticks + _LEAD_TICKS, life.ticks - _MEME_TICKS, len(memes))
    return bursts + [
        Burst(int(k), int(s), int(s) + _MEME_TICKS, np.inf, "new", 0.0) for k, s in zip(memes, starts, strict=True)
    ]


def _keywords_over_volumes(
    rng: np.random.Generator, volumes: Floats, allowed: NDArray[np.bool_], wanted: int
) -> NDArray[np.int64]:
    chosen: list[int] = []
    classes = np.digitize(volumes, VOLUME_EDGES) - 1
    for number, share in enumerate(_CLASS_SHARES):
        there = np.flatnonzero(allowed & (classes == number))
        chosen += rng.choice(there, min(round(share * wanted), len(there)), replace=False).tolist()
    rest = np.setdiff1d(np.flatnonzero(allowed), chosen)
    chosen = chosen[:wanted] + rng.choice(rest, max(wanted - len(chosen), 0), replace=False).tolist()
    return rng.permutation(np.array(chosen, np.int64))


def shape_of(shape: Shape, ticks: int) -> Floats:
    """Return the excess over the ticks of a burst, mean 1."""
    middle = (np.arange(ticks) + 0.5) / ticks
    excess = {"pulse": np.exp(-3.0 * middle), "ramp": middle}.get(shape, np.ones(ticks))
    return np.asarray(excess / excess.mean(), np.float64)


def _raise(rates: Floats, burst: Burst) -> Burst:
    """Plant the burst into the rates of its keyword; return it with what was expected."""
    there = slice(burst.start_tick, burst.end_tick)
    if burst.shape == "new":
        # Log-uniform over 20 to 200 posts an hour, by a fixed share of the keyword's number.
        per_tick = 20.0 * 10.0 ** ((burst.keyword * 0.618034) % 1.0) / TICKS_PER_HOUR
        since = np.arange(len(rates) - burst.start_tick)
        rates[: burst.start_tick] = 0.0
        rates[burst.start_tick :] = per_tick * 0.5 ** (np.maximum(since - _MEME_TICKS, 0) / _MEME_HALVING_TICKS)
        return burst
    expected = rates[there].copy()
    excess = shape_of(burst.shape, burst.end_tick - burst.start_tick)
    # By totals, so that a season within the burst leaves the size as it is.
    rates[there] += (burst.factor - 1.0) * expected.sum() * excess * expected / (excess * expected).sum()
    per_hour = float(expected.mean()) * TICKS_PER_HOUR
    return Burst(burst.keyword, burst.start_tick, burst.end_tick, burst.factor, burst.shape, per_hour)


def _excuses(life: OrdinaryLife, bursts: list[Burst]) -> tuple[Excuse, ...]:
    shifts = [c for c in life.changes if not c.ramp_ticks and c.start_tick >= life.history_ticks]
    memes = [b for b in bursts if b.shape == "new"]
    return (
        *(Excuse(c.keyword, c.start_tick, c.start_tick + _SHIFT_EXCUSE_TICKS, "level shift") for c in shifts),
        *(Excuse(b.keyword, b.start_tick, b.start_tick + _MEME_EXCUSE_TICKS, "meme") for b in memes),
    )
