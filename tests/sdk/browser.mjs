// Opens a page in Chromium and tells what happened there: console lines, errors, requests.
//
//   import { browse, say } from './browser.mjs';
//   say(await browse({ '/': '<!doctype html>…<script src="/node_modules/x/dist/x.js"></script>' },
//     async ({ page, site, requests }) => {
//       await page.waitForFunction(() => window.done === true);
//       return { asked: requests.map((request) => request.url) };
//     }));
//
// Pages are served by a small server of their own, at another port and so another origin than
// Shipwake; what lies in `node_modules` is served below /node_modules/. Chromium is Debian's, or the
// one that the variable CHROMIUM names.

import { createServer } from 'node:http';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
};
const typeOf = (name) => TYPES[path.extname(name)] ?? 'application/octet-stream';

/** Where Chromium is, or null. */
export function chromium() {
  const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
  return candidates.find((file) => file && existsSync(file)) ?? null;
}

/**
 * Serves pages on a free port of 127.0.0.1 until `close()`.
 *
 * `pages` maps a path to what is there: a text, `{ body, type, headers, status }`, `{ file }` (a
 * path, from this folder), or a function of the request that returns one of these.
 */
export async function serve(pages) {
  const server = createServer(async (request, response) => {
    try {
      const { pathname } = new URL(request.url, 'http://x');
      const found = await lookUp(pages, decodeURIComponent(pathname), request);
      response.writeHead(found.status ?? 200, {
        'content-type': found.type ?? 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        ...found.headers,
      });
      response.end(found.body);
    } catch (error) {
      response.writeHead(500);
      response.end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function lookUp(pages, pathname, request) {
  let found = pages[pathname];
  if (typeof found === 'function') found = await found(request);
  if (typeof found === 'string') {
    return { body: found, type: path.extname(pathname) ? typeOf(pathname) : TYPES['.html'] };
  }
  if (found?.file) {
    const file = path.resolve(here, found.file);
    return { type: typeOf(file), ...found, body: await readFile(file) };
  }
  if (found) return found;
  if (pathname.startsWith('/node_modules/')) {
    const file = path.resolve(here, `.${pathname}`);
    if (file.startsWith(modules + path.sep) && existsSync(file)) {
      return { type: typeOf(file), body: await readFile(file) };
    }
  }
  // Browsers ask for it by themselves, and a 404 would be a line on the console.
  if (pathname === '/favicon.ico') return { status: 204, body: '' };
  return { status: 404, body: 'nothing is here' };
}

/**
 * Opens the page at `options.path` ('/') of `pages` and hands `{ page, browser, site, console,
 * requests }` to `work`; returns what `work` returns and closes everything.
 *
 * `console` grows by `"<type>: <text>"` lines (uncaught errors as `"uncaught: …"`), `requests` by
 * `{ url, method, headers, body, kind, status, failure }`: every request but those to the site's
 * own server. A preflight is a request of the kind `preflight`.
 *
 * Options: `path`, `args` (more of Chromium's), `viewport`, `before(page)` (called before the page
 * is opened), `wait` (when the page counts as loaded: puppeteer's `waitUntil`).
 */
export async function browse(pages, work, options = {}) {
  const site = await serve(pages);
  const profile = await mkdtemp(path.join(tmpdir(), 'shipwake-browser-'));
  let browser;
  try {
    const { default: puppeteer } = await import('puppeteer-core');
    browser = await puppeteer.launch({
      executablePath: chromium() ?? 'chromium',
      headless: true,
      userDataDir: profile,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...(options.args ?? [])],
      defaultViewport: options.viewport ?? { width: 1000, height: 700 },
    });
    const page = (await browser.pages())[0] ?? (await browser.newPage());
    const seen = await watch(page, site.url);
    await options.before?.(page);
    await page.goto(site.url + (options.path ?? '/'), { waitUntil: options.wait ?? 'load' });
    return await work({ page, browser, site, ...seen });
  } finally {
    await browser?.close();
    await site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Collects what a page says and asks for, from now on. */
export async function watch(page, ownUrl = 'http://nowhere.invalid') {
  const lines = [];
  const requests = [];
  const byId = new Map();
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`uncaught: ${error?.message ?? error}`));
  // Of the protocol itself: puppeteer's own events leave out preflights and beacons' bodies.
  const session = await page.createCDPSession();
  await session.send('Network.enable', { maxPostDataSize: 1 << 20 });
  session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    if (request.url.startsWith(ownUrl) || request.url.startsWith('data:')) return;
    const entry = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: request.postData ?? null,
      kind: isPreflight(request) ? 'preflight' : (type?.toLowerCase() ?? 'other'),
      status: null,
      failure: null,
    };
    byId.set(requestId, entry);
    requests.push(entry);
  });
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const entry = byId.get(requestId);
    if (entry) entry.status = response.status;
  });
  session.on('Network.loadingFailed', ({ requestId, errorText, blockedReason, corsErrorStatus }) => {
    const entry = byId.get(requestId);
    if (entry) entry.failure = corsErrorStatus?.corsError ?? blockedReason ?? errorText;
  });
  return { console: lines, requests };
}

function isPreflight({ method, headers }) {
  return method === 'OPTIONS' && 'Access-Control-Request-Method' in headers;
}

/** Waits until `condition()` holds. */
export async function until(condition, what = 'a condition', seconds = 20) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The answer of a script to the test that runs it: one JSON value on stdout. */
export function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
