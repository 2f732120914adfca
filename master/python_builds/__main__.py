"""`python -m python_builds COMMAND`."""

from python_builds.cli.cli import main

if __name__ == "__main__":
    main()
