"""The files of a review: gold and articles as `eval` reads them, and drafts, each written whole."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from llm_extract.batch.output import write_lines
from llm_extract.errors import SourceError, StoreError
from llm_extract.evaluation.gold import read_gold
from llm_extract.review.labels import EditedRecords, editable
from llm_extract.text.decoding import decode

FOLDER: Final = "review"
"""Name of the folder in an output folder that holds its review."""
_BYTE_ORDER_MARK: Final = "\ufeff"


class Draft(BaseModel):
    """Work on an article that is not saved as gold yet.

    Attributes:
        version: names this state of the work.
        gold: SHA-256 of the gold file that the work began from; None where there was none.
        records: the records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    gold: str | None
    records: EditedRecords


@dataclass(frozen=True)
class Gold:
    """What is saved of an article.

    Attributes:
        sha256: of the gold file, 64 hexadecimal digits.
        records: the records in it.
    """

    sha256: str
    records: EditedRecords


class ReviewFiles:
    """Gold, articles and drafts in their folders.

    Attributes:
        gold: folder of the gold, `NAME.json`.
        articles: folder of the articles that it belongs to, `NAME.txt`.
        drafts: folder of the drafts.
    """

    def __init__(self, folder: Path, gold: Path | None = None, articles: Path | None = None):
        """Name the folders; none is made before something is written.

        Args:
            folder: the output folder of the run.
            gold: folder of the gold; by default in the output folder.
            articles: folder of its articles; by default the folder `articles` beside the gold.
        """
        own = folder / FOLDER
        self.gold = gold or own / "gold"
        self.articles = articles or self.gold.parent / "articles"
        self.drafts = own / "drafts"
        if self.gold.resolve() != (own / "gold").resolve():
            place = hashlib.sha256(bytes(self.gold.resolve())).hexdigest()
            self.drafts = own / f"drafts-{place[:12]}"

    def gold_names(self) -> set[str]:
        """Return the names of the gold files that there are."""
        return {file.stem for file in self.gold.glob("*.json")}

    def draft_names(self) -> set[str]:
        """Return the names of the drafts that there are, as `draft_name` makes them."""
        return {file.stem for file in self.drafts.glob("*.json")}

    def gold_sha256(self, name: str) -> str | None:
        """Return the SHA-256 of a gold file; None where there is none."""
        try:
            return hashlib.sha256((self.gold / f"{name}.json").read_bytes()).hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(self.gold / f"{name}.json", error) from error

    def is_text(self, name: str, sha256: str) -> bool:
        """Tell whether the article of this name is there and has this SHA-256."""
        try:
            text = decode((self.articles / f"{name}.txt").read_bytes())
        except (OSError, SourceError):
            return False
        return hashlib.sha256(text.encode("utf-8")).hexdigest() == sha256

    def read_gold(self, name: str, text: str) -> Gold | None:
        """Return what is saved of an article; None where nothing is.

        Args:
            name: name of the gold file.
            text: the article.

        Raises:
            StoreError: the file is there and faulty, or was made for another text.
        """
        sha256 = self.gold_sha256(name)
        if sha256 is None:
            return None
        found, problems = read_gold(self.gold / f"{name}.json", self.articles)
        if found is None:
            raise StoreError(f"{problems[0]}; mend the file, or move it away to begin anew")
        if found.text != text:
            raise StoreError(self._another_text(name))
        return Gold(sha256, editable(found))

    def write_gold(self, name: str, content: str, text: str) -> str:
        """Save gold and, where it is not there yet, its article; return the gold file's SHA-256.

        Raises:
            StoreError: the files cannot be written, or the article in the folder is another one.
        """
        self._write_article(name, text)
        self._write(self.gold / f"{name}.json", content)
        return hashlib.sha256(content.encode("utf-8")).hexdigest()

    def read_draft(self, name: str, sha256: str) -> Draft | None:
        """Return the draft of an article with this text; None where there is none.

        Raises:
            StoreError: it cannot be read.
        """
        file = self.drafts / f"{draft_name(name, sha256)}.json"
        try:
            return Draft.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(file, error) from error
        except ValidationError as error:
            raise StoreError(f"{file} is damaged: move it away to begin anew") from error

    def write_draft(self, name: str, sha256: str, draft: Draft) -> None:
        """Keep a draft.

        Raises:
            StoreError: it cannot be written.
        """
        self._write(
            self.drafts / f"{draft_name(name, sha256)}.json", draft.model_dump_json() + "\n"
        )

    def delete_draft(self, name: str, sha256: str) -> None:
        """Delete a draft, which may be gone already.

        Raises:
            StoreError: it cannot be deleted.
        """
        file = self.drafts / f"{draft_name(name, sha256)}.json"
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{file} cannot be deleted: {error.strerror or error}") from error

    def _write_article(self, name: str, text: str) -> None:
        file = self.articles / f"{name}.txt"
        try:
            there = decode(file.read_bytes())
        except FileNotFoundError:
            there = None
        except OSError as error:
            raise _unreadable(file, error) from error
        except SourceError as error:
            raise StoreError(f"{file} {error}") from error
        if there is not None and there != text:
            raise StoreError(self._another_text(name))
        if there is None:
            self._write(file, _file_of(text))

    def _write(self, file: Path, content: str) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_lines(file, iter([content]))
        except OSError as error:
            raise StoreError(f"{file} cannot be written: {error.strerror or error}") from error

    def _another_text(self, name: str) -> str:
        return (
            f"{self.articles / name}.txt has another text than the run's: move it and "
            f"{self.gold / name}.json away to label the article anew"
        )


def draft_name(name: str, sha256: str) -> str:
    """Return the name of an article's draft, without ending; another text has another one.

    Args:
        name: name of the gold file.
        sha256: of the article's text.
    """
    return f"{name}.{sha256[:12]}"


def _file_of(text: str) -> str:
    """Return the content of a file that is read back as `text`.

    Raises:
        StoreError: none is.
    """
    for content in (text, _BYTE_ORDER_MARK + text):
        try:
            if decode(content.encode("utf-8")) == text:
                return content
        except SourceError:
            continue
    raise StoreError("the article cannot be kept as a text file: `eval` would not read it back")


def _unreadable(file: Path, error: OSError) -> StoreError:
    return StoreError(f"{file} cannot be read: {error.strerror or error}")
