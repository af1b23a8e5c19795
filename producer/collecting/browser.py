"""TikTok through a real browser: TikTokApi signs the requests, Playwright's Chromium sends them."""

import json
import logging
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.async_api import Error as PlaywrightError
from TikTokApi import TikTokApi

from groundswell.errors import SettingsError, UnavailableError
from groundswell.settings import ScrapeSettings
from producer.collecting.feeds import Feed, FeedCursor, FeedError, FeedPage, check_status, page_request, read_page

logger = logging.getLogger(__name__)

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NOT_LOADED = ["image", "media", "font", "stylesheet"]
_CAPTCHA_SIGNS = ("captcha-verify", "captcha_verify", "tiktok-verify-page", "secsdk-captcha")
_REFUSED = frozenset({403, 429})
_FETCH = """async ({url, headers, most}) => {
  const answer = await fetch(url, {method: 'GET', headers});
  const body = await answer.text();
  return {status: answer.status, body: body.slice(0, most), length: body.length};
}"""


class _Browser(TikTokApi):  # type: ignore[misc]
    """TikTokApi that tells refusals, captchas and pages that aren't JSON apart; its own fetch hides the status."""

    def __init__(self, page_size_bytes: int) -> None:
        super().__init__(logging_level=logging.CRITICAL, logger_name=f"{__name__}.tiktokapi")
        self._page_size_bytes = page_size_bytes

    async def run_fetch_script(self, url: str, headers: dict[str, str] | None, **kwargs: Any) -> str:
        _, session = await self._get_valid_session_index(**kwargs)
        path = urlsplit(url).path
        try:
            answer = await session.page.evaluate(
                _FETCH, {"url": url, "headers": headers or {}, "most": self._page_size_bytes}
            )
        except PlaywrightError as error:
            raise FeedError("cut", f"{path}: {error.message.splitlines()[0]}", is_passing=True) from error
        return _checked(path, answer["status"], answer["body"], answer["length"])


def _checked(path: str, status: int, body: str, length: int) -> str:
    if any(sign in body[:20_000] for sign in _CAPTCHA_SIGNS):
        raise FeedError("captcha", f"{path}: TikTok wants a captcha to be solved", is_passing=False)
    if status in _REFUSED or status >= 500:
        raise FeedError("refused", f"{path}: TikTok refuses with {status}", is_passing=True)
    if status == 404:
        raise FeedError("not_found", f"{path}: TikTok has no such page", is_passing=False)
    if not body.strip():
        raise FeedError("empty", f"{path}: TikTok's answer is empty", is_passing=True)
    if len(body) < length:
        raise FeedError("changed", f"{path}: the page has {length:,} characters", is_passing=False)
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedError("changed", f"{path}: the page is no JSON ({error})", is_passing=False) from error
    return body


class TikTok:
    """Pages of feeds.

    Parameters
    ----------
    browser : TikTokApi
        With its sessions made.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
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
            answer = await self._ask("https://www.tiktok.com/api/challenge/detail/", {"challengeName": feed.name})
            return _looked_up(feed, answer, "challengeInfo", "challenge", "id")
        if feed.kind == "user":
            parameters = {"uniqueId": feed.name, "secUid": ""}
            answer = await self._ask("https://www.tiktok.com/api/user/detail/", parameters)
            return _looked_up(feed, answer, "userInfo", "user", "secUid")
        return feed.name

    async def _ask(self, url: str, parameters: dict[str, str]) -> Any:
        try:
            # Retries are the collector's: it waits longer, and tells what it waits for.
            return await self._browser.make_request(url, params=parameters, retries=1)
        except FeedError:
            raise
        except PlaywrightError as error:
            raise FeedError("cut", f"{urlsplit(url).path}: {error.message.splitlines()[0]}", is_passing=True) from error
        except Exception as error:  # TikTokApi raises bare ones
            raise FeedError("cut", f"{urlsplit(url).path}: {error}", is_passing=True) from error


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
    browser = _Browser(scrape.page_size_bytes)
    try:
        try:
            await browser.create_sessions(**_session_options(scrape))
        except PlaywrightError as error:
            raise _start_error(error) from error
        for session in browser.sessions:
            page = await session.page.content()
            if any(sign in page for sign in _CAPTCHA_SIGNS):
                raise FeedError("captcha", "TikTok's start page wants a captcha to be solved", is_passing=False)
        yield TikTok(browser)
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


def proxy_options(url: str) -> dict[str, str]:
    """Return a proxy as Playwright wants it.

    Raises
    ------
    SettingsError
        It is no address; the message doesn't show it, as it may hold a password.

    >>> proxy_options("http://ana:s%40cret@proxy.example:8080")
    {'server': 'http://proxy.example:8080', 'username': 'ana', 'password': 's@cret'}
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https", "socks5"):
        raise SettingsError("scrape.proxies holds what is no proxy", "write http://user:password@host:port")
    port = f":{parts.port}" if parts.port else ""
    login = {"username": unquote(parts.username), "password": unquote(parts.password or "")} if parts.username else {}
    return {"server": f"{parts.scheme}://{parts.hostname}{port}", **login}


def browser_path(scrape: ScrapeSettings) -> str:
    """Return the browser's path.

    Raises
    ------
    SettingsError
        There is none.
    """
    if scrape.browser_path:
        if not os.access(scrape.browser_path, os.X_OK):
            raise SettingsError(f"scrape.browser_path is {scrape.browser_path}, which can't be run", "correct it")
        return scrape.browser_path
    for name in _BROWSERS:
        if found := shutil.which(name):
            return found
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
