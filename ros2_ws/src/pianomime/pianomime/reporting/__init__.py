"""Find out what went wrong in a performance, and show it on one page."""
