import json

import pytest

from llm_extract.errors import EvaluationError
from llm_extract.evaluation.gold import check_gold, load_gold
from tests.evaluation.builders import MEETINGS, POSITIONS, QUOTES, SENTENCES, TEXT

GOLD = {
    "article": "harbour",
    "meetings": [
        {
            "participants": [{"name": "Lena Brandt"}, {"name": "Omar Haddad"}],
            "status": "held",
            "date": "Tuesday",
            "location": "Velmora",
            "topics": [],
            "evidence": [SENTENCES[0]],
        },
        {
            "participants": [{"name": "Lena Brandt"}, {"name": "Omar Haddad"}],
            "status": "planned",
            "date": None,
            "location": "Portsey",
            "topics": [],
            "evidence": [SENTENCES[4]],
        },
    ],
    "positions": [
        {
            "holder": {"name": "Lena Brandt"},
            "issue": "the new harbour",
            "stance": "supports",
            "evidence": [SENTENCES[1]],
        },
        {
            "holder": {"name": "Omar Haddad"},
            "issue": "the new harbour",
            "stance": "opposes",
            "evidence": [SENTENCES[1]],
        },
    ],
    "quotes": [
        {
            "speaker": {"name": "Lena Brandt"},
            "text": "The harbour is our future,",
            "kind": "full",
            "evidence": [SENTENCES[2]],
        },
        {
            "speaker": {"name": "Omar Haddad"},
            "text": "gift to smugglers",
            "kind": "fragment",
            "evidence": [SENTENCES[3]],
        },
    ],
}


@pytest.fixture
def folders(tmp_path):
    for name in ("gold", "articles"):
        (tmp_path / name).mkdir()
    (tmp_path / "articles" / "harbour.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "gold", tmp_path / "articles"


def write(folder, content, name="harbour"):
    path = folder / f"{name}.json"
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    path.write_text(text, encoding="utf-8")
    return path


def changed(path, value):
    """Return the gold with the value at `path` replaced."""
    content = json.loads(json.dumps(GOLD))
    at = content
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return content


def test_gold_becomes_records_of_the_public_schema(folders):
    gold_dir, articles_dir = folders
    write(gold_dir, GOLD)
    (article,) = load_gold(gold_dir, articles_dir)
    assert (article.id, article.text) == ("harbour", TEXT)
    assert article.meetings == MEETINGS
    assert article.positions == POSITIONS
    assert article.quotes == QUOTES
    assert check_gold(gold_dir, articles_dir) == []


def test_articles_come_in_the_order_of_their_names(folders):
    gold_dir, articles_dir = folders
    for name in ("b", "a"):
        write(gold_dir, {**GOLD, "article": name}, name)
        (articles_dir / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    assert [article.id for article in load_gold(gold_dir, articles_dir)] == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("meetings", 0, "status"), "cancelled", ["status", "'held'", "cancelled"]),
        (("positions", 1, "stance"), "neutral", ["positions[1].stance", "neutral"]),
        (("quotes", 0, "kind"), 3, ["quotes[0].kind"]),
        (("quotes", 1, "tone"), "angry", ["quotes[1].tone", "unknown field"]),
        (("quotes", 1, "evidence"), [], ["quotes[1].evidence"]),
        (("meetings", 1, "participants"), [], ["meetings[1].participants"]),
        (("meetings", 1, "evidence", 0), "They met.", ["evidence[0]", "not in the article"]),
        (("quotes", 0, "text"), "The harbor is", ["quotes[0].text", "not in the article"]),
        (("quotes", 0, "text"), "gift to smugglers", ["quotes[0].text", "not within the evidence"]),
        (("article",), "haven", ['"haven"', "harbour.json"]),
    ],
)  # fmt: skip
def test_faulty_value_is_reported_with_its_line(folders, path, value, says):
    gold_dir, articles_dir = folders
    content = changed(path, value)
    file = write(gold_dir, content)
    (problem,) = check_gold(gold_dir, articles_dir)
    assert problem.file == file
    written = file.read_text(encoding="utf-8").split("\n")
    key = next(step for step in reversed(path) if isinstance(step, str))
    faulty = written[problem.line - 1]
    assert f'"{key}"' in faulty or json.dumps(value) in faulty
    for part in says:
        assert part in str(problem)
    with pytest.raises(EvaluationError, match=f"harbour.json:{problem.line}: "):
        load_gold(gold_dir, articles_dir)


