"""Grouping the names of an article by actor: which spellings are one person, country or body."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_extract.grounding.lexicon import BODIES, NON_ACTOR_HEADS, PARTICLES
from llm_extract.grounding.mentions import NameMention
from llm_extract.grounding.names import is_acronym_of, people_spelled_alike, similar
from llm_extract.grounding.places import country_of, is_country, is_people, is_place, place_words
from llm_extract.grounding.words import word_set

Key = tuple[str, ...]
_PLACE_OPENINGS = word_set("new north south east west central upper lower port fort mount lake los")


@dataclass
class Cluster:
    """The mentions of one actor."""

    person: bool
    mentions: list[NameMention] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The fullest form: most words, then the body's, the most frequent, the first.

        Of a country's names it is the most frequent one that is no abbreviation.
        """
        texts = Counter(mention.text for mention in self.mentions)
        if is_country(" ".join(self.mentions[0].key)):
            return max(texts, key=lambda t: (not t.replace(".", "").isupper(), texts[t]))
        body = {m.text for m in self.mentions if m.line.sentence.kind == "body"}
        lengths = {m.text: len(m.words) for m in self.mentions}
        order = list(texts)
        return max(order, key=lambda t: (lengths[t], t in body, texts[t], -order.index(t)))

    @property
    def role(self) -> str | None:
        """The first role the article gives."""
        return next((m.role for m in self.mentions if m.role), None)

    @property
    def affiliation(self) -> str | None:
        """The affiliation given with the first role that has one."""
        return next((m.affiliation for m in self.mentions if m.affiliation), None)


def group_names(mentions: Sequence[NameMention]) -> list[Cluster]:
    """Group names by actor; names that only ever say where something happens are left out.

    Args:
        mentions: the names of an article, in order.
    """
    by_key: dict[Key, list[NameMention]] = defaultdict(list)
    for mention in mentions:
        by_key[mention.key].append(mention)
    people = {key for key, found in by_key.items() if _is_person(key, found)}
    full = _full_names(people, by_key)
    clusters: dict[Key, Cluster] = {
        key: Cluster(person=True) for key in dict.fromkeys(full.values())
    }
    surnames = _Surnames(clusters)
    others = _other_names({k: v for k, v in by_key.items() if k not in full})
    last_seen: dict[str, Key] = {}
    for mention in mentions:
        key = full.get(mention.key)
        if key is None and len(mention.key) == 1:
            key = surnames.owner(mention.key[0], last_seen)
        if key is None:
            home = others.get(mention.key, mention.key)
            cluster = clusters.setdefault(home, Cluster(person=home in people))
            cluster.mentions.append(mention)
            continue
        last_seen[key[-1]] = key
        clusters[key].mentions.append(mention)
    found = [c for c in clusters.values() if c.mentions]
    return [c for c in found if not _only_a_place(c)]


class _Surnames:
    """Finds the full name that a single word is part of."""

    def __init__(self, full: Sequence[Key] | dict[Key, Cluster]) -> None:
        self._by_last: dict[str, list[Key]] = defaultdict(list)
        self._by_word: dict[str, list[Key]] = defaultdict(list)
        self._by_initial: dict[str, list[Key]] = defaultdict(list)
        self._cache: dict[str, list[Key]] = {}
        for key in full:
            if len(key) < 2:
                continue
            self._by_last[key[-1]].append(key)
            self._by_initial[key[-1][0]].append(key)
            for word in key[:-1]:
                if word not in PARTICLES:
                    self._by_word[word].append(key)

    def owner(self, word: str, last_seen: dict[str, Key]) -> Key | None:
        """Return the full name that `word` stands for: the one seen last where several fit."""
        if word not in self._cache:
            self._cache[word] = self._candidates(word)
        candidates = self._cache[word]
        if not candidates:
            return None
        recent = last_seen.get(candidates[0][-1])
        return recent if recent in candidates else candidates[0]

    def _candidates(self, word: str) -> list[Key]:
        if is_place(word) or is_people(word):
            return []
        exact = self._by_last.get(word) or self._by_word.get(word)
        if exact:
            return exact
        return [k for k in self._by_initial.get(word[0], ()) if similar(word, k[-1])]


