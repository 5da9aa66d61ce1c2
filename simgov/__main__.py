"""``python -m simgov`` is the ``simgov`` command."""

from simgov.cli import main

if __name__ == "__main__":
    main()
