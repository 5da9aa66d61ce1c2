"""One module for each measure; ``registry`` finds them by their ``KIND``."""
