"""Phrases that say who speaks ("he said"): they show where an unclosed quotation ends."""

import re

from llm_extract.text.reporting import finite_forms

_VERB = (
    rf"(?:{'|'.join(finite_forms('clause', 'statement'))}|saying|pointed out|went on"
    r"|(?:was|were) quoted as saying)"
)
_NAME = r"(?:[A-Z][\w’'.-]*\s+){1,5}"
_SUBJECT = (
    rf"(?:(?:he|she|they|it|I|we)\s+|(?:the|an?|his|her|its)\s+(?:[\w’'-]+\s+){{1,4}}|{_NAME})"
)
_REPORTED = r"(?!\s+(?:that|he|she|they|we|I|it|you|there|this|these|those|nothing|no|yes|so)\b)"
_CLAUSE = (
    rf"(?:{_SUBJECT}(?:also\s+|then\s+|later\s+|\w+ly\s+)?{_VERB}\b{_REPORTED}"
    rf"|{_VERB}\s+(?:(?:the|an?)\s+\w|[A-Z])|adding\s+that\b)"
)
_AFTER_QUOTE = re.compile(
    rf"\s*[,—–][\"”’'»]?\s+{_CLAUSE}|(?<=[?!])[\"”’'»]?\s+(?:he|she|they)\s+{_VERB}\b{_REPORTED}"
)
_NOTHING_FOLLOWS = re.compile(r"\s*\.|[^.!?]{0,80}[.!?]?\s*$")
_FOLLOWS_MARK = re.compile(
    rf"(?:(?:he|she|they|it)\s+(?:\w+ly\s+|also\s+)?{_VERB}\b|{_VERB}\s+(?:the\b|an?\b|[A-Z]))"
)
_LEADS_IN = re.compile(rf"[.!?…]\s+[^.!?…]{{1,100}}\b{_VERB}\b[^.!?…]{{0,40}}$")
_SENTENCE_END = re.compile(r"(?<=[a-z]{3})[.!?](?=\s+\W?[A-Z])")
_LONGEST_UNCLOSED = 1000
_LEAD_IN_REACH = 200


def is_attribution(text: str, start: int, end: int) -> bool:
    """Tell whether "he said" or "said the minister" stands right at `start`."""
    return _FOLLOWS_MARK.match(text, start, end) is not None


def evident_end(text: str, start: int, end: int, *, continued: bool) -> int:
    """Return where an unclosed quotation ends that cannot reach beyond `end`.

    Args:
        text: the article.
        start: offset from which on its end is looked for, in code points.
        end: offset of its paragraph's end or of the next opening mark, in code points.
        continued: whether an opening mark follows, as where each paragraph of a long quotation
            opens anew.

    Returns:
        `end` if nothing shows an earlier one.
    """
    attribution = _AFTER_QUOTE.search(text, start, end)
    if attribution and (
        not continued or _NOTHING_FOLLOWS.match(text, attribution.end(), end) is not None
    ):
        return attribution.start()
    lead_in = _LEADS_IN.search(text, max(start, end - _LEAD_IN_REACH), end)
    if lead_in:
        return lead_in.start() + 1
    fragment = text[start:end].lstrip()[:1].islower()
    if not continued and (fragment or end - start > _LONGEST_UNCLOSED):
        sentence_end = _SENTENCE_END.search(text, start, end)
        if sentence_end:
            return sentence_end.end()
    return end
