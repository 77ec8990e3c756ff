"""The endpoints of OpenAI's Batch API that a run needs: each call safe to repeat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import openai
from openai.types import Batch as RemoteBatch

from llm_extract.errors import LLMExtractError, ModelError
from llm_extract.models.client import connect
from llm_extract.models.faults import translate
from llm_extract.models.retry import Patience, retrying
from llm_extract.models.spec import ModelSpec

ENDPOINT: Final = "/v1/chat/completions"
_WINDOW: Final = "24h"
_LISTED_AT_ONCE: Final = 100
# A batch takes hours: a server or a line that is down for a while must not end the run.
SERVICE_PATIENCE: Final = Patience(request=3600.0, down=3600.0)

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """What the service says of a batch.

    Attributes:
        status: as the service words it.
        answered: how many requests have a reply.
        total: how many it has.
        files: names of the files of replies and of errors, where there are.
        faults: why it was refused as a whole; empty where it was not.
    """

    status: str
    answered: int
    total: int
    files: tuple[str, ...]
    faults: str

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.status in ("completed", "failed", "expired", "cancelled")


class BatchApi:
    """The batch service of one server, for use in one event loop; `open_api` makes it."""

    def __init__(self, spec: ModelSpec, client: openai.AsyncOpenAI, patience: Patience) -> None:
        self._spec = spec
        self._client = client
        self._patience = patience

    async def upload(self, file: Path, *, begun: bool) -> str:
        """Upload a file of requests, once.

        Args:
            file: the file; its name is like no other.
            begun: whether an earlier upload of it may have succeeded.

        Returns:
            The service's name of the file.
        """
        may_be_there = begun

        async def attempt() -> str:
            nonlocal may_be_there
            found = await self._find_file(file.name) if may_be_there else None
            may_be_there = True
            if found:
                return found
            with file.open("rb") as stream:
                created = await self._client.files.create(file=(file.name, stream), purpose="batch")
            return created.id

        return await self._retrying(attempt)

    async def create(self, file_id: str, *, begun: bool) -> str:
        """Create the batch of a file of requests, once.

        Args:
            file_id: the service's name of the file.
            begun: whether an earlier attempt may have succeeded.

        Returns:
            The service's name of the batch.
        """
        may_be_there = begun

        async def attempt() -> str:
            nonlocal may_be_there
            found = await self._find_batch(file_id) if may_be_there else None
            may_be_there = True
            if found:
                return found
            created = await self._client.batches.create(
                input_file_id=file_id, endpoint=ENDPOINT, completion_window=_WINDOW
            )
            return created.id

        return await self._retrying(attempt)

    async def progress(self, batch_id: str) -> Progress:
        """Ask how far a batch is."""

        async def attempt() -> RemoteBatch:
            return await self._client.batches.retrieve(batch_id)

        batch = await self._retrying(attempt)
        counts = batch.request_counts
        errors = (batch.errors.data if batch.errors else None) or []
        return Progress(
            status=batch.status,
            answered=counts.completed + counts.failed if counts else 0,
            total=counts.total if counts else 0,
            files=tuple(id_ for id_ in (batch.output_file_id, batch.error_file_id) if id_),
            faults="; ".join(" ".join((error.message or "").split()) for error in errors),
        )

    async def download(self, file_id: str, to: Path) -> None:
        """Fetch a file of replies or errors whole; it may be larger than the memory."""

        async def attempt() -> None:
            async with self._client.files.with_streaming_response.content(file_id) as response:
                await response.stream_to_file(to)

        await self._retrying(attempt)

    async def _find_file(self, name: str) -> str | None:
        files = self._client.files.list(purpose="batch", limit=_LISTED_AT_ONCE, order="desc")
        async for file in files:
            if file.filename == name:
                return file.id
        return None

    async def _find_batch(self, file_id: str) -> str | None:
        async for batch in self._client.batches.list(limit=_LISTED_AT_ONCE):
            if batch.input_file_id == file_id:
                return batch.id
        return None

    async def _retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        async def translated() -> T:
            try:
                return await attempt()
            except openai.OpenAIError as error:
                raise self._meaning(error) from error

        return await retrying(self._patience)(translated)

    def _meaning(self, error: openai.OpenAIError) -> LLMExtractError:
        """Say what a failed call means; here, a request that is rejected stops the run."""
        if isinstance(error, openai.NotFoundError):
            return ModelError(
                f"{self._spec.server} has no Batch API, or no longer has this run's batch: run "
                f"without the batch service, or into another folder ({error.message})"
            )
        meant = translate(error, self._spec)
        if isinstance(error, openai.BadRequestError):
            return ModelError(f"{self._spec.server} refuses the batch: {meant}")
        return meant


@asynccontextmanager
async def open_api(spec: ModelSpec, patience: Patience) -> AsyncIterator[BatchApi]:
    """Connect to the batch service of a model's server for as long as the block lasts."""
    async with connect(spec, patience) as client:
        yield BatchApi(spec, client, patience)
