import json

from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.domain.episodes import JudgedBucket, advance

(OPENED,) = advance(None, [JudgedBucket("#น้ํา", 1_590_000_000, 300, 30, 3.25, 0, 20.5, 1.5, False, 7)])


def test_a_record_goes_through_json_and_back() -> None:
    assert episode_of(json.loads(json.dumps(alert_record(OPENED)))) == OPENED


def test_a_record_has_the_contracts_fields_in_order_and_times_with_offset() -> None:
    record = alert_record(OPENED)
    assert tuple(record) == ALERT_COLUMNS
    assert record["window_end"] == "2020-05-20T18:45:00+00:00"
    assert record["closed_at"] is None
