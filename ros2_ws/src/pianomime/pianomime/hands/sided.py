"""A value for each of the two hands."""

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Sided(NamedTuple, Generic[T]):
    """A value for the left and one for the right hand, indexed as `SIDES`."""

    left: T
    right: T

    @classmethod
    def both(cls, value: T) -> "Sided[T]":
        """Return the same value for both hands."""
        return cls(value, value)
