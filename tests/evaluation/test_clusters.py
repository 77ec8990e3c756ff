"""B-cubed scores, the labelled names, and what the linking has to reach on them."""

import re
from pathlib import Path

import pytest

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.clusters import (
    ClusterScores,
    GoldMention,
    b_cubed,
    read_gold_mentions,
    score_linking,
)
from llm_extract.linking.actors import link_actors

ACTORS = Path(__file__).resolve().parent.parent.parent / "eval/actors"


def labels(text: str) -> dict[tuple[str, str], str]:
    """Read `ab c` as two clusters over the items a, b and c."""
    return {("x", item): group for group in text.split() for item in group}


@pytest.mark.parametrize(
    ("gold", "linked", "precision", "recall"),
    [
        ("ab c", "ab c", 1, 1),
        ("ab c", "abc", (2 / 3 + 2 / 3 + 1 / 3) / 3, 1),
        ("abc", "ab c", 1, (2 / 3 + 2 / 3 + 1 / 3) / 3),
        # The example of Bagga and Baldwin 1998: 16/21 and 7/12 where two large parts are one.
        ("abcde fg hijkl", "abcde fghijkl", (5 + 4 / 7 + 25 / 7) / 12, 1),
        ("abcde fg hijkl", "abcdehijkl fg", (5 / 2 + 2 + 5 / 2) / 12, 1),
    ],
)
def test_b_cubed(gold: str, linked: str, precision: float, recall: float) -> None:
    scores = b_cubed(labels(gold), labels(linked), labels(gold))
    assert scores.precision == pytest.approx(precision)
    assert scores.recall == pytest.approx(recall)
    assert scores.f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_no_items_are_all_right() -> None:
    assert b_cubed({}, {}, []).f1 == 1


def gold(*rows: tuple[str, str, str]) -> list[GoldMention]:
    return [GoldMention(article=a, name=n, actor=who) for a, n, who in rows]


def score(*rows: tuple[str, str, str]) -> ClusterScores:
    labelled = gold(*rows)
    return score_linking(labelled, link_actors(mention.mention() for mention in labelled))


def test_what_is_wrongly_made_one_or_left_apart_is_told() -> None:
    scores = score(
        ("a", "Jan Novak", "Jan"), ("b", "Jan Novak", "other Jan"),
        ("a", "Bill Soto", "William Soto"), ("b", "William Soto", "William Soto"),
    )  # fmt: skip
    (merged,), (split,) = scores.merged, scores.split
    assert merged.actors == ("Jan", "other Jan")
    assert merged.items == ((("a", "Jan Novak"),), (("b", "Jan Novak"),))
    assert split.actors == ("bill-soto", "william-soto")
    assert (scores.all.precision, scores.all.recall) == (0.75, 0.75)
    assert (scores.across.items, scores.across.precision, scores.across.recall) == (2, 1, 0.5)


def test_wrong_link_to_an_actor_of_one_article_counts_across_articles_too() -> None:
    scores = score(
        ("a", "Jan Novak", "Jan"), ("b", "Jan Novak", "Jan"), ("c", "Jan Novak", "other Jan")
    )
    assert scores.across.items == 2
    assert scores.across.precision == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "holds no labelled names"),
        ("{", r"gold\.jsonl:1: invalid JSON"),
        ('{"article": "a", "name": "N"}', r"gold\.jsonl:1: not a labelled name: actor: "),
        ('\n{"article": "a", "name": "", "actor": "N"}', r"gold\.jsonl:2: .*: name: "),
        (
            '{"article": "a", "name": "N", "actor": "N"}\n'
            '{"article": "a", "name": "N", "role": "mayor", "actor": "M"}',
            r"gold\.jsonl:2: 'N' of a is 'N' on an earlier line",
        ),
    ],
)
def test_fault_of_the_labels_is_told_with_its_line(
    tmp_path: Path, lines: str, message: str
) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_gold_mentions(file)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_gold_mentions(tmp_path / "none.jsonl")


def scores_of(name: str) -> ClusterScores:
    labelled = read_gold_mentions(ACTORS / name)
    return score_linking(labelled, link_actors(mention.mention() for mention in labelled))


@pytest.mark.parametrize("name", sorted(file.name for file in ACTORS.glob("*.jsonl")))
def test_linking_of_the_labelled_names_reaches_its_floor(name: str) -> None:
    scores = scores_of(name)
    assert scores.all.f1 >= 0.95
    assert scores.across.f1 >= 0.95


def test_no_two_actors_of_the_labelled_articles_are_made_one() -> None:
    assert scores_of("gold.jsonl").merged == ()


def test_docs_have_the_scores_that_the_command_gives() -> None:
    docs = (ACTORS.parent.parent / "docs/actors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+\.jsonl)` \| (.*?) \|$", docs, re.M)
    assert {name for name, _ in rows} == {file.name for file in ACTORS.glob("*.jsonl")}
    for name, figures in rows:
        scores = scores_of(name)
        measured = [scores.all.precision, scores.all.recall, scores.all.f1, scores.across.f1]
        shown = [str(scores.all.items), *(f"{figure:.3f}" for figure in measured)]
        assert figures.split(" | ")[:5] == shown
