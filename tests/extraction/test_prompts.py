import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_extract.errors import PromptError
from llm_extract.evaluation.gold import load_gold
from llm_extract.extraction.builtin import BUILTIN, MEETING, POSITION, QUOTE
from llm_extract.extraction.context import ArticleContext
from llm_extract.extraction.drafts import ASKED, EVIDENCE, draft_class, draft_list_class
from llm_extract.extraction.pipeline import Extractor, StrategyName
from llm_extract.extraction.prompts import Prompts, example_records, fields_of
from llm_extract.extraction.record_types import RecordType
from llm_extract.extraction.strategies.article import ArticleStrategy
from llm_extract.schemas import Example
from llm_extract.text.article import Article
from tests.extraction.own_types import Sanction, Slogan

SANCTION, SLOGAN = RecordType("sanction", Sanction), RecordType("slogan", Slogan)
STRATEGIES: tuple[StrategyName, ...] = ("article", "sentence")
SHIPPED = Path(__file__).parents[2] / "prompts"

Write = Callable[[str, str | bytes], Prompts]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into a folder of the user's own prompts."""

    def put(name: str, content: str | bytes) -> Prompts:
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return Prompts(tmp_path)

    return put


def hash_of(
    prompts: Prompts, strategy: StrategyName, kinds: tuple[RecordType, ...] = BUILTIN
) -> str:
    return Extractor.of(kinds, strategy, prompts).prompt_hash


# --- the shipped ones ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.name)
def test_shipped_examples_are_what_the_schema_demands_of_a_reply(kind: RecordType) -> None:
    draft = draft_class(kind.record, frozenset(kind.computed) | {EVIDENCE})
    fixed = {kind.quotation_field: 1} if kind.quotation_field else {}
    examples = Prompts().of_type(kind).examples
    assert examples
    for example in examples:
        given = example.model_copy(update={"records": [r | fixed for r in example.records]})
        for record in example_records(draft, given):
            draft.model_validate_json(json.dumps(record), strict=True)


@pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.name)
def test_large_models_get_the_guidelines_definition(kind: RecordType) -> None:
    prompts = Prompts()
    assert prompts.full_definition(kind) != prompts.of_type(kind).definition
    assert (
        prompts.full_definition(kind)
        in Extractor.of([kind], "article", prompts).strategy.prompt_texts()[0]
    )


def test_guidelines_section_ends_where_the_next_begins() -> None:
    shared = Prompts().guidelines()
    assert shared
    assert "\n## " not in shared
    assert Prompts().guidelines("Meeting") not in shared


# --- a folder of the user's own ------------------------------------------------------------------


def test_own_file_replaces_the_shipped_one_and_no_other(write: Write) -> None:
    prompts = write("meeting.toml", 'definition = "Only summits."')
    assert prompts.of_type(MEETING).definition == "Only summits."
    assert prompts.of_type(MEETING).examples == ()
    assert prompts.of_type(POSITION) == Prompts().of_type(POSITION)


def test_own_template_replaces_the_shipped_one(write: Write) -> None:
    prompts = write("sentence.jinja", "Find a {{ name }}.\n")
    assert prompts.render("sentence", name="deal") == "Find a deal."
    system = Extractor.of([MEETING], "sentence", prompts).strategy.prompt_texts()[0]
    assert system == "Find a meeting."


def test_own_guidelines_replace_the_shipped_ones(write: Write) -> None:
    prompts = write("GUIDELINES.md", "# Rules\n\n## Meeting\nOnly summits.\n\n## Quote\nWords.\n")
    assert prompts.guidelines("Meeting") == "Only summits."
    assert prompts.full_definition(MEETING) == "Only summits."


def test_type_without_a_file_is_described_by_its_class() -> None:
    prompt = Prompts().of_type(SANCTION)
    assert prompt.definition == Sanction.__doc__
    assert prompt.examples == Sanction.examples
    assert Prompts().full_definition(SANCTION) == Sanction.__doc__


def test_file_for_an_own_type_wins_over_its_class(write: Write) -> None:
    prompts = write("sanction.toml", 'definition = "Fines only."')
    assert prompts.full_definition(SANCTION) == "Fines only."


def test_what_a_file_holds_is_never_taken_for_a_template(write: Write) -> None:
    prompts = write("meeting.toml", "definition = 'Say {{ 7*7 }} {% raw %}'")
    for strategy in STRATEGIES:
        (system, *_) = Extractor.of([MEETING], strategy, prompts).strategy.prompt_texts()
        assert "Say {{ 7*7 }} {% raw %}" in system


# --- broken files --------------------------------------------------------------------------------

