"""The systems that are compared, each asked about one article at one OpenAI-compatible server."""

import asyncio
import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from peer_claims import Converted, convert, copied_claims, langextract_claims
from pydantic import BaseModel, Field

from llm_extract import __version__
from llm_extract.schemas import ArticleRecords, MeetingStatus, Stance
from llm_extract.text.article import Article

if TYPE_CHECKING:
    from llm_extract.batch.job import Job

TASK = """\
Extract the meetings, positions and quotes that a news article states.
- meeting: an encounter in which two or more actors talk, such as talks, a summit or a call. \
One for each encounter. status: held, ongoing, planned, proposed or declined. A speech or a press \
conference is no meeting.
- position: an actor (a person, government or organisation) supports or opposes a policy, plan, \
act, demand or another actor's conduct. One for each actor and issue. issue: a short noun phrase, \
worded positively ("new taxes", stance opposes; never "no new taxes").
- quote: words inside quotation marks that the article attributes to a speaker. One for each pair \
of marks.
Names: the fullest form that the article uses, without titles, in place of pronouns.
"""
_CHUNK_TOKENS = 1024  # a chunk has 1,000 characters; without a limit a small model may never end
_ARTICLE_TOKENS = 3000


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server and the name of its model."""

    base_url: str
    api_key: str
    model: str


@dataclass(frozen=True)
class System:
    """A tool in one of its modes.

    Attributes:
        name: what it is called on the command line and in file names.
        title: what it is called in the table.
        package: the package that has to be installed.
        settings: hash of its version, prompts and options: answers to others are not reused.
        ask: asks it about an article; returns JSON values.
        convert: makes records of what `ask` returned.
    """

    name: str
    title: str
    package: str
    settings: Callable[[], str]
    ask: Callable[[Article, Endpoint], Any]
    convert: Callable[[Article, Any], Converted]


# LangExtract

_LANGEXTRACT_TASK = f"""{TASK}
Use the exact text of the article for the extraction: the sentence that states the meeting or the \
position; for a quote the words between the marks, without the marks. Do not paraphrase.
"""
_EXAMPLES: list[tuple[str, list[tuple[str, str, dict[str, Any]]]]] = [
    (
        "Foreign Minister Ilse Haugen met Tarek Solim in Port Amery on Monday to discuss fishing "
        "quotas. Haugen said she opposed a ban on trawlers. “A ban would empty our harbours,” she "
        "told reporters.",
        [
            (
                "meeting",
                "Foreign Minister Ilse Haugen met Tarek Solim in Port Amery on Monday to discuss "
                "fishing quotas.",
                {
                    "participants": ["Ilse Haugen", "Tarek Solim"],
                    "status": "held",
                    "date": "Monday",
                    "location": "Port Amery",
                },
            ),
            (
                "position",
                "Haugen said she opposed a ban on trawlers.",
                {"holder": "Ilse Haugen", "issue": "a ban on trawlers", "stance": "opposes"},
            ),
            ("quote", "A ban would empty our harbours,", {"speaker": "Ilse Haugen"}),
        ],
    ),
    (
        "Velland has offered to host talks between the Dockers' Union and the Shipowners' League "
        "next month. The Dockers' Union supports a lower toll, which the Shipowners' League called "
        "“a first honest step”.",
        [
            (
                "meeting",
                "Velland has offered to host talks between the Dockers' Union and the Shipowners' "
                "League next month.",
                {
                    "participants": ["Dockers' Union", "Shipowners' League"],
                    "status": "proposed",
                    "date": "next month",
                },
            ),
            (
                "position",
                "The Dockers' Union supports a lower toll",
                {"holder": "Dockers' Union", "issue": "a lower toll", "stance": "supports"},
            ),
            ("quote", "a first honest step", {"speaker": "Shipowners' League"}),
        ],
    ),
]


def _langextract_schema() -> dict[str, Any]:
    """Return LangExtract's explicit output schema, with the enumerations of our records."""
    import langextract as lx

    text = {"type": "string"}
    text_or_null = {"anyOf": [text, {"type": "null"}]}

    def one_of(values: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(values.__args__)}

    attributes: dict[str, dict[str, Any]] = {
        "meeting": {
            "participants": {"type": "array", "items": text},
            "status": one_of(MeetingStatus),
            "date": text_or_null,
            "location": text_or_null,
        },
        "position": {"holder": text, "issue": text, "stance": one_of(Stance)},
        "quote": {"speaker": text_or_null},
    }
    items = [lx.schema.extraction_item_schema(n, attributes=a) for n, a in attributes.items()]
    schema: dict[str, Any] = lx.schema.extractions_schema(*items)
    return schema


LangExtractMode = Literal["default", "schema"]


def langextract_options(endpoint: Endpoint, max_workers: int = 1) -> dict[str, Any]:
    """Return arguments of `langextract.extract`, as its documentation says for such a server.

    Everything is at its default, but for temperature 0, as for all systems, and a limit of tokens
    for a chunk's answer.

    Args:
        endpoint: the server.
        max_workers: how many calls may be under way at a time.
    """
    import langextract as lx
    from langextract.factory import ModelConfig

    examples = [
        lx.data.ExampleData(
            text=text,
            extractions=[
                lx.data.Extraction(extraction_class=kind, extraction_text=words, attributes=fields)
                for kind, words, fields in extractions
            ],
        )
        for text, extractions in _EXAMPLES
    ]
    provider = {
        "base_url": endpoint.base_url,
        "api_key": endpoint.api_key,
        "temperature": 0.0,
        "max_output_tokens": _CHUNK_TOKENS,
        "max_workers": max_workers,
    }
    return {
        "prompt_description": _LANGEXTRACT_TASK,
        "examples": examples,
        "config": ModelConfig(model_id=endpoint.model, provider="openai", provider_kwargs=provider),
        "max_workers": max_workers,
        "show_progress": False,
    }


