"""What all scripts of the scale bench share: the question, and the form of the answer."""

import json
import resource
import sys
import time
from datetime import date, timedelta
from pathlib import Path

DATA = Path(sys.argv[1])
LAST_WEEK = int(sys.argv[2])
FIRST_WEEK = LAST_WEEK - 7 * 7
FILES = str(DATA / "tables/events/*/*.parquet")
BEGAN = time.perf_counter()


def day(number):
    """Days since 1970 as a date."""
    return (date(1970, 1, 1) + timedelta(days=int(number))).isoformat()


def lines(metric, rows, *parts):
    """Rows of (start, parts..., count[, of]) as lines of the bench."""
    for start, *rest in rows:
        named = dict(zip(parts, rest))
        numbers = rest[len(parts) :]
        cohort = named.get("cohort")
        cells = [
            metric,
            day(start),
            named.get("release", ""),
            named.get("feature", ""),
            "" if cohort is None else day(cohort),
            str(numbers[0]),
            str(numbers[-1]),
        ]
        yield ",".join(cells)


def answer(found):
    """Prints the run for the bench; `found` are lists of lines."""
    seconds = time.perf_counter() - BEGAN
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    numbers = sorted(line for part in found for line in part)
    print(json.dumps({"seconds": seconds, "peak_bytes": peak, "numbers": numbers}))
