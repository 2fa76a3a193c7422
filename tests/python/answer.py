"""How each of these scripts ends: the answer as JSON, then out.

An engine's background threads may abort the interpreter while it shuts down
("terminate called without an active exception"), long after the answer is known;
so the shutdown is skipped.
"""

import json
import os
import sys


def answer(value):
    print(json.dumps(value))
    sys.stdout.flush()
    os._exit(0)
