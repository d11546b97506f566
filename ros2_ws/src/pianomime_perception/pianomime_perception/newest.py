"""Work that is slower than its input: only the newest item is worked on, the others are counted."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Hands items to `work` in a thread of its own; one that comes meanwhile replaces the last.

    Attributes:
        skipped: Items that were replaced before they were worked on.
    """

    def __init__(self, work: Callable[[T], None]) -> None:
        """Start the thread; it ends with the process."""
        self.skipped = 0
        self._work = work
        self._waiting: list[T] = []
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, item: T) -> None:
        """Offer an item.

        Raises:
            BaseException: What `work` raised on an earlier one.
        """
        with self._changed:
            if self._failure is not None:
                raise self._failure
            self.skipped += len(self._waiting)
            self._waiting = [item]
            self._changed.notify()

    def _run(self) -> None:
        while self._failure is None:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                item = self._waiting.pop()
            try:
                self._work(item)
            except BaseException as error:
                self._failure = error
