import orjson

from groundswell.contracts.alerts import episode_of
from groundswell.contracts.examples import example_alerts
from groundswell.domain.episodes import Episode
from streaming.alert_store import worth_sending

EPISODES = [episode_of(orjson.loads(value)) for value in example_alerts()]


def shown(episodes: list[Episode]) -> list[tuple[str, str, float]]:
    return [(episode.keyword, episode.state, episode.observed) for episode in episodes]


def test_of_many_updates_only_the_newest_is_sent() -> None:
    assert shown(worth_sending(EPISODES[:4])) == [
        ("#raindance", "opened", 24),
        ("#raindance", "updated", 42),
        ("#raindance", "closed", 42),
    ]


def test_episodes_do_not_mix() -> None:
    sent = worth_sending(EPISODES)
    assert {episode.alert_id for episode in sent} == {episode.alert_id for episode in EPISODES}
    assert len(sent) == len(EPISODES) - 1


def test_nothing_is_sent_for_nothing() -> None:
    assert worth_sending([]) == []
