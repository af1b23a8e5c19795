"""TikTok through a real browser: TikTokApi signs the requests, Playwright's Chromium sends them."""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from TikTokApi import TikTokApi

from groundswell.adapters.chromium import find_chromium
from groundswell.contracts.profile_pages import CAPTCHA_SIGNS
from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import ScrapeSettings
from producer.collecting.feeds import (
    LOOKUPS,
    Feed,
    FeedCursor,
    FeedError,
    FeedPage,
    check_status,
    page_request,
    read_page,
)
from producer.collecting.proxies import proxy_options

logger = logging.getLogger(__name__)

_NOT_LOADED = ["image", "media", "font", "stylesheet"]
_REFUSED = frozenset({403, 429})
_FETCH = """async ({url, headers, most, milliseconds}) => {
  const answer = await fetch(url, {method: 'GET', headers, signal: AbortSignal.timeout(milliseconds)});
  const told = Number(answer.headers.get('Content-Length') || 0);
  if (told > most) return {status: answer.status, body: '{', length: told};
  const body = await answer.text();
  return {status: answer.status, body: body.slice(0, most), length: body.length};
}"""


class _Browser(TikTokApi):  # type: ignore[misc]
    """TikTokApi that tells refusals, captchas and pages that aren't JSON apart; its own fetch hides the status."""

    def __init__(self, scrape: ScrapeSettings) -> None:
        super().__init__(logging_level=logging.CRITICAL, logger_name=f"{__name__}.tiktokapi")
        self._scrape = scrape

    async def run_fetch_script(self, url: str, headers: dict[str, str] | None, **kwargs: Any) -> str:
        _, session = await self._get_valid_session_index(**kwargs)
        path = urlsplit(url).path
        try:
            asked = {
                "url": url,
                "headers": headers or {},
                "most": self._scrape.page_size_bytes,
                "milliseconds": round(self._scrape.timeout_seconds * 1000),
            }
            # Playwright waits for a page's script for ever, should the page itself hang.
            answer = await asyncio.wait_for(session.page.evaluate(_FETCH, asked), self._scrape.timeout_seconds + 5)
        except TimeoutError as error:
            raise FeedError("cut", f"{path}: TikTok's page doesn't answer", is_passing=True) from error
        except PlaywrightError as error:
            raise FeedError("cut", f"{path}: {error.message.splitlines()[0]}", is_passing=True) from error
        return _checked(path, answer["status"], answer["body"], answer["length"])


def _checked(path: str, status: int, body: str, length: int) -> str:
    if status in _REFUSED or status >= 500:
        raise FeedError("refused", f"{path}: TikTok refuses with {status}", is_passing=True)
    if status == 404:
        raise FeedError("not_found", f"{path}: TikTok has no such page", is_passing=False)
    if not body.strip():
        raise FeedError("empty", f"{path}: TikTok's answer is empty", is_passing=True)
    if len(body) < length:
        raise FeedError("changed", f"{path}: the page has {length:,} characters", is_passing=False)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        if _wants_captcha(body):
            raise FeedError("captcha", f"{path}: TikTok wants a captcha to be solved", is_passing=False) from error
        raise FeedError("changed", f"{path}: the page is no JSON ({error})", is_passing=False) from error
    if not isinstance(answer, dict):
        raise FeedError("changed", f"{path}: the page is no object", is_passing=False)
    return body


def _wants_captcha(html: str) -> bool:
    return any(sign in html for sign in CAPTCHA_SIGNS)


