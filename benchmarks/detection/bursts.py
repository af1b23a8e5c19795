"""Planted bursts: `python -m benchmarks.detection.bursts`; prints its tables and writes them to docs/detection."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.detection import bursts_report as report
from benchmarks.detection.bursts_picture import draw_bursts
from benchmarks.detection.contestants import (
    Contestant,
    OriginalRule,
    PlainEwma,
    RollingPoisson,
    WatchesPlatform,
)
from benchmarks.detection.shipped import shipped_detector
from benchmarks.detection.suite import TICKS_PER_DAY, TICKS_PER_HOUR, Suite
from benchmarks.detection.suite_generator import Plan, make_suite
from benchmarks.detection.tables import machine
from benchmarks.detection.verdict import Verdict, collect, verdict_at, verdict_within

Told = Callable[[str], None]
_AFTERMATH_TICKS = 6 * TICKS_PER_HOUR
_SCENARIO_DAYS = 5


@click.command()
@click.option("--seed", default=20_200_601, show_default=True, help="The same seed gives the same suite.")
@click.option("--keywords", type=click.IntRange(1_000), default=10_000, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/detection"), show_default=True)
@click.option("--scenarios/--no-scenarios", default=True, help="Also a doubled platform and an outage.")
def main(seed: int, keywords: int, out: Path, scenarios: bool) -> None:
    """Plant bursts into synthetic keywords and see who finds them."""
    started = time.monotonic()

    def tell(what: str) -> None:
        click.echo(f"[{time.monotonic() - started:5.0f} s] {what}", err=True)

    plan = Plan(seed, keywords)
    shipped = shipped_detector()
    suite = make_suite(plan, tell)
    outcomes = compare(suite, [shipped, OriginalRule(), PlainEwma(), RollingPoisson()], tell)
    planted = report.Planted(suite)
    found = scenarios_of(plan, shipped, tell) if scenarios else []
    text = _document(plan, suite, planted, outcomes, found)
    out.mkdir(parents=True, exist_ok=True)
    (out / "bursts.md").write_text(text, encoding="utf-8")
    draw_bursts(out / "bursts.svg", planted, outcomes)
    click.echo(text)
    tell(f"wrote {out / 'bursts.md'} and {out / 'bursts.svg'}")


def compare(suite: Suite, contestants: list[Contestant], tell: Told) -> list[report.Outcome]:
    """Judge contestants at their own thresholds and at the first one's number of false alerts."""
    outcomes: list[report.Outcome] = []
    for contestant in contestants:
        cells = collect(contestant, suite, tell)
        own = verdict_at(cells, suite, contestant.own_threshold)
        matched = verdict_within(cells, suite, outcomes[0].own.false) if outcomes else own
        outcomes.append(report.Outcome(contestant.name, own, matched))
    return outcomes


def scenarios_of(plan: Plan, shipped: Contestant, tell: Told) -> list[report.ScenarioOutcome]:
    """Let things happen to the whole platform, without any burst, and count the alerts, beside those without them."""
    calm = replace(plan, with_bursts=False, judged_days=_SCENARIO_DAYS)
    tell("scenario: nothing happens")
    suite = make_suite(calm, tell)
    without = verdict_at(collect(shipped, suite, tell), suite, shipped.own_threshold)
    return [_scenario(replace(calm, event=event), shipped, without, tell) for event in ("doubled", "outage")]


def _scenario(plan: Plan, shipped: Contestant, without: Verdict, tell: Told) -> report.ScenarioOutcome:
    tell(f"scenario: {plan.event}")
    suite = make_suite(plan, tell)
    assert suite.event is not None
    verdict = verdict_at(collect(shipped, suite, tell), suite, shipped.own_threshold)
    start, end = suite.event.start_tick, suite.event.end_tick + _AFTERMATH_TICKS
    ringing = _false_keywords(verdict, start, end)
    ringing_anyway = _false_keywords(without, start, end)
    platform: int | None = None
    elsewhere = 0
    if isinstance(shipped, WatchesPlatform):
        episodes = shipped.platform_episodes(suite)
        platform = sum(start <= episode.start_tick < end for episode in episodes)
        elsewhere = len(episodes) - platform
    return report.ScenarioOutcome(
        name="the whole platform doubles for a day" if plan.event == "doubled" else "six hours without any post",
        keyword_episodes=len(ringing),
        without_it=len(ringing_anyway),
        due_to_it=int((~np.isin(ringing, ringing_anyway)).sum()),
        platform_episodes=platform,
        platform_elsewhere=elsewhere,
    )


def _false_keywords(verdict: Verdict, start_tick: int, end_tick: int) -> NDArray[np.int32]:
    """Return the keywords of the false episodes that begin in some ticks, each as often as it has one."""
    return verdict.false_keyword[(verdict.false_tick >= start_tick) & (verdict.false_tick < end_tick)]


def _document(
    plan: Plan,
    suite: Suite,
    planted: report.Planted,
    outcomes: list[report.Outcome],
    scenarios: list[report.ScenarioOutcome],
) -> str:
    shipped = outcomes[0].own
    said = (
        f"{plan.keywords:,} keywords, {suite.history_ticks // TICKS_PER_DAY} days of history and"
        f" {suite.judged_days:.0f} judged days of 5-minute counts, {int(planted.planted.sum())} planted bursts and"
        f" {int(planted.meme.sum())} memes never seen before, {suite.counts.sum(dtype=np.int64):,} mentions;"
        f" seed {plan.seed}; {machine()}."
        " Written by `make bench-bursts`; what it all means stands in [DETECTION.md](../DETECTION.md)."
    )
    parts = [
        "# Planted bursts\n",
        said + "\n",
        report.goals(planted, outcomes, scenarios),
        "![Recall by size and volume, and of all contestants](bursts.svg)\n",
        "## The shipped detector at its own threshold\n",
        report.at_its_threshold(planted, shipped, suite),
        "Share caught, by size and duration:\n",
        report.by_size_and_duration(planted, shipped),
        "By size and what the keyword expected at that time:\n",
        report.by_size_and_volume(planted, shipped),
        "By shape; the goal's bursts are of 5× or more, for an hour or more, where 5 posts/h or more are expected:\n",
        report.by_shape(planted, shipped),
        "False episodes by what is special about the keyword (it can be several things):\n",
        report.false_by_trait(shipped, suite),
        "## Everybody at the same number of false alerts\n",
        "Each threshold is moved to where the most bursts are caught with no more false episodes than the shipped"
        " detector has.\n",
        report.contestants(planted, outcomes, suite),
    ]
    if scenarios:
        parts += ["## When it happens to the whole platform\n", report.scenario_table(scenarios)]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
