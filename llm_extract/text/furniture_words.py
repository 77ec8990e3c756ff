"""The vocabulary of web page furniture: lines that pages carry and articles do not.

All patterns are matched against a line with single blanks between words.
"""

import re

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DATE = (
    rf"(?:{_DAY},? )?(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2})"
)
_TIME = r"(?:[,|·•–-]? ?(?:at )?\d{1,2}[:.]\d{2} ?(?:[ap]\.?m\.?)?(?: ?[a-z]{2,4})?)"
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|months?|years?)"
_AGO = rf"\d+ ?{_UNIT} ago"
_NETWORK = (
    r"(?:facebook|twitter|x|linked ?in|whats ?app|telegram|reddit|pinterest|instagram|youtube"
    r"|tumblr|tik ?tok|e-?mail|google news)"
)
_PERSON = r"[A-Z][\w’'.-]+(?: (?:[A-Z][\w’'.-]*|de|van|von|der|bin|al|el|la)){1,4}"
_AGENCY = (
    r"(?:Reuters|AFP|AP|Associated Press|Agence France-Presse|DPA|ANSA|EFE|PTI|ANI|IANS|UPI|TASS"
    r"|Interfax|Xinhua|Bernama|Anadolu(?: Agency)?|Bloomberg|CNN|BBC)"
)


