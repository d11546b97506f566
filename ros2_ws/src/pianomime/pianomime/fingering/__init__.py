"""Which finger plays which note."""
