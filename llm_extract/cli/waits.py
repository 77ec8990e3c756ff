"""Says when a run stands still because the server asked to wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from llm_extract.cli.console import note
from llm_extract.models.events import CallEvent, Observer

_WORTH_SAYING_SECONDS: Final = 10.0


def saying_waits(observer: Observer | None) -> Observer:
    """Return an observer that notes long waits, and passes every event on.

    Args:
        observer: who else is told; None for nobody.
    """
    waits = _Waits()

    def on_event(event: CallEvent) -> None:
        waits.see(event)
        if observer:
            observer.tell(event)

    return Observer(on_event, bodies=bool(observer and observer.bodies))


@dataclass
class _Waits:
    """Notes what makes the run wait longer than was said: many calls may bring the same wish."""

    clock: Callable[[], float] = time.monotonic
    _until: float = field(default=0.0, init=False)

    def see(self, event: CallEvent) -> None:
        if event.retry_after is None:
            return
        now = self.clock()
        if now + event.retry_after >= max(now, self._until) + _WORTH_SAYING_SECONDS:
            self._until = now + event.retry_after
            wait = timedelta(seconds=round(event.retry_after))
            note(f"{event.model}: the server asks to wait, no calls for {wait}")
