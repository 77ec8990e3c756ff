"""Scores the linking of actors against names that were labelled by hand, with B-cubed."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.scores import Frozen
from llm_extract.linking.actors import ActorIndex, Mention
from llm_extract.schemas import Actor

Item = tuple[str, str]
"""A name in an article: the id of the article and the name as written."""


class GoldMention(Frozen):
    """A name in the records of an article, and the actor that it is, by hand."""

    article: str = Field(description="id of the article")
    name: str = Field(min_length=1, description="the name as the records have it")
    role: str | None = None
    affiliation: str | None = None
    actor: str = Field(min_length=1, description="any label, one an actor in all articles")

    @property
    def item(self) -> Item:
        """What is scored."""
        return self.article, self.name

    def mention(self) -> Mention:
        """Return the mention to link."""
        actor = Actor(name=self.name, role=self.role, affiliation=self.affiliation)
        return Mention(self.article, actor)


class BCubed(Frozen):
    """B-cubed scores (Bagga and Baldwin 1998): the means over items of what each item sees.

    An item's precision is the share of the items linked with it that are its actor's; its recall
    the share of its actor's items that are linked with it. An item is linked with itself.

    Attributes:
        items: how many names were scored; each name of an article counts once.
        precision: mean precision, 1 without any item.
        recall: mean recall, 1 without any item.
        f1: harmonic mean of both.
    """

    items: int
    precision: float
    recall: float
    f1: float


class Confusion(Frozen):
    """Names that were linked though they are several actors', or were not though they are one's.

    Attributes:
        actors: the parts: for wrongly linked names the labels, for wrongly parted ones the ids.
        items: for each part its names with their articles.
    """

    actors: tuple[str, ...]
    items: tuple[tuple[Item, ...], ...]


class ClusterScores(Frozen):
    """How well actors were linked.

    Attributes:
        all: over all names.
        across: over the names of actors that occur in two or more articles.
        merged: actors that were made one.
        split: actors that were left in parts.
    """

    all: BCubed
    across: BCubed
    merged: tuple[Confusion, ...] = ()
    split: tuple[Confusion, ...] = ()


def read_gold_mentions(path: Path) -> list[GoldMention]:
    """Read labelled names: a `GoldMention` a line, as JSON.

    Args:
        path: the file.

    Raises:
        EvaluationError: it cannot be read, a line is not a labelled name, or one name of an article
            is labelled as two actors; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not UTF-8 text (byte {error.start})") from error
    mentions: list[GoldMention] = []
    labels: dict[Item, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        mention = _mention(f"{path}:{number}", line)
        label = labels.setdefault(mention.item, mention.actor)
        if label != mention.actor:
            raise EvaluationError(
                f"{path}:{number}: {mention.name!r} of {mention.article} is {label!r} on an "
                f"earlier line; a name of an article is one actor"
            )
        mentions.append(mention)
    if not mentions:
        raise EvaluationError(f"{path} holds no labelled names")
    return mentions


def score_linking(gold: Sequence[GoldMention], index: ActorIndex) -> ClusterScores:
    """Score linked actors.

    Args:
        gold: labelled names.
        index: the linking of mentions among which all of them were.
    """
    labels = {mention.item: mention.actor for mention in gold}
    linked = {item: index.find(*item).id for item in labels}
    articles: dict[str, set[str]] = defaultdict(set)
    for (article, _), label in labels.items():
        articles[label].add(article)
    across = [item for item, label in labels.items() if len(articles[label]) > 1]
    return ClusterScores(
        all=b_cubed(labels, linked, labels),
        across=b_cubed(labels, linked, across),
        merged=_confusions(linked, labels),
        split=_confusions(labels, linked),
    )


def b_cubed(
    gold: Mapping[Item, str], linked: Mapping[Item, str], scored: Collection[Item]
) -> BCubed:
    """Compute B-cubed precision and recall.

    Args:
        gold: the actor of each item, by hand.
        linked: the actor that it was linked to.
        scored: the items that the means are taken over; their clusters are those of all items.
    """
    of_gold, of_linked = _clusters(gold), _clusters(linked)
    precision = recall = 0.0
    for item in scored:
        right, found = of_gold[gold[item]], of_linked[linked[item]]
        shared = len(right & found)
        precision += shared / len(found)
        recall += shared / len(right)
    if not scored:
        return BCubed(items=0, precision=1.0, recall=1.0, f1=1.0)
    precision, recall = precision / len(scored), recall / len(scored)
    f1 = 2 * precision * recall / (precision + recall)
    return BCubed(items=len(scored), precision=precision, recall=recall, f1=f1)


def _clusters(labels: Mapping[Item, str]) -> dict[str, set[Item]]:
    clusters: dict[str, set[Item]] = defaultdict(set)
    for item, label in labels.items():
        clusters[label].add(item)
    return clusters


def _confusions(whole: Mapping[Item, str], parts: Mapping[Item, str]) -> tuple[Confusion, ...]:
    """Return the clusters of one labelling that another one has in several."""
    found = []
    for _, items in sorted(_clusters(whole).items()):
        inside = _clusters({item: parts[item] for item in items})
        if len(inside) > 1:
            names = sorted(inside)
            confused = tuple(tuple(sorted(inside[name])) for name in names)
            found.append(Confusion(actors=tuple(names), items=confused))
    return tuple(found)


def _mention(where: str, line: str) -> GoldMention:
    try:
        content = json.loads(line)
    except json.JSONDecodeError as error:
        raise EvaluationError(f"{where}: invalid JSON: {error.msg}") from error
    try:
        return GoldMention.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise EvaluationError(f"{where}: not a labelled name: {place}: {fault['msg']}") from error
