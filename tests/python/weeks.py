"""How many of the events of a file occurred in a week of a zone, by the calendar of Python.

usage: weeks.py EVENTS.ndjson CASES.json -> [n, …]

A case is [zone, day]: the seven days from midnight of that day in the zone to midnight of the day a
week later, whatever the clocks do in between.
"""

import json
import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from answer import answer

instants = [
    datetime.fromisoformat(json.loads(line)["occurred_at"]) for line in open(sys.argv[1], encoding="utf-8")
]


def within(zone, first_day):
    zone, first = ZoneInfo(zone), date.fromisoformat(first_day)
    start, end = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (first, first + timedelta(days=7)))
    # Of two instants in one zone Python compares the clocks, not the time: compare in UTC.
    start, end = start.timestamp(), end.timestamp()
    return sum(start <= at.timestamp() < end for at in instants)


answer([within(*case) for case in json.load(open(sys.argv[2], encoding="utf-8"))])
