"""The words with which English reports that people meet and talk, and when that is."""

from llm_extract.grounding.words import word_set

# Nouns for an encounter; "between X and Y", "X's … with Y".
ENCOUNTERS = word_set(
    """call consultation conversation dialogue discussion encounter meeting negotiation summit talk
    talks teleconference videoconference"""
)
SERIES = word_set("bout day hour round series session set string week")
CALL_KINDS = word_set("phone telephone video conference")
CALL_WORDS = CALL_KINDS | word_set("call ring teleconference videoconference videolink")
IN_PERSON_WORDS = word_set("face person sit summit")

# Verbs that take an encounter as their object and those who meet as their subject.
HOLDING_VERBS = word_set(
    """arrange attend begin complete conclude conduct continue convene finish have hold join
    launch open organise organize pursue restart resume schedule start wrap"""
)
JOINING_VERBS = word_set("attend engage join participate sit take")
ARRIVING_VERBS = word_set("arrive assemble come convene fly gather head travel")

# Verbs of talking: with whom, behind "with" or "to".
TALKING_VERBS = word_set("chat confer consult converse negotiate speak talk")
# Verbs of receiving somebody: a person or delegation as their object.
RECEIVING_VERBS = word_set("host greet phone receive ring summon telephone visit")
RECEIVED = word_set("ambassador counterpart delegation envoy leader minister official president")
CLEAR_RECEIVING_VERBS = word_set("phone summon telephone")

AUDIENCE = word_set(
    """agency audience broadcaster cnn correspondent correspondents crowd crowds journalist
    journalists magazine media newspaper parliament press radio reporter reporters supporters
    television tv"""
)

# "the possibility of holding a summit" reports none.
POSSIBILITIES = word_set("chance idea option possibility prospect")
# What stands above an encounter and says that it has not been held.
DECLINING = word_set("boycott cancel decline refuse reject scrap skip snub")
PROPOSING = word_set(
    """appeal ask call challenge encourage favor favour hope insist invitation invite need offer
    open plead prepared press proposal propose push ready request rule seek suggest urge want
    willing wish"""
)
PLANNING = word_set(
    """agree aim ahead arrive due expect intend plan planned prepare schedule scheduled set slate
    upcoming"""
)
FUTURE_AUXILIARIES = word_set("will shall 'll wo would")
POSSIBLE_AUXILIARIES = word_set("could may might must should")
COMING = word_set("forthcoming next planned scheduled upcoming")
