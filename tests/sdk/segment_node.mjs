// Segment's SDK for Node, as its manual has it.
//
//   node segment_node.mjs HOST KEY
//
// Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
// ends when the SDK has sent everything.

import { createInterface } from 'node:readline';
import { Analytics } from '@segment/analytics-node';

const [host, writeKey] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const analytics = new Analytics({ writeKey, host });
const context = { app: { version: '4.2.0', build: '381' }, locale: 'de-CH' };

analytics.identify({ userId: 'u1', anonymousId: 'anon-1', traits: { plan: 'pro' }, context });
analytics.track({
  userId: 'u1',
  event: 'Paid',
  properties: { amount: 9.5, environment: 'staging' },
  timestamp: '2026-05-01T09:30:00.250Z',
  messageId: 'paid-1',
  context,
});
analytics.page({ userId: 'u1', category: 'docs', name: 'Home', properties: { url: '/' }, context });
analytics.screen({ userId: 'u1', category: 'main', name: 'Cart', properties: { items: 2 }, context });
analytics.group({ userId: 'u1', groupId: 'acme', traits: { seats: 5 }, context });
analytics.alias({ previousId: 'anon-2', userId: 'u1', context });
analytics.track({ anonymousId: 'anon-3', event: 'Looked around', context: { os: { name: 'iOS' } } });
await analytics.flush();
console.log('first');
await lines.next();
for (let step = 0; step < 20; step += 1) {
  analytics.track({ userId: 'u2', event: 'Stepped', properties: { step }, context });
}
await analytics.closeAndFlush({ timeout: 200_000 });
process.exit(0);
