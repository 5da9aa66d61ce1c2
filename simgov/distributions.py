"""Distributions of times, by mean and cv (coefficient of variation), as quantile functions of one uniform.

One uniform gives one draw, by inversion, so changing a mean or a cv keeps two runs paired. A new family is one class
and one row in ``FAMILIES``; the scenario language and the JSON Schema follow from its fields.
"""
