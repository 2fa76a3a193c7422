// PostHog's SDK for Node, as its manual has it.
//
//   node posthog_node.mjs HOST KEY
//
// Sends one half of its repertoire and says `first`; sends the other half once it reads a line, and
// ends when the SDK has sent everything.

import { createInterface } from 'node:readline';
import { PostHog } from 'posthog-node';

const [host, key] = process.argv.slice(2);
const posthog = new PostHog(key, { host });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const distinctId = 'u1';
const survey = { $survey_id: 's1', $survey_submission_id: 'sub-1' };
const question = { id: 'q1', question: 'Would you recommend us?', response: 6 };

function fail() {
  throw new TypeError('boom');
}

posthog.capture({
  distinctId,
  event: 'paid',
  timestamp: new Date('2026-05-01T09:30:00.250Z'),
  uuid: '01a204f0-9172-758d-adc7-b332dd3a3001',
  properties: { amount: 9.5, $session_id: 'se1', environment: 'staging', $app_version: '4.2.0' },
});
posthog.identify({ distinctId, properties: { $set: { plan: 'pro' }, $anon_distinct_id: 'anon-1' } });
posthog.alias({ distinctId: 'anon-3', alias: distinctId });
posthog.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { seats: 5 }, distinctId });
try {
  fail();
} catch (error) {
  posthog.captureException(error, distinctId);
}
posthog.capture({ distinctId, event: 'survey shown', properties: { $survey_id: 's1' } });
posthog.capture({
  distinctId,
  event: 'survey sent',
  properties: { ...survey, $survey_questions: [question], $survey_response_q1: 6 },
});
await posthog.flush();
// An exception is made ready beside, and may come after the flush.
await new Promise((resolve) => setTimeout(resolve, 200));
await posthog.flush();
console.log('first');
await lines.next();
posthog.capture({ distinctId: 'u2', event: '$pageview', properties: { $current_url: 'https://a/b' } });
for (let step = 0; step < 20; step += 1) {
  posthog.capture({ distinctId: 'u2', event: 'stepped', properties: { step } });
}
posthog.capture({
  distinctId,
  event: 'survey sent',
  properties: {
    ...survey,
    $survey_questions: [{ ...question, response: 9 }, { id: 'q2', question: 'Why?', response: 'fast' }],
    $survey_response_q1: 9,
    $survey_response_q2: 'fast',
    $survey_completed: true,
  },
});
await posthog.shutdown(60_000);
process.exit(0);