class TikTok:
    """Pages of feeds.

    Parameters
    ----------
    browser : TikTokApi
        With its sessions made.
    pace_seconds : float
        Between two requests, whatever they are for.
    """

    def __init__(self, browser: Any, pace_seconds: float) -> None:
        self._browser = browser
        self._pace_seconds = pace_seconds
        self._next_s = time.monotonic()
        self._keys: dict[Feed, str] = {}

    async def page(self, feed: Feed, at: FeedCursor) -> FeedPage:
        """Return one page.

        Raises
        ------
        FeedError
            It didn't come.
        """
        if feed not in self._keys:
            self._keys[feed] = await self._key(feed)
        url, parameters = page_request(feed.kind, self._keys[feed], at)
        return read_page(feed, at, await self._ask(url, parameters))

    async def _key(self, feed: Feed) -> str:
        """Return by what TikTok knows a feed: names of hashtags and users must be looked up."""
        if feed.kind == "hashtag":
            answer = await self._ask(LOOKUPS[feed.kind], {"challengeName": feed.name})
            return _looked_up(feed, answer, "challengeInfo", "challenge", "id")
        if feed.kind == "user":
            parameters = {"uniqueId": feed.name, "secUid": ""}
            answer = await self._ask(LOOKUPS[feed.kind], parameters)
            return _looked_up(feed, answer, "userInfo", "user", "secUid")
        return feed.name

    async def _ask(self, url: str, parameters: dict[str, str]) -> Any:
        await asyncio.sleep(max(self._next_s - time.monotonic(), 0))
        self._next_s = time.monotonic() + self._pace_seconds
        try:
            # Retries are the collector's: it waits longer, and tells what it waits for.
            return await self._browser.make_request(url, params=parameters, retries=1)
        except FeedError:
            raise
        except PlaywrightError as error:
            raise FeedError("cut", f"{urlsplit(url).path}: {error.message.splitlines()[0]}", is_passing=True) from error
        except Exception as error:  # TikTokApi raises bare ones
            # Sessions that are gone stay so until a browser is opened anew.
            is_passing = any(session.is_valid for session in self._browser.sessions)
            raise FeedError("cut", f"{urlsplit(url).path}: {error}", is_passing) from error


def _looked_up(feed: Feed, answer: Any, *names: str) -> str:
    found = answer
    if isinstance(answer, dict):
        check_status(feed, answer)
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    if not found:
        raise FeedError("not_found", f"{feed.source}: TikTok knows no such {feed.kind}", is_passing=False)
    return str(found)


@asynccontextmanager
async def open_tiktok(scrape: ScrapeSettings) -> AsyncIterator[TikTok]:
    """Open the browser's sessions, and close them in any case.

    Raises
    ------
    SettingsError
        There is no browser.
    FeedError
        TikTok's start page didn't come, or wants a captcha.
    """
    browser = _Browser(scrape)
    try:
        try:
            await browser.create_sessions(**_session_options(scrape))
        except PlaywrightError as error:
            raise _start_error(error) from error
        for session in browser.sessions:
            if _wants_captcha(await session.page.content()):
                raise FeedError("captcha", "TikTok's start page wants a captcha to be solved", is_passing=False)
        yield TikTok(browser, scrape.pace_seconds)
    finally:
        await browser.close_sessions()


def _session_options(scrape: ScrapeSettings) -> dict[str, Any]:
    options = [*(["--headless=new"] if scrape.headless else []), *scrape.browser_options]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium doesn't start as root with it
    return {
        "num_sessions": scrape.sessions,
        "ms_tokens": [token.get_secret_value() for token in scrape.ms_tokens] or None,
        "proxies": [proxy_options(proxy.get_secret_value()) for proxy in scrape.proxies] or None,
        # Headless is told by the option: Playwright's own switch wants a browser that it brought itself.
        "headless": False,
        "override_browser_args": options,
        "executable_path": browser_path(scrape),
        "suppress_resource_load_types": _NOT_LOADED,
        "timeout": round(scrape.timeout_seconds * 1000),
        "allow_partial_sessions": False,
    }


def browser_path(scrape: ScrapeSettings) -> str:
    """Return the browser's path.

    Raises
    ------
    SettingsError
        There is none.
    """
    if found := find_chromium(scrape.browser_path):
        return str(found)
    if scrape.browser_path:
        raise SettingsError(f"scrape.browser_path is {scrape.browser_path}, which can't be run", "correct it")
    raise SettingsError(
        "no Chromium was found, which scraping needs",
        "install it (`make browser`, or your system's package chromium), or set scrape.browser_path",
    )


def _start_error(error: PlaywrightError) -> UnavailableError:
    first = error.message.splitlines()[0]
    if "Executable doesn't exist" in error.message or "Failed to launch" in error.message:
        return UnavailableError(
            f"the browser doesn't start: {first}", "look at scrape.browser_path and browser_options"
        )
    return FeedError("cut", f"TikTok's start page didn't come: {first}", is_passing=True)
