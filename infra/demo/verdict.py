"""Whether the planted bursts were found and every input line is accounted for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

EARLY = timedelta(minutes=5)
LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Alert:
    """What the verdict needs of an alert."""

    keyword: str
    opened_at: datetime
    peak_score: float
    observed: float
    expected: float


@dataclass(frozen=True)
class Finding:
    """A planted burst, and the first alert raised for it."""

    keyword: str
    shape: str
    start: datetime
    end: datetime
    peak_hour_posts: int
    expected_posts_per_hour: float
    alert: Alert | None

    @property
    def delay_minutes(self) -> float | None:
        """Minutes of stream time from the burst's start to the end of the bucket that raised the alert."""
        if self.alert is None:
            return None
        return max(0.0, (self.alert.opened_at - self.start).total_seconds() / 60 + 5)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def findings(bursts: Iterable[dict[str, Any]], alerts: Iterable[Alert]) -> list[Finding]:
    """Put the planted bursts beside the alerts raised for them.

    Parameters
    ----------
    bursts : iterable of dict
        `bursts` of the data set's truth file.
    alerts : iterable of Alert
        Every alert of the burst day.
    """
    by_time = sorted(alerts, key=lambda alert: alert.opened_at)
    found = []
    for burst in bursts:
        start, end = _moment(burst["start"]), _moment(burst["end"])
        of_burst = (
            alert
            for alert in by_time
            if alert.keyword == burst["keyword"] and start - EARLY <= alert.opened_at <= end + LATE
        )
        found.append(
            Finding(
                burst["keyword"],
                burst["shape"],
                start,
                end,
                burst["peak_hour_posts"],
                burst["expected_posts_per_hour"],
                next(of_burst, None),
            )
        )
    return found


@dataclass(frozen=True)
class Accounts:
    """Where the lines of the made files went, as each place counted them."""

    lines: int
    blank: int
    sent: int
    dead_lettered: int
    dead_letters_on_topic: int
    lake_rows: int

    def unaccounted(self) -> list[str]:
        """Return in words what does not add up; empty when every line is accounted for."""
        wrong = []
        if self.lines != self.blank + self.sent + self.dead_lettered:
            wrong.append(
                f"{self.lines:,} lines in the files, but {self.blank:,} blank + {self.sent:,} sent + "
                f"{self.dead_lettered:,} dead-lettered"
            )
        if self.dead_letters_on_topic != self.dead_lettered:
            wrong.append(f"{self.dead_lettered:,} lines dead-lettered, {self.dead_letters_on_topic:,} on the topic")
        if self.lake_rows != self.sent:
            wrong.append(f"{self.sent:,} posts sent, {self.lake_rows:,} in the lake")
        return wrong
