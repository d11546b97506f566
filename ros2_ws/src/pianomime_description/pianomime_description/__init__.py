"""Visual description of hands and piano, as a node."""
