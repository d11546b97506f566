"""Legal names of topics, nodes and namespaces."""

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)

LEGAL_NAME: Final = "letters, digits and _, in parts separated by / that do not begin with a digit"
"""The rule of `is_legal_name`, for error messages."""


def is_legal_name(name: str) -> bool:
    """Return whether a relative name is legal in ROS, as in rmw_validate_namespace."""
    return _NAME.fullmatch(name) is not None
