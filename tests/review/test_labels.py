import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.evaluation.gold import GoldArticle, read_gold
from llm_extract.review.labels import EditedRecords, check, editable
from llm_extract.schemas import Actor, EventDate, Meeting, Position, Quotation, Quote, Span
from tests.evaluation.builders import TEXT, gold

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "eval/gold").glob("*.json"))
LABELLED = editable(gold())
LINES = [
    "Ana Petrova 🙂 met Bo Rask in Velmora.",
    "“A fine day 𝒜,” said Petrova.",
    "Rask backs “the 🌉 bridge”, and Petrova rejects it.",
    "Nobody spoke of “𝕋olls” before.",
]
PAGE = "\n".join(LINES)
WORDS = ("A fine day 𝒜,", "the 🌉 bridge", "𝕋olls")


def place(part: str) -> Span:
    start = PAGE.index(part)
    return Span(start=start, end=start + len(part), text=part)


names = st.sampled_from(["Ana Petrova", "Bo Rask", "a Velmoran official", "🙂"])
actors = st.builds(
    Actor,
    name=names,
    role=st.sampled_from([None, "mayor"]),
    affiliation=st.sampled_from([None, "Velmora"]),
)
evidence = st.lists(st.sampled_from(LINES), min_size=1, unique=True).map(
    lambda parts: [place(part) for part in parts]
)
texts = st.sampled_from([None, "Velmora", "on Tuesday 🙂"])
meetings = st.builds(
    Meeting,
    participants=st.lists(actors, min_size=1, max_size=3),
    status=st.sampled_from(["held", "planned", "declined"]),
    mode=st.sampled_from([None, "call", "in_person"]),
    date=texts.map(lambda words: EventDate(text=words) if words else None),
    location=texts,
    topics=st.lists(st.sampled_from(["the bridge", "tolls"]), unique=True),
    evidence=evidence,
)
positions = st.builds(
    Position,
    holder=actors,
    issue=st.sampled_from(["the bridge", "tolls", "🌉"]),
    stance=st.sampled_from(["supports", "opposes", "mixed"]),
    evidence=evidence,
)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    words = draw(st.sampled_from(WORDS))
    own = place(next(line for line in LINES if words in line))
    more = [span for span in draw(evidence) if span != own]
    span = place(words)
    return Quote(
        speaker=draw(st.none() | actors),
        text=Quotation(start=span.start, end=span.end, text=span.text),
        kind=draw(st.sampled_from(["full", "fragment"])),
        evidence=[own, *more],
    )


def unique_by(key: Any, records: Any) -> Any:
    return st.lists(records, max_size=3, unique_by=key)


articles = st.builds(
    GoldArticle,
    id=st.just("page"),
    text=st.just(PAGE),
    meetings=unique_by(
        lambda m: (frozenset(p.name for p in m.participants), m.status), meetings
    ).map(tuple),
    positions=unique_by(lambda p: (p.holder.name, p.issue), positions).map(tuple),
    quotes=unique_by(lambda q: q.text.text, quotes()).map(tuple),
)


def read_back(content: str, text: str, folder: Path) -> GoldArticle | None:
    """Read gold as `eval` does."""
    (folder / "page.json").write_text(content, encoding="utf-8")
    (folder / "page.txt").write_bytes(text.encode("utf-8"))
    return read_gold(folder / "page.json", folder)[0]


@given(article=articles)
def test_records_become_gold_that_gives_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, article: GoldArticle
) -> None:
    checked = check(editable(article), "page", PAGE)
    assert (checked.faults, checked.notes) == ((), ())
    assert read_back(checked.gold, PAGE, tmp_path_factory.mktemp("gold")) == article


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_gold_that_nobody_changed_is_written_as_it_was(file: Path) -> None:
    article, problems = read_gold(file, ROOT / "eval/articles")
    assert problems == []
    assert article is not None
    checked = check(editable(article), file.stem, article.text)
    assert checked.gold == file.read_text(encoding="utf-8")


def changed(path: tuple[str | int, ...], value: Any) -> EditedRecords:
    """Return the labelled records with another value at `path`."""
    content = LABELLED.model_dump()
    at: Any = content
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return EditedRecords.model_validate(content)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("positions", 0, "holder", "name"), "", "must not be empty"),
        (("positions", 0, "issue"), " ", "must not be empty"),
        (("positions", 1, "stance"), "", "'supports', 'opposes' or 'mixed'"),
        (("meetings", 0, "status"), "cancelled", "'declined', not \"cancelled\""),
        (("meetings", 0, "participants"), [], "at least one is needed"),
        (("meetings", 1, "evidence"), [], "at least one is needed"),
        (("meetings", 0, "participants", 1, "name"), "\t", "must not be empty"),
        (("quotes", 0, "text"), {"start": 0, "end": 4}, "not within the evidence"),
        (("quotes", 0, "text"), {"start": 9, "end": 9}, "mark this in the text again"),
        (("quotes", 0, "evidence", 0), {"start": 0, "end": 9999}, "mark this in the text again"),
        (("quotes", 1, "speaker"), {"name": "", "role": "mayor"}, "must not be empty"),
    ],
)
def test_faults_name_the_field_in_plain_words(
    path: tuple[str | int, ...], value: Any, says: str
) -> None:
    (fault,) = check(changed(path, value), "harbour", TEXT).faults
    assert says in fault.message
    assert fault.path[: len(path)] == path


def test_record_that_is_there_twice_is_named_with_its_twin() -> None:
    twice = changed(("positions",), [LABELLED.positions[0].model_dump()] * 2)
    (fault,) = check(twice, "harbour", TEXT).faults
    assert (fault.path, fault.twin) == (("positions", 1), ("positions", 0))


def test_blank_fields_are_null_in_gold() -> None:
    content = LABELLED.model_dump()
    content["meetings"][0]["date"] = "  "
    content["quotes"][0]["speaker"] = {"name": ""}
    edited = EditedRecords.model_validate(content)
    written = json.loads(check(edited, "harbour", TEXT).gold)
    assert written["meetings"][0]["date"] is None
    assert written["quotes"][0]["speaker"] is None
    assert "mode" not in written["meetings"][0]
    assert written["positions"][0]["holder"] == {"name": "Lena Brandt"}


def test_passage_that_gold_leads_elsewhere_is_noted_and_kept(tmp_path: Path) -> None:
    text = "Rask left.\nPetrova stayed.\nRask left."
    edited = EditedRecords.model_validate(
        {
            "meetings": [],
            "positions": [
                {"holder": {"name": "Rask"}, "issue": "leaving", "stance": "supports",
                    "evidence": [{"start": 27, "end": 37}]}
            ],
            "quotes": [],
        }
    )  # fmt: skip
    checked = check(edited, "page", text)
    (note,) = checked.notes
    assert note.path == ("positions", 0, "evidence", 0)
    assert "more than once" in note.message
    found = read_back(checked.gold, text, tmp_path)
    assert found is not None
    assert found.positions[0].evidence[0].start == 0


def test_article_without_records_is_valid_gold(tmp_path: Path) -> None:
    checked = check(EditedRecords(meetings=[], positions=[], quotes=[]), "page", "Nothing.\n")
    assert checked.faults == ()
    assert read_back(checked.gold, "Nothing.\n", tmp_path) == GoldArticle(
        "page", "Nothing.\n", (), (), ()
    )