GOOD = 'definition = "x"\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("meeting.toml", "definition = "),
        ("meeting.toml", b'definition = "\xff"'),
        ("meeting.toml", ""),
        ("meeting.toml", GOOD + 'colour = "red"'),
        ("meeting.toml", GOOD + '[[examples]]\ntext = "x"\nrecord = []'),
        ("meeting.toml", 'definition = "x"\nexamples = "none"'),
        ("sentence.jinja", "{{ nam }}"),
        ("sentence.jinja", "{% if %}"),
        ("sentence.jinja", "one\n{{ name"),
        ("sentence.jinja", "{{ 1 / 0 }}"),
        ("sentence.jinja", "{{ name + 1 }}"),
        ("sentence.jinja", "{% include 'nothing.jinja' %}"),
        ("sentence.jinja", b"\xff"),
    ],
)
def test_broken_file_is_named_in_one_line(write: Write, name: str, content: str | bytes) -> None:
    prompts = write(name, content)
    with pytest.raises(PromptError) as caught:
        Extractor.of([MEETING], "sentence", prompts)
    assert str(prompts.folder) in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reader", "use"),
    [
        ("meeting.toml", "pathlib.Path.read_text", lambda prompts: prompts.of_type(MEETING)),
        ("GUIDELINES.md", "pathlib.Path.read_text", lambda prompts: prompts.guidelines()),
        (
            "article.jinja",
            "jinja2.FileSystemLoader.get_source",
            lambda prompts: prompts.render("article"),
        ),
    ],
)
def test_file_that_cannot_be_read_is_named(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reader: str,
    use: Callable[[Prompts], object],
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    prompts = write(name, "x")
    monkeypatch.setattr(reader, refuse)
    with pytest.raises(PromptError, match=rf"{name}.*: .*Permission denied"):
        use(prompts)


def test_template_that_is_not_there_is_named() -> None:
    with pytest.raises(PromptError, match=r"nothing\.jinja"):
        Prompts().render("nothing")


def test_section_that_is_not_there_is_named(write: Write) -> None:
    prompts = write("meeting.toml", GOOD + 'guidelines = "Summits"')
    with pytest.raises(PromptError, match="no section 'Summits'"):
        prompts.full_definition(MEETING)


# --- examples ------------------------------------------------------------------------------------

SANCTION_DRAFT = draft_class(Sanction, frozenset({EVIDENCE}))
FULL = {"imposed_by": "Norland", "target": "Baltara", "measure": "fine"}


def test_example_records_are_completed_in_the_order_of_the_schema() -> None:
    given = Example(text="x", records=[{"amount": Decimal("2.5"), "measure": "fine", **FULL}])
    (record,) = example_records(SANCTION_DRAFT, given)
    assert list(record) == list(SANCTION_DRAFT.model_fields)
    assert record == FULL | {"amount": 2.5, "date": None}
    assert json.dumps(record)


def test_defaults_of_the_record_are_filled_in() -> None:
    draft = draft_class(MEETING.record, frozenset({EVIDENCE}))
    given = Example(text="x", records=[{"participants": ["A"], "status": "held"}])
    (record,) = example_records(draft, given)
    assert (record["topics"], record["mode"]) == ([], None)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"target": "x", "measure": "fine"}, "lacks the field 'imposed_by'"),
        (FULL | {"sum": 2}, "unknown field 'sum'"),
        (FULL | {"measure": "exile"}, "field 'measure': Input should be"),
    ],
)
def test_example_that_does_not_fit_its_type_is_refused(
    record: dict[str, object], words: str
) -> None:
    with pytest.raises(PromptError, match=words):
        example_records(SANCTION_DRAFT, Example(text="He fined it.", records=[record]))


def test_example_of_no_record_for_a_quotation_is_all_null() -> None:
    texts = Extractor.of([SLOGAN], "sentence", Prompts()).strategy.prompt_texts()
    assert texts[1:] == [
        Slogan.examples[0].text,
        '{"shouted_by":"Farmers","place":null}',
        Slogan.examples[1].text,
        '{"shouted_by":null,"place":null}',
    ]


def test_fields_are_listed_with_their_descriptions() -> None:
    fields = {field["name"]: field["description"] for field in fields_of(SANCTION_DRAFT)}
    assert list(fields) == list(SANCTION_DRAFT.model_fields)
    assert fields["measure"] == "kind of penalty"


# --- the worked example --------------------------------------------------------------------------


def article_prompt(prompts: Prompts, *kinds: RecordType) -> str:
    return Extractor.of(kinds, "article", prompts).strategy.prompt_texts()[0]


def shown_reply(prompt: str) -> dict[str, list[Any]]:
    reply: dict[str, list[Any]] = json.loads(prompt.rpartition("Reply:\n\n")[2])
    return reply


def test_shipped_worked_example_is_a_reply_that_the_pipeline_takes_without_a_word() -> None:
    text = Prompts().worked_example().text
    context = ArticleContext.of(Article("example", text))
    drafts = tuple((kind.plural, draft_class(kind.record)) for kind in BUILTIN)
    quoted = frozenset(quotation.number for quotation in context.quotations)
    reply = json.dumps(shown_reply(article_prompt(Prompts(), *BUILTIN)))
    draft_list_class(drafts, True).model_validate_json(
        reply, strict=True, context=context.as_validation_context() | {ASKED: quoted}
    )
    assert len(quoted) == 3


