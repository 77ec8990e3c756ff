import subprocess
import sys
from pathlib import Path

import pytest

from llm_extract.errors import UsageError, WeightsError
from llm_extract.models.spec import ModelSpec, parse_model
from llm_extract.models.weights import CATALOGUE


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "LLM_EXTRACT_API_KEY", "OLLAMA_HOST", "LLM_EXTRACT_CACHE"):
        monkeypatch.delenv(name, raising=False)


def key_of(spec: ModelSpec) -> str | None:
    return spec.api_key.get_secret_value() if spec.api_key else None


def test_local_is_the_embedded_model_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EXTRACT_CACHE", str(tmp_path))
    spec = parse_model("local")
    assert spec.kind == "embedded"
    assert spec.base_url is None
    assert spec.weights is not None
    assert tmp_path in spec.weights.parents
    assert spec.weights.name == CATALOGUE["local"].file_name


def test_gguf_path_is_an_embedded_model(tmp_path: Path) -> None:
    file = tmp_path / "tiny.GGUF"
    file.write_bytes(b"GGUF")
    spec = parse_model(str(file))
    assert (spec.kind, spec.model, spec.weights) == ("embedded", "tiny", file)


def test_missing_gguf_names_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "tiny-q4.gguf").touch()
    with pytest.raises(UsageError, match=r"does not exist; did you mean .*tiny-q4\.gguf"):
        parse_model(str(tmp_path / "tiny-q5.gguf"))


def test_openai_takes_its_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    spec = parse_model("openai/gpt-4o-mini")
    assert (spec.kind, spec.model, spec.provider) == ("hosted", "gpt-4o-mini", "openai")
    assert spec.base_url == "https://api.openai.com/v1"
    assert key_of(spec) == "sk-test"
    assert "sk-test" not in repr(spec)


def test_openai_without_a_key_names_the_variable() -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        parse_model("openai/gpt-4o-mini")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (None, "http://localhost:11434/v1"),
        ("0.0.0.0", "http://localhost:11434/v1"),
        ("gpu.example:9999", "http://gpu.example:9999/v1"),
        ("gpu.example", "http://gpu.example:11434/v1"),
        ("https://ollama.example", "https://ollama.example:443/v1"),
        ("http://gpu.example:1234/base/", "http://gpu.example:1234/base/v1"),
        ("[::1]:11434", "http://[::1]:11434/v1"),
    ],
)
def test_ollama_address(host: str | None, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if host is not None:
        monkeypatch.setenv("OLLAMA_HOST", host)
    spec = parse_model("ollama/qwen2.5:7b")
    assert (spec.base_url, spec.model, key_of(spec)) == (url, "qwen2.5:7b", None)


def test_ollama_host_with_a_bad_port_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "gpu:notaport")
    with pytest.raises(UsageError, match="OLLAMA_HOST"):
        parse_model("ollama/qwen2.5")


@pytest.mark.parametrize(
    ("value", "model"),
    [
        ("mistral-small", "mistral-small"),
        ("openai/gpt-4o", "openai/gpt-4o"),  # as gateways name models
        ("weights/some.gguf", "weights/some.gguf"),  # as llama.cpp names them
        ("ollama/qwen2.5", "qwen2.5"),
    ],
)
def test_base_url_takes_any_name(value: str, model: str) -> None:
    spec = parse_model(value, base_url="http://localhost:8000/v1/")
    assert (spec.kind, spec.model) == ("hosted", model)
    assert spec.base_url == "http://localhost:8000/v1"


def test_openai_key_never_goes_to_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert key_of(parse_model("openai/gpt-4o", base_url="https://gateway.example/v1")) is None
    assert key_of(parse_model("ollama/qwen2.5")) is None


def test_base_url_takes_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_EXTRACT_API_KEY", "from-environment")
    url = "https://gateway.example/v1"
    assert key_of(parse_model("m", base_url=url)) == "from-environment"
    assert key_of(parse_model("m", base_url=url, api_key="given")) == "given"


@pytest.mark.parametrize("model", ["local", ""])
def test_base_url_without_a_model_name_asks_for_one(model: str) -> None:
    with pytest.raises(UsageError, match="--model NAME"):
        parse_model(model, base_url="http://localhost:8000/v1")


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http://", "host"])
def test_base_url_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not a URL"):
        parse_model("m", base_url=url)


def test_base_url_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError) as caught:
        parse_model("m", base_url="http://user:hunter2@host/v1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("locl", "did you mean local?"),
        ("gpt-4o-mini", "did you mean openai/gpt-4o-mini?"),
        ("opnai/gpt-4o", "did you mean openai/gpt-4o?"),
        ("OpenAI/gpt-4o", "did you mean openai/gpt-4o?"),
        ("olama/qwen", "did you mean ollama/qwen?"),
        ("something", "use `local`"),
        ("openai/", "use `local`"),
        ("", "use `local`"),
    ],
)
def test_unknown_model_says_what_is_possible(value: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_model(value)
    assert hint in str(caught.value)
    assert "`ollama/NAME`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_identity_tells_servers_models_and_weights_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "a.gguf", tmp_path / "b.gguf"
    first.write_bytes(b"x" * 100)
    second.write_bytes(b"x" * 100)
    specs = [
        parse_model("m", base_url="http://a/v1"),
        parse_model("m", base_url="http://b/v1"),
        parse_model("n", base_url="http://a/v1"),
        parse_model("local"),
        parse_model(str(first)),
        parse_model(str(second)),
    ]
    assert len({spec.identity() for spec in specs}) == len(specs)


@pytest.mark.parametrize("at", [0, -1])
def test_identity_changes_when_the_weights_are_replaced(tmp_path: Path, at: int) -> None:
    file = tmp_path / "a.gguf"
    content = bytearray(3 << 20)
    file.write_bytes(content)
    before = parse_model(str(file)).identity()
    assert parse_model(str(file)).identity() == before
    content[at] = 1
    file.write_bytes(content)
    assert parse_model(str(file)).identity() != before


def test_identity_of_missing_weights_is_a_weights_error(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.touch()
    spec = parse_model(str(file))
    file.unlink()
    with pytest.raises(WeightsError, match=r"a\.gguf"):
        spec.identity()


def test_finding_out_the_model_imports_nothing_heavy() -> None:
    code = (
        "import sys; from llm_extract.models import cache, prices, spec, usage; "
        "print(sys.modules.keys() & {'openai', 'instructor', 'genai_prices', 'tenacity'})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
