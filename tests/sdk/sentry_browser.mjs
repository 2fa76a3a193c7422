// Everything that @sentry/browser sends from a page in Chromium.
//
//   node sentry_browser.mjs DSN    -> {"ids": {…}, "statuses": [200, …]}

import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';

const script = (dsn) => `
  import * as Sentry from '@sentry/browser';
  Sentry.init({
    dsn: ${JSON.stringify(dsn)},
    release: 'shop@4.2.0',
    environment: 'staging',
    tracesSampleRate: 1,
    integrations: [Sentry.browserTracingIntegration()],
  });
  Sentry.setUser({ id: 'cyd', email: 'cyd@x.io' });
  Sentry.setTag('plan', 'pro');
  class CheckoutError extends Error { name = 'CheckoutError'; }
  function pay(amount) { throw new CheckoutError('no total for ' + amount); }
  window.run = async () => {
    const ids = {};
    try { pay(7); } catch (error) { ids.handled = Sentry.captureException(error); }
    ids.message = Sentry.captureMessage('stock is low', 'warning');
    ids.feedback = Sentry.captureFeedback({ message: 'I like the till', name: 'Cyd', email: 'c@x.io' });
    Sentry.startSpan({ name: 'checkout', op: 'task' }, () => {});
    setTimeout(() => pay(99), 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    ids.unhandled = Sentry.lastEventId();
    await Sentry.flush(5000);
    return ids;
  };
`;

const bundled = await build({
  stdin: { contents: script(process.argv[2]), resolveDir: import.meta.dirname },
  bundle: true,
  write: false,
  format: 'iife',
});
const pages = createServer((request, response) => {
  const isScript = request.url === '/app.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? bundled.outputFiles[0].text : '<!doctype html><script src="/app.js"></script>');
});
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const browser = await puppeteer.launch({
  executablePath: candidates.find((file) => file && existsSync(file)),
  args: ['--no-sandbox'],
  headless: true,
});
try {
  const page = await browser.newPage();
  const statuses = [];
  page.on('response', (response) => {
    if (response.url().includes('/envelope/')) statuses.push(response.status());
  });
  await page.goto(`http://127.0.0.1:${pages.address().port}/shop`);
  const ids = await page.evaluate(() => window.run());
  console.log(JSON.stringify({ ids, statuses }));
} finally {
  await browser.close();
  pages.close();
}
