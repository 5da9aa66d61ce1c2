"""The scenario: the value (``value``), its language (``schema``, ``resolve``) and differences between two of them."""
