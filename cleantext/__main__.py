"""``python -m cleantext``: see :mod:`cleantext.cli`."""

import sys

from cleantext.cli import main

# The guard matters: worker processes of a corpus run import this module again.
if __name__ == "__main__":
    sys.exit(main())
