"""The words with which English states for or against what somebody is.

A word opens complements, each in one of these forms: `object`; `infinitive` ("to leave"); `raised`
(an object with an infinitive: "urged Lima to leave"); `clause` ("that Lima leave"); `gerund`; else
prepositions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from llm_extract.grounding.words import word_set
from llm_extract.schemas import Stance

SUPPORTS: Stance = "supports"
OPPOSES: Stance = "opposes"


@dataclass(frozen=True, slots=True)
class StanceWord:
    """What a word says of what it opens.

    Attributes:
        stance: the stance on it.
        opens: the forms in which what the stance is on may stand.
    """

    stance: Stance
    opens: frozenset[str]


Table = Mapping[str, tuple[StanceWord, ...]]


def _table(*entries: tuple[Stance, str, str]) -> Table:
    table: dict[str, tuple[StanceWord, ...]] = {}
    for stance, opens, words in entries:
        word = StanceWord(stance, word_set(opens))
        for lemma in words.split():
            table[lemma] = (*table.get(lemma, ()), word)
    return table


VERBS = _table(
    (
        SUPPORTS,
        "object gerund",
        """accept admire advocate appreciate applaud approve authorise authorize back bless
        celebrate champion cheer commend defend embrace encourage endorse espouse favor favour
        hail justify laud order
        praise prefer promote propose prioritise prioritize recommend salute support tout
        uphold value welcome""",
    ),
    (SUPPORTS, "object infinitive raised clause", "want demand desire"),
    (SUPPORTS, "object infinitive raised", "seek pledge promise vow prefer urge"),
    (
        SUPPORTS,
        "infinitive",
        """agree aim appeal aspire attempt call choose commit consent dare decide fight hope intend
        like offer opt plan press push resolve strive struggle threaten try undertake wish work""",
    ),
    (
        SUPPORTS,
        "raised",
        """advise ask call challenge caution encourage exhort expect implore instruct invite order
        persuade press pressure push request require tell""",
    ),
    (
        SUPPORTS,
        "clause",
        "demand hope insist pledge promise propose recommend suggest urge vow wish",
    ),
    (
        SUPPORTS,
        "for",
        """advocate appeal argue ask bid call campaign clamor clamour commend congratulate fight
        hope lobby opt plead praise press push stand thank vote wish yearn""",
    ),
    (SUPPORTS, "to", "adhere agree aspire consent stick"),
    (SUPPORTS, "at toward towards", "aim strive work"),
    (SUPPORTS, "with", "threaten"),
    (SUPPORTS, "on", "compliment congratulate"),
    (SUPPORTS, "on", "insist"),
    (SUPPORTS, "with to on", "agree"),
    (SUPPORTS, "with by behind", "side stand rally"),
    (SUPPORTS, "of", "approve"),
    (SUPPORTS, "in", "believe"),
    (
        OPPOSES,
        "object gerund",
        """abhor assail berate blame blast block boycott castigate censure chastise chide condemn
        criticise criticize decry denounce deplore deride detest disavow dismiss disown dispute
        excoriate fault hate lambast lambaste mock obstruct oppose overrule overturn protest
        quash rap rebuff rebuke rebut refute reject renounce reprimand repudiate resent
        resist ridicule savage scold slam spurn thwart trash veto vilify""",
    ),
    (OPPOSES, "infinitive", "decline refuse"),
    (OPPOSES, "object", "refuse"),
    (OPPOSES, "to", "object"),
    (
        OPPOSES,
        "against",
        """advise argue campaign caution demonstrate fight lobby protest rail rally speak stand
        vote warn""",
    ),
    (OPPOSES, "clause", "complain warn"),
    (OPPOSES, "with", "disagree"),
    (OPPOSES, "of about", "complain despair disapprove warn"),
    (OPPOSES, "for", "attack blame castigate condemn criticise criticize denounce slam"),
    (OPPOSES, "of", "accuse"),
    (OPPOSES, "from", "distance recoil"),
    (OPPOSES, "at", "balk baulk bristle"),
)
PARTICLE_VERBS: Mapping[tuple[str, str], StanceWord] = {
    (verb, particle): StanceWord(stance, word_set(opens))
    for stance, opens, verbs in (
        (OPPOSES, "object gerund", "rule-out turn-down strike-down throw-out vote-down"),
        (OPPOSES, "at against on", "hit-back hit-out lash-out push-back speak-out come-out"),
        (SUPPORTS, "on", "cheer-on"),
    )
    for verb, particle in (pair.split("-") for pair in verbs.split())
}
ADJECTIVES = _table(
    (
        SUPPORTS,
        "infinitive to",
        "committed dedicated determined eager glad happy keen open prepared ready resolved willing",
    ),
    (SUPPORTS, "for", "eager grateful thankful"),
    (SUPPORTS, "in", "interested"),
    (SUPPORTS, "of", "appreciative proud supportive"),
    (SUPPORTS, "with", "pleased satisfied"),
    (SUPPORTS, "clause", "glad happy pleased proud"),
    (OPPOSES, "to against", "averse opposed"),
    (OPPOSES, "infinitive", "loath reluctant unwilling"),
    (OPPOSES, "of about", "critical sceptical skeptical wary"),
    (
        OPPOSES,
        "by at about over with clause",
        """alarmed angry appalled concerned disappointed dismayed dissatisfied furious horrified
        outraged shocked troubled unhappy worried""",
    ),
)
NOUNS = _table(
    (SUPPORTS, "for to behind", "support"),
    (SUPPORTS, "behind", "weight"),
    (SUPPORTS, "clause", "demand hope insistence wish"),
    (OPPOSES, "clause", "concern fear worry"),
    (
        SUPPORTS,
        "for",
        "appeal approval backing bid call demand desire enthusiasm hope need plea praise push",
    ),
    (SUPPORTS, "of", "approval defence defense endorsement praise"),
    (SUPPORTS, "to", "commitment"),
    (
        SUPPORTS,
        "infinitive",
        """aim ambition appeal attempt bid call commitment demand desire determination effort
        intention need offer plan pledge promise push readiness resolve vow willingness wish""",
    ),
    (OPPOSES, "infinitive", "refusal reluctance unwillingness"),
    (OPPOSES, "to", "objection opposition resistance"),
    (OPPOSES, "of", "condemnation criticism denunciation disapproval rejection"),
    (OPPOSES, "against", "campaign position protest stance"),
    (OPPOSES, "with about at over", "anger displeasure dissatisfaction outrage"),
    (OPPOSES, "about over", "concern worry"),
)

# "the plan drew criticism from …"
DRAWING_VERBS = word_set("attract draw face get meet prompt provoke receive spark trigger win")
# "threw their support behind the plan"
GIVING_VERBS = word_set("cast declare express give lend offer pledge put throw voice")
PERSON_NOUNS_OF_STANCE = _table(
    (SUPPORTS, "of for", "advocate backer champion defender proponent supporter"),
    (OPPOSES, "of", "critic opponent"),
)

# "the priority is to …"
AIMS = word_set("aim ambition demand duty goal intention objective plan policy priority strategy")

# "reaffirmed the need for …", "underlined the importance of …"
AFFIRMING_VERBS = word_set(
    "affirm emphasise emphasize highlight note reaffirm reiterate stress underline underscore"
)
WORTH_NOUNS = word_set("importance necessity need priority right urgency")

# "called … a mistake", "described … as wrong"
JUDGING_VERBS = word_set(
    """brand call characterise characterize condemn consider declare deem denounce describe dismiss
    dub find label lambast lambaste regard see slam term view"""
)
GOOD = word_set(
    """acceptable advantageous appropriate best better beneficial constructive correct crucial
    essential excellent fair good great helpful historic important indispensable justified legal
    legitimate necessary overdue positive priority proper reasonable right sensible urgent useful
    valuable vital welcome wise achievement duty necessity opportunity progress step success
    victory"""
)
BAD = word_set(
    """abhorrent absurd appalling arbitrary awful backward bad barbaric baseless brutal
    counterproductive cowardly criminal cruel cynical damaging dangerous deplorable despicable
    detrimental disappointing
    disastrous discriminatory disgraceful disgusting dishonest disproportionate divisive excessive
    false flawed foolish groundless harmful heartbreaking horrible horrific hypocritical illegal
    illegitimate illogical immoral impossible inadequate inadmissible inappropriate ineffective
    inexcusable inhumane insufficient insulting intolerable irrational irresponsible ludicrous
    malicious misguided naive outrageous pointless provocative reckless regrettable repugnant
    ridiculous senseless shameful shocking terrible tragic unacceptable unconscionable
    unconstitutional undemocratic unfair unfounded unhelpful unjust unjustified unlawful
    unnecessary unprovoked unrealistic unreasonable unsustainable unwarranted unwise useless vague
    worse worst worthless wrong
    abuse aggression attack betrayal blunder catastrophe crime disaster disgrace error failure
    fallacy farce genocide hypocrisy injustice insult madness mistake nonsense obstacle outrage
    overreach pretext provocation scandal sham shame terrorism threat tragedy violation"""
)
# "fought for years"
TIMES = word_set("century day decade hour minute moment month season time week while year")

DESERVING_VERBS = word_set("deserve merit")
HAVING_TO = word_set("have need")
DUTY_AUXILIARIES = word_set("must should ought")

# What "not" turns into its opposite; who does not try or urge something need not be against it.
REVERSIBLE = word_set(
    """accept agree approve back believe commitment consent desire endorse favor favour happy
    intend intention interested keen like need open prepared ready stand support want welcome
    willing wish"""
)

# Aims that others impute to an actor are no positions of that actor.
IMPUTABLE = word_set("aim attempt effort fight intend intention plan seek strive struggle try work")

# Who declines, or wants, to say something takes no position by it.
VERBS_OF_TELLING = word_set(
    """add answer believe comment confirm disclose discuss elaborate emphasise emphasize explain
    give hear identify know mention name note point provide remind repeat reply respond reveal say
    specify speculate speak stress tell thank think underline"""
)
TELLING_TRIGGERS = word_set("choose decline like need refuse want wish")
