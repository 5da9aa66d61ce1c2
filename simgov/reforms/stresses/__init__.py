"""Every stress that scenarios and reforms are put under; one module each, with its ``KIND``."""
