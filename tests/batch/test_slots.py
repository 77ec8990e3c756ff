import asyncio

import pytest

from llm_extract.batch.executors.slots import Slots


async def taking(slots: Slots) -> "asyncio.Task[None]":
    """Try to take a place; return the attempt when it has got as far as it does."""
    attempt = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0.01)
    return attempt


async def test_so_many_get_a_place_and_the_next_when_one_is_free() -> None:
    slots = Slots(2)
    assert [(await taking(slots)).done() for _ in range(2)] == [True, True]
    waiting = await taking(slots)
    assert (waiting.done(), slots.is_wanted, slots.taken) == (False, True, 2)
    slots.release()
    await waiting
    assert (slots.is_wanted, slots.taken) == (False, 2)


async def test_more_places_let_more_in_and_fewer_send_nobody_away() -> None:
    slots = Slots(1)
    await slots.acquire()
    waiting = await taking(slots)
    slots.resize(2)
    await waiting
    slots.resize(1)
    waiting = await taking(slots)
    slots.release()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    slots.release()
    await waiting


async def test_nobody_waits_for_a_place_that_will_never_be() -> None:
    slots = Slots(1)
    await slots.acquire()
    waiting = await taking(slots)
    slots.fail(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        await waiting
    with pytest.raises(ValueError, match="broken"):
        await slots.acquire()


async def test_attempt_that_is_called_off_takes_no_place() -> None:
    slots = Slots(1)
    await slots.acquire()
    waiting = await taking(slots)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    slots.release()
    assert (slots.taken, slots.is_wanted) == (0, False)
