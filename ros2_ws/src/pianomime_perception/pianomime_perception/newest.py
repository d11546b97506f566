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
        """Start the thread."""
        self.skipped = 0
        self._work = work
        self._waiting: list[T] = []
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

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

    def end(self) -> None:
        """Take no more, and wait for what is being worked on."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while self._failure is None:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return
                item = self._waiting.pop()
            try:
                self._work(item)
            except BaseException as error:
                self._failure = error
