"""How long linking and grouping take on large collections of invented names and issues.

`python eval/benchmarks/linking.py` prints the figures of docs/actors.md.
"""

import random
import time
from collections.abc import Iterator

from llm_extract.grounding.words import word_set
from llm_extract.linking.actors import Mention, link_actors
from llm_extract.linking.issues import group_issues
from llm_extract.schemas import Actor

NAMES, ISSUES = 200_000, 100_000
_A_ARTICLE = 12
_SYLLABLES = sorted(
    word_set("ka ro mi len dar vo sha tin bel gor pet an is ul fre zho kim sta nov")
)
_COUNTRIES = ["Russia", "Slovak", "French", "Germany", "US", "Chinese", "Peru", "Turkish", None]
_ROLES = ["President", "foreign minister", "mayor", "MP", "spokesman", None, None]
_BODIES = ["Foreign Ministry", "government", "Central Bank", "Iranian Foreign Ministry", "EU",
    "residents", "a senior official", "Moscow", "Kremlin", "United Nations", "UN"]  # fmt: skip
_ACTS = sorted(word_set("sending cutting ending opposing expanding banning building holding"))
_KINDS = ["urgent", "peaceful", "strong", "military", "economic", "local"]
_PLACES = ["Ukraine", "Russia", "NATO", "Israel", "Iran", "Peru", "EU", "China"]


def mentions(count: int, chance: random.Random) -> list[Mention]:
    """Return mentions of that many different names in articles; some people are named often."""
    first = [_word(2, chance) for _ in range(400)]
    last = [_word(chance.randint(2, 3), chance) for _ in range(6000)] + ["Kim", "Li", "Smith"] * 60
    people = [(chance.choice(first), chance.choice(last)) for _ in range(60_000)]
    found: dict[tuple[str, str], Mention] = {}
    number = 0
    while len(found) < count:
        article = f"{number // _A_ARTICLE:06d}.txt"
        number += 1
        given, family = people[int(chance.paretovariate(0.6)) % len(people)]
        if chance.random() < 0.5:
            given, family = chance.choice(people)
        name = chance.choices(
            [f"{given} {family}", family, f"{given[0]}. {family}", f"{given} {family[:-1]}",
             f"{given} {chance.choice(first)} {family}", chance.choice(_BODIES)],
            weights=[62, 10, 5, 3, 5, 15],
        )[0]  # fmt: skip
        actor = Actor(name=name, role=chance.choice(_ROLES), affiliation=chance.choice(_COUNTRIES))
        found.setdefault((article, name), Mention(article, actor))
    return list(found.values())


def issues(count: int, chance: random.Random) -> set[str]:
    """Return that many different issue phrases; some nouns are in many of them."""
    nouns = [_word(3, chance).lower() for _ in range(3000)]
    found: set[str] = set()
    while len(found) < count:
        words = [chance.choice(_ACTS), chance.choice(_KINDS), *_frequent(nouns, chance)]
        if chance.random() < 0.7:
            words += ["to", chance.choice(_PLACES)]
        found.add(" ".join(words))
    return found


def _frequent(nouns: list[str], chance: random.Random) -> Iterator[str]:
    for _ in range(chance.randint(1, 4)):
        yield nouns[int(chance.paretovariate(0.5)) % len(nouns)]


def _word(syllables: int, chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(syllables)).capitalize()


def main() -> None:
    """Print the figures."""
    named = mentions(NAMES, random.Random(1))
    started = time.process_time()
    actors = link_actors(named).actors
    print(
        f"{len(named):,} names of articles, {len(actors):,} actors: "
        f"{time.process_time() - started:.1f} s of CPU time"
    )
    phrases = issues(ISSUES, random.Random(1))
    started = time.process_time()
    groups = group_issues(phrases)
    print(
        f"{len(phrases):,} issues, {len(groups):,} groups: "
        f"{time.process_time() - started:.1f} s of CPU time"
    )


if __name__ == "__main__":
    main()
