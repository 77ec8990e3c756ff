"""Takes batches to the service and brings their replies back, one noted step at a time."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llm_extract.batch.service.api import BatchApi, Progress
from llm_extract.batch.service.ledger import Batch, ServiceLedger
from llm_extract.batch.service.replies import UNUSABLE, is_completion, meaning
from llm_extract.errors import ModelError, ReplyError, TransientModelError
from llm_extract.models.spec import ModelSpec

logger = logging.getLogger(__name__)

_MOST_FAULTS: Final = 3  # after as many, what came back is a request's reply
_NOT_REACHED: Final = frozenset({"batch_expired", "batch_cancelled"})
_NO_LINE: Final = "its lines hold none that can be read"


@dataclass(frozen=True)
class Pace:
    """How often to ask how far a batch is, in seconds.

    Attributes:
        first: the first pause.
        growth: how many times longer each further pause is.
        longest: the longest pause.
    """

    first: float = 5.0
    growth: float = 1.5
    longest: float = 120.0


DEFAULT_PACE: Final = Pace()


@dataclass(frozen=True)
class ReplyLine:
    """A line of a file of replies or errors.

    Attributes:
        key: names the request.
        status: HTTP status of the reply; `UNUSABLE` where there is none.
        body: the reply; a text that says why where there is none.
        reached: whether the batch came to the request before its time was up.
    """

    key: str
    status: int
    body: Any
    reached: bool = True


class Courier:
    """Sends what is built and collects what has ended."""

    def __init__(
        self,
        ledger: ServiceLedger,
        api: BatchApi,
        spec: ModelSpec,
        folder: Path,
        tell: Callable[[str], None],
        pace: Pace,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            ledger: the batches.
            api: the service.
            spec: the model.
            folder: has the files of requests.
            tell: is told, in one line, what becomes of the batches.
            pace: how often to ask.
        """
        self._ledger = ledger
        self._api = api
        self._spec = spec
        self._folder = folder
        self._tell = tell
        self._pace = pace

    def undo_unfinished(self) -> None:
        """Undo the batches that an earlier run did not finish writing."""
        for batch in self._ledger.batches():
            file = self._folder / batch.name
            is_lost = batch.state in ("built", "uploading") and not file.is_file()
            if batch.state == "building" or is_lost:
                file.unlink(missing_ok=True)
                self._ledger.discard(batch)

    async def send_built(self) -> None:
        """Upload and create the batches that are not created yet.

        Raises:
            ModelError: the service takes no batch as things are.
        """
        for batch in self._ledger.batches():
            if batch.state not in ("building", "created"):
                await self._send(batch)

    async def collect_next(self) -> None:
        """Wait until a batch has ended, and bring its replies into the ledger.

        Raises:
            ModelError: the service refused a batch, or no request can succeed; what was not
                answered is sent again by the next run.
        """
        pause = self._pace.first
        told: dict[str, str] = {}
        while True:
            batches = self._ledger.batches()
            for batch in batches:
                progress = await self._api.progress(batch.batch_id or "")
                said = f"{progress.status}, {progress.answered} of {progress.total} answered"
                if told.get(batch.name) != said:
                    told[batch.name] = said
                    self._tell(f"batch {batch.batch_id}: {said}")
                if progress.status == "failed":
                    self._take_back(batch, progress, last=len(batches) == 1)
                    break
                if progress.ended:
                    await self._collect(batch, progress)
                    return
            await asyncio.sleep(pause)
            pause = min(pause * self._pace.growth, self._pace.longest)

    async def _send(self, batch: Batch) -> None:
        file = self._folder / batch.name
        if batch.state in ("built", "uploading"):
            begun = batch.state == "uploading"
            batch = self._ledger.note(batch, "uploading")
            file_id = await self._api.upload(file, begun=begun)
            batch = self._ledger.note(batch, "uploaded", file_id=file_id)
        file.unlink(missing_ok=True)
        begun = batch.state == "creating"
        batch = self._ledger.note(batch, "creating")
        batch_id = await self._api.create(batch.file_id or "", begun=begun)
        self._ledger.note(batch, "created", batch_id=batch_id)
        self._tell(f"batch {batch_id}: sent")

    def _take_back(self, batch: Batch, progress: Progress, *, last: bool) -> None:
        """Take back a batch that was refused as a whole: for now where others are under way.

        Services bound what may be under way at a time; when another has ended, it is sent again.
        """
        self._ledger.discard(batch)
        if last:
            raise ModelError(
                f"{self._spec.server} refused batch {batch.batch_id}: {progress.faults}; where "
                "it is too large for your account, take fewer articles at a time with --limit"
            )

    async def _collect(self, batch: Batch, progress: Progress) -> None:
        final: ModelError | None = None
        for file_id in progress.files:
            final = await self._take_file(batch, file_id) or final
        ran_out = progress.status in ("expired", "cancelled")
        for key in self._ledger.unanswered(batch):
            if ran_out:
                self._ledger.send_again(batch, key)
            else:
                self._ledger.count_fault(batch, key, UNUSABLE, _NO_LINE, _MOST_FAULTS)
        answered = self._ledger.answered(batch)
        self._ledger.note(batch, "collected")
        if final is None and ran_out and (progress.status == "cancelled" or not answered):
            final = ModelError(
                f"batch {batch.batch_id} {progress.status} with {answered} of {progress.total} "
                "requests answered: run again to send the others again"
            )
        if final is not None:
            raise final

    async def _take_file(self, batch: Batch, file_id: str) -> ModelError | None:
        """Take in a file of replies or errors; return what makes all requests fail, if it says."""
        file = self._folder / f"{batch.name}.replies"
        final: ModelError | None = None
        try:
            await self._api.download(file_id, file)
            with file.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    read = read_reply(line)
                    if read is None:
                        logger.warning("%s, line %d: cannot be read", file_id, number)
                    else:
                        final = self._take(batch, read) or final
        finally:
            file.unlink(missing_ok=True)
        return final

    def _take(self, batch: Batch, line: ReplyLine) -> ModelError | None:
        status, body = line.status, line.body
        if not line.reached:
            self._ledger.send_again(batch, line.key)
            return None
        if status == 200:
            if is_completion(body):
                self._ledger.keep_reply(batch, line.key, status, body)
                return None
            status, body = UNUSABLE, "it sent a reply without a message"
        error = meaning(status, body, self._spec)
        if isinstance(error, TransientModelError):
            self._ledger.count_fault(batch, line.key, status, body, _MOST_FAULTS)
        elif isinstance(error, ReplyError):
            self._ledger.keep_reply(batch, line.key, status, body)
        else:
            self._ledger.send_again(batch, line.key)
            return error if isinstance(error, ModelError) else None
        return None


def read_reply(line: bytes) -> ReplyLine | None:
    """Read a line of a file of replies or errors; None where it names no request.

    Args:
        line: the line, as the service wrote it.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or not isinstance(values.get("custom_id"), str):
        return None
    key, response, error = values["custom_id"], values.get("response"), values.get("error")
    if isinstance(response, dict) and isinstance(response.get("status_code"), int):
        return ReplyLine(key, response["status_code"], response.get("body"))
    if not isinstance(error, dict):
        return ReplyLine(key, UNUSABLE, "it sent a line without a reply")
    said = " ".join(f"{error.get('message') or error.get('code')}".split())
    return ReplyLine(key, UNUSABLE, said, reached=error.get("code") not in _NOT_REACHED)
