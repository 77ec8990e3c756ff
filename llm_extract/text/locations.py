"""Where articles and results are: paths of this machine, and URLs."""

import os
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from llm_extract.text.urls import Url, is_url, open_url

Location: TypeAlias = Path | Url


def locate(given: Path | str) -> Location:
    """Return the place that a user names; nothing is looked at yet.

    Args:
        given: a path, or a URL such as `s3://bucket/news/`; `file://` URLs are paths.

    Raises:
        UsageError: a URL needs a package that is missing, or is of an unknown kind.
    """
    if isinstance(given, Path) or not is_url(given):
        return Path(given)
    parts = urlsplit(given)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    return open_url(given)


def full_name(location: Location) -> str:
    """Name a place so that it is the same from every working folder."""
    return str(location) if isinstance(location, Url) else os.fsdecode(location.absolute())


def identity(location: Location) -> str:
    """Return the same for two names of one place, where that can be told."""
    if isinstance(location, Url):
        return location.address.rstrip("/")
    return os.path.realpath(location)


def printable(location: Location | str) -> str:
    r"""Return a place as UTF-8 text; bytes of names that are none are shown as `\xNN`."""
    return os.fsencode(str(location)).decode("utf-8", errors="backslashreplace")
