import pytest

from producer.collecting.hosts import FetchError
from producer.collecting.robots import Robots, RobotsError

RULES = b"User-agent: *\nAllow: /\nDisallow: /*/item_list/\nDisallow: /api/\nUser-agent: other\nDisallow: /\n"


def test_what_is_disallowed_is_refused_and_the_rules_are_fetched_once() -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return RULES

    robots = Robots(fetch)
    robots.check("https://www.tiktok.com/@ana")
    with pytest.raises(RobotsError, match=r"/api/x is not collected"):
        robots.check("https://www.tiktok.com/api/x?msToken=secret")

    assert fetched == ["https://www.tiktok.com/robots.txt"]


def test_a_host_without_rules_allows_all() -> None:
    def fetch(url: str) -> bytes:
        raise FetchError("not_found", "none", is_passing=False)

    Robots(fetch).check("https://www.tiktok.com/api/x")


def test_rules_that_cant_be_had_forbid() -> None:
    def fetch(url: str) -> bytes:
        raise FetchError("status", "answered with 503", is_passing=True)

    with pytest.raises(FetchError):
        Robots(fetch).check("https://www.tiktok.com/@ana")
