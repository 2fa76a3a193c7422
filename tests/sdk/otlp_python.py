"""OpenTelemetry's SDK for Python, as its manual has it.

usage: otlp_python.py HOST KEY

Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
ends when the SDK has sent everything.
"""

import logging
import os
import sys
import warnings

host, key = sys.argv[1:]
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = host
os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = f"authorization=Bearer%20{key}"
warnings.simplefilter("ignore")

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
resource = Resource.create({
    "service.name": "shop",
    "service.version": "4.2.0",
    "deployment.environment.name": "staging",
    "os.type": "linux",
})
provider = LoggerProvider(resource=resource)
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logger = provider.get_logger("shop.cart", "0.1")
AT = 1_777_627_800_250_000_000


def emit(name, attributes, **more):
    logger.emit(LogRecord(event_name=name, attributes=attributes, **more))


def fail():
    raise ValueError("boom")


emit("paid", {"user.id": "u1", "session.id": "s1", "amount": 9.5, "event.id": "paid-1"},
     timestamp=AT, severity_number=SeverityNumber.INFO, body={"currency": "CHF"})
emit("looked around", {"enduser.pseudo.id": "anon-1", "list": [1, 2], "is_new": True}, timestamp=AT + 1)
emit("session.start", {"user.id": "u1", "session.id": "s1"}, timestamp=AT + 2)
emit(None, {"event.name": "named as before"}, timestamp=AT + 3)
log = logging.getLogger("shop")
log.addHandler(LoggingHandler(logger_provider=provider))
log.warning("a line of a log")
try:
    fail()
except ValueError:
    log.exception("it failed")
provider.force_flush()
print("first", flush=True)
sys.stdin.readline()
for step in range(20):
    emit("stepped", {"user.id": "u2", "step": step}, timestamp=AT + 10 + step)
provider.force_flush()
provider.shutdown()
