"""Everything that sentry-sdk sends, step by step.

usage: sentry_python.py DSN    a line on stdin names the next step; its answer is a line of JSON
"""

import json
import sys
import time

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware


class CheckoutError(Exception):
    pass


def pay(amount):
    card = "4111 1111 1111 1111"
    raise CheckoutError(f"no total for {amount} ({len(card)})")


def serve(environ, start_response):
    if environ["PATH_INFO"] == "/crash":
        raise KeyError("qty")
    if environ["PATH_INFO"] == "/handled":
        try:
            pay(3)
        except CheckoutError as error:
            sentry_sdk.capture_exception(error)
    start_response("200 OK", [])
    return [b""]


def visit(app, path):
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "SERVER_NAME": "x", "SERVER_PORT": "80",
               "wsgi.url_scheme": "http"}
    try:
        list(app(environ, lambda *_: None))
    except KeyError:
        pass


def everything():
    """Handled and unhandled errors, messages, a transaction and sessions of both kinds."""
    sent = {}
    sentry_sdk.set_user({"id": "ann", "email": "ann@x.io"})
    sentry_sdk.set_tag("plan", "pro")
    sentry_sdk.set_context("cart", {"items": 3})
    sentry_sdk.add_breadcrumb(category="ui", message="clicked pay")
    scope = sentry_sdk.get_isolation_scope()
    scope.start_session(session_mode="application")
    try:
        pay(7)
    except CheckoutError as error:
        sent["handled"] = sentry_sdk.capture_exception(error)
    sent["message"] = sentry_sdk.capture_message("stock is low", "warning")
    with sentry_sdk.new_scope() as own:
        own.fingerprint = ["checkout", "eu"]
        try:
            pay(8)
        except CheckoutError as error:
            sent["grouped"] = sentry_sdk.capture_exception(error)
    try:
        pay(9)
    except CheckoutError:
        sys.excepthook(*sys.exc_info())
        sent["unhandled"] = sentry_sdk.last_event_id()
    scope.end_session()
    with sentry_sdk.start_transaction(name="checkout", op="task"):
        with sentry_sdk.start_span(op="db", name="select"):
            pass
    sentry_sdk.flush()
    app = SentryWsgiMiddleware(serve)
    for path in ["/", "/", "/", "/handled", "/crash"]:
        visit(app, path)
    sentry_sdk.get_client().session_flusher.flush()
    return sent


def errors(count):
    ids = []
    for amount in range(count):
        try:
            pay(amount)
        except CheckoutError as error:
            ids.append(sentry_sdk.capture_exception(error))
    return ids


def held_back():
    with sentry_sdk.start_transaction(name="checkout", op="task"):
        pass


STEPS = {
    "everything": everything,
    "lost": lambda: errors(2),
    "again": lambda: [errors(1), held_back()][0],
}

sentry_sdk.init(
    dsn=sys.argv[1],
    release="shop@4.2.0",
    dist="871",
    environment="staging",
    traces_sample_rate=1.0,
)
for line in sys.stdin:
    step = line.strip()
    answer = STEPS[step]()
    if step == "lost":
        # A flush would send the report of the losses, too, and lose it with them.
        time.sleep(1)
    else:
        sentry_sdk.flush()
    print(json.dumps(answer), flush=True)
