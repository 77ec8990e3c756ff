import pytest

from llm_extract.text.article import QuotedSpan
from llm_extract.text.lines import paragraph_bounds
from llm_extract.text.quotations import find_quotations


def spans(text: str) -> tuple[QuotedSpan, ...]:
    return find_quotations(text, paragraph_bounds(text)).spans


def quoted(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans(text)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("“", "”"),
        ('"', '"'),
        ("‘", "’"),
        ("'", "'"),
        ("«", "»"),
        ("« ", " »"),
        ("«\u00a0", "\u00a0»"),
        ("»", "«"),
        ("‹", "›"),
        ("›", "‹"),
        ("„", "“"),
        ("„", "”"),
        ("‚", "‘"),
        ("”", "”"),
        ("「", "」"),
        ("『", "』"),
        ("``", "''"),
        (",,", "''"),
        ("''", "''"),
        ("‘‘", "’’"),
        ('""', '""'),
        ("＂", "＂"),
        ("〝", "〞"),
        ("“", '"'),
        ('"', "”"),
        ("“", "“"),
        ("“", "»"),
        ("«", "”"),
        ("“ ", " ”"),
        ("“", " ”"),
        ("`", "'"),
    ],
)
def test_every_kind_of_mark(before: str, after: str) -> None:
    text = f"The envoy said {before}we will go home{after} and then left for the coast."
    assert quoted(text) == ["we will go home"]
    assert spans(text)[0].closed


@pytest.mark.parametrize(
    "text",
    [
        "The ministers' plan and the envoys' reply didn't help.",
        "The ministers’ plan and the envoys’ reply didn’t help.",
        "It was the summer of '69, rock 'n' roll and the '90s.",
        "’Tis the season, and ’twas ever thus; get ’em in the ’80s.",
        "He is 6'2\" tall and lives in a 12' hut.",
        'A 5" pipe and a 7" pipe lay there.',
        "Kim ’s visit and O‘Brien's hat weren´t news.",
        "He wrote \"\" and '' and “ ” and “…”.",
        "Section “a” and part 'b' apply.",
        "We will not go,” he said.",
        "He said‚ however‚ nothing.",
        "",
    ],
)
def test_no_quotation(text: str) -> None:
    assert quoted(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'The ministers' plan is bad,' he said.", ["The ministers' plan is bad,"]),
        ("‘The ministers’ plan isn’t good,’ he said.", ["The ministers’ plan isn’t good,"]),
        ("He called it a 'war crimes' court, the 'boys' said.", ["war crimes", "boys"]),
        ('"It grew to 5" tall," he said.', ['It grew to 5" tall,']),
        ('"He is 6\'2" tall," she said.', ["He is 6'2\" tall,"]),
        ('"We won in 2016" was his answer.', ["We won in 2016"]),
        ("'15 ships sank,' he said.", ["15 ships sank,"]),
        ("It was a 'cause for concern' in '69 already.", ["cause for concern"]),
        ("‘'Tis late,’ he said.", ["'Tis late,"]),
    ],
)
def test_apostrophes_and_inches_inside_quotations(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said"We go"and left.', ["We go"]),
        ("He said“We go”and left.", ["We go"]),
        ('"Yes,"he added.Then"No,"she said.', ["Yes,", "No,"]),
        ('"We go "he said. "We stay," he added.', ["We go", "We stay,"]),
        ('"We go "said Dana Frost. "We stay," she added.', ["We go", "We stay,"]),
        ('He said" We are here" and then "no".', ["We are here", "no"]),
        ("“We go,“ he said. “We stay,“ she said.", ["We go,", "We stay,"]),
        ("”We go,” he said. ”We stay,” she said.", ["We go,", "We stay,"]),
        ('"Yes!""No!" they cried.', ["Yes!", "No!"]),
        ('("We go")—"we stay"—and ["home"].', ["We go", "we stay", "home"]),
        ('We go," he said. "We stay," she said.', ["We stay,"]),
        ("We go,” he said. “We stay,” she said.", ["We stay,"]),
        ("\ufeff“We go,” he said.", ["We go,"]),
        ('"…we go," he said.', ["…we go,"]),
    ],
)
def test_sloppy_marks(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“It’s a ‘fair deal’ for us,” he said.", "fair deal"),
        ("'It is a \"fair deal\" for us,' he said.", "fair deal"),
        ("« C'est un “bon accord” pour nous », dit-il.", "bon accord"),
        ("“He told me “we go” at noon,” she said.", "we go"),
        ('“He told me "we go" at noon,” she said.', "we go"),
        ("\"'We go,' he said,\" she said.", "We go,"),
        ("「彼は『行く』と言った」", "行く"),
    ],
)
def test_nested_quotation_names_its_parent(text: str, expected: str) -> None:
    outer, inner = spans(text)
    assert text[inner.start : inner.end] == expected
    assert (outer.parent, inner.parent) == (None, outer.number)
    assert outer.start < inner.start < inner.end < outer.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We have no hope, he said.", "We have no hope"),
        ("“We have no hope,’ said the envoy on Monday.", "We have no hope"),
        ("“We have no hope, Dana Frost told reporters in Oslo. She then left.", "We have no hope"),
        ("“We have no hope, the envoy was quoted as saying by a paper.", "We have no hope"),
        ("It is a “good friend, adding that all was well.", "good friend"),
        ("“We have no hope, he said. They left. “We go.”", "We have no hope"),
        ("“Do we have hope? he asked.", "Do we have hope?"),
        ("“We have no hope. We will go.", "We have no hope. We will go."),
        ("The envoy called it “a disgrace and left. He met nobody.", "a disgrace and left."),
        ("He is “unsure. The envoy said “we go” and left.", "unsure."),
    ],
)
def test_closing_mark_missing(text: str, expected: str) -> None:
    first = spans(text)[0]
    assert text[first.start : first.end] == expected
    assert not first.closed


