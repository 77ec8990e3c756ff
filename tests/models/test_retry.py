from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from llm_extract.errors import LLMExtractError, ModelError, ServerDownError, TransientModelError
from llm_extract.models.retry import Patience, retry_after, retrying

NOW = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


class Call:
    """Fails with the given errors in turn, then succeeds; and a sleep that only takes notes."""

    def __init__(self, *errors: LLMExtractError) -> None:
        self.errors = list(errors)
        self.attempts = 0
        self.waits: list[float] = []

    async def __call__(self) -> str:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def run(self, patience: Patience) -> str:
        attempt: Callable[[], Awaitable[str]] = self.__call__
        return await retrying(patience, sleep=self.sleep)(attempt)


async def test_what_passes_is_tried_again() -> None:
    call = Call(TransientModelError("busy"), ServerDownError("down"), TransientModelError("busy"))
    assert await call.run(Patience()) == "done"
    assert call.attempts == 4


async def test_what_is_final_is_raised_at_once() -> None:
    call = Call(ModelError("wrong key"))
    with pytest.raises(ModelError, match="wrong key"):
        await call.run(Patience())
    assert call.attempts == 1


async def test_waits_are_random_and_grow_to_a_bound() -> None:
    call = Call(*[TransientModelError("busy")] * 12)
    await call.run(Patience(first_wait=1.0, longest_wait=8.0))
    assert all(wait <= min(8.0, 2.0**n) for n, wait in enumerate(call.waits))
    assert max(call.waits) > 1.0
    assert len(set(call.waits)) == 12


async def test_server_that_says_when_is_obeyed() -> None:
    call = Call(TransientModelError("busy", retry_after=120.0))
    await call.run(Patience(first_wait=0.5, longest_wait=1.0))
    assert 120.0 <= call.waits[0] <= 120.5


async def test_wait_beyond_the_deadline_is_not_begun() -> None:
    call = Call(TransientModelError("come back tomorrow", retry_after=86400.0))
    with pytest.raises(TransientModelError, match="tomorrow"):
        await call.run(Patience(request=60.0))
    assert call.attempts == 1
    assert call.waits == []


async def test_last_error_is_raised_when_time_is_up() -> None:
    call = Call(*[TransientModelError(f"busy {n}") for n in range(1000)])
    with pytest.raises(TransientModelError, match="busy"):
        await retrying(Patience(request=0.05, first_wait=0.002, longest_wait=0.01))(call.__call__)
    assert 1 < call.attempts < 1000


async def test_server_that_is_down_is_given_less_time() -> None:
    patience = Patience(request=60.0, down=0.05, first_wait=0.002, longest_wait=0.01)
    call = Call(*[ServerDownError("down")] * 1000)
    with pytest.raises(ServerDownError):
        await retrying(patience)(call.__call__)
    assert 1 < call.attempts < 1000


async def test_time_for_a_server_that_is_down_starts_when_it_goes_down() -> None:
    patience = Patience(request=60.0, down=0.5, first_wait=0.001, longest_wait=0.001)
    call = Call(TransientModelError("busy", retry_after=0.6), ServerDownError("restarting"))
    assert await retrying(patience)(call.__call__) == "done"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        (
            {
                "retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True),
                "date": format_datetime(NOW, usegmt=True),
            },
            90.0,
        ),
        (
            {
                "retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True),
                "date": format_datetime(NOW, usegmt=True),
            },
            0.0,
        ),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_date_without_a_server_clock_uses_ours() -> None:
    later = datetime.now(UTC) + timedelta(seconds=100)
    seconds = retry_after({"retry-after": format_datetime(later, usegmt=True)})
    assert seconds is not None
    assert 95 < seconds <= 100
