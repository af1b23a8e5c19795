"""Stopword lists from the stopwords-iso collection, in the form in which keywords are compared."""

from functools import cache

import stopwordsiso

from groundswell.domain.keywords import words_of
from groundswell.errors import SettingsError


@cache
def stopwords(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the union of the languages' stopwords as word keywords.

    Parameters
    ----------
    languages : tuple of str
        ISO 639-1 codes.

    Raises
    ------
    SettingsError
        A language has no list.
    """
    unknown = [code for code in languages if not stopwordsiso.has_lang(code)]
    if unknown:
        raise SettingsError(
            f"no stopword list for {', '.join(unknown)}",
            f"choose among {' '.join(sorted(stopwordsiso.langs()))}",
        )
    return frozenset(word for entry in stopwordsiso.stopwords(languages) for word in words_of(entry))
