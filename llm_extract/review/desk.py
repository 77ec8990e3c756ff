"""What the page works on: the articles of a run, and what a person has made of each."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from llm_extract.batch.results import ArticleResult, open_results
from llm_extract.errors import LLMExtractError, StoreError
from llm_extract.evaluation.gold_names import find_gold, gold_name
from llm_extract.review.files import Draft, Gold, ReviewFiles, draft_name
from llm_extract.review.labels import Checked, EditedRecords, check, editable
from llm_extract.schemas import ArticleRef
from llm_extract.text.article import Article, Document
from llm_extract.text.segmentation import segment

State = Literal["untouched", "draft", "saved"]
_DOCUMENTS_KEPT: Final = 8


class ChangedError(LLMExtractError):
    """The article is not in the state that a change was made to: another tab was faster."""


@dataclass(frozen=True)
class Entry:
    """One article in the list.

    Attributes:
        name: name of its gold file, which is how the page addresses it.
        ref: what the run says of it.
    """

    name: str
    ref: ArticleRef


@dataclass(frozen=True)
class Work:
    """The state of the work on one article.

    Attributes:
        version: names the state; a change to any other state is refused.
        gold: SHA-256 of the gold file that the records began from; None where there was none.
        state: `draft` where there is unsaved work, else whether gold is saved.
        records: the records as they are now.
        base: the records without the unsaved work: those of the gold, else those of the run.
        gold_now: SHA-256 of the gold file as it is; another one where something else changed it
            since the work began.
    """

    version: str
    gold: str | None
    state: State
    records: EditedRecords
    base: EditedRecords
    gold_now: str | None


class Desk:
    """Reads and changes the work on the articles of one output folder.

    Attributes:
        folder: the output folder.
        files: where the work is kept.
    """

    def __init__(self, folder: Path, files: ReviewFiles) -> None:
        """List the articles.

        Raises:
            UsageError: this is no output folder.
            StoreError: it cannot be read.
        """
        self.folder = folder
        self.files = files
        with open_results(folder) as results:
            refs = list(results.listed())
        self._entries = {entry.name: entry for entry in self._named(refs)}
        self._document = lru_cache(_DOCUMENTS_KEPT)(_document)

    def entries(self) -> list[tuple[Entry, State]]:
        """Return all articles in the order of the run, each with its state."""
        drafts, saved = self.files.draft_names(), self.files.gold_names()
        return [(entry, self._state(entry, drafts, saved)) for entry in self._entries.values()]

    def entry(self, name: str) -> Entry | None:
        """Return the article of this name; None where there is none."""
        return self._entries.get(name)

    def document(self, entry: Entry) -> Document:
        """Return an article with its sentences and quoted spans."""
        return self._document(entry.ref.id, self._result(entry).text)

    def work(self, entry: Entry) -> Work:
        """Return the work on an article.

        Raises:
            StoreError: its gold or its draft cannot be read, or was made for another text.
        """
        result = self._result(entry)
        gold = self.files.read_gold(entry.name, result.text)
        draft = self.files.read_draft(entry.name, entry.ref.sha256)
        base = gold.records if gold else editable(result.records)
        sha256 = gold.sha256 if gold else None
        if draft is None:
            state: State = "saved" if gold else "untouched"
            return Work(_version(gold), sha256, state, base, base, sha256)
        return Work(draft.version, draft.gold, "draft", draft.records, base, sha256)

    def keep_draft(
        self, entry: Entry, version: str, new_version: str, gold: str | None, records: EditedRecords
    ) -> Work:
        """Keep unsaved work; records that are those without it end it.

        Args:
            entry: the article.
            version: the state that the change was made to.
            new_version: name of the new state, which no other has.
            gold: SHA-256 of the gold file that the work began from.
            records: the records as they are now.

        Raises:
            ChangedError: the work is in another state, which is left as it is.
            StoreError: it cannot be kept.
        """
        work = self._expect(entry, version)
        if records == work.base:
            self.files.delete_draft(entry.name, entry.ref.sha256)
        else:
            draft = Draft(version=new_version, gold=gold, records=records)
            self.files.write_draft(entry.name, entry.ref.sha256, draft)
        return self.work(entry)

    def check(self, entry: Entry, records: EditedRecords) -> Checked:
        """Turn records into gold and say what is wrong with it."""
        return check(records, entry.name, self._result(entry).text)

    def save(
        self, entry: Entry, version: str, gold: str | None, records: EditedRecords
    ) -> tuple[Work, Checked]:
        """Save records as gold, unless they are faulty.

        Args:
            entry: the article.
            version: the state that they were made from.
            gold: SHA-256 of the gold file that the work began from.
            records: the records.

        Raises:
            ChangedError: the work is in another state, or the gold file is another one.
            StoreError: they cannot be saved.
        """
        self._expect(entry, version)
        checked = self.check(entry, records)
        if not checked.faults:
            if self.files.gold_sha256(entry.name) != gold:
                raise ChangedError(f"the gold of {entry.ref.id} was changed by something else")
            self.files.write_gold(entry.name, checked.gold, self._result(entry).text)
            self.files.delete_draft(entry.name, entry.ref.sha256)
        return self.work(entry), checked

    def _named(self, refs: list[ArticleRef]) -> Iterator[Entry]:
        """Give each article the name of its gold: of gold that is there, else its own.

        Gold that only resembles the id belongs to the article where the texts are the same.
        """
        found = find_gold((ref.id for ref in refs), self.files.gold_names())
        claims = Counter(found.values())
        for ref in refs:
            own, name = gold_name(ref.id), found.get(ref.id)
            fits = name is not None and claims[name] == 1 and self.files.is_text(name, ref.sha256)
            yield Entry(name if name is not None and fits else own, ref)

    def _state(self, entry: Entry, drafts: set[str], saved: set[str]) -> State:
        if draft_name(entry.name, entry.ref.sha256) in drafts:
            return "draft"
        return "saved" if entry.name in saved else "untouched"

    def _expect(self, entry: Entry, version: str) -> Work:
        work = self.work(entry)
        if work.version != version:
            raise ChangedError(f"{entry.ref.id} was changed in another tab")
        return work

    def _result(self, entry: Entry) -> ArticleResult:
        try:
            with open_results(self.folder) as results:
                result = results.article(entry.ref.id)
        except sqlite3.Error as error:
            raise StoreError(f"the ledger in {self.folder} cannot be read: {error}") from error
        if result is None or result.records.article.sha256 != entry.ref.sha256:
            raise StoreError(
                f"{entry.ref.id} is not what it was: a run has changed {self.folder}; start the "
                "review again"
            )
        return result


def _document(id_: str, text: str) -> Document:
    return segment(Article(id_, text))


def _version(gold: Gold | None) -> str:
    return f"gold-{gold.sha256[:16]}" if gold else "run"
