"""A performance as it was recorded, and what people look at and listen to."""
