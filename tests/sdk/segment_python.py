"""Segment's SDK for Python, or RudderStack's, as their manuals have them.

usage: segment_python.py segment|rudder HOST KEY

Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
ends when the SDK has sent everything.
"""

import logging
import sys
from datetime import datetime, timezone

family, host, key = sys.argv[1:]
if family == "segment":
    import segment.analytics as analytics

    analytics.host = host
else:
    import rudderstack.analytics as analytics

    analytics.host = host
analytics.write_key = key
logging.getLogger(family if family == "segment" else "rudderstack").setLevel(logging.CRITICAL)
logging.getLogger("backoff").setLevel(logging.CRITICAL)

at = datetime(2026, 5, 1, 9, 30, 0, 250_000, tzinfo=timezone.utc)


def app():
    return {"app": {"version": "4.2.0", "build": 381}, "locale": "de-CH"}


analytics.identify("u1", {"plan": "pro"}, context=app(), anonymous_id="anon-1")
analytics.track("u1", "Paid", {"amount": 9.5, "environment": "staging"}, context=app(),
                timestamp=at, message_id="paid-1")
analytics.page("u1", "docs", "Home", {"url": "/"}, context=app())
analytics.screen("u1", "main", "Cart", {"items": 2}, context=app())
analytics.group("u1", "acme", {"seats": 5}, context=app())
analytics.alias("anon-2", "u1", context=app())
analytics.track(event="Looked around", anonymous_id="anon-3", context={"os": {"name": "iOS"}})
analytics.flush()
print("first", flush=True)
sys.stdin.readline()
for step in range(20):
    analytics.track("u2", "Stepped", {"step": step}, context=app())
analytics.shutdown()
