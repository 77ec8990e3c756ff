from datetime import UTC, datetime

import pytest

from llm_extract.cli.waits import saying_waits
from llm_extract.models.events import CallEvent, Observer


def event(retry_after: float | None) -> CallEvent:
    return CallEvent(
        article="a.txt",
        task="quotes",
        attempt=1,
        model="big-model",
        started=datetime(2031, 5, 2, tzinfo=UTC),
        seconds=0.25,
        status=429,
        prompt_tokens=None,
        cached_tokens=None,
        completion_tokens=None,
        cost_usd=None,
        retry_after=retry_after,
        request_id=None,
        error="TransientModelError",
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([None, 2.0, 9.0], []),
        ([90.0], ["0:01:30"]),
        ([90.0, 90.0, 85.0], ["0:01:30"]),  # calls under way together bring the same wish
        ([90.0, 1800.0], ["0:01:30", "0:30:00"]),
    ],
)
def test_long_waits_are_said_once(
    asked: list[float | None], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    observer = saying_waits(None)
    for seconds in asked:
        observer.tell(event(seconds))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"big-model: the server asks to wait, no calls for {wait}" for wait in said]


def test_events_are_passed_on() -> None:
    told: list[CallEvent] = []
    observer = saying_waits(Observer(told.append, bodies=True))
    observer.tell(event(90.0))
    assert told == [event(90.0)]
    assert observer.bodies
