"""What TikTok's robots.txt lets everybody collect (RFC 9309)."""

from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from groundswell.errors import InputError
from producer.collecting.hosts import FetchError

AGENT = "groundswell"


class RobotsError(InputError):
    """An address that robots.txt asks to leave alone."""

    def __init__(self, url: str, host: str) -> None:
        super().__init__(
            f"robots.txt of {host} asks that {urlsplit(url).path} is not collected",
            "leave it; with TikTok's permission, set scrape.respect_robots = false",
        )
        self.reason = "robots"


class Robots:
    """The rules of the hosts that were asked; each host's file is fetched once.

    Parameters
    ----------
    fetch : callable
        Address -> bytes; raises FetchError.
    """

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._rules: dict[str, Protego] = {}

    def check(self, url: str) -> None:
        """Make sure that an address may be collected.

        Raises
        ------
        RobotsError
            It may not.
        FetchError
            The rules can't be had, which forbids as much.
        """
        host = urlsplit(url).netloc
        if host not in self._rules:
            self._rules[host] = self._rules_of(host)
        if not self._rules[host].can_fetch(url, AGENT):
            raise RobotsError(url, host)

    def _rules_of(self, host: str) -> Protego:
        try:
            text = self._fetch(f"https://{host}/robots.txt").decode("utf-8", "replace")
        except FetchError as error:
            if error.reason != "not_found":
                raise
            text = ""
        return Protego.parse(text)