def test_missing_field_is_reported_on_its_records_line(folders):
    gold_dir, articles_dir = folders
    content = json.loads(json.dumps(GOLD))
    del content["positions"][1]["stance"]
    file = write(gold_dir, content)
    (problem,) = check_gold(gold_dir, articles_dir)
    assert "positions[1].stance: this field is missing" in str(problem)
    following = file.read_text(encoding="utf-8").split("\n")[problem.line - 1 :]
    assert following[0].strip() == "{"
    assert "Omar Haddad" in following[2]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("meetings", {"topics": ["harbour"]}),
        ("meetings", {"participants": [{"name": "OMAR HADDAD"}, {"name": "Lena Brandt"}]}),
        ("positions", {"issue": "The new harbour"}),
        ("positions", {"stance": "mixed"}),
        ("quotes", {"speaker": None}),
    ],
)
def test_duplicate_record_is_reported_with_the_line_of_the_first(folders, kind, change):
    gold_dir, articles_dir = folders
    content = json.loads(json.dumps(GOLD))
    content[kind].append({**content[kind][0], **change})
    write(gold_dir, content)
    (problem,) = check_gold(gold_dir, articles_dir)
    assert f"{kind}[2]: the same record as the one on line" in str(problem)


def test_same_words_quoted_twice_are_two_records(folders):
    gold_dir, articles_dir = folders
    text = "“No,” she said.\n“No,” she said."
    (articles_dir / "harbour.txt").write_text(text, encoding="utf-8")
    quotes = [
        {"speaker": {"name": name}, "text": "No,", "kind": "fragment", "evidence": [text[:15]]}
        for name in ("Ann Lee", "Bo Rask")
    ]
    write(gold_dir, {"article": "harbour", "meetings": [], "positions": [], "quotes": quotes})
    (article,) = load_gold(gold_dir, articles_dir)
    assert [q.text.start for q in article.quotes] == [1, 17]
    assert [q.evidence[0].start for q in article.quotes] == [0, 16]


def test_all_problems_of_all_files_are_reported_in_order(folders):
    gold_dir, articles_dir = folders
    faulty = changed(("quotes", 0, "text"), "nowhere to be found")
    faulty["quotes"][0]["evidence"] = ["nor is this"]
    write(gold_dir, faulty)
    write(gold_dir, '{"article": "z",\n "meetings": [,]}', "z")
    problems = check_gold(gold_dir, articles_dir)
    assert [p.file.stem for p in problems] == ["harbour", "harbour", "z"]
    assert [p.line for p in problems] == [*sorted(p.line for p in problems[:2]), 2]
    assert "invalid JSON" in str(problems[2])
    with pytest.raises(EvaluationError, match=r"and 2 more problems"):
        load_gold(gold_dir, articles_dir)


def test_article_that_is_not_there_is_reported(folders):
    gold_dir, articles_dir = folders
    (articles_dir / "harbour.txt").unlink()
    write(gold_dir, GOLD)
    (problem,) = check_gold(gold_dir, articles_dir)
    assert problem.line == 2
    assert "harbour.txt cannot be read" in str(problem)


def test_gold_that_is_not_text_is_reported(folders):
    gold_dir, articles_dir = folders
    (gold_dir / "harbour.json").write_bytes(b"\xff\xfe{")
    (problem,) = check_gold(gold_dir, articles_dir)
    assert "cannot be read" in str(problem)


def test_folder_without_gold_is_refused(tmp_path):
    with pytest.raises(EvaluationError, match="no gold files"):
        load_gold(tmp_path / "nowhere", tmp_path)


def test_digest_changes_with_the_records_and_with_the_text(folders):
    gold_dir, articles_dir = folders
    write(gold_dir, GOLD)
    (article,) = load_gold(gold_dir, articles_dir)
    write(gold_dir, changed(("positions", 0, "stance"), "mixed"))
    (relabelled,) = load_gold(gold_dir, articles_dir)
    write(gold_dir, GOLD)
    (articles_dir / "harbour.txt").write_text(TEXT + "\n", encoding="utf-8")
    (longer,) = load_gold(gold_dir, articles_dir)
    assert len({article.digest, relabelled.digest, longer.digest}) == 3