def _any_of(*patterns: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


WHOLE_LINE = _any_of(
    # sharing and following
    r"share(?: (?:this|on|via|now|the)\b.{0,40})?",
    rf"{_NETWORK}|print|tweet|copy link",
    r"(?:like|follow) us\b.{0,60}",
    rf"follow .{{1,40}} on {_NETWORK}",
    r"connect with us|join us on .{1,40}|join our .{1,60}",
    # navigation
    r"menu|search|close|home|next|previous|back to top|skip to .{1,30}",
    r"(?:log|sign) ?-?(?:in|out|up)|register(?: now)?|(?:my )?account",
    r"load more|(?:show|see|view) (?:more|all)|read more|continue reading|loading\W*",
    r"listen live|watch live|home ?[/>»›|] ?.{1,200}",
    r"about us|contact(?: us)?|advertise(?: with us)?|careers|site ?map",
    # adverts, appeals, newsletters
    r"[-–—~*\s]*(?:advert|advertisement|ads?|sponsored(?: content)?|promoted(?: content)?)"
    r"(?: ?[~|:–—-].{0,60})?[-–—~*\s]*",
    r"(?:story |article )?continues (?:below|after).{0,40}|scroll to continue",
    r"donate(?: now| today)?|subscribe(?: (?:now|today|to our .{1,40}))?",
    r"never miss (?:a|an|our)\b.{0,40}|newsletters?|(?:daily|weekly|morning|evening) newsletter",
    # comments
    r"(?:click to|leave a|post a|add a|be the first to) comment\b.{0,30}",
    r"leave a reply\b.{0,30}|cancel reply|comments?(?: ?\(?\d+\)?)?",
    r"\d+ (?:comments?|shares?|views?)",
    r"(?:comment|name|e-?mail(?: address)?|website) ?\*?|start the discussion\W*",
    r"required fields\b.{0,60}|your e-?mail address\b.{0,120}|save my name\b.{0,100}",
    # notices
    r"this site uses (?:akismet|cookies)\b.*",
    r"(?:accept|manage|reject)(?: all)? cookies|cookie (?:policy|settings|notice)",
    r"privacy (?:policy|notice|settings)|terms (?:of|and) (?:use|service|conditions)",
    r"(?:best|kind|warm) regards,?|powered by .{1,40}",
    # what belongs to the article but tells nothing
    r"(?:tags?|topics?|filed under|category|categories|in this article) ?:.{0,150}",
    r"(?:also read|read (?:also|more|next)|see also|related|watch(?: also)?|listen)"
    r" ?[:|–—-] .{0,160}",
    rf"(?:first |last )?(?:published|posted|updated|modified)(?: on| at)?:?"
    rf"(?: (?:{_DATE}|{_AGO}){_TIME}?)?",
    rf"{_DATE}{_TIME}?(?: ?[|/–—-].{{0,40}})?|{_TIME}|(?:.{{1,30}}[|/·•–—-] ?)?{_AGO}",
    r"\d+ ?(?:min|mins|minutes?) read|(?:estimated )?read(?:ing)? time\b.{0,30}",
    r"(?:#\w+[\s,]*)+|\S+@\S+\.\w+|(?:https?://|www\.)\S+|\d{1,6}",
)
"""A whole line of furniture."""

TELLTALE = _any_of(
    r"©|\(c\) ?\d{4}|\bcopyright (?:©|\d{4})|\ball rights reserved\b",
    r"\bour (?:terms|privacy policy|cookie policy|e-?paper|newsletters?|app\b)",
    r"\bwe use cookies\b|\byour (?:browser|inbox)\b|\bfollow us on\b|\bclick here (?:to|for)\b",
    r"^by submitting your|^(?:sign up|subscribe)\b.*\b(?:newsletter|news|updates|inbox|channel)\b",
    r"\b(?:make|with) your (?:contribution|donation)\b|\bon your support\b",
    r"\bdonate (?:now|today)\W*$",
    r"\b(?:reader|member|listener|viewer)s?(?:hip)? donations\b",
    r"\byou(?:r)?\b.*\bcode (?=\w*[A-Z])(?=\w*\d)\w{4,}",
)
"""Words that mark a line without quotation marks as furniture, wherever they stand in it."""

LIST_HEAD = _any_of(
    r"related(?: (?:posts|articles|stories|news|content|topics|coverage|links|reading))?[:>»]?",
    r"most (?:read|popular|viewed|shared|commented)(?: (?:news|stories|articles))?[:>»]?",
    r"(?:trending|popular|recommended|latest|recent)(?: (?:now|news|posts|stories|articles|topics"
    r"|headlines|videos|reading|for you))[:>»]?|trending|recommended",
    r"you (?:may|might) (?:also )?(?:like|be interested in)[:>»]?|more (?:from|on|in) .{1,40}",
    r"(?:more|top|other) (?:stories|news|articles|headlines)[:>»]?",
    r"editor[’']?s[’']? (?:picks?|choice)",
    r"read (?:next|also)[:>»]?|also read[:>»]?|see also[:>»]?|up next|what to read next|must read",
    r"don[’']t miss|in other news|around the web|from our partners|sponsored (?:links|stories)",
)
"""The head of a list of other stories."""

FORM_HEAD = _any_of(r"(?:leave a (?:reply|comment)|post a comment|click to comment)\b.{0,20}")
"""The head of a comment form."""

BYLINE_HEAD = _any_of(r"(?:- )?(?:by|(?:article|written|reported|story|edited) by|author:?)")
"""A line after which a name follows on a line of its own."""

NAME = re.compile(_PERSON)
"""A person's name of two to five words."""

BYLINE = re.compile(
    rf"(?:[-–—] )?(?:by|By|BY|(?:Written|Reported|Edited|Article|Story|Reporting|Editing) by)"
    rf" (?:{_PERSON}|{_AGENCY})"
    r"(?:(?:,| and| &| in| for| ?[|–—/]) [\w’'.]+(?: [A-Z][\w’'.]*)*)*"
    rf"(?: ?[,|–—/]? ?(?i:{_DATE}{_TIME}?))?"
)
"""A whole line that only says who wrote the article."""

_CREDITED = r"(?:[A-Z@][\w’'.&@-]*(?: ?/ ?|, | |$)|(?:and|via|for|of|the) ){1,8}"
CREDIT = _any_of(
    r"(?:Source: )?(?:[Ww]ith (?:reporting|files|inputs) (?:by|from) )?"
    rf"(?i:{_AGENCY})(?: News(?: (?:Service|Agency))?)?",
    r"(?:\w+ ){0,3}(?:News (?:Service|Agency|Desk)|Staff (?:Reporter|Writer)|Newsroom|Web Desk)",
    r"(?i:(?:file )?(?:photo(?:graph)?|image|picture|pic|video)s?(?: credits?)?"
    rf"(?: ?: ?| by | courtesy(?: of)? )){_CREDITED}",
    r"[\w’'.& -]{2,50}/ ?(?:Getty Images|AFP|AP|Reuters|REUTERS|EPA|Handout|Pool|Shutterstock|TASS"
    r"|Bloomberg|Anadolu|Xinhua|Unsplash).{0,50}",
    rf"{_PERSON} ?/ ?[A-Z]\w+(?: [A-Z]\w+)?",
    r"[\w’'.& -]{2,40} via (?:Reuters|REUTERS|AP|AFP|Getty Images)",
    r"Getty Images|Shutterstock|Unsplash|Pixabay|Wikimedia Commons|Handout|File",
    flags=re.RegexFlag(0),
)
"""A whole picture or agency credit, brackets and dashes around it left out."""

POSTED_BY = re.compile(r"[—–-] .{1,60}\(@\w+\).{0,40}")
"""The line under an embedded post that names its author."""
