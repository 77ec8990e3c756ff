from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_extract.evaluation.gold_names import find_gold, gold_name

IDS = st.text(st.sampled_from("aB./\\~ \0é:-_txt"), max_size=12) | st.text(max_size=300)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("a.txt", "a"),
        ("v1.2.txt", "v1.2"),
        ("Новости (2).txt", "Новости (2)"),
        ("sub/a.txt", "sub-a~a82881a27f7c"),
        ("a", "a~ca978112ca1b"),
        ("a.md", "a.md~fecccc975324"),
        ("feed.jsonl:12", "feed.jsonl-12~11ce9733e353"),
        ("../../etc/passwd.txt", "etc-passwd~5f510902fe3d"),
        ("..", "article~5ec1f7e700f3"),
        ("a~b.txt", "a-b~12ab2e00e622"),
    ],
)
def test_names_of_text_files_stay_and_other_ids_get_a_hash(id_: str, name: str) -> None:
    assert gold_name(id_) == name


@given(IDS)
def test_name_is_that_of_one_file_in_the_folder(id_: str) -> None:
    name = gold_name(id_)
    assert PurePosixPath(f"{name}.json").name == f"{name}.json"
    assert not set(name) & set('/\\:\0*?"<>|\n')
    assert not name.startswith(".")
    assert len(name.encode("utf-8")) <= 120


@given(st.lists(IDS, unique=True))
def test_no_two_ids_get_one_name(ids: list[str]) -> None:
    assert len({gold_name(id_) for id_ in ids}) == len(ids)


@given(st.lists(IDS, unique=True))
def test_all_that_was_named_is_found_again(ids: list[str]) -> None:
    names = {id_: gold_name(id_) for id_ in ids}
    assert find_gold(ids, set(names.values())) == names


@pytest.mark.parametrize(
    ("ids", "names", "found"),
    [
        (["a.txt", "b.txt"], {"a"}, {"a.txt": "a"}),
        (["news/a.md"], {"a"}, {"news/a.md": "a"}),
        (["a.txt", "news/a.txt"], {"a"}, {"a.txt": "a"}),
        (["news/a.txt", "a.txt"], {"a"}, {"a.txt": "a"}),
        (["x/a.txt", "y/a.txt"], {"a"}, {"x/a.txt": "a", "y/a.txt": "a"}),
        (["v1.2"], {"v1.2", "v1"}, {"v1.2": "v1.2"}),
        (["x/a.txt"], {"a", gold_name("x/a.txt")}, {"x/a.txt": gold_name("x/a.txt")}),
    ],
)
def test_own_name_comes_before_names_that_are_like_the_id(
    ids: list[str], names: set[str], found: dict[str, str]
) -> None:
    assert find_gold(ids, names) == found
