"""PostHog's SDK for Python, as its manual has it.

usage: posthog_python.py HOST KEY

Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
ends when the SDK has sent everything.
"""

import logging
import sys
from datetime import datetime, timezone

from posthog import Posthog

host, key = sys.argv[1:]
logging.getLogger("posthog").setLevel(logging.CRITICAL)
posthog = Posthog(key, host=host)
at = datetime(2026, 5, 1, 9, 30, 0, 250_000, tzinfo=timezone.utc)
survey = {"$survey_id": "s1", "$survey_submission_id": "sub-1"}


def fail():
    raise ValueError("boom")


posthog.capture("paid", distinct_id="u1", timestamp=at, uuid="01a204f0-9172-758d-adc7-b332dd3a3001",
                properties={"amount": 9.5, "$session_id": "se1", "environment": "staging"})
posthog.capture("looked around")
posthog.set(distinct_id="u1", properties={"plan": "pro"})
posthog.set_once(distinct_id="u1", properties={"first": 1})
posthog.group_identify("company", "acme", {"seats": 5}, distinct_id="u1")
posthog.alias("anon-1", "u1")
try:
    fail()
except ValueError as error:
    posthog.capture_exception(error, distinct_id="u1")
posthog.capture("survey shown", distinct_id="u1", properties={"$survey_id": "s1"})
question = {"id": "q1", "question": "Would you recommend us?", "response": 6}
posthog.capture("survey sent", distinct_id="u1",
                properties=survey | {"$survey_questions": [question], "$survey_response_q1": 6})
posthog.flush()
print("first", flush=True)
sys.stdin.readline()
posthog.capture("$pageview", distinct_id="u2", properties={"$current_url": "https://a/b"})
posthog.capture("$identify", distinct_id="u2", properties={"$anon_distinct_id": "anon-2"})
for step in range(20):
    posthog.capture("stepped", distinct_id="u2", properties={"step": step})
questions = [question | {"response": 9}, {"id": "q2", "question": "Why?", "response": "fast"}]
posthog.capture("survey sent", distinct_id="u1",
                properties=survey | {"$survey_questions": questions, "$survey_response_q1": 9,
                                     "$survey_response_q2": "fast", "$survey_completed": True})
posthog.flush(timeout_seconds=200)
posthog.shutdown()
