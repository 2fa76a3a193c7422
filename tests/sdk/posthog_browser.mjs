// PostHog's SDK for browsers, as its manual has it, in Chromium.
//
//   node posthog_browser.mjs HOST KEY
//
// Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
// ends when everything was answered with a 200. What is left is sent as the page is closed.

import { createInterface } from 'node:readline';
import { browse, until } from './browser.mjs';

const [host, key] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const page = `<!doctype html><title>shop</title>
<script src="/node_modules/posthog-js/dist/array.full.js"></script>
<script>
  window.posthog.init(${JSON.stringify(key)}, {
    api_host: ${JSON.stringify(host)},
    person_profiles: 'identified_only',
    autocapture: false,
    opt_out_useragent_filter: true,
  });
</script>`;

await browse({ '/': page }, async ({ page, requests }) => {
  const sent = () => requests.filter(({ url, method }) => method === 'POST' && /\/(e|batch)\/?(\?|$)/.test(new URL(url).pathname + '?'));
  const done = () => sent().length > 0 && sent().every(({ status, failure }) => status || failure);
  await page.evaluate(() => {
    const { posthog } = window;
    posthog.register({ $app_version: '4.2.0', environment: 'staging' });
    posthog.capture('looked around', { step: 0 });
    posthog.identify('u1', { plan: 'pro' }, { first: 1 });
    posthog.capture('paid', { amount: 9.5 });
    posthog.group('company', 'acme', { seats: 5 });
    posthog.setPersonProperties({ plan: 'team' });
    posthog.alias('u1-too');
    try {
      null.fail();
    } catch (error) {
      posthog.captureException(error);
    }
    posthog.capture('survey shown', { $survey_id: 's1' });
    posthog.capture('survey sent', {
      $survey_id: 's1',
      $survey_submission_id: 'sub-1',
      $survey_questions: [{ id: 'q1', question: 'Would you recommend us?', response: 6 }],
      $survey_response_q1: 6,
    });
  });
  await until(() => requests.some(({ url }) => url.includes('/flags')), 'the flags');
  // The first half is sent once nothing more has come for longer than the SDK waits for a batch.
  for (let last = -1; last !== sent().length || !done(); ) {
    last = sent().length;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
  }
  console.log('first');
  await lines.next();
  const before = sent().length;
  await page.evaluate(() => {
    for (let step = 0; step < 20; step += 1) window.posthog.capture('stepped', { step });
    window.posthog.capture('survey sent', {
      $survey_id: 's1',
      $survey_submission_id: 'sub-1',
      $survey_questions: [
        { id: 'q1', question: 'Would you recommend us?', response: 9 },
        { id: 'q2', question: 'Why?', response: 'fast' },
      ],
      $survey_response_q1: 9,
      $survey_response_q2: 'fast',
      $survey_completed: true,
    });
  });
  const isTaken = () => sent().slice(before).some(({ status }) => status === 200);
  await until(isTaken, 'the second half', 200);
  await page.evaluate(() => window.posthog.capture('left', {}));
  await page.goto('about:blank');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
});
process.exit(0);
