"""Where Chromium is on this machine."""

import os
import shutil
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OF_PLAYWRIGHT = "ms-playwright/chromium-*/chrome-*/chrome"


def find_chromium(configured: str) -> Path | None:
    """Return the browser: the configured one, the system's, or one that Playwright has fetched; None where none is.

    Parameters
    ----------
    configured : str
        `scrape.browser_path`; empty: whichever is installed.
    """
    if configured:
        return Path(configured) if os.access(configured, os.X_OK) else None
    for found in filter(None, map(shutil.which, _NAMES)):
        return Path(found)
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return max(cache.glob(_OF_PLAYWRIGHT), default=None)
