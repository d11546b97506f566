"""Where a browser finds what is served."""

from typing import Final

EVERYWHERE: Final = "0.0.0.0"


def page_url(host: str, port: int) -> str:
    """Return the URL of a page; what is served to everybody is found on this machine at least."""
    return f"http://{'localhost' if host == EVERYWHERE else host}:{port}"
