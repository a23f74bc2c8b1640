"""The controller as a program: `python -m nis_backend.deployment.local FOLDER`."""

import sys
from pathlib import Path

from nis_backend.deployment.local.serving import run
from nis_backend.errors import NisError

if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]))
    except NisError as error:
        sys.exit(f"{error.message} {error.remedy}")