def test_worked_example_shows_an_article_as_any_article_is_shown() -> None:
    context = ArticleContext.of(Article("example", Prompts().worked_example().text))
    strategy = ArticleStrategy.of(BUILTIN, Prompts())
    assert strategy.messages(context)[1]["content"] in strategy.system


def test_worked_example_has_the_lists_that_are_asked_for() -> None:
    prompt = article_prompt(Prompts(), POSITION)
    assert list(shown_reply(prompt)) == ["positions"]
    assert "{q1}" not in prompt
    assert "List: positions." in prompt
    assert list(shown_reply(article_prompt(Prompts(), QUOTE))) == ["quotes", "not_quotes"]


def test_worked_example_is_not_shown_for_types_with_a_definition_of_their_own(write: Write) -> None:
    prompts = write("meeting.toml", GOOD + '[[examples]]\ntext = "It rained."\nrecords = []')
    prompt = article_prompt(prompts, MEETING, POSITION)
    assert list(shown_reply(prompt)) == ["positions"]
    assert "- It rained.\n  []" in prompt
    assert "Reply:" not in article_prompt(prompts, MEETING)
    assert "Reply:" not in article_prompt(Prompts(), SANCTION)


def test_examples_for_small_models_are_not_shown_beside_the_guidelines() -> None:
    prompt = article_prompt(Prompts(), *BUILTIN)
    assert not any(e.text in prompt for kind in BUILTIN for e in Prompts().of_type(kind).examples)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text = ", "Invalid value"),
        ('text = "x"', "reply: Field required"),
        (
            'text = "x"\n[[reply.meetings]]\nstatus = "held"',
            r"article-example\.toml.* lacks the field 'evidence'",
        ),
        ('text = "x"\n[[reply.quotes]]\nwords = 1', "unknown field 'words'"),
    ],
)
def test_worked_example_that_does_not_fit_is_refused(
    write: Write, content: str, words: str
) -> None:
    with pytest.raises(PromptError, match=words):
        article_prompt(write("article-example.toml", content), *BUILTIN)


def test_prompt_names_no_actor_of_the_articles_it_is_measured_on() -> None:
    gold = load_gold(SHIPPED.parent / "eval/gold", SHIPPED.parent / "eval/articles")
    actors = [p.holder for article in gold for p in article.positions]
    actors += [q.speaker for article in gold for q in article.quotes if q.speaker]
    actors += [a for article in gold for m in article.meetings for a in m.participants]
    names = {name for actor in actors for name in (actor.name, actor.name.split()[-1])}
    names.discard("Ministry")
    prompt = article_prompt(Prompts(), *BUILTIN)
    assert {name for name in names if name.istitle() and re.search(rf"\b{name}\b", prompt)} == set()


# --- the hash ------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_hash_stays_while_the_prompts_do(strategy: StrategyName, tmp_path: Path) -> None:
    before = hash_of(Prompts(), strategy)
    for file in SHIPPED.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "notes.txt").write_text("Not a prompt.")
    (tmp_path / "sanction.toml").write_text(GOOD)
    assert hash_of(Prompts(), strategy) == hash_of(Prompts(tmp_path), strategy) == before


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        ("article", "article.jinja"),
        ("article", "article-example.toml"),
        ("sentence", "sentence.jinja"),
        ("sentence", "quotation.jinja"),
        ("sentence", "meeting.toml"),
        ("sentence", "position.toml"),
        ("sentence", "quote.toml"),
    ],
)
def test_hash_changes_with_each_file_in_use(
    write: Write, strategy: StrategyName, name: str
) -> None:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    changed = f"{text}\nMore." if name.endswith(".jinja") else text.replace("minister", "mayor")
    if "[[examples]]" in text:
        changed += '\n[[examples]]\ntext = "It rained."\nrecords = []\n'
    assert hash_of(write(name, changed), strategy) != hash_of(Prompts(), strategy)


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        ("article", "sentence.jinja"),
        ("article", "quotation.jinja"),
        ("sentence", "article.jinja"),
        ("sentence", "article-example.toml"),
    ],
)
def test_hash_does_not_change_with_files_not_in_use(
    write: Write, strategy: StrategyName, name: str
) -> None:
    assert hash_of(write(name, "Anything."), strategy) == hash_of(Prompts(), strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_hash_is_that_of_the_types_asked_for(strategy: StrategyName, write: Write) -> None:
    asked = (QUOTE, SANCTION)
    before = hash_of(Prompts(), strategy, asked)
    assert before != hash_of(Prompts(), strategy, (QUOTE,))
    assert hash_of(write("position.toml", GOOD), strategy, asked) == before
