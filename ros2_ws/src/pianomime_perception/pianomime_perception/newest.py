"""Worker thread for processing slower than its input: uses only the newest item."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Calls `work` with the newest item in a separate thread; waiting items are replaced.

    Attributes:
        skipped: Number of items that were replaced before processing.
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
        """Queue an item.

        Raises:
            BaseException: Exception raised by `work` on an earlier item.
        """
        with self._changed:
            if self._failure is not None:
                raise self._failure
            self.skipped += len(self._waiting)
            self._waiting = [item]
            self._changed.notify()

    def end(self) -> None:
        """Stop the thread after the current item, and wait for it."""
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
