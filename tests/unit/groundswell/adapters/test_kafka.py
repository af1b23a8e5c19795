"""What a topic is made with."""

from groundswell.adapters.kafka import _admin_topic
from groundswell.contracts.topics import ALERTS, POSTS
from groundswell.settings import KafkaSettings, Settings

SETTINGS = Settings(kafka=KafkaSettings(retention_gigabytes=2.5, partitions=12, replication_factor=3))


def test_of_posts_each_partition_keeps_what_the_settings_say() -> None:
    made = _admin_topic(POSTS, SETTINGS)
    assert made["configs"]["retention.bytes"] == "2500000000"
    assert (made["num_partitions"], made["replication_factor"]) == (12, 3)


def test_alerts_are_kept_for_good() -> None:
    made = _admin_topic(ALERTS, SETTINGS)
    assert "retention.bytes" not in made["configs"]
    assert made["configs"]["retention.ms"] == "-1"
    assert made["num_partitions"] == 1
