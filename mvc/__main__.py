"""`python -m mvc`."""

import sys

from mvc.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
