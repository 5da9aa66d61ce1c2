"""Speed of the engines: ``python -m benchmarks`` measures and writes ``results/engines.md``."""
