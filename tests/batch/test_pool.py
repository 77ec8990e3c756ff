"""The pool of actors, with stand-ins for actors that are told when to live and when to die."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from llm_extract.batch.executors import pool as pool_module
from llm_extract.batch.executors.actor import LostActorError
from llm_extract.batch.executors.base import Failed
from llm_extract.batch.executors.desk import Shared
from llm_extract.batch.executors.messages import (
    Begin,
    CallOff,
    Ended,
    FromActor,
    Granted,
    Refused,
    Released,
    Succeeded,
    Taken,
    ToActor,
    Wanted,
)
from llm_extract.batch.executors.pool import Pool, Size
from llm_extract.batch.executors.ray import reason_of
from llm_extract.batch.executors.slots import Slots
from llm_extract.errors import ClusterError, LLMExtractError, ModelError, WeightsError
from llm_extract.models.limits import Limits, Throttle
from llm_extract.models.usage import Meter, Usage
from llm_extract.schemas import ArticleRecords
from tests.batch.news import article, records_of

POISON = "poison"
HANGING = "hanging"


class StandIn:
    """An actor that extracts at once, hangs on some articles and dies of others."""

    def __init__(self, refusal: LLMExtractError | None = None, starts: bool = True) -> None:
        self.begun: list[str] = []
        self.got: list[ToActor] = []
        self.killed = False
        self._refusal = refusal
        self._starts = starts
        self._messages: asyncio.Queue[FromActor | None] = asyncio.Queue()

    async def open(self) -> LLMExtractError | None:
        await asyncio.sleep(0)
        if not self._starts:
            raise LostActorError("no memory")
        return self._refusal

    def deliver(self, messages: Sequence[ToActor]) -> None:
        for message in messages:
            self.got.append(message)
            match message:
                case Begin(number, given):
                    name = given.id.removesuffix(".txt")
                    self.begun.append(name)
                    if name == POISON:
                        self.die()
                    elif not name.startswith(HANGING):
                        self.say(Ended(number, records_of(name)))
                case CallOff(number):
                    self.say(Taken(number, Usage(calls=1)), Ended(number, None))

    async def collect(self) -> Sequence[FromActor]:
        message = await self._messages.get()
        if message is None:
            raise LostActorError("out of memory")
        return [message]

    def kill(self) -> None:
        self.killed = True

    def say(self, *messages: FromActor) -> None:
        for message in messages:
            self._messages.put_nowait(message)

    def die(self) -> None:
        self._messages.put_nowait(None)


class Stage:
    """A pool, and the stand-ins that it has started."""

    def __init__(
        self,
        least: int = 1,
        most: int | None = None,
        each: int = 4,
        make: Callable[[], StandIn] = StandIn,
    ) -> None:
        self.actors: list[StandIn] = []
        self.throttle = Throttle(Limits(least * each))
        self.slots = Slots(least * each)

        def launch() -> StandIn:
            self.actors.append(make())
            return self.actors[-1]

        shared = Shared(self.throttle, None, None)
        self.pool = Pool(Size(least, most or least, each), self.slots, launch, shared)

    async def extract(self, name: str, meter: Meter | None = None) -> ArticleRecords | Failed:
        await self.slots.acquire()
        try:
            return await self.pool.extract(article(name), meter or Meter())
        finally:
            self.slots.release()

    @property
    def alive(self) -> list[StandIn]:
        return [actor for actor in self.actors if not actor.killed]


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to that")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pool_module, "_IDLE_SECONDS", 0.1)


async def test_articles_are_spread_over_the_actors() -> None:
    stage = Stage(least=2)
    async with stage.pool:
        await until(lambda: len(stage.actors) == 2)
        await asyncio.sleep(0.01)
        found = [asyncio.create_task(stage.extract(f"{HANGING}{n}")) for n in range(8)]
        await until(lambda: sum(len(actor.begun) for actor in stage.actors) == 8)
        assert [len(actor.begun) for actor in stage.actors] == [4, 4]
        for task in found:
            task.cancel()
        await asyncio.gather(*found, return_exceptions=True)
    assert stage.alive == []


async def test_what_a_dead_actor_had_in_work_goes_to_others() -> None:
    stage = Stage()
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING, meter := Meter()))
        await until(lambda: stage.actors[0].begun)
        (begun,) = stage.actors[0].got
        assert isinstance(begun, Begin)
        stage.actors[0].say(Taken(begun.number, Usage(1, 0, 90, 0, 10)))
        stage.actors[0].die()
        await until(lambda: len(stage.actors) == 2 and stage.actors[1].begun)
        stage.actors[1].say(Ended(begun.number, records_of("a")))
        assert await hanging == records_of("a")
    assert stage.actors[0].killed
    assert meter.usage == Usage(1, 0, 90, 0, 10)  # what the dead one took is not forgotten


async def test_call_that_was_under_way_in_a_dead_actor_counts_and_its_turn_is_free() -> None:
    stage = Stage(each=1)
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING, meter := Meter()))
        await until(lambda: stage.actors[0].begun)
        stage.actors[0].say(Wanted(turn=7, number=0, tokens=10))
        await until(lambda: Granted(7) in stage.actors[0].got)
        stage.actors[0].die()
        await until(lambda: len(stage.actors) == 2 and stage.actors[1].begun)
        stage.actors[1].say(Wanted(turn=0, number=0, tokens=10))
        await until(lambda: Granted(0) in stage.actors[1].got)
        stage.actors[1].say(Released(0, Succeeded(5)), Ended(0, records_of("a")))
        await hanging
    assert meter.usage.calls == 1


async def test_article_that_kills_its_actors_fails_alone_and_innocents_do_not() -> None:
    stage = Stage(least=2)
    names = [f"n{number}" for number in range(20)]
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING))
        await until(lambda: any(actor.begun for actor in stage.actors))
        results = await asyncio.gather(stage.extract(POISON), *map(stage.extract, names))
        killers = [actor for actor in stage.actors if POISON in actor.begun]
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
    assert len(killers) == 3
    assert killers[-1].begun[-1] == POISON
    assert all(name not in killers[-1].begun[killers[-1].begun.index(POISON) :] for name in names)
    failed, *found = results
    assert found == [records_of(name) for name in names]
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.passing) == ("LostActorError", False)
    assert failed.reason == (
        "3 Ray actors died extracting it, the last with nothing else in work: out of memory"
    )


async def test_suspect_that_is_called_off_leaves_its_actor_to_others() -> None:
    stage = Stage(each=2)
    async with stage.pool:
        suspect = asyncio.create_task(stage.extract(HANGING))
        for deaths in range(2):
            await until(lambda at=deaths: len(stage.actors) > at and stage.actors[at].begun)
            other = asyncio.create_task(stage.extract(f"{HANGING} other"))
            await until(lambda at=deaths: len(stage.actors[at].begun) == 2)
            if deaths == 0:
                other.cancel()
                await asyncio.gather(other, return_exceptions=True)
            stage.actors[deaths].die()
        await until(lambda: len(stage.actors) == 3 and stage.actors[2].begun)
        suspect.cancel()
        other.cancel()
        await asyncio.gather(suspect, other, return_exceptions=True)
        assert await stage.extract("a") == records_of("a")


async def test_pool_grows_while_articles_wait_and_shrinks_when_they_do_not() -> None:
    stage = Stage(least=1, most=4, each=1)
    async with stage.pool:

        async def one_after_the_other() -> list[asyncio.Task[ArticleRecords | Failed]]:
            tasks = []
            for number in range(4):
                await stage.slots.acquire()
                extracted = stage.pool.extract(article(f"{HANGING}{number}"), Meter())
                tasks.append(asyncio.create_task(extracted))
            return tasks

        tasks = await asyncio.wait_for(one_after_the_other(), 5)
        assert len(stage.actors) == 4
        for task in tasks:
            task.cancel()
            stage.slots.release()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: len(stage.alive) == 1)
        assert await stage.extract("a") == records_of("a")


async def test_pool_does_not_grow_where_the_limits_are_what_holds_it_up() -> None:
    stage = Stage(least=1, most=4, each=2)
    async with stage.pool:
        tasks = [asyncio.create_task(stage.extract(f"{HANGING}{number}")) for number in range(2)]
        await until(lambda: len(stage.actors[0].begun) == 2)
        for turn in range(2):
            stage.actors[0].say(Wanted(turn, turn, 10))
        await until(lambda: Granted(0) in stage.actors[0].got)
        stage.actors[0].say(Released(0, Refused(60)), Wanted(2, 0, 10))
        await until(lambda: stage.throttle.is_busy)
        waiting = asyncio.create_task(stage.slots.acquire())
        await asyncio.sleep(0.1)
        assert len(stage.actors) == 1
        for task in (waiting, *tasks):
            task.cancel()
        await asyncio.gather(waiting, *tasks, return_exceptions=True)


async def test_actor_that_may_not_have_the_model_stops_the_run() -> None:
    refused = WeightsError("model file m.gguf does not exist")
    with pytest.raises(WeightsError, match="does not exist"):
        async with Stage(make=lambda: StandIn(refused)).pool:
            pass


async def test_actors_that_do_not_start_stop_the_run_after_a_few() -> None:
    stage = Stage(make=lambda: StandIn(starts=False))
    with pytest.raises(ClusterError, match="3 Ray actors in a row did not start: no memory"):
        async with stage.pool:
            pass
    assert len(stage.actors) == 3


async def test_pool_that_breaks_lets_no_article_wait_for_ever() -> None:
    starts = iter([True, False, False, False])
    stage = Stage(each=1, make=lambda: StandIn(starts=next(starts)))
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING))
        await until(lambda: stage.actors[0].begun)
        waiting = asyncio.create_task(stage.extract("a"))
        stage.actors[0].die()
        ended = await asyncio.wait_for(asyncio.gather(hanging, waiting, return_exceptions=True), 5)
    assert [type(error) for error in ended] == [ClusterError, ClusterError]


async def test_error_that_concerns_all_articles_is_raised() -> None:
    stage = Stage()
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING))
        await until(lambda: stage.actors[0].begun)
        stage.actors[0].say(Ended(0, ModelError("wrong key")))
        with pytest.raises(ModelError, match="wrong key"):
            await hanging


async def test_what_an_article_took_that_is_called_off_is_known() -> None:
    stage = Stage()
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING, meter := Meter()))
        await until(lambda: stage.actors[0].begun)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
    assert meter.usage.calls == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "The actor died.\n\tclass_name: Worker\n\tpid: 7\n\tip: 10.0.0.3\nIt was killed.",
            "The actor died. ip: 10.0.0.3 It was killed.",
        ),
        (
            "It failed to import.\n\nModuleNotFoundError: No module named 'llm_extract'",
            "llm_extract is not installed on the node: install the same version on all",
        ),
        ("x" * 1000, "x" * 300),
    ],
)
def test_what_ray_says_of_a_dead_actor_becomes_one_line(said: str, reason: str) -> None:
    assert reason_of(said) == reason


class Deaf(StandIn):
    """Dies rather than breaking an article off."""

    def deliver(self, messages: Sequence[ToActor]) -> None:
        for message in messages:
            if isinstance(message, CallOff):
                self.die()
            else:
                super().deliver([message])


async def test_article_that_is_called_off_goes_to_no_other_actor() -> None:
    stage = Stage(make=Deaf)
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING))
        await until(lambda: stage.actors[0].begun)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await until(lambda: len(stage.actors) == 2)
        assert await stage.extract("a") == records_of("a")
    assert stage.actors[1].begun == ["a"]


async def test_bug_in_the_pool_ends_the_run() -> None:
    stage = Stage()
    async with stage.pool:
        hanging = asyncio.create_task(stage.extract(HANGING))
        await until(lambda: stage.actors[0].begun)
        stage.actors[0].say(Taken(0, 7))  # type: ignore[arg-type]
        with pytest.raises(ClusterError, match="internal error"):
            await hanging
