"""The examples of docs/events.md run."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llm_extract import CallEvent, extract
from llm_extract.errors import RefusedReplyError
from tests.batch.news import EMPTY, text
from tests.support.loopback import Fault, Loopback, Reply

PAGE = (Path(__file__).resolve().parent.parent / "docs/events.md").read_text(encoding="utf-8")


def example(name: str) -> dict[str, Any]:
    """Runs the example that defines a function; returns what it defines."""
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", PAGE, re.S) if f"def {name}(" in c]
    defined: dict[str, Any] = {}
    exec(code, defined)
    return defined


def ask(server: Loopback, on_event: Callable[[CallEvent], None]) -> None:
    extract(text("north"), "big", base_url=server.base_url, cache=False, on_event=on_event)


def test_page_shows_the_fields_of_an_event() -> None:
    (line,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    names = [field.name for field in fields(CallEvent)]
    assert [*json.loads(line), "request", "reply"] == names
    assert all(f"`{name}`" in PAGE for name in names)


def test_tokens_are_counted() -> None:
    defined = example("count")
    with Loopback(Reply(EMPTY)) as server:
        ask(server, defined["count"])
    assert list(defined["tokens"].values()) == [110]


class Span:
    def __init__(self, name: str, **options: Any) -> None:
        self.name = name
        self.options = options
        self.status: tuple[str, str] | None = None
        self.ended = 0

    def set_status(self, code: str, description: str) -> None:
        self.status = (code, description)

    def end(self, end_time: int) -> None:
        self.ended = end_time


def test_calls_become_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    spans: list[Span] = []

    class Tracer:
        def start_span(self, name: str, **options: Any) -> Span:
            spans.append(Span(name, **options))
            return spans[-1]

    trace = ModuleType("trace")
    trace.get_tracer = lambda _: Tracer()  # type: ignore[attr-defined]
    trace.SpanKind = type("SpanKind", (), {"CLIENT": "client"})  # type: ignore[attr-defined]
    trace.StatusCode = type("StatusCode", (), {"ERROR": "error"})  # type: ignore[attr-defined]
    opentelemetry = ModuleType("opentelemetry")
    opentelemetry.trace = trace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "opentelemetry", opentelemetry)

    record_span = example("record_span")["record_span"]
    with Loopback(Reply(EMPTY), Fault(400, "No", "content_filter")) as server:
        ask(server, record_span)
        with pytest.raises(RefusedReplyError):
            ask(server, record_span)
    done, failed = spans
    assert done.name == "chat big"
    assert done.options["attributes"]["gen_ai.usage.input_tokens"] == 100
    assert done.ended > done.options["start_time"] > 1e18
    assert done.status is None
    assert failed.status == ("error", "RefusedReplyError")
    assert None not in failed.options["attributes"].values()