def test_closing_mark_missing_ends_at_paragraph() -> None:
    text = "“We could go,\n\nThe envoy left. “We stay,” she said."
    assert quoted(text) == ["We could go,", "We stay,"]
    assert [span.closed for span in spans(text)] == [False, True]
    assert spans(text)[1].continues is None


def test_reported_speech_inside_an_unclosed_quotation_does_not_end_it() -> None:
    text = "“When I met him, he said that he would come. We wait.\n“We hope,” she said."
    assert quoted(text) == ["When I met him, he said that he would come. We wait.", "We hope,"]


def test_long_unclosed_quotation_in_one_paragraph_ends_with_its_sentence() -> None:
    text = "“We have no hope. " + "The envoy left for the coast. " * 50
    assert quoted(text) == ["We have no hope."]


@pytest.mark.parametrize(("opening", "closing"), ["“”", '""', "‘’", "«»", "''"])
def test_quotation_over_paragraphs_continues(opening: str, closing: str) -> None:
    text = f"{opening}We go.\n\n{opening}They stay.\n{opening}All is well,{closing} she said."
    assert quoted(text) == ["We go.", "They stay.", "All is well,"]
    assert [span.continues for span in spans(text)] == [None, 1, 2]
    assert [span.closed for span in spans(text)] == [False, False, True]


@pytest.mark.parametrize(("opening", "closing"), ['""', "“”", "‘’"])
def test_quotation_over_paragraphs_that_ran_into_one(opening: str, closing: str) -> None:
    text = f"{opening}We go. {opening}They stay. {opening}All is well,{closing} she said."
    assert quoted(text) == ["We go.", "They stay.", "All is well,"]
    assert [span.continues for span in spans(text)] == [None, 1, 2]


def test_closing_mark_in_the_next_paragraph_continues_without_opening_mark() -> None:
    text = "“We go.\nThey stay,” she said. “Yes.”"
    assert quoted(text) == ["We go.", "They stay,", "Yes."]
    assert [span.continues for span in spans(text)] == [None, 1, None]


def test_new_quotation_after_attribution_does_not_continue() -> None:
    text = "“We go, he said.\n“We stay,” said the envoy."
    assert quoted(text) == ["We go", "We stay,"]
    assert spans(text)[1].continues is None


def test_straight_marks_start_afresh_in_each_paragraph() -> None:
    text = 'He said "we go.\nShe left.\nThey said "no" and "yes".'
    assert quoted(text) == ["we go.", "no", "yes"]


def test_opening_mark_deeper_than_any_sane_nesting_ends_what_is_open() -> None:
    text = "“one two «one two ‹one two 「one two ‘one two’ end”"
    assert [span.closed for span in spans(text)] == [False, False, False, False, True]
    assert [span.parent for span in spans(text)] == [None, 1, 2, 3, None]


def test_marks_enclose_their_spans() -> None:
    text = "He said: “ We go. ” and ``left''."
    found = find_quotations(text, paragraph_bounds(text))
    assert "".join(text[i] for i in sorted(found.opening)) == "“``"
    assert "".join(text[i] for i in sorted(found.closing)) == "”''"


def test_only_the_given_paragraphs_are_searched() -> None:
    text = "“One two.”\n“Three four.”"
    assert [s.start for s in find_quotations(text, [(11, len(text))]).spans] == [12]
