"""Evidence, ratio and interval of each release at some hours, by the formulas as they are written.

usage: hourly_evidence.py HOURS.csv R_MIN HOUR...
    -> {release: {hour: [e_value, ratio, ratio_low or null, ratio_high or null]}}

Sums over all starts and steps one by one, exact binomials by whole numbers; releases side by side.
"""

import csv
import math
import sys
from fractions import Fraction

from answer import answer

path, r_min, hours = sys.argv[1], float(sys.argv[2]), [int(hour) for hour in sys.argv[3:]]
STEPS = [1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10]
PEAKED = [0.03, 0.06, 0.14, 0.19, 0.19, 0.17, 0.09, 0.05, 0.03, 0.03, 0.02]
UNIFORM = [1 / 11] * 11
FROM_START, START_HOURS = 0.75, 6


def exact(n, m, x, k, odds_ratio):
    weight = lambda i: math.comb(n, i) * math.comb(m, k - i)
    low, high = max(0, k - m), min(n, k)
    mean = Fraction(0)
    for i in range(low, high + 1):
        mean += weight(i) * Fraction(odds_ratio) ** i
    mean /= math.comb(n + m, k)
    return x * math.log(odds_ratio) - math.log(mean)


def factor(cell, null, step, is_alarm):
    n, m, x, y = cell
    k = x + y
    if n == 0 or m == 0 or k == 0:
        return 0.0
    if is_alarm and null == 1 and k > 0.1 * (n + m):
        return exact(n, m, x, k, step)
    share = n / (n + m)
    mean = lambda ratio: 1 - share + ratio * share
    return x * math.log(step) - k * math.log(mean(null * step) / mean(null))


def log_mean(logs, weights):
    top = max(logs)
    return top + math.log(sum(w * math.exp(log - top) for log, w in zip(logs, weights)))


def alarm(cells, last):
    first = min(hour for hour, _ in cells)
    logs, weights = [], []
    starts = [(first, FROM_START)]
    left = 1 - FROM_START
    for j in range(1, (last - first) // START_HOURS + 1):
        starts.append((first + j * START_HOURS, left / (j * (j + 1))))
    ahead = 1 - sum(weight for _, weight in starts)
    for step, of_step in zip(STEPS, PEAKED):
        by_hour = [(hour, factor(cell, r_min, step, True)) for hour, cell in cells]
        for start, of_start in starts:
            logs.append(sum(log for hour, log in by_hour if hour >= start))
            weights.append(of_step * of_start)
    return log_mean(logs + [0.0], weights + [ahead])


def bound(cells, is_low):
    """Where the evidence is 40: the end of the interval on one side."""
    def log_e(log_ratio):
        null = math.exp(log_ratio)
        steps = STEPS if is_low else [1 / step for step in STEPS]
        logs = [sum(factor(cell, null, step, False) for _, cell in cells) for step in steps]
        return log_mean(logs, UNIFORM)

    low, high = -14.0, 14.0
    if log_e(low if is_low else high) < math.log(40):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if (log_e(middle) >= math.log(40)) == is_low:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


places = {}
with open(path, newline="") as file:
    for row in csv.DictReader(file):
        of_release = places.setdefault(row["release"], {})
        cell = of_release.setdefault((int(row["hour"]), row["stratum"]), [0, 0, 0, 0])
        arm = ["new", "base"].index(row["arm"])
        cell[arm] = int(row["exposure"])
        cell[arm + 2] = int(row["users"] or row["events"])
found = {}
for release, of_release in places.items():
    for hour in hours:
        cells = [(at, cell) for (at, _), cell in sorted(of_release.items()) if at <= hour]
        over = sum(x * m / (n + m) for _, (n, m, x, _) in cells if n and m)
        under = sum(y * n / (n + m) for _, (n, m, _, y) in cells if n and m)
        found.setdefault(release, {})[hour] = [
            math.exp(alarm(cells, hour)),
            over / under if under else None,
            bound(cells, True),
            bound(cells, False),
        ]
answer(found)
