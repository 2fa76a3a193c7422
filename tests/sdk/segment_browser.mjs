// Segment's SDK for browsers, as its manual has it, in Chromium.
//
//   node segment_browser.mjs HOST KEY      DELIVERY=batching for batches in place of single messages
//
// Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
// ends when everything was answered with a 200.

import { createInterface } from 'node:readline';
import { browse, until } from './browser.mjs';

const [host, writeKey] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const delivery =
  process.env.DELIVERY === 'batching'
    ? { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 5, timeout: 1000 } } } }
    : {};

const page = `<!doctype html><title>shop</title>
<script src="/node_modules/@segment/analytics-next/dist/umd/index.js"></script>
<script>
  window.analytics = AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: ${JSON.stringify(writeKey)}, cdnURL: ${JSON.stringify(host)} },
    { integrations: ${JSON.stringify(delivery)} },
  );
</script>`;

await browse({ '/': page }, async ({ page, requests }) => {
  /** How many messages were answered with a 200, by their ids. */
  const taken = () => {
    const posts = requests.filter(({ method, status }) => method === 'POST' && status === 200);
    const ids = posts.flatMap(({ body }) => (body ?? '').match(/"messageId":"[^"]+"/g) ?? []);
    return new Set(ids).size;
  };
  await page.evaluate(async () => {
    const context = { app: { version: '4.2.0', build: '381' } };
    const { analytics } = window;
    await analytics.page('docs', 'Home', { url: '/' }, { context });
    await analytics.track('Looked around', {}, { context });
    await analytics.identify('u1', { plan: 'pro' }, { context });
    await analytics.track('Paid', { amount: 9.5, environment: 'staging' }, { context });
    await analytics.screen('main', 'Cart', { items: 2 }, { context });
    await analytics.group('acme', { seats: 5 }, { context });
    await analytics.alias('u1', 'anon-2', { context });
  });
  await until(() => taken() === 7, 'the first half', 40);
  console.log('first');
  await lines.next();
  await page.evaluate(() => {
    const context = { app: { version: '4.2.0', build: '381' } };
    for (let step = 0; step < 20; step += 1) window.analytics.track('Stepped', { step }, { context });
  });
  await until(() => taken() === 27, 'the second half', 200);
});
process.exit(0);
