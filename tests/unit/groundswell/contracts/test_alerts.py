import json
from dataclasses import replace

from groundswell.contracts.alerts import ALERT_COLUMNS, alert_record, episode_of
from groundswell.domain.episodes import JudgedBucket, advance
from groundswell.domain.evidence import EvidencePost

POST = EvidencePost("68", "ana", "né #น้ํา", 12, 1_590_000_000, "https://www.tiktok.com/@ana/video/68")
(OPENED,) = advance(
    None,
    [JudgedBucket("#น้ํา", 1_590_000_000, 300, 30, 3.25, 0, 20.5, 1.5, "discovery", 7, 2.25e-12, 0.0000371)],
)
OPENED = replace(OPENED, evidence=(POST,))


def test_a_record_goes_through_json_and_back() -> None:
    assert episode_of(json.loads(json.dumps(alert_record(OPENED)))) == OPENED


def test_a_small_p_value_keeps_its_digits() -> None:
    assert alert_record(OPENED)["p_value"] == 2.25e-12


def test_a_record_of_before_there_was_evidence_is_still_read() -> None:
    first = {k: v for k, v in alert_record(OPENED).items() if k not in ("p_value", "q_value", "authors", "evidence")}
    episode = episode_of(first)
    assert (episode.evidence, episode.authors, episode.p_value) == ((), None, None)


def test_a_record_has_the_contracts_fields_in_order_and_times_with_offset() -> None:
    record = alert_record(OPENED)
    assert tuple(record) == ALERT_COLUMNS
    assert record["window_end"] == "2020-05-20T18:45:00+00:00"
    assert record["closed_at"] is None
