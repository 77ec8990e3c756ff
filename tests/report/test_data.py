from pathlib import Path

import pytest

from llm_extract.batch.store import open_store
from llm_extract.errors import StoreError, UsageError
from llm_extract.report.data import read_report
from llm_extract.report.quotations import unquoted
from llm_extract.text.segmentation import segment
from tests.report.conftest import stories
from tests.support.stories import Story, write_run


def test_entries_point_at_the_characters_of_the_records(run_folder: Path) -> None:
    report = read_report(run_folder)
    for entry, story in zip(report.articles, stories(), strict=True):
        records = story.records
        given = [*records.meetings, *records.positions, *records.quotes]
        shown = [*entry.meetings, *entry.positions, *entry.quotes]
        for record, made in zip(given, shown, strict=True):
            assert [entry.text[p.start : p.end] for p in made.evidence] == [
                span.text for span in record.evidence
            ]
        for quote, made in zip(records.quotes, entry.quotes, strict=True):
            assert entry.text[made.words.start : made.words.end] == quote.text.text


def test_every_name_leads_to_an_actor_and_every_issue_to_a_group(run_folder: Path) -> None:
    report = read_report(run_folder)
    actors = {actor.id: {form.name for form in actor.forms} for actor in report.actors}
    groups = {group.id: group.phrases for group in report.issues}
    for entry in report.articles:
        named = [named for meeting in entry.meetings for named in meeting.participants]
        named += [position.holder for position in entry.positions]
        named += [quote.speaker for quote in entry.quotes if quote.speaker]
        assert all(one.name in actors[one.actor] for one in named)
        assert all(position.issue in groups[position.group] for position in entry.positions)


def test_run_is_described(run_folder: Path) -> None:
    report = read_report(run_folder)
    assert report.run.folder == "results"
    assert report.run.models == ("stand-in",)
    assert report.run.record_types == ("meeting", "position", "quote", "sanction")
    assert report.run.status.usage.cost_usd == pytest.approx(0.0036)
    assert [(one.id, one.kind) for one in report.failures] == [
        ("news/lost.txt", "RefusedReplyError")
    ]
    assert report.failed == 1


def test_pages_divide_the_articles_and_link_their_own(run_folder: Path) -> None:
    first, second = read_report(run_folder, 1, size=2), read_report(run_folder, 2, size=2)
    assert [one.id for one in (*first.articles, *second.articles)] == [
        "news/a.txt",
        "news/b.txt",
        "news/c.txt",
    ]
    assert (second.page.number, second.page.pages, second.page.start) == (2, 2, 2)
    assert (second.page.articles, second.page.total) == (1, 3)
    assert {actor.name for actor in second.actors} == {"Boris Okafor", "Ana Petrova"}


@pytest.mark.parametrize(
    ("page", "size", "words"),
    [(3, 2, "its 3 articles fill 2"), (2, 9, "there is only one"), (0, 9, "there is only one")],
)
def test_page_that_does_not_exist_is_refused(
    run_folder: Path, page: int, size: int, words: str
) -> None:
    with pytest.raises(UsageError, match=rf"--page {page}: there is no such page, {words}"):
        read_report(run_folder, page, size)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example", False),
        ("http://[broken", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_kept(tmp_path: Path, url: str | None, kept: bool) -> None:
    story = Story("a", url=url)
    story.say("A text.")
    write_run(tmp_path, [story])
    assert read_report(tmp_path).articles[0].url == (url if kept else None)


def test_own_records_keep_their_fields(run_folder: Path) -> None:
    (own,) = read_report(run_folder).articles[1].own
    assert own.type == "sanctions"
    assert own.fields["imposed_by"]["name"] == "Norwick"
    assert own.fields["lifted"] is False


def test_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no llm_extract.db in"):
        read_report(tmp_path)
    open_store(tmp_path, "s").close()
    with pytest.raises(StoreError, match="no run has begun"):
        read_report(tmp_path)


def quoting(asked: tuple[str, ...] = ("quote",)) -> Story:
    story = Story("a", asked=asked)
    story.say("The “old guard” met the “new wave” at noon.", end="\n")
    story.quote("“We will stay,” said Ana Petrova.", "We will stay,", "Ana Petrova")
    return story


def judged(story: Story) -> list[str] | None:
    places = unquoted(story.records, segment(story.article))
    return None if places is None else [story.article.text[p.start : p.end] for p in places]


def test_quotations_without_a_record_were_judged_not_to_be_quotes() -> None:
    assert judged(quoting()) == ["old guard", "new wave"]


@pytest.mark.parametrize("asked", [(), ("meeting", "position")])
def test_nothing_was_judged_where_quotes_were_not_asked_for(asked: tuple[str, ...]) -> None:
    assert judged(quoting(asked)) is None


@pytest.mark.parametrize(
    ("reason", "draft"),
    [
        ("the model passed over quotation 2", "new wave"),
        ("speaker: not in the article", '{"speaker": "X", "text": 2, "kind": "full"}'),
        ("speaker: not in the article", '{"kind":"full","text":2,"speaker":"a long na'),
    ],
)
def test_quotation_of_a_dropped_draft_was_not_judged(reason: str, draft: str) -> None:
    story = quoting()
    story.drop("quote", reason, draft)
    assert judged(story) == ["old guard"]


def test_nobody_knows_what_was_judged_where_a_whole_answer_was_lost() -> None:
    story = quoting()
    story.drop("quote", "not JSON", "I am sorry, but")
    assert judged(story) is None


def test_dropped_drafts_of_other_types_do_not_matter() -> None:
    story = quoting()
    story.drop("position", "not confirmed", '{"text": 2}')
    assert judged(story) == ["old guard", "new wave"]


@pytest.mark.parametrize(
    ("title", "text", "heading"),
    [
        ("The title", "A first sentence. A second.", "The title"),
        (None, "A first sentence. A second.", "A first sentence."),
        (None, "Advertisement\n\nThe story begins here. It ends.", "The story begins here."),
        (None, "word " * 50, "word " * 20 + "word …"),
        (None, "Advertisement", "Advertisement"),
    ],
)
def test_article_is_headed_by_its_title_or_its_first_words(
    tmp_path: Path, title: str | None, text: str, heading: str
) -> None:
    story = Story("a", title=title)
    story.say(text)
    write_run(tmp_path, [story])
    assert read_report(tmp_path).articles[0].heading == heading
