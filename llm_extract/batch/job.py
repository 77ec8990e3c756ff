"""What to extract, and with which model: everything beside the articles that decides a result."""

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from llm_extract import __version__
from llm_extract.errors import UsageError
from llm_extract.models.spec import ModelSpec, parse_model
from llm_extract.schemas import Record

if TYPE_CHECKING:
    from llm_extract.extraction.pipeline import Extractor, StrategyName
    from llm_extract.models.cache import ReplyCache
    from llm_extract.models.client import ModelClient
    from llm_extract.models.events import Observer
    from llm_extract.models.retry import Patience

StrategyChoice = Literal["auto", "article", "sentence"]

DEFAULT_RECORDS: Final = ("meeting", "position", "quote")
DEFAULT_CONCURRENCY: Final = 8
_SMALL_MODEL: Final = 4.0  # billions of parameters
_PARAMETERS = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.I)


@dataclass(frozen=True)
class Job:
    """A model, and what it is asked for.

    Attributes:
        spec: the model.
        extractor: record types, strategy and prompts.
        concurrency: how many articles, and how many calls, may be under way at a time.
        rpm: calls a minute, at most; None for any number.
        tpm: tokens a minute, at most; None for any number.
        patience: deadlines and waits of calls; the client's own where None.
    """

    spec: ModelSpec
    extractor: "Extractor"
    concurrency: int = DEFAULT_CONCURRENCY
    rpm: int | None = None
    tpm: int | None = None
    patience: "Patience | None" = None

    @classmethod
    def of(
        cls,
        model: str = "local",
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        strategy: str = "auto",
        records: Sequence[str | type[Record]] = DEFAULT_RECORDS,
        prompts: Path | None = None,
        concurrency: int = DEFAULT_CONCURRENCY,
        rpm: int | None = None,
        tpm: int | None = None,
    ) -> "Job":
        """Find model, record types and prompts by what a user calls them; nothing is started.

        Args:
            model: as `parse_model` takes it.
            base_url: address of an OpenAI-compatible API.
            api_key: key for that server; from the environment where None.
            strategy: `article`, `sentence`, or `auto` to choose by model.
            records: names of built-in types, `package.module:ClassName`, or record classes.
            prompts: folder whose files are used in place of the shipped prompts.
            concurrency: how many articles, and calls, may be under way at a time; at least 1. An
                embedded model takes one at a time whatever is said here.
            rpm: calls a minute, at most; None for any number.
            tpm: tokens a minute, at most, prompts and replies; None for any number.

        Raises:
            UsageError: an argument is wrong; the message says what is possible.
            PromptError: a prompt file is broken.
        """
        from llm_extract.extraction.builtin import choose_record_types
        from llm_extract.extraction.pipeline import Extractor
        from llm_extract.extraction.prompts import Prompts

        if strategy not in get_args(StrategyChoice):
            names = ", ".join(get_args(StrategyChoice))
            raise UsageError(f"unknown strategy {strategy!r}: use one of {names}")
        if concurrency < 1:
            raise UsageError(f"a concurrency of {concurrency} is too small: use 1 or more")
        for name, limit in (("rpm", rpm), ("tpm", tpm)):
            if limit is not None and limit < 1:
                raise UsageError(f"a limit {name} of {limit} lets nothing through: use 1 or more")
        if prompts is not None and not prompts.is_dir():
            raise UsageError(f"the prompts folder {prompts} does not exist")
        spec = parse_model(model, base_url=base_url, api_key=api_key)
        chosen = choose_strategy(spec) if strategy == "auto" else cast("StrategyName", strategy)
        kinds = choose_record_types([_reference(kind) for kind in records])
        extractor = Extractor.of(kinds, chosen, Prompts(prompts))
        return cls(spec, extractor, 1 if spec.kind == "embedded" else concurrency, rpm, tpm)

    @cached_property
    def settings(self) -> str:
        """Name everything beside the article that decides its records: SHA-256 in hex.

        Raises:
            WeightsError: the weights of an embedded model cannot be read.
        """
        extractor = self.extractor
        decisive = [
            self.spec.identity(),
            extractor.strategy_name,
            extractor.prompt_hash,
            extractor.schema_hash,
        ]
        if extractor.reads:
            decisive.append(__version__)  # what grammar reads changes with the package
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def open_client(
        self, cache: "ReplyCache | None", observer: "Observer | None" = None
    ) -> "AbstractAsyncContextManager[ModelClient]":
        """Connect to the model, or run its server, for as long as the block lasts.

        Args:
            cache: where to keep replies; None keeps none.
            observer: told of every call.
        """
        from llm_extract.models.client import open_client

        return open_client(
            self.spec,
            concurrency=self.concurrency,
            rpm=self.rpm,
            tpm=self.tpm,
            cache=cache,
            patience=self.patience,
            observer=observer,
        )


def choose_strategy(spec: ModelSpec) -> "StrategyName":
    """Choose how to ask: small models about one sentence at a time, others about whole articles.

    Args:
        spec: the model; an embedded one is small, and so is one whose name states at most four
            billion parameters, as in `qwen2.5:1.5b`.
    """
    if spec.kind == "embedded":
        return "sentence"
    stated = _PARAMETERS.search(spec.model)
    return "sentence" if stated and float(stated[1]) <= _SMALL_MODEL else "article"


def _reference(kind: str | type[Record]) -> str:
    return kind if isinstance(kind, str) else f"{kind.__module__}:{kind.__qualname__}"
