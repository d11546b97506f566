"""From a fingered score to commands for the joints."""
