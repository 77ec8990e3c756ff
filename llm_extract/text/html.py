"""The article in a web page, by trafilatura (extra `html`)."""

import copy
import datetime
import re
from dataclasses import dataclass
from typing import Any

from llm_extract.errors import SourceError
from llm_extract.text.decoding import decode

_DECLARED = re.compile(rb"""\b(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes; browsers look at the first 1,024 only

# Meta elements of these kinds hold dates of other things than of the publication.
_OTHER_DATES = ("image", "modified", "updated", "url")


@dataclass(frozen=True)
class Page:
    """What a web page holds of an article.

    Attributes:
        text: the article without menus, adverts and comments, one line a block.
        title: headline the page states.
        published: publication date the page states.
        url: canonical address the page states.
    """

    text: str
    title: str | None
    published: datetime.date | None
    url: str | None


def read_html(data: bytes) -> Page:
    """Return the article of a web page.

    The publication date is taken from what the page declares (meta elements, JSON-LD), never from
    its words.

    Args:
        data: the page as it was saved; its encoding is declared in it or detected.

    Raises:
        SourceError: trafilatura is missing, or finds no article in the page.
    """
    try:
        import trafilatura
        from trafilatura.settings import Document
    except ImportError as error:
        raise SourceError("needs trafilatura: pip install 'llm-extract[html]'") from error
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    html = decode(data, declared[1].decode("ascii", errors="ignore") if declared else None)
    try:
        published = _published(trafilatura.load_html(html))
        page = trafilatura.bare_extraction(html, with_metadata=True, include_comments=False)
    except Exception as error:  # whatever the parser makes of one page must not end the run
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(f"is a page that trafilatura cannot parse ({reason})") from error
    text = (page.text or "").strip() if isinstance(page, Document) else ""
    if not isinstance(page, Document) or not text:
        raise SourceError("is a page without an article: save the article's text as .txt instead")
    return Page(text, page.title or None, published, page.url or None)


def _published(tree: Any) -> datetime.date | None:
    """Return the publication date that the page declares.

    trafilatura would also search the words, the addresses and the pictures, and so find the date
    of something else; it is given the declarations alone.
    """
    import trafilatura

    if tree is None:
        return None
    page = tree.makeelement("html")
    head = page.makeelement("head")
    page.append(head)
    head.extend(
        copy.deepcopy(element) for element in tree.iter("meta", "script") if _dates(element)
    )
    metadata = trafilatura.extract_metadata(
        page, date_config={"extensive_search": False, "original_date": True}
    )
    return datetime.date.fromisoformat(metadata.date) if metadata and metadata.date else None


def _dates(element: Any) -> bool:
    """Tell whether an element of the page can declare its publication date."""
    if element.tag == "script":
        return "ld+json" in element.get("type", "").lower()
    kinds = (element.get(name, "") for name in ("name", "property", "itemprop", "http-equiv"))
    kind = " ".join(kinds).lower()
    return not any(other in kind for other in _OTHER_DATES)
