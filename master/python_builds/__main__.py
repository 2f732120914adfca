"""`python -m python_builds COMMAND`."""

from python_builds.commands.cli import main

if __name__ == "__main__":
    main()
