"""Who counted something else is refused; statements and environments are what they say."""

from pathlib import Path

import pytest

from benchmarks.speed.data import Facts
from benchmarks.speed.stream_contestants import PYTHON, Field, UnequalError
from benchmarks.speed.stream_data import Counted, StreamPosts
from benchmarks.speed.stream_environments import CONNECTOR_JAR, ENVIRONMENTS, version_of
from benchmarks.speed.stream_flink import insert
from groundswell.domain import keywords as rules
from groundswell.settings import load_settings

COUNTED = Counted(posts=10, buckets=1, pairs=3, mentions=30, digest=7)


@pytest.fixture
def field(tmp_path: Path) -> Field:
    facts = Facts(posts=10, data_bytes=30_000, compression=3.2, keywords=3, windows=1)
    posts = StreamPosts(tmp_path, facts, COUNTED, COUNTED, tmp_path)
    return Field(load_settings(), posts, 30_000, 2, 1, {}, lambda _: None)


def test_a_lost_record_is_refused(field: Field) -> None:
    with pytest.raises(UnequalError, match="read 9 records, not 10"):
        field._check_records(PYTHON, 9)


def test_other_counts_are_refused_even_where_their_sums_are_equal(field: Field) -> None:
    field._check(PYTHON, COUNTED, COUNTED)

    with pytest.raises(UnequalError, match=PYTHON):
        field._check(PYTHON, Counted(posts=10, buckets=1, pairs=3, mentions=30, digest=8), COUNTED)


def test_flink_uses_the_domains_patterns() -> None:
    statement = insert()

    patterns = (rules.URL_PATTERN, rules.MENTION_PATTERN, rules.HASHTAG_PATTERN, rules.WORD_PATTERN)
    assert all(pattern.replace("'", "''") in statement for pattern in patterns)


@pytest.mark.parametrize(("name", "package"), [("flink", "apache-flink"), ("bytewax", "bytewax")])
def test_environments_are_locked_with_hashes_and_name_no_host(name: str, package: str) -> None:
    lock = Path(f"benchmarks/speed/stream_{name}.lock").read_text(encoding="utf-8")

    assert name in ENVIRONMENTS
    assert version_of(name, package)
    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_the_connector_is_made_for_the_same_flink() -> None:
    assert (
        CONNECTOR_JAR.coordinate.rpartition("-")[2].split(".")[0] == version_of("flink", "apache-flink").split(".")[0]
    )