def _ask_langextract(
    article: Article, endpoint: Endpoint, mode: LangExtractMode
) -> list[dict[str, Any]]:
    """Ask LangExtract in one of its modes, with one worker: the server has one slot."""
    import langextract as lx

    options: dict[LangExtractMode, dict[str, Any]] = {
        "default": {},
        "schema": {"output_schema": _langextract_schema() if mode == "schema" else None},
    }
    document = lx.extract(
        article.text,
        **langextract_options(endpoint),
        **options[mode],
    )
    return [
        {
            "class": extraction.extraction_class,
            "text": extraction.extraction_text,
            "start": extraction.char_interval and extraction.char_interval.start_pos,
            "end": extraction.char_interval and extraction.char_interval.end_pos,
            "attributes": extraction.attributes,
        }
        for extraction in document.extractions or []
    ]


def _langextract(mode: LangExtractMode, name: str, title: str) -> System:
    return System(
        name=name,
        title=title,
        package="langextract",
        settings=lambda: _hash(
            version("langextract"), mode, _LANGEXTRACT_TASK, _EXAMPLES, _CHUNK_TOKENS
        ),
        ask=functools.partial(_ask_langextract, mode=mode),
        convert=lambda article, answer: convert(article, langextract_claims(answer)),
    )


# A bare instructor script

_BARE_TASK = f"""{TASK}
Copy evidence and quoted words from the article character for character.
"""


class BareMeeting(BaseModel):
    """An encounter in which two or more actors talk."""

    participants: list[str] = Field(description="names of all who take part")
    status: MeetingStatus
    date: str | None = Field(description="the words that date it")
    location: str | None
    evidence: list[str] = Field(description="the sentences that state it, copied")


class BarePosition(BaseModel):
    """An actor supports or opposes something."""

    holder: str = Field(description="name of the actor")
    issue: str = Field(description="short noun phrase, worded positively")
    stance: Stance
    evidence: list[str] = Field(description="the sentences that state it, copied")


class BareQuote(BaseModel):
    """Words inside quotation marks."""

    speaker: str | None = Field(description="name of the speaker")
    text: str = Field(description="the words between the marks, copied")


class BareAnswer(BaseModel):
    """Everything that the article states."""

    meetings: list[BareMeeting]
    positions: list[BarePosition]
    quotes: list[BareQuote]


def bare_messages(article: Article) -> list[Any]:
    """Return what the bare instructor script sends for an article."""
    return [
        {"role": "system", "content": _BARE_TASK},
        {"role": "user", "content": article.text},
    ]


def _ask_bare(article: Article, endpoint: Endpoint) -> dict[str, Any]:
    import instructor
    import openai

    client = instructor.from_openai(
        openai.OpenAI(base_url=endpoint.base_url, api_key=endpoint.api_key, max_retries=0),
        mode=instructor.Mode.JSON_SCHEMA,
    )
    answer = client.chat.completions.create(
        model=endpoint.model,
        response_model=BareAnswer,
        max_retries=1,
        temperature=0.0,
        max_tokens=_ARTICLE_TOKENS,
        messages=bare_messages(article),
    )
    return answer.model_dump(mode="json")


# llm_extract


@functools.cache
def _job() -> "Job":
    from llm_extract.batch.job import Job

    return Job.of("local", strategy="sentence")


def _ask_ours(article: Article, endpoint: Endpoint) -> dict[str, Any]:
    return asyncio.run(_extract(article, endpoint)).model_dump(mode="json")


async def _extract(article: Article, endpoint: Endpoint) -> ArticleRecords:
    """Extract as a run does, with no reply cache, at a server that is running already."""
    import openai

    from llm_extract.models.client import EMBEDDED_CONTEXT_TOKENS, ModelClient
    from llm_extract.models.limits import Limits, Throttle
    from llm_extract.models.retry import DEFAULT_PATIENCE
    from llm_extract.models.transport import Transport

    job = _job()
    async with openai.AsyncOpenAI(
        base_url=endpoint.base_url, api_key=endpoint.api_key, max_retries=0
    ) as server:
        transport = Transport(
            job.spec, server, turns=Throttle(Limits(1)), patience=DEFAULT_PATIENCE
        )
        client = ModelClient(job.spec, transport, context_tokens=EMBEDDED_CONTEXT_TOKENS)
        return await job.extractor.extract(article, client)


def _convert_ours(_article: Article, answer: Any) -> Converted:
    records = ArticleRecords.model_validate(answer)
    return Converted(
        records.meetings, records.positions, records.quotes, records.provenance.dropped
    )


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


SYSTEMS = (
    _langextract("default", "langextract", "LangExtract, default"),
    _langextract("schema", "langextract-schema", "LangExtract, output schema"),
    System(
        name="instructor",
        title="bare instructor script",
        package="instructor",
        settings=lambda: _hash(
            version("instructor"), _BARE_TASK, BareAnswer.model_json_schema(), _ARTICLE_TOKENS
        ),
        ask=_ask_bare,
        convert=lambda article, answer: convert(article, copied_claims(answer, article.text)),
    ),
    System(
        name="llm-extract",
        title="llm_extract, `sentence`",
        package="llm_extract",
        settings=lambda: _hash(
            __version__, _job().extractor.prompt_hash, _job().extractor.schema_hash
        ),
        ask=_ask_ours,
        convert=_convert_ours,
    ),
)
