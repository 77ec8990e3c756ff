"""How many articles may be under way: a bound that may change while they are."""

import asyncio


class Slots:
    """Places for articles, within one event loop; one waits for them at a time.

    Attributes:
        taken: how many are taken.
    """

    def __init__(self, number: int) -> None:
        """Make places.

        Args:
            number: how many there are.
        """
        self.taken = 0
        self._number = number
        self._waits = False
        self._broken: Exception | None = None
        self._changed = asyncio.Event()

    @property
    def is_wanted(self) -> bool:
        """Whether an article waits for a place."""
        return self._waits

    async def acquire(self) -> None:
        """Wait for a free place, and take it.

        Raises:
            Exception: what `fail` was told.
        """
        self._waits = self.taken >= self._number
        try:
            while self.taken >= self._number and self._broken is None:
                self._changed.clear()
                await self._changed.wait()
        finally:
            self._waits = False
        if self._broken is not None:
            raise self._broken
        self.taken += 1

    def release(self) -> None:
        """Give a place back."""
        self.taken -= 1
        self._changed.set()

    def resize(self, number: int) -> None:
        """Change how many places there are; articles that have one keep it."""
        self._number = number
        self._changed.set()

    def fail(self, error: Exception) -> None:
        """Let nobody in any more."""
        self._broken = error
        self._changed.set()
