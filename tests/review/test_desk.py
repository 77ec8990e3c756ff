from pathlib import Path

import pytest

from llm_extract.errors import StoreError, UsageError
from llm_extract.evaluation.gold import load_gold
from llm_extract.evaluation.gold_names import gold_name
from llm_extract.review.desk import ChangedError, Desk, Entry
from llm_extract.review.files import ReviewFiles
from llm_extract.review.labels import EditedRecords, editable
from tests.evaluation.builders import QUOTES, TEXT, gold
from tests.review.support import Found, make_run

NOTHING = EditedRecords(meetings=[], positions=[], quotes=[])
FOUND = editable(gold())
SOME = FOUND.model_copy(update={"meetings": []})


def desk_on(folder: Path, gold_dir: Path | None = None) -> Desk:
    return Desk(folder, ReviewFiles(folder, gold_dir))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_on(make_run(tmp_path / "out", {"a.txt": Found(), "b.txt": Found(TEXT + "\n")}))


def entry_of(desk: Desk, name: str = "a") -> Entry:
    entry = desk.entry(name)
    assert entry is not None
    return entry


def states(desk: Desk) -> dict[str, str]:
    return {entry.name: state for entry, state in desk.entries()}


def test_work_begins_with_the_records_of_the_run(desk: Desk) -> None:
    work = desk.work(entry_of(desk))
    assert (work.state, work.records, work.gold) == ("untouched", FOUND, None)
    assert states(desk) == {"a": "untouched", "b": "untouched"}


def test_draft_is_there_again_after_a_new_start(desk: Desk) -> None:
    entry = entry_of(desk)
    work = desk.keep_draft(entry, desk.work(entry).version, "version-1", None, SOME)
    assert (work.version, work.state, work.records) == ("version-1", "draft", SOME)
    again = desk_on(desk.folder)
    assert again.work(entry) == work
    assert states(again) == {"a": "draft", "b": "untouched"}


def test_draft_that_changes_nothing_any_more_goes(desk: Desk) -> None:
    entry = entry_of(desk)
    begun = desk.work(entry)
    desk.keep_draft(entry, begun.version, "version-1", None, SOME)
    assert desk.keep_draft(entry, "version-1", "version-2", None, FOUND) == begun
    assert list(desk.files.drafts.iterdir()) == []


def test_saved_gold_is_what_eval_reads(desk: Desk) -> None:
    entry = entry_of(desk)
    desk.keep_draft(entry, desk.work(entry).version, "version-1", None, SOME)
    work, checked = desk.save(entry, "version-1", None, SOME)
    assert (work.state, work.records, checked.faults) == ("saved", SOME, ())
    (article,) = load_gold(desk.files.gold, desk.files.articles)
    assert (article.id, article.text, editable(article)) == ("a", TEXT, SOME)
    assert states(desk) == {"a": "saved", "b": "untouched"}
    assert list(desk.files.drafts.iterdir()) == []


def test_article_without_records_can_be_saved(desk: Desk) -> None:
    entry = entry_of(desk)
    desk.save(entry, desk.work(entry).version, None, NOTHING)
    (article,) = load_gold(desk.files.gold, desk.files.articles)
    assert editable(article) == NOTHING


def test_faulty_records_are_not_saved(desk: Desk) -> None:
    entry = entry_of(desk)
    faulty = FOUND.model_copy(update={"quotes": [*FOUND.quotes, FOUND.quotes[0]]})
    work, checked = desk.save(entry, desk.work(entry).version, None, faulty)
    assert work.state == "untouched"
    assert [fault.path for fault in checked.faults] == [("quotes", 2)]
    assert not desk.files.gold.exists()


def test_change_to_an_earlier_state_is_refused_and_changes_nothing(desk: Desk) -> None:
    entry = entry_of(desk)
    begun = desk.work(entry)
    first = desk.keep_draft(entry, begun.version, "version-1", None, SOME)
    with pytest.raises(ChangedError, match=r"a\.txt was changed in another tab"):
        desk.keep_draft(entry, begun.version, "version-2", None, NOTHING)
    with pytest.raises(ChangedError):
        desk.save(entry, begun.version, None, NOTHING)
    assert desk.work(entry) == first
    assert not desk.files.gold.exists()


def test_gold_that_something_else_changed_is_not_overwritten(desk: Desk) -> None:
    entry = entry_of(desk)
    saved, _ = desk.save(entry, desk.work(entry).version, None, FOUND)
    desk.keep_draft(entry, saved.version, "version-1", saved.gold, SOME)
    file = desk.files.gold / "a.json"
    other = file.read_text().replace('"held"', '"ongoing"')
    file.write_text(other)
    work = desk.work(entry)
    assert (work.records, work.gold) == (SOME, saved.gold)
    assert work.gold_now not in (None, saved.gold)
    with pytest.raises(ChangedError, match="changed by something else"):
        desk.save(entry, "version-1", saved.gold, SOME)
    assert file.read_text() == other
    desk.save(entry, "version-1", work.gold_now, SOME)
    assert editable(load_gold(desk.files.gold, desk.files.articles)[0]) == SOME


def test_faulty_gold_is_neither_hidden_nor_overwritten(desk: Desk) -> None:
    entry = entry_of(desk)
    desk.save(entry, desk.work(entry).version, None, FOUND)
    file = desk.files.gold / "a.json"
    file.write_text(file.read_text().replace('"held"', '"hold"'))
    with pytest.raises(StoreError, match=r"a\.json:13: meetings\[0\]\.status.*mend the file"):
        desk.work(entry)


