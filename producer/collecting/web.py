"""Fetching by the settings: who asks, through which proxy, whom to trust, and what may be fetched at all."""

import secrets
from collections.abc import Callable
from functools import partial

import requests

from groundswell.settings import ScrapeSettings
from producer.collecting.fetch import Limits, fetch_page
from producer.collecting.hosts import check_address
from producer.collecting.proxies import proxy_options
from producer.collecting.robots import AGENT, Robots


def web_session(scrape: ScrapeSettings) -> requests.Session:
    """Return a session by the settings, which looks at no environment and no .netrc."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(
        {
            "User-Agent": scrape.user_agent or f"{AGENT} (collects public posts; see its operator)",
            "Accept": "text/html,application/json",
            "Accept-Language": "en",
        }
    )
    if scrape.ca_file:
        session.verify = scrape.ca_file
    if scrape.proxies:
        proxy = secrets.choice(scrape.proxies).get_secret_value()
        proxy_options(proxy)  # so that nobody tells a wrong one, with its password, in an error
        session.proxies = {"https": proxy}
    return session


def page_fetcher(scrape: ScrapeSettings) -> Callable[[str], bytes]:
    """Return what fetches an address: address -> bytes, or FetchError, or ForbiddenAddressError."""
    # Behind a proxy it is the proxy that looks a host up.
    check = partial(check_address, allow_private=bool(scrape.proxies))
    limits = Limits(size_bytes=scrape.page_size_bytes, seconds=scrape.timeout_seconds)
    return lambda url: fetch_page(web_session(scrape), url, limits, check)


def robots(scrape: ScrapeSettings) -> Robots | None:
    """Return the rules to be kept; None where the settings say not to ask."""
    return Robots(page_fetcher(scrape)) if scrape.respect_robots else None
