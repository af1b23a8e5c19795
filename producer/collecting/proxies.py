"""A proxy as the browser and the page fetcher want it."""

from urllib.parse import unquote, urlsplit

from groundswell.errors import SettingsError


def proxy_options(url: str) -> dict[str, str]:
    """Return a proxy as Playwright wants it.

    Raises
    ------
    SettingsError
        It is no address; the message doesn't show it, as it may hold a password.

    >>> proxy_options("http://ana:s%40cret@proxy.example:8080")
    {'server': 'http://proxy.example:8080', 'username': 'ana', 'password': 's@cret'}
    """
    way_out = "write http://user:password@host:port, with %40 for an @ and %2F for a / in them"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise SettingsError("scrape.proxies holds what is no proxy", way_out) from None
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.path.strip("/"):
        raise SettingsError("scrape.proxies holds what is no proxy", way_out)
    login = {"username": unquote(parts.username), "password": unquote(parts.password or "")} if parts.username else {}
    return {"server": f"{parts.scheme}://{parts.hostname}{port}", **login}
