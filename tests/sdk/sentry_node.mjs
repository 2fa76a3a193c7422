// Everything that @sentry/node sends, step by step.
//
//   node sentry_node.mjs DSN    a line on stdin names the next step; its answer is a line of JSON

import * as Sentry from '@sentry/node';
import { createInterface } from 'node:readline';

class CheckoutError extends Error {
  name = 'CheckoutError';
}

function pay(amount) {
  throw new CheckoutError(`no total for ${amount}`);
}

function captured(amount) {
  try {
    return pay(amount);
  } catch (error) {
    return Sentry.captureException(error);
  }
}

Sentry.init({
  dsn: process.argv[2],
  release: 'shop@4.2.0',
  dist: '871',
  environment: 'staging',
  tracesSampleRate: 1,
});

const steps = {
  everything() {
    Sentry.setUser({ id: 'bob', email: 'bob@x.io' });
    Sentry.setTag('plan', 'pro');
    Sentry.addBreadcrumb({ category: 'ui', message: 'clicked pay' });
    const handled = captured(7);
    const message = Sentry.captureMessage('stock is low', 'warning');
    const feedback = Sentry.captureFeedback(
      { message: 'The till is slow', name: 'Bob', email: 'bob@x.io', url: 'https://shop.x/till',
        associatedEventId: handled },
    );
    Sentry.startSpan({ name: 'checkout', op: 'task' }, () => {});
    return { handled, message, feedback };
  },
  lost: () => [captured(1), captured(2)],
  again: () => [captured(3)],
  crash() {
    setTimeout(() => pay(99), 10);
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const answer = steps[line.trim()]();
  await Sentry.flush(5000);
  console.log(JSON.stringify(answer));
}