def _is_person(key: Key, mentions: Sequence[NameMention]) -> bool:
    name = " ".join(key)
    if is_place(name) or is_people(name) or any(word in BODIES for word in key):
        return False
    if any(mention.titled for mention in mentions):
        return True
    text = mentions[0].text
    if len(key) == 1:
        return (
            not text.isupper()
            and any(mention.reports for mention in mentions)
            and not any(mention.definite for mention in mentions)
        )
    return (
        len(key) <= 5
        and not any(mention.definite for mention in mentions)
        and not any(word in place_words() or word in NON_ACTOR_HEADS for word in (key[0], key[-1]))
        and not any(w.text.isupper() and len(w.text) > 2 for w in mentions[0].words)
        and key[0] not in _PLACE_OPENINGS
        and not is_people(key[-1])
        and not all(m.qualifies or m.located or m.classed for m in mentions)
        and not any(word in ("of", "for", "in", "and", "the") for word in key)
    )


def _full_names(people: set[Key], by_key: dict[Key, list[NameMention]]) -> dict[Key, Key]:
    """Map each full personal name to the fullest one it is a spelling of."""
    order = sorted(
        (key for key in by_key if len(key) > 1 and BODIES.isdisjoint(key)),
        key=lambda k: (k not in people, -len(k), -len(by_key[k]), by_key[k][0].words[0].start),
    )
    home: dict[Key, Key] = {}
    by_initial: dict[str, list[Key]] = defaultdict(list)
    for key in order:
        match = next((k for k in by_initial[key[-1][0]] if people_spelled_alike(key, k)), None)
        if match is None:
            match = next((k for k in by_initial[key[0][0]] if people_spelled_alike(key, k)), None)
        if match is not None:
            home[key] = match
        elif key in people:
            home[key] = key
            for letter in {key[0][0], key[-1][0]}:
                by_initial[letter].append(key)
    return home


def _other_names(by_key: dict[Key, list[NameMention]]) -> dict[Key, Key]:
    """Map names that are no full personal names to the form they are merged under."""
    home: dict[Key, Key] = {}
    by_sense: dict[Key, Key] = {}
    acronyms = {"".join(w[0] for w in k): k for k in by_key if len(k) > 1}
    by_initial: dict[str, list[Key]] = defaultdict(list)
    order = sorted(by_key, key=lambda k: (-len(by_key[k]), by_key[k][0].words[0].start))
    for key in order:
        sense = _sense(key)
        match = by_sense.get(sense)
        if match is None and len(key) == 1:
            text = by_key[key][0].text
            long = acronyms.get(key[0])
            if long is not None and is_acronym_of(text, by_key[long][0].text):
                match = long
            elif not is_place(key[0]) and not text.isupper():
                match = next((k for k in by_initial[key[0][0]] if similar(key[0], k[0])), None)
        if match is None and len(key) == 1 and key[0] in BODIES:
            match = next((k for k in order if len(k) > 1 and k[-1] == key[0]), None)
        home[key] = match or key
        by_sense.setdefault(sense, home[key])
        if match is None and len(key) == 1 and not is_place(key[0]):
            by_initial[key[0][0]].append(key)
    return home


def _sense(key: Key) -> Key:
    """Return the words of a name with countries' names for their short forms and adjectives."""
    name = " ".join(key)
    if is_country(name):
        return (str(country_of(name)),)
    if len(key) > 1:
        return tuple(country_of(word) or word for word in key)
    return key


def _only_a_place(cluster: Cluster) -> bool:
    key = cluster.mentions[0].key
    if cluster.person or is_place(" ".join(key)) or any(word in BODIES for word in key):
        return False
    if any(m.text.isupper() for m in cluster.mentions):
        return False
    return all(m.located for m in cluster.mentions)
