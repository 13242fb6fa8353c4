"""`python -m zhenbo`: the command line."""

from zhenbo.cli import main

if __name__ == "__main__":
    main()
