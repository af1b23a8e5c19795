"""The alerts topic's value: one JSON object per state of an episode, keyed by `alert_id`."""

from datetime import UTC, datetime
from typing import Any

from groundswell.domain.episodes import Episode
from groundswell.domain.evidence import EvidencePost

_TIMES = ("window_start", "window_end", "opened_at", "updated_at", "closed_at")
_ADDED = ("p_value", "q_value", "authors", "evidence")
"""Fields that the first records of the topic didn't have."""

ALERT_COLUMNS = (
    "alert_id", "keyword", "kind", "mode", "direction", "state", "window_start", "window_end", "observed", "expected",
    "lower", "upper", "score", "peak_score", "p_value", "q_value", "severity", "statistics_version", "opened_at",
    "updated_at", "closed_at", "authors", "evidence",
)  # fmt: skip
"""Fields of the record and columns of the alerts table, in one order."""


def alert_record(episode: Episode) -> dict[str, Any]:
    """Return the record of an episode: `ALERT_COLUMNS`, times in ISO 8601 with offset, counts as numbers.

    `evidence` is a list of the posts with most engagement. Numbers are rounded to six places (p- and q-values: six
    digits), so that the same episode is the same bytes wherever it was computed.
    """
    record = {name: _rounded(name, value) for name, value in vars(episode).items()}
    for name in _TIMES:
        epoch_s = record.pop(f"{name}_s")
        record[name] = None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC).isoformat()
    record["evidence"] = [dict(vars(post)) for post in episode.evidence]
    return {name: record[name] for name in ALERT_COLUMNS}


def _rounded(name: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if name in ("p_value", "q_value") else round(value, 6)


def episode_of(record: dict[str, Any]) -> Episode:
    """Return the episode of a record; times may be ISO strings or datetimes.

    Raises
    ------
    KeyError, ValueError
        The record is not of this contract.
    """
    fields = {name: record[name] for name in ALERT_COLUMNS if name not in _TIMES and name not in _ADDED}
    fields |= {name: record.get(name) for name in _ADDED}
    for name in _TIMES:
        value = record[name]
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        fields[f"{name}_s"] = None if moment is None else int(moment.timestamp())
    fields["evidence"] = tuple(EvidencePost(**post) for post in record.get("evidence") or ())
    return Episode(**fields)