def test_gold_for_another_text_is_neither_hidden_nor_overwritten(tmp_path: Path) -> None:
    desk = desk_on(make_run(tmp_path / "out", {"a.txt": Found()}))
    entry = entry_of(desk)
    desk.save(entry, desk.work(entry).version, None, FOUND)
    desk = desk_on(make_run(tmp_path / "out", {"a.txt": Found(TEXT + " More.")}))
    with pytest.raises(StoreError, match="another text"):
        desk.work(entry_of(desk))
    (desk.files.gold / "a.json").unlink()
    with pytest.raises(StoreError, match="another text"):
        desk.save(entry_of(desk), desk.work(entry_of(desk)).version, None, FOUND)
    assert not (desk.files.gold / "a.json").exists()
    assert (desk.files.articles / "a.txt").read_text() == TEXT


def test_run_that_changed_meanwhile_is_told(tmp_path: Path) -> None:
    desk = desk_on(make_run(tmp_path / "out", {"a.txt": Found()}))
    make_run(tmp_path / "out", {"a.txt": Found(TEXT + " More.")})
    with pytest.raises(StoreError, match="start the review again"):
        desk.work(entry_of(desk))


IDS = [
    "a.txt",
    "x/a.txt",
    "y/a.txt",
    "a.md",
    "a",
    "feed:1",
    "../../a.txt",
    "..",
    "/etc/a.txt",
    "A~1",
]


def test_articles_of_any_ids_have_files_of_their_own_inside_the_folder(tmp_path: Path) -> None:
    texts = {id_: f"{TEXT}\nNumber {number}.\n" for number, id_ in enumerate(IDS)}
    desk = desk_on(make_run(tmp_path / "out", {i: Found(text) for i, text in texts.items()}))
    for entry, _ in desk.entries():
        desk.save(entry, desk.work(entry).version, None, FOUND)
    found = load_gold(desk.files.gold, desk.files.articles)
    assert {article.text for article in found} == set(texts.values())
    written = {path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*.json")}
    assert written == {("out", "review")}
    again = desk_on(desk.folder)
    assert [desk.entry(e.name) for e, _ in again.entries()] == [e for e, _ in desk.entries()]
    assert set(states(again).values()) == {"saved"}


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffMarked.\n",
        "Win\r\ndows.\r\n",
        "Old\rMac\x85",
        "🙂 𝒜",
        "One unreadable \ufffd of many.",
    ],
)
def test_saved_article_has_the_text_of_the_run(tmp_path: Path, text: str) -> None:
    desk = desk_on(make_run(tmp_path / "out", {"a.txt": Found(text, [])}))
    desk.save(entry_of(desk), "run", None, NOTHING)
    assert load_gold(desk.files.gold, desk.files.articles)[0].text == text
    assert desk.work(entry_of(desk)).state == "saved"


def test_text_that_no_file_gives_back_is_refused(tmp_path: Path) -> None:
    desk = desk_on(make_run(tmp_path / "out", {"a.txt": Found("\ue000 a \ue000", [])}))
    with pytest.raises(StoreError, match="cannot be kept as a text file"):
        desk.save(entry_of(desk), "run", None, NOTHING)
    assert not list(desk.files.gold.parent.rglob("a.json"))


def test_gold_of_another_folder_comes_before_the_records_of_the_run(tmp_path: Path) -> None:
    first = desk_on(make_run(tmp_path / "first", {"a.txt": Found()}))
    first.save(entry_of(first), "run", None, SOME)
    folder = make_run(tmp_path / "second", {"news/a.html": Found(records=QUOTES)})
    desk = desk_on(folder, first.files.gold)
    work = desk.work(entry_of(desk))
    assert (work.state, work.records) == ("saved", SOME)
    desk.keep_draft(entry_of(desk), work.version, "version-1", work.gold, NOTHING)
    own = desk_on(folder)
    assert {state for _, state in own.entries()} == {"untouched"}


def test_gold_that_only_resembles_the_id_is_not_taken_for_another_text(tmp_path: Path) -> None:
    first = desk_on(make_run(tmp_path / "first", {"a.txt": Found()}))
    first.save(entry_of(first), "run", None, SOME)
    desk = desk_on(
        make_run(tmp_path / "second", {"news/a.txt": Found(TEXT + "\n")}), first.files.gold
    )
    assert states(desk) == {gold_name("news/a.txt"): "untouched"}


def test_writing_is_whole_or_not_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = entry_of(desk)
    work, _ = desk.save(entry, "run", None, SOME)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"a\.json cannot be written: No space left on device"):
        desk.save(entry, work.version, work.gold, NOTHING)
    monkeypatch.undo()
    assert desk.work(entry) == work


def test_damaged_draft_is_told_and_stays(desk: Desk) -> None:
    entry = entry_of(desk)
    desk.keep_draft(entry, "run", "version-1", None, SOME)
    (file,) = desk.files.drafts.iterdir()
    file.write_text("{")
    with pytest.raises(StoreError, match="is damaged: move it away"):
        desk.work(entry)
    assert file.read_text() == "{"


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the output folder of a run"):
        desk_on(tmp_path)
