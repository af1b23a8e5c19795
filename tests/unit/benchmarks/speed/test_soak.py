"""What counts as flat, and what the soak says of it."""

from dataclasses import replace

from benchmarks.speed.soak import Sample, Soaked, document, growth

SAMPLE = Sample(0.0, 1_000_000_000, 500_000_000, 400, 5_000_000, 90_000_000, 800, 3.0)


def soaked(samples: list[Sample], lake_rows: int = 100) -> Soaked:
    return Soaked("a machine", 1_000.0, 100, lake_rows, 90, 10, samples)


def steady() -> list[Sample]:
    return [replace(SAMPLE, minute=float(number)) for number in range(30)]


def test_growth_compares_the_last_third_with_the_middle_one() -> None:
    samples = [replace(SAMPLE, open_files=files) for files in [1, 900, 5, 100, 100, 100, 130, 130, 130]]
    assert round(growth(samples, lambda sample: sample.open_files), 2) == 0.3


def test_what_is_flat_and_whole_meets_its_goals() -> None:
    assert "**no**" not in document(soaked(steady()))


def test_python_that_grows_is_told_though_java_does_not() -> None:
    samples = [replace(sample, python_bytes=500_000_000 + 20_000_000 * n) for n, sample in enumerate(steady())]
    text = document(soaked(samples))
    assert text.count("**no**") == 1
    assert "memory of Python" in next(line for line in text.splitlines() if "**no**" in line)


def test_a_query_that_hangs_is_told() -> None:
    samples = [replace(sample, silent_seconds=100.0) for sample in steady()]
    assert "longest time without a batch" in next(
        line for line in document(soaked(samples)).splitlines() if "**no**" in line
    )


def test_a_post_that_is_missing_in_the_lake_is_told() -> None:
    assert "**no**" in document(soaked(steady(), lake_rows=99))
