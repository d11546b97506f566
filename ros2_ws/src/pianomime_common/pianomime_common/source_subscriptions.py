"""Subscriptions to the configured controllers."""

from collections.abc import Callable, Sequence


class SourceSubscriptions:
    """One subscription for each configured controller."""

    def __init__(
        self, subscribe: Callable[[str], Callable[[], None]], on_end: Callable[[str], None]
    ) -> None:
        """Begin without subscriptions.

        Args:
            subscribe: Subscribes to a controller, given by name; returns a function that ends it.
            on_end: Called with the name of a controller whose subscription was ended.
        """
        self._subscribe = subscribe
        self._on_end = on_end
        self._end: dict[str, Callable[[], None]] = {}

    def follow(self, sources: Sequence[str]) -> None:
        """Subscribe to exactly the controllers `sources`."""
        for source in self._end.keys() - set(sources):
            self._end.pop(source)()
            self._on_end(source)
        for source in sources:
            if source not in self._end:
                self._end[source] = self._subscribe(source)
