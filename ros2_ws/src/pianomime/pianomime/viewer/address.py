"""URLs of the served pages."""

from typing import Final

EVERYWHERE: Final = "0.0.0.0"


def page_url(host: str, port: int) -> str:
    """Return the URL of a page; localhost if it is served on all interfaces."""
    return f"http://{'localhost' if host == EVERYWHERE else host}:{port}"
