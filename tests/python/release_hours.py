"""Hourly counts of releases, drawn apart from the program's own simulator.

usage: release_hours.py OUT.csv FAMILY RELEASES SEED -> {"rows": n}

FAMILY: fine, small, loops, selection, big_bang, worse, late, rare, strata. Each session is drawn by
itself (by the gaps between those that crash), the time of day starts anywhere, and the rate jumps
from hour to hour for both arms alike.
"""

import csv
import math
import random
import sys

from answer import answer

out, family, releases, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
WEEK = 168
SESSIONS = {"small": 250, "rare": 12_000}.get(family, 1800)
RATE = {"small": 0.012, "rare": 0.0015, "loops": 0.004}.get(family, 0.006)


def crashed(chance, sessions, rate):
    """How many of the sessions crash, each with probability `rate`."""
    count, at, gap = 0, -1, math.log1p(-rate)
    while True:
        at += 1 + int(math.log(1.0 - chance.random()) / gap)
        if at >= sessions:
            return count
        count += 1


def traffic(chance, mean):
    return max(0, round(chance.gauss(mean, math.sqrt(mean)))) if mean > 0 else 0


class Release:
    def __init__(self, name, chance):
        self.name, self.chance = name, chance
        self.phase = chance.randrange(WEEK)
        self.rows = []

    def day(self, hour):
        clock = 2 * math.pi * (self.phase + hour) / 24
        weekend = 0.7 if (self.phase + hour) // 24 % 7 >= 5 else 1.0
        return weekend * (1 + 0.5 * math.sin(clock)), 1 + 0.25 * math.cos(clock)

    def row(self, hour, arm, exposure, events, users="", stratum=""):
        self.rows.append([self.name, hour, stratum, arm, exposure, events, users])

    def side_by_side(self, ratio=lambda hour: 1.0, selection=1.0, strata=(("", 1.0, 1.0),)):
        chance = self.chance
        rise, middle = chance.uniform(15, 30), chance.uniform(60, 80)
        for hour in range(WEEK):
            busy, tide = self.day(hour)
            share = 0.8 / (1 + math.exp(-(hour - middle) / rise))
            wobble = math.exp(chance.gauss(0, 0.15))
            for stratum, of_new, level in strata:
                size = SESSIONS * busy / len(strata)
                n = traffic(chance, size * share * of_new)
                m = traffic(chance, size * (1 - share))
                rate = RATE * tide * wobble * level
                x = crashed(chance, n, rate * ratio(hour) * selection)
                y = crashed(chance, m, rate)
                self.row(hour, "new", n, x, stratum=stratum)
                self.row(hour, "base", m, y, stratum=stratum)

    def loops(self):
        """Users crash for the first time as sessions of the fine family do, and then again."""
        self.side_by_side()
        again = {}
        for row in self.rows:
            _, hour, _, arm, _, users, _ = row
            for _ in range(users):
                while self.chance.random() < 0.6:
                    later = hour + self.chance.randrange(4)
                    again[arm, later] = again.get((arm, later), 0) + 1
            row[6] = users
            row[5] = users + again.pop((arm, hour), 0)

    def before(self, selection):
        for hour in range(-WEEK, 0):
            busy, tide = self.day(hour)
            n, m = (traffic(self.chance, SESSIONS * busy * part) for part in (0.75, 0.25))
            rate = RATE * tide * math.exp(self.chance.gauss(0, 0.15))
            self.row(hour, "pre_new", n, crashed(self.chance, n, rate * selection))
            self.row(hour, "pre_base", m, crashed(self.chance, m, rate))

    def big_bang(self):
        for week in range(-8, 1):
            level = math.exp(self.chance.gauss(0, 0.08))
            for hour in range(week * WEEK, (week + 1) * WEEK):
                busy, tide = self.day(hour)
                rate = RATE * tide * level * math.exp(self.chance.gauss(0, 0.1))
                n = traffic(self.chance, SESSIONS * busy)
                self.row(hour, "new" if week == 0 else "base", n, crashed(self.chance, n, rate))


def release(number):
    drawn = Release(f"{family}-{number}", random.Random(f"{family} {seed} {number}"))
    if family == "loops":
        drawn.loops()
    elif family == "selection":
        drawn.before(1.15)
        drawn.side_by_side(selection=1.15)
    elif family == "big_bang":
        drawn.big_bang()
    elif family == "strata":
        drawn.side_by_side(strata=(("ios", 0.4, 0.6), ("android", 1.0, 1.7)))
    elif family == "worse":
        drawn.side_by_side(ratio=lambda _: 2.0)
    elif family == "late":
        drawn.side_by_side(ratio=lambda hour: 2.0 if hour >= 72 else 1.0)
    else:
        drawn.side_by_side()
    return drawn.rows


rows = [row for number in range(releases) for row in release(number)]
random.Random(seed).shuffle(rows)
with open(out, "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["release", "hour", "stratum", "arm", "exposure", "events", "users"])
    writer.writerows(rows)
answer({"rows": len(rows)})
