"""Invents an app's users: what they do on which device, what they say, and what a hostile network makes
of it. The same seed makes the same files.

usage: world.py FOLDER SEED EVENTS LAST_DAY
    -> writes events.ndjson, feedback.ndjson and revised.ndjson; {"events": lines, "feedback": lines}

Five weeks that end with LAST_DAY (UTC). Users are heavy-tailed; some are known by a device alone, some
sign in later, some devices are signed in on by two people. Copies, rows out of order, rows without a
release, sessions whose updates come in any order, sessions that clients counted themselves, changed
feedback and answers by others are among them.
"""

import json
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

from answer import answer

folder, seed, wanted, last_day = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rng = random.Random(seed)
DAYS = 35
begin = datetime.fromisoformat(last_day + "T00:00:00+00:00") - timedelta(days=DAYS - 1)
instant = lambda second: (begin + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
DAY = 86_400
RELEASES = [("3.0.0", -9), ("3.1.0", 8), ("3.2.0", 19), ("3.3.0-rc.1", 27), ("3.3.0", 31)]
SCALES = {"rating": (1, 5), "csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
WORDS = "slow broken love sync crash great missing export dark mode please why never works fine".split()

events, feedback, revised = [], [], []
ids = iter(range(10**9))


def whose(person, second):
    """The ids with which the person comes at a moment."""
    device, signs_in = person["devices"][rng.randrange(len(person["devices"]))]
    named = {"anonymous_id": device} if rng.random() < 0.9 or signs_in > second else {}
    return named | ({"user_id": person["user"]} if signs_in <= second else {})


def release_of(person, second):
    known = [version for version, day in RELEASES if (day + person["lag"]) * DAY <= second]
    return {} if rng.random() < 0.03 else {"release": known[-1] if known else RELEASES[0][0]}


def event(person, second, who=None, **fields):
    row = {"event_id": f"{seed}-e{next(ids)}", "occurred_at": instant(second), "platform": person["platform"]}
    if person["plan"] and rng.random() < 0.2:
        plan = "free" if second < person["pays_from"] else person["plan"]
        row["properties"] = {"seats": rng.randrange(9), "plan": plan}
    events.append(row | (whose(person, second) if who is None else who) | release_of(person, second) | fields)
    if rng.random() < 0.03:
        events.append(dict(events[-1]))


def session(person, second):
    name, length = f"{seed}-s{next(ids)}", rng.expovariate(1 / 500)
    within = lambda: second + rng.random() * length
    status = rng.choices(["exited", "crashed", "abnormal", "unhandled", "ok"], [80, 6, 2, 2, 10])[0]
    # In sessions of those who never named a plan several ids are seen.
    of = {"session_id": name, "who": whose(person, second) if person["plan"] else None}
    errors = rng.choices([0, 1, 3], [90, 7, 3])[0]
    if rng.random() < 0.9:
        start = {"started_at": instant(second)} if rng.random() < 0.8 else {}
        event(person, second, kind="session", status="ok", sequence=0, **start, **of)
        if status != "ok" or rng.random() < 0.5:
            told = {"duration_ms": int(length * 1000)} if rng.random() < 0.7 else {}
            event(person, second + length, kind="session", status=status, sequence=1, errors=errors, **told, **of)
    for _ in range(int(rng.expovariate(1 / 3))):
        event(person, within(), kind="usage", name=f"feature_{int(rng.paretovariate(0.7)) % 23}", **of)
    for _ in range(errors if rng.random() < 0.5 else 0):
        handled = rng.random() < 0.7
        event(person, within(), kind="error", name="Boom", handled=handled, fingerprint=f"f{errors}", **of)


def say(person, second):
    kind = rng.choices(["rating", "csat", "nps", "ces", "comment", "bug_report"], [40, 14, 14, 8, 16, 8])[0]
    row = {"event_id": f"{seed}-f{next(ids)}", "kind": kind, "occurred_at": instant(second)}
    row |= release_of(person, second) | (whose(person, second) if rng.random() < 0.7 else {})
    row["platform"] = person["platform"]
    if kind in SCALES:
        row["score"] = rng.randint(*SCALES[kind])
    if kind not in SCALES or rng.random() < 0.5:
        row["text"] = " ".join(rng.choices(WORDS, k=6))
    if rng.random() < 0.15:
        row["replied_at"] = instant(second + rng.expovariate(1 / 90_000) - 4_000)
    feedback.append(row)
    if kind in SCALES and rng.random() < 0.06:
        # The same piece, changed later.
        later = instant(min(second + rng.random() * 3 * DAY, DAYS * DAY - 1))
        revised.append(row | {"score": rng.randint(*SCALES[kind]), "occurred_at": later})
    if rng.random() < 0.2:
        feedback.append({
            "event_id": f"{seed}-r{next(ids)}", "kind": "reply", "parent_id": row["event_id"],
            "user_id": "team", "text": "thank you", "occurred_at": instant(second + rng.expovariate(1 / 60_000)),
        })


def sign_in(person, device, second):
    if 0 < second < DAYS * DAY:
        row = {"event_id": f"{seed}-i{next(ids)}", "kind": "identify", "occurred_at": instant(second)}
        events.append(row | {"anonymous_id": device, "user_id": person["user"]})


number, shared = 0, None
while len(events) < wanted:
    person = {"user": f"user-{seed}-{number}", "platform": rng.choice(["ios", "ios", "android", "web"])}
    person["lag"] = int(rng.expovariate(1 / 4))
    person["plan"] = rng.choice(["pro", "pro", "free", None])
    person["pays_from"] = rng.choice([0, 0, rng.uniform(0, DAYS * DAY)])
    signs = lambda: rng.choice([-1, -1, rng.uniform(0, DAYS * DAY), 2 * DAYS * DAY])
    person["devices"] = [(f"device-{seed}-{number}-{k}", signs()) for k in range(rng.choice([1, 1, 2]))]
    for device, second in person["devices"]:
        sign_in(person, device, second)
    if shared and rng.random() < 0.1:
        # Somebody else signs in on a device that others have used.
        sign_in(person, shared, rng.uniform(0, DAYS * DAY))
    shared = person["devices"][0][0]
    begins = rng.choice([0, 0, 0, rng.uniform(0, DAYS)]) * DAY
    ends = DAYS * DAY if rng.random() < 0.7 else rng.uniform(begins, DAYS * DAY)
    # Half an hour about each midnight is left out, so that no session of one day ends on another.
    for _ in range(min(400, int(rng.paretovariate(0.9) * 4))):
        day, second = divmod(rng.uniform(begins, ends), DAY)
        second = day * DAY + min(max(second, 1_800), DAY - 9_000)
        if rng.random() < 0.97:
            session(person, second)
        else:
            count, status = rng.randint(1, 20), rng.choice(["exited", "crashed"])
            event(person, second, kind="session", session_count=count, status=status, started_at=instant(second))
        if rng.random() < 0.15:
            say(person, second)
    number += 1
rng.shuffle(events)
rng.shuffle(feedback)
for name, rows in [("events", events), ("feedback", feedback), ("revised", revised)]:
    (folder / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
answer({"events": len(events), "feedback": len(feedback) + len(revised), "people": number})
