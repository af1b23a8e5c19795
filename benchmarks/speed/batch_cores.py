"""Who keeps the cores busy with a post at night: by who, by step, and what follows for the speed there can be.

A further post is what the largest size takes more than the one a quarter of it, by post: what Java loads and compiles
at its start isn't in it. Means of the turns, as they add up.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from benchmarks.detection.tables import markdown_table
from benchmarks.speed.batch_contestants import START, CopyRun, Run
from benchmarks.speed.batch_measured import Parsed
from benchmarks.speed.stream_cores import COLLECTORS, COMPILERS, DRIVER, JVM, WORKERS

POSTGRES, S3 = "Postgres", "S3"
GROUPS = {
    "JVM": (JVM, COMPILERS, COLLECTORS),
    "workers": (WORKERS,),
    "driver": (DRIVER,),
    "Postgres": (POSTGRES,),
    "S3": (S3,),
}
_CLOCK = "by the clock"
_MICROSECONDS = 1e6
_QUARTER = 2

Found = Callable[[Run, CopyRun], Mapping[str, float]]


def cores_of(run: Run) -> dict[str, float]:
    """Return the seconds that each was busy, in all steps together."""
    found: dict[str, float] = {}
    for of_step in run.cores.values():
        for who, seconds in of_step.items():
            found[who] = found.get(who, 0.0) + seconds
    return found


def grouped(cores: Mapping[str, float]) -> dict[str, float]:
    """Return the same by `GROUPS`."""
    return {name: sum(cores.get(who, 0.0) for who in group) for name, group in GROUPS.items()}


def a_post(parsed: Parsed, found: Found) -> dict[str, float]:
    """Return microseconds per post of what was found in each turn."""
    turns = [found(run, copy) for run, copy in parsed.runs]
    names = dict.fromkeys(name for turn in turns for name in turn)
    scale = _MICROSECONDS / parsed.facts.posts
    return {name: fmean(turn.get(name, 0.0) for turn in turns) * scale for name in names}


def a_further_post(parsed: Sequence[Parsed], found: Found) -> dict[str, float]:
    """Return microseconds per post between the largest size and the one a quarter of it; nothing is cut off at 0."""
    large, small = parsed[-1], parsed[-1 - _QUARTER]
    more, less = a_post(large, found), a_post(small, found)
    counts = large.facts.posts, small.facts.posts
    return {
        name: (spent * counts[0] - less.get(name, 0.0) * counts[1]) / (counts[0] - counts[1])
        for name, spent in more.items()
    }


def busy_part(parsed: Sequence[Parsed], cores: int) -> list[str]:
    """Return the tables with what has to be known to read them."""
    most, quarter = parsed[-1], parsed[-1 - _QUARTER]
    return [
        f"Who was busy with a post, in core-µs, by the processes' own times: with {most.facts.posts:,} posts, Spark's"
        " start included; and with a further post, which is what they took more than"
        f" {quarter.facts.posts:,}, by post. The driver of COPY is its client.\n",
        _who_table(parsed),
        _floor(parsed, cores) + "\n",
        "A further post by the steps of the job, in µs by the clock, and in core-µs by who was busy: Postgres stages"
        " while records are read; in the step that puts posts in place it does that, and the JVM and the workers count"
        " keywords.\n",
        _step_table(parsed),
    ]


def _of_run(run: Run, _: CopyRun) -> Mapping[str, float]:
    return {**cores_of(run), _CLOCK: run.seconds}


def _of_copy(_: Run, copy: CopyRun) -> Mapping[str, float]:
    return {**copy.cores, _CLOCK: sum(copy.seconds.values())}


def _who_table(parsed: Sequence[Parsed]) -> str:
    found = (_of_run, _of_copy)
    columns = [each for of in found for each in (a_post(parsed[-1], of), a_further_post(parsed, of))]
    clocks = [column.pop(_CLOCK) for column in columns]
    who = [name for group in GROUPS.values() for name in group]
    rows = [[name, *(f"{column.get(name, 0.0):z,.1f}" for column in columns)] for name in who]
    sums = ["all of them", *(f"{sum(column.values()):z,.1f}" for column in columns)]
    clock = [f"{_CLOCK}, Spark's start left out", *(f"{each:z,.1f}" for each in clocks)]
    header = ["who", "parse-lake, each post", "each further post", "COPY, each post", "each further post"]
    return markdown_table(header, [*rows, sums, clock])


def _floor(parsed: Sequence[Parsed], cores: int) -> str:
    further, copied = (dict(a_further_post(parsed, found)) for found in (_of_run, _of_copy))
    whole, of_copy = (a_post(parsed[-1], found)[_CLOCK] for found in (_of_run, _of_copy))
    clock, copy_clock = further.pop(_CLOCK), copied.pop(_CLOCK)
    floor = sum(further.values()) / cores
    started = sum(a_post(parsed[-1], lambda run, _: run.cores.get(START, {})).values())
    all_floor = (sum(a_post(parsed[-1], lambda run, _: cores_of(run)).values()) - started) / cores
    return (
        f"Were none of the {cores} cores ever idle, a further post would take {floor:.0f} µs (it takes {clock:.0f}):"
        f" {copy_clock / floor:.2f} × COPY's speed at best, whose {copy_clock:.0f} µs keep"
        f" {sum(copied.values()) / copy_clock:.1f} cores busy. With all that is done for {parsed[-1].facts.posts:,}"
        f" posts after Spark's start, what Java compiles included, it would be {all_floor:.0f} µs for each post instead"
        f" of {whole:.0f}: {of_copy / all_floor:.2f} × COPY."
    )


def _step_table(parsed: Sequence[Parsed]) -> str:
    steps = dict.fromkeys(step for run, _ in parsed[-1].runs for step in run.cores)
    columns = {step: a_further_post(parsed, _of_step(step)) for step in steps}
    rows = [[step, *column.values(), sum(column.values()) - column[_CLOCK]] for step, column in columns.items()]
    sums = ["all of them", *(sum(of) for of in zip(*(row[1:] for row in rows), strict=True))]
    cells = [[str(row[0]), *(f"{spent:z,.1f}" for spent in row[1:])] for row in (*rows, sums)]
    return markdown_table(["step", _CLOCK, *GROUPS, "together"], cells)


def _of_step(step: str) -> Found:
    def found(run: Run, _: CopyRun) -> Mapping[str, float]:
        seconds = run.spark_seconds if step == START else run.steps.get(step, 0.0)
        return {_CLOCK: seconds, **grouped(run.cores.get(step, {}))}

    return found
