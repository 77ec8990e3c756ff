"""The verbs and nouns with which English news reports what somebody says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Reach = Literal["clause", "statement", "phrase", "object"]
"""How far what is said may stretch.

`clause`: over a clause, with or without "that" ("X said Y was “…”"); `statement`: over a clause
with "that", else over the verb's object ("X announced that Y was “…”", "X announced “…”");
`phrase`: over what the verb says of something ("X called Y “…”"); `object`: over its object, and
only where nobody else is named as the speaker ("X wants “…”").
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLAUSE_VERBS = """acknowledge add admit agree allege argue assert believe boast caution
    claim complain concede conclude confess contend declare emphasise emphasize estimate
    exclaim explain fear hope imply insist joke maintain note point predict promise
    reaffirm recall reckon reiterate remark say state stress suggest swear tell testify think
    threaten tweet underline underscore vow warn wish write"""
_STATEMENT_VERBS = """chant advise affirm alert announce answer appeal ask assure bark beg
    bemoan blast brag charge chide comment confide confirm continue counter cry demand deny
    disclose dispute elaborate expect fume gripe grumble gush hint indicate inform insinuate
    instruct interject lament mention muse notify object observe opine order plead pledge
    posit post proclaim pronounce propose protest question quip rant rave read reason reassure
    recommend recount reflect relate remind repeat reply report request respond retort reveal
    scoff scream shout sigh signal snap specify speculate stipulate summarise summarize
    theorise theorize thunder urge vent volunteer wager wail whisper wonder worry yell"""
_PHRASE_VERBS = """accuse applaud bemoan blame brand call castigate categorise categorize
    characterise characterize chastise cite classify commend compare condemn congratulate
    criticise criticize decry deem denigrate denounce depict deplore deride describe dismiss
    disparage dub evoke excoriate express frame greet hail invoke label lambast lambaste lash laud
    liken mock paint portray praise pray proffer quote rail rebut refer refuse ridicule salute
    slam speak style talk term thank tout trumpet voice"""
_OBJECT_VERBS = """attack back celebrate challenge champion consider credit defend define
    endorse envision favor favour hold list name oppose present rate rebuff rebuke regard
    reject renounce repudiate see seek support use view want welcome"""
_DOUBLED = _words("beg brag plan quip refer snap rebut slam dub")
_IRREGULAR = {
    "say": "said", "tell": "told", "write": "wrote written", "think": "thought", "read": "read",
    "swear": "swore sworn", "see": "saw seen", "speak": "spoke spoken", "hold": "held",
}  # fmt: skip

# Nouns of speech: "his claim that “…”", "the ministry's call for “…”".
SPEECH_NOUNS = _words(
    """account accusation accusations advice allegation allegations announcement answer apology
    appeal argument assertion assertions assessment assurance assurances call calls
    characterisation characterization claim claims comment comments commitment complaint
    complaints concern concerns condemnation conclusion contention criticism declaration
    definition demand demands denial denunciation description explanation expression fear fears
    hope hopes insistence labelling message mantra motto note opinion opposition phrase pledge
    pledges portrayal praise prediction promise promises proposal quip reference references
    refusal remark remarks reply request requests response rhetoric slogan speech stance
    statement statements suggestion support testimony term threat threats tweet tweets view
    views vow vows warning warnings wish word words"""
)
AUXILIARIES = _words(
    """has had have having is are was were be been being am do does did will would shall should
    can could may might must cannot won't wouldn't didn't doesn't don't isn't wasn't weren't
    hasn't hadn't haven't can't couldn't shouldn't"""
)
BE_FORMS = _words("is are was were be been being am")
FINITE_AUXILIARIES = AUXILIARIES - _words("be been being having")
# Pasts that are no verbs of saying and not formed with -ed: they tell where a clause has its verb.
OTHER_PASTS = _words(
    """became began bought broke brought built came caught chose cut drew fell felt flew forgot
    found gave got grew heard held hit kept knew laid led left lost made meant met paid put ran
    reached rose sat sent set shook showed sought sold spent stood struck took taught threw
    understood visited went won wants hopes needs plans seeks remains becomes comes goes makes
    takes seems appears gives means knows"""
)


@dataclass(frozen=True, slots=True)
class ReportingVerb:
    """A form of a verb of saying.

    Attributes:
        reach: how far what is said may stretch.
        form: `past`, `present` (third person), `base` or `participle` ("saying").
    """

    reach: Reach
    form: Literal["past", "present", "base", "participle"]


def _inflect(lemma: str) -> tuple[tuple[str, ...], str, str]:
    """Return the past forms, the third person and the participle of a verb."""
    stem = lemma
    if lemma in _DOUBLED:
        stem = lemma + lemma[-1]
    elif lemma.endswith("e") and not lemma.endswith("ee"):
        stem = lemma[:-1]
    if lemma.endswith("y") and lemma[-2] not in "aeou":
        past, present = lemma[:-1] + "ied", lemma[:-1] + "ies"
    else:
        past = stem + "ed"
        present = lemma + ("es" if lemma.endswith(("s", "sh", "ch", "x")) else "s")
    pasts = tuple(_IRREGULAR[lemma].split()) if lemma in _IRREGULAR else (past,)
    return pasts, present, stem + "ing"


def _forms(lemmas: Iterable[str], reach: Reach) -> dict[str, ReportingVerb]:
    table: dict[str, ReportingVerb] = {}
    for lemma in lemmas:
        pasts, present, participle = _inflect(lemma)
        table[lemma] = ReportingVerb(reach, "base")
        table[present] = ReportingVerb(reach, "present")
        table[participle] = ReportingVerb(reach, "participle")
        for past in pasts:
            table[past] = ReportingVerb(reach, "past")
    return table


_VERBS = _forms(_OBJECT_VERBS.split(), "object")
_VERBS |= _forms(_PHRASE_VERBS.split(), "phrase")
_VERBS |= _forms(_STATEMENT_VERBS.split(), "statement") | _forms(_CLAUSE_VERBS.split(), "clause")
_VERBS |= {
    "labelled": ReportingVerb("phrase", "past"),
    "labelling": ReportingVerb("phrase", "participle"),
    "went": ReportingVerb("statement", "past"),
}


def reporting_verb(folded: str) -> ReportingVerb | None:
    """Return what verb of saying a folded word may be, or None."""
    return _VERBS.get(folded)


def finite_forms(*reaches: Reach) -> tuple[str, ...]:
    """Return the past and third-person forms of the verbs with one of the reaches, sorted."""
    return tuple(
        sorted(
            form
            for form, verb in _VERBS.items()
            if verb.reach in reaches and verb.form in ("past", "present")
        )
    )
