// OpenTelemetry's SDK for Node, as its manual has it.
//
//   node otlp_node.mjs HOST KEY
//
// Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
// ends when the SDK has sent everything.

import { createInterface } from 'node:readline';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

const [host, key] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const exporter = new OTLPLogExporter({
  url: `${host}/v1/logs`,
  headers: { authorization: `Bearer ${key}` },
});
const provider = new LoggerProvider({
  resource: resourceFromAttributes({
    'service.name': 'shop',
    'service.version': '4.2.0',
    'deployment.environment.name': 'staging',
    'os.type': 'linux',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '2.12.1',
  }),
  processors: [new BatchLogRecordProcessor({ exporter })],
});
const logger = provider.getLogger('shop.cart', '0.1');
const at = (nanos) => [1_777_627_800, 250_000_000 + nanos];
const emit = (eventName, attributes, more = {}) => logger.emit({ eventName, attributes, ...more });

emit(
  'paid',
  { 'user.id': 'u1', 'session.id': 's1', amount: 9.5, 'event.id': 'paid-1' },
  { timestamp: at(0), severityNumber: SeverityNumber.INFO, body: { currency: 'CHF' } },
);
emit('looked around', { 'enduser.pseudo.id': 'anon-1', list: [1, 2], is_new: true }, { timestamp: at(1) });
emit('session.start', { 'user.id': 'u1', 'session.id': 's1' }, { timestamp: at(2) });
emit(undefined, { 'event.name': 'named as before' }, { timestamp: at(3) });
emit(undefined, {}, { body: 'a line of a log', severityNumber: SeverityNumber.WARN });
try {
  null.fail();
} catch (error) {
  const attributes = {
    'exception.type': error.name,
    'exception.message': error.message,
    'exception.stacktrace': error.stack,
  };
  emit(undefined, attributes, { body: 'it failed', severityNumber: SeverityNumber.ERROR });
}
await provider.forceFlush();
console.log('first');
await lines.next();
for (let step = 0; step < 20; step += 1) {
  emit('stepped', { 'user.id': 'u2', step }, { timestamp: at(10 + step) });
}
await provider.forceFlush();
await provider.shutdown();
process.exit(0);
