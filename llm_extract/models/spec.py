"""Which model to use: what `--model` and `--base-url` mean."""

import hashlib
import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from llm_extract.errors import UsageError, WeightsError
from llm_extract.models.weights import CATALOGUE, weights_path

OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_ADDRESS = "http://localhost:11434"
OPENAI_KEY = "OPENAI_API_KEY"
SERVER_KEY = "LLM_EXTRACT_API_KEY"
FORMS = (
    "`local`, a path to a .gguf file, `openai/NAME`, `ollama/NAME`, or any name with --base-url URL"
)
_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class ModelSpec:
    """A model that can be asked, and where it runs.

    Attributes:
        name: the model as the user named it.
        kind: `embedded` (the package runs its weights itself) or `hosted` (a server elsewhere).
        model: the name that the server knows it by.
        base_url: address of the server's OpenAI-compatible API; None for an embedded model.
        api_key: key to send to the server; None where it needs none.
        weights: the GGUF file of an embedded model; None for a hosted one.
        provider: `openai` or `ollama` where the name says so; None for any other server.
    """

    name: str
    kind: Literal["embedded", "hosted"]
    model: str
    base_url: str | None = None
    api_key: SecretStr | None = None
    weights: Path | None = None
    provider: str | None = None

    @property
    def server(self) -> str:
        """The server in words, for messages."""
        return self.base_url or "the embedded model server"

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the key for this server."""
        return OPENAI_KEY if self.provider == "openai" else SERVER_KEY

    def identity(self) -> str:
        """Names the model so that two models never share one identity.

        Returns:
            Server and model name for a hosted model; the checksum for one whose weights the
            package fetches; name, size and a checksum over the first and last MiB for any other
            file, so that a file that was replaced is another model.

        Raises:
            WeightsError: the weights of an embedded model cannot be read.
        """
        if self.weights is None:
            return f"{self.base_url}#{self.model}"
        if self.name in CATALOGUE:
            return CATALOGUE[self.name].sha256
        try:
            size = self.weights.stat().st_size
            with self.weights.open("rb") as file:
                ends = hashlib.sha256(file.read(_SAMPLE_BYTES))
                file.seek(max(0, size - _SAMPLE_BYTES))
                ends.update(file.read())
        except OSError as error:
            raise WeightsError(
                f"cannot read the model weights {self.weights}: {error.strerror}"
            ) from error
        return f"{self.weights.name}#{size}#{ends.hexdigest()}"


def parse_model(
    value: str, *, base_url: str | None = None, api_key: str | None = None
) -> ModelSpec:
    """Finds out which model a user means.

    Args:
        value: `local`, a path that ends in `.gguf`, `openai/NAME` or `ollama/NAME`; with
            `base_url`, the name by which that server knows the model (`ollama/` is dropped).
        base_url: address of an OpenAI-compatible API, as `http://host:8000/v1`.
        api_key: key for the server. Otherwise it comes from `OPENAI_API_KEY` for OpenAI and from
            `LLM_EXTRACT_API_KEY` for a `base_url`; an OpenAI key never goes to another server.

    Returns:
        The model; nothing is started, read or asked.

    Raises:
        UsageError: no such model, file or key; the message says what is possible.
    """
    value = value.strip()
    if base_url is not None:
        return _named_server(value, _checked_url(base_url), api_key)
    if value in CATALOGUE:
        weights = weights_path(CATALOGUE[value])
        return ModelSpec(name=value, kind="embedded", model=weights.stem, weights=weights)
    if value.lower().endswith(".gguf"):
        return _weights_file(value)
    provider, _, model = value.partition("/")
    if provider == "openai" and model:
        key = api_key or os.environ.get(OPENAI_KEY)
        if not key:
            raise UsageError(f"model {value!r} needs a key: set {OPENAI_KEY}")
        return ModelSpec(
            name=value,
            kind="hosted",
            model=model,
            base_url=OPENAI_URL,
            api_key=SecretStr(key),
            provider="openai",
        )
    if provider == "ollama" and model:
        return ModelSpec(
            name=value,
            kind="hosted",
            model=model,
            base_url=_ollama_url(),
            api_key=SecretStr(api_key) if api_key else None,
            provider="ollama",
        )
    raise UsageError(f"unknown model {value!r}{_suggestion(value)}; use {FORMS}")


def _named_server(value: str, base_url: str, api_key: str | None) -> ModelSpec:
    if not value or value in CATALOGUE:
        raise UsageError(f"--base-url {base_url} needs --model NAME, a model that server offers")
    key = api_key or os.environ.get(SERVER_KEY)
    is_ollama = value.startswith("ollama/")
    return ModelSpec(
        name=value,
        kind="hosted",
        model=value.removeprefix("ollama/"),
        base_url=base_url,
        api_key=SecretStr(key) if key else None,
        provider="ollama" if is_ollama else None,
    )


def _weights_file(value: str) -> ModelSpec:
    weights = Path(value).expanduser()
    if not weights.is_file():
        folder = weights.parent
        there = [path.name for path in folder.glob("*.gguf")] if folder.is_dir() else []
        near = get_close_matches(weights.name, there, n=1)
        hint = f"; did you mean {folder / near[0]}?" if near else ""
        raise UsageError(f"model file {value} does not exist{hint}")
    return ModelSpec(name=value, kind="embedded", model=weights.stem, weights=weights)


def _ollama_url() -> str:
    """Reads `OLLAMA_HOST` as ollama does: scheme and port may be missing, 0.0.0.0 is this host."""
    address = os.environ.get("OLLAMA_HOST", "").strip() or OLLAMA_ADDRESS
    has_scheme = "://" in address
    parts = urlsplit(address if has_scheme else f"http://{address}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80 if has_scheme else 11434)
    except ValueError as error:
        raise UsageError(f"OLLAMA_HOST={address} has no valid port") from error
    host = parts.hostname or "localhost"
    host = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}/v1"


def _checked_url(base_url: str) -> str:
    """Refuses addresses that cannot work, and ones that carry a secret into messages."""
    parts = urlsplit(base_url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--base-url {base_url!r} is not a URL like http://host:8000/v1")
    if parts.username or parts.password:
        raise UsageError(f"--base-url must not contain a password: put the key into {SERVER_KEY}")
    return base_url.strip().rstrip("/")


def _suggestion(value: str) -> str:
    if value.startswith(("gpt-", "chatgpt-", "o1", "o3", "o4")):
        return f", did you mean openai/{value}?"
    head, slash, rest = value.partition("/")
    near = get_close_matches(head.lower(), ("openai", "ollama") if slash else list(CATALOGUE), n=1)
    return f", did you mean {near[0]}{slash}{rest}?" if near else ""
