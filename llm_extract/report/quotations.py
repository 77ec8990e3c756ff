"""Words in quotation marks that a run judged not to be quotes."""

import re
from typing import Final, NamedTuple

from llm_extract.schemas import ArticleRecords, DroppedDraft
from llm_extract.text.article import Document, QuotedSpan

_QUOTE: Final = "quote"
# How a dropped draft names its quotation: as the reason does, or as the draft, which may be cut.
_NUMBER = re.compile(r'\bquotation (\d+)|"text": ?(\d+)')


class Place(NamedTuple):
    """A stretch of an article, in code points: the first, and the one after the last."""

    start: int
    end: int


def unquoted(records: ArticleRecords, document: Document) -> tuple[Place, ...] | None:
    """Find the words in quotation marks that were asked about and judged not to be quotes.

    A quotation whose draft was dropped is not among them: nobody judged it.

    Args:
        records: what the article gave.
        document: the article with its quotations.

    Returns:
        Where they are, in text order; None where quotes were not asked for, or where an answer was
        lost so that nobody knows which of them were judged.
    """
    if _QUOTE not in records.provenance.record_types:
        return None
    dropped = [_number(draft) for draft in records.provenance.dropped if draft.record == _QUOTE]
    if None in dropped:
        return None
    known = {(quote.text.start, quote.text.end) for quote in records.quotes}
    return tuple(
        Place(quoted.start, quoted.end)
        for quoted in document.quotations
        if (quoted.start, quoted.end) not in known
        and quoted.number not in dropped
        and _was_shown(document, quoted)
    )


def _number(draft: DroppedDraft) -> int | None:
    """Return the number of the quotation that a dropped draft is about; None where none is told."""
    found = _NUMBER.search(draft.reason) or _NUMBER.search(draft.draft)
    return int(found[1] or found[2]) if found else None


def _was_shown(document: Document, quoted: QuotedSpan) -> bool:
    """Say whether a model is asked about a quoted span: not inside site furniture."""
    sentences = document.sentences_over(quoted.start, quoted.end)
    return all(sentence.kind != "furniture" for sentence in sentences)
