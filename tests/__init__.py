"""All tests. A package of its own, since a library that the benchmarks use installs one of the same name."""
