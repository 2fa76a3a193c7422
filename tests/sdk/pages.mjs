// Pages for people in Chromium, as people meet them: light and dark, wide and on a phone, with and
// without script, on paper; the rules of axe in each.
//
//   node pages.mjs SERVER KEY PAGES [FOLDER]
//
// Signs in at SERVER with KEY by the form, opens each of PAGES (a JSON array of paths, or of
// addresses of files), and says for each what was wrong. With FOLDER, screenshots are left there.

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { browse, say, watch } from './browser.mjs';

const [server, key, list, folder] = process.argv.slice(2);
const pages = JSON.parse(list);
const here = path.dirname(fileURLToPath(import.meta.url));
const axe = await readFile(path.join(here, 'node_modules/axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 375, height: 720, isMobile: true, hasTouch: true };
const DESK = { width: 1200, height: 900 };

/** Signs in as a person does. */
async function signIn(tab) {
  await tab.goto(`${server}/sign-in?to=%2Fkpis`, { waitUntil: 'load' });
  await tab.type('#key', key);
  await Promise.all([tab.waitForNavigation({ waitUntil: 'load' }), tab.keyboard.press('Enter')]);
  return new URL(tab.url()).pathname;
}

/** Opens a page and waits until its figures are there: it comes again by itself. */
async function open(tab, address) {
  await tab.goto(address, { waitUntil: 'load' });
  for (let tries = 0; tries < 120; tries++) {
    // Between two pages there is none to be asked.
    const isMaking = await tab.$('.making').catch(() => true);
    if (!isMaking) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${address}: the figures are never there`);
}

/** What is too wide for the window, by what it is. */
const tooWide = () => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  const all = [...document.body.querySelectorAll('*')];
  const wide = all.filter((one) => one.getBoundingClientRect().right > width + 1 && !one.closest('.scroll'));
  return wide.slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${one.className}`);
};

/** The rules that a page breaks. */
async function broken(tab) {
  await tab.evaluate(axe);
  const { violations, passes } = await tab.evaluate(() => axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map((n) => n.html.slice(0, 160)).join(' | ')}`);
  return passes.length < 5 ? ['axe saw hardly anything', ...told] : told;
}

const named = (address) => address.replace(/^.*\/(?=[^/]+\.html$)/, '').replace(/[^a-z0-9.]+/gi, '_').slice(0, 80);

const told = await browse({ '/': '<!doctype html><title>Start</title>' }, async ({ browser }) => {
  const tab = await browser.newPage();
  const seen = await watch(tab, server);
  const landed = await signIn(tab);
  const found = {};
  for (const page of pages) {
    const address = page.startsWith('file:') ? page : server + page;
    const faults = [];
    let words = 0;
    for (const scheme of ['light', 'dark']) {
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      for (const [size, viewport] of [['desk', DESK], ['phone', PHONE]]) {
        await tab.setViewport(viewport);
        await open(tab, address);
        faults.push(...(await broken(tab)).map((fault) => `${scheme} ${size}: ${fault}`));
        faults.push(...(await tab.evaluate(tooWide)).map((fault) => `${scheme} ${size}: too wide: ${fault}`));
        words = await tab.evaluate(() => document.body.innerText.length);
        if (folder) {
          const file = path.join(folder, `${named(page) || 'now'}-${scheme}-${size}.png`);
          await tab.screenshot({ path: file, fullPage: true });
        }
      }
    }
    // Whoever has no script reads the same.
    await tab.setJavaScriptEnabled(false);
    await open(tab, address);
    const plain = await tab.evaluate(() => document.body.innerText.length);
    await tab.setJavaScriptEnabled(true);
    if (plain < words * 0.95) faults.push(`without script: ${plain} of ${words} characters`);
    const paper = await tab.pdf({ format: 'A4', printBackground: true, tagged: true });
    if (folder) await writeFile(path.join(folder, `${named(page) || 'now'}.pdf`), paper);
    const title = await tab.title();
    found[page] = { title, faults, words, paper: paper.length };
  }
  return { landed, found, console: seen.console, requests: seen.requests.map(({ url }) => url).filter((url) => !pages.includes(url)) };
}, { viewport: DESK });
say(told);
