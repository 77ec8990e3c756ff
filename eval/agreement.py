"""How far two annotators agree: one's records scored against the other's, as a model's would be.

    python eval/agreement.py

Strict F1 is the same in both directions, so it does not matter whose records count as gold.
"""

from collections.abc import Iterator
from pathlib import Path

from llm_extract import __version__
from llm_extract.evaluation.gold import GoldArticle, load_gold
from llm_extract.evaluation.rendering.wording import figure, outcome_line
from llm_extract.evaluation.scores import Evaluation, evaluate
from llm_extract.schemas import ArticleRecords, ArticleRef, Provenance

FOLDER = Path(__file__).parent
PERSON = Provenance(
    model="annotator b",
    strategy="article",
    prompt_hash="",
    schema_hash="",
    package_version=__version__,
    calls=0,
    prompt_tokens=0,
    cached_tokens=0,
    completion_tokens=0,
    cost_usd=None,
    seconds=0,
)


def agreement(gold: Path, articles: Path) -> Evaluation:
    """Score the records of annotator b against those of annotator a.

    Args:
        gold: folder that holds `annotators/a` and `annotators/b`.
        articles: folder of the articles.
    """
    first, second = (load_gold(gold / "annotators" / name, articles) for name in "ab")
    return evaluate([_as_predictions(article) for article in second], first)


def report(evaluation: Evaluation) -> Iterator[str]:
    """Yield the scores, the agreement of single fields and every disagreement, a line each."""
    beside, f1 = evaluation.beside(), evaluation.f1()
    for kind, counts in evaluation.counts().items():
        fields = ", ".join(f"{name} {figure(value)}" for name, value in beside[kind].items())
        yield (
            f"{kind}: strict F1 {figure(counts.f1)}, loose F1 {figure(counts.loose_f1)} "
            f"(a {counts.gold}, b {counts.predicted} records); given a match: {fields}"
        )
    yield f"macro: strict F1 {figure(f1['macro'])}"
    names = {"missed": "only a", "spurious": "only b"}
    for article in evaluation.articles:
        for outcome in article.outcomes:
            if outcome.verdict != "matched":
                verdict, _, rest = outcome_line(outcome).partition(" ")
                yield f"{article.id}: {names.get(verdict, verdict)}: {rest}"


def _as_predictions(article: GoldArticle) -> ArticleRecords:
    return ArticleRecords(
        article=ArticleRef(id=article.id, sha256=article.sha256),
        meetings=list(article.meetings),
        positions=list(article.positions),
        quotes=list(article.quotes),
        provenance=PERSON,
    )


if __name__ == "__main__":
    for line in report(agreement(FOLDER / "gold", FOLDER / "articles")):
        print(line)
