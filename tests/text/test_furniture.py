import pytest

from llm_extract.text.article import UnitKind
from llm_extract.text.furniture import classify_paragraphs, is_credit
from llm_extract.text.lines import paragraph_bounds

STORY = "The envoy of the northern league met the mayor of Arden on Monday."
MORE = "They agreed to open the harbour before the winter sets in again."


def kinds(*lines: str) -> list[UnitKind]:
    text = "\n".join(lines)
    return classify_paragraphs(text, paragraph_bounds(text))


@pytest.mark.parametrize(
    "line",
    [
        "Share",
        "Share this on Facebook",
        "Facebook",
        "WhatsApp",
        "Follow us on Instagram for more",
        "Follow The Arden Post on Google News",
        "Connect with us",
        "Skip to main content",
        "Log in",
        "Advertisement",
        "--- ADVERTISEMENT ---",
        "Advertisement ~ Keep scrolling",
        "Article continues below",
        "Sign up for our weekly newsletter",
        "Never miss a story",
        "By submitting your details you accept our terms.",
        "We use cookies to improve this site.",
        "© 2023 Arden Post. All rights reserved.",
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
        "Email *",
        "12 comments",
        "By Dana Frost",
        "- by Dana Frost and Ed Moss, March 3, 2021",
        "BY DANA FROST | 3 March 2021 10:15 AM",
        "Published on March 3, 2021",
        "Wednesday, 3 Mar 2021 4:55 PM GMT",
        "Politics / 5 h ago",
        "2 hours ago",
        "4 min read",
        "Home / Politics / Envoy meets mayor",
        "Read also: Harbour closed for repairs",
        "Tags: harbour, league",
        "#harbour #league",
        "https://example.org/story",
        "Arden News Service",
        "(AFP)",
        "Photo: Dana Frost/Arden Post",
        "Dana Frost/Getty Images",
        "— Arden Council (@ardencouncil) March 3, 2021",
        "***",
        "Get a bonus on your first order with the code SAVE20",
    ],
)
def test_furniture_by_its_words(line: str) -> None:
    assert kinds("Envoy meets mayor in Arden", STORY, line, MORE) == [
        "heading",
        "body",
        "furniture",
        "body",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Share prices fell in Arden on Monday after the vote.",
        "The company changed its privacy policy in March after complaints.",
        "The drones are powered by batteries.",
        "“Sign up for the newsletter,” he told them.",
        "The museum is funded by members of the council.",
        "People can donate to the fund until Friday.",
        "He gave them the code name of the operation.",
        "By Monday the envoys had left the town.",
        "Photos by satellites show troops near the border.",
        "Related talks were held in Oslo.",
        "Most people read the statement.",
        "Updated plans were shown to the council.",
        "Reuters was told that the talks had failed.",
        "Comments by the mayor angered the league.",
    ],
)
def test_story_in_words_that_pages_use_too(line: str) -> None:
    assert kinds("Envoy meets mayor in Arden", STORY, line, MORE)[2] != "furniture"


def test_list_of_other_stories_runs_to_the_end() -> None:
    assert kinds(
        STORY,
        "Related Posts",
        "Harbour closed for repairs after storm",
        "Dana Frost",
        "Will the mayor of Arden step down before the vote?",
        "Arden News Service",
    ) == ["body", *["furniture"] * 5]


def test_list_of_other_stories_ends_where_the_story_resumes() -> None:
    assert kinds(STORY, "Read next", "Harbour closed for repairs", "Ferry sinks", MORE) == [
        "body",
        "furniture",
        "furniture",
        "furniture",
        "body",
    ]


def test_headline_between_a_list_and_the_story_is_kept() -> None:
    found = kinds(
        "Most Read",
        "Sports / 3 h ago",
        "Ferry sinks off the northern coast",
        "Weather / 4 h ago",
        "Harbour closed for repairs",
        "World",
        "Envoy meets mayor in Arden",
        "By Dana Frost",
        STORY,
    )
    assert found[6] == "heading"
    assert found[8] == "body"
    assert found[:4] == ["furniture"] * 4


def test_word_like_a_list_head_before_prose_hides_nothing() -> None:
    assert kinds(STORY, "More on the harbour", MORE) == ["body", "heading", "body"]


def test_headlines_of_other_stories_at_the_end() -> None:
    found = kinds(STORY, "Harbour Closed For Repairs After Storm", "Will Arden Rise Again Soon?")
    assert found == ["body", "furniture", "furniture"]


def test_title_case_line_without_any_story_is_a_heading() -> None:
    assert kinds("Envoy Meets Mayor Under Heavy Guard") == ["heading"]


def test_names_under_a_byline() -> None:
    assert kinds("By", "Dana Frost", "and", "Ed Moss", "Arden Harbour", STORY) == [
        *["furniture"] * 4,
        "heading",
        "body",
    ]


def test_menu_above_the_story() -> None:
    assert kinds("Arden Post", "EuropeSportsWeather", "News", "Envoy meets mayor", STORY) == [
        *["furniture"] * 3,
        "heading",
        "body",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "A HARBOUR FOR ALL",
        "The envoy added:",
        "Mayor Dana Frost (left)",
        "Envoy Meets Mayor Under Heavy Guard In Arden",
    ],
)
def test_heading_inside_the_story(line: str) -> None:
    assert kinds(STORY, line, MORE)[1] == "heading"


@pytest.mark.parametrize(
    "line",
    [
        "“We will go,” she said",
        "“We will open it,”",
        "The mayor had refused to open the harbour before the storm came",
        "He left.",
    ],
)
def test_body_text_inside_the_story(line: str) -> None:
    assert kinds(STORY, line, MORE)[1] == "body"


def test_short_sentence_ends_a_list_of_other_stories() -> None:
    assert kinds(STORY, "Read next", "Ferry sinks", "The mayor denied it.") == [
        "body",
        "furniture",
        "furniture",
        "body",
    ]


def test_notice_above_the_story_is_not_its_beginning() -> None:
    notice = "We use cookies to give you the best experience of this site."
    assert kinds(notice, "Envoy meets mayor in Arden on the way to the coast", STORY) == [
        "furniture",
        "heading",
        "body",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(Dana Frost/AFP)", True),
        ("(Dana Frost/Lumen Press)", True),
        ("— Picture by Dana Frost", True),
        ("-REUTERS", True),
        ("Northern League/Handout via REUTERS", True),
        ("The mayor spoke to AFP", False),
        ("(Laughs.)", False),
        ("Pictures by the river show the damage", False),
    ],
)
def test_credit(text: str, expected: bool) -> None:
    assert is_credit(text) is expected
