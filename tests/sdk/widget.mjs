// The feedback widget in Chromium, against a running Shipwake.
//
//   node widget.mjs SCENARIO SERVER KEY [FOLDER | INTEGRITY]
//
// Says what the page saw and did; what arrived in the tables is for the test that runs this. With
// FOLDER, screenshots are left there; `hostile` holds the script to INTEGRITY.

import { createServer, request as forward } from 'node:http';
import path from 'node:path';
import { browse, say, until } from './browser.mjs';

const [scenario, server, key, extra] = process.argv.slice(2);

/** A page that embeds the widget from `origin`. */
function page({ attributes = '', html = 'lang="en"', origin = server, body = '' } = {}) {
  return `<!doctype html><html ${html}><head><title>Shop</title>
    <meta name="viewport" content="width=device-width"></head>
    <body><main><h1>Shop</h1><p>Words of the page.</p>${body}</main>
    <script async src="${origin}/widget/v1.js" data-key="${key}" ${attributes}></script></body></html>`;
}

const ready = (tab) => tab.waitForFunction('window.shipwakeFeedback?.open');
const open = (tab, form, more = {}) =>
  tab.evaluate((form, more) => shipwakeFeedback.open(form, more), form, more);
/** Something of the widget, computed in the page. */
const inside = (tab, work) =>
  tab.evaluate(`(${work})(document.querySelector('shipwake-feedback').shadowRoot)`);
const queued = (tab) =>
  tab.evaluate((key) => (JSON.parse(localStorage.getItem(`shipwake.${key}`))?.queue ?? []).length, key);
const emptied = (tab) => until(async () => (await queued(tab)) === 0, 'an empty queue');
const shoot = async (tab, name) => {
  if (extra) await tab.screenshot({ path: path.join(extra, `${name}.png`) });
};
const press = async (tab, key, times = 1) => {
  for (let n = 0; n < times; n++) await tab.keyboard.press(key);
};

/** Fills the open form by keyboard alone: `steps` to the right from the first score, words, Enter. */
async function answer(tab, steps, words) {
  if (steps !== null) {
    await press(tab, 'Space');
    await press(tab, 'ArrowRight', steps);
    await press(tab, 'Tab');
  }
  await tab.keyboard.type(words);
  await press(tab, 'Tab');
  await press(tab, 'Enter');
  await until(() => inside(tab, "(root) => root.textContent.includes('Thank you!')"), 'thanks');
}

const scenarios = {
  // Each form, by keyboard alone, on a page with as strict a policy as there is.
  async kinds() {
    const policy = `default-src 'none'; script-src ${server}; connect-src ${server}; require-trusted-types-for 'script'`;
    const html = page({ attributes: 'data-release="4.2.0" data-feature="cart" data-survey="s-1" data-user="u-1"' });
    const pages = { '/settings': { body: html, headers: { 'content-security-policy': policy } } };
    return browse(
      pages,
      async ({ page: tab, console, requests }) => {
        await ready(tab);
        await inside(tab, "(root) => root.querySelector('.float').focus()");
        await press(tab, 'Enter'); // its own button opens the form that the page names
        await answer(tab, 3, 'csat words');
        await press(tab, 'Escape');
        const focus = await inside(tab, '(root) => root.activeElement.className');
        for (const [form, steps] of [['nps', 9], ['emoji', 4], ['text', null], ['bug', null]]) {
          await open(tab, form);
          await answer(tab, steps, `${form} words`);
        }
        await emptied(tab);
        return {
          console,
          focus,
          requests: requests.map(({ kind, method, status, headers, url }) => ({
            kind,
            method,
            status,
            type: headers['content-type'] ?? headers['Content-Type'] ?? null,
            foreign: !url.startsWith(server),
          })),
        };
      },
      { path: '/settings?token=secret#part' },
    );
  },

  // Every form in every theme, held to the rules of axe.
  async axe() {
    const found = [];
    for (const attributes of ['data-theme="light"', 'data-theme="dark"']) {
      const body = '<script src="/node_modules/axe-core/axe.min.js"></script>';
      const html = page({ attributes, body });
      await browse({ '/': html }, async ({ page: tab, console }) => {
        await ready(tab);
        const look = async (what) => {
          const { violations, passes } = await tab.evaluate(() => axe.run({ exclude: ['main'] }));
          found.push({ what: `${attributes} ${what}`, passes: passes.length > 0, console: [...console],
            violations: violations.map((one) => `${one.id}: ${one.nodes.map((n) => n.html).join(' | ')}`) });
        };
        await look('button');
        for (const form of ['nps', 'csat', 'emoji', 'text', 'bug']) {
          await open(tab, form);
          await press(tab, 'Space');
          await look(form);
          await shoot(tab, `${form}${attributes.includes('dark') ? '-dark' : ''}`);
        }
        await tab.keyboard.type('words');
        await press(tab, 'Tab');
        await press(tab, 'Enter');
        await look('thanks');
        await shoot(tab, `thanks${attributes.includes('dark') ? '-dark' : ''}`);
      });
    }
    return found;
  },

  // Without a network, then with one; then on a new page of the same site.
  async offline() {
    return browse({ '/': page() }, async ({ page: tab }) => {
      await ready(tab);
      await tab.setOfflineMode(true);
      await open(tab, 'nps');
      await answer(tab, 7, 'offline, first');
      await open(tab, 'bug');
      await answer(tab, null, 'offline, second');
      const before = await queued(tab);
      await tab.setOfflineMode(false);
      await emptied(tab);
      return { before, after: await queued(tab) };
    });
  },

  // A server that is away, busy, and dies before its answer.
  async broken() {
    let mode = 'open';
    const seen = [];
    const proxy = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const isSent = request.method === 'POST';
        if (isSent) seen.push(mode);
        if (isSent && mode === 'away') return request.socket.destroy();
        const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After' };
        if (isSent && mode === 'busy') {
          response.writeHead(503, { ...headers, 'retry-after': '1' });
          return response.end('{}');
        }
        if (isSent && mode === 'portal') {
          response.writeHead(200, { ...headers, 'content-type': 'text/html' });
          return response.end('<h1>Accept our terms</h1>');
        }
        const upstream = forward(server + request.url, { method: request.method, headers: request.headers }, (answer) => {
          if (isSent && mode === 'unheard') return request.socket.destroy();
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
        upstream.end(Buffer.concat(chunks));
      });
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${proxy.address().port}`;
    const kept = {};
    const pages = { '/': page({ origin }), '/other': '<!doctype html><title>Other</title>' };
    await browse(pages, async ({ page: tab, site }) => {
      for (mode of ['away', 'busy', 'portal', 'unheard']) {
        await ready(tab);
        const so_far = seen.length;
        await open(tab, 'nps');
        await answer(tab, 5, mode);
        await until(() => seen.length > so_far, `a try while ${mode}`);
        kept[mode] = await queued(tab);
        mode = 'open';
        // The widget comes again by itself: after Retry-After, else after some seconds.
        await emptied(tab);
      }
      // A page that goes away takes its feedback along, and the next one sends it again.
      mode = 'busy';
      const so_far = seen.length;
      await open(tab, 'bug');
      await answer(tab, null, 'left behind');
      await until(() => seen.length > so_far, 'a try while busy');
      mode = 'open';
      await tab.goto(`${site.url}/other`);
      await tab.goto(site.url);
      await ready(tab);
      await emptied(tab);
      kept.left = seen.slice(so_far);
    });
    proxy.closeAllConnections();
    proxy.close();
    return kept;
  },

  // By itself: seldom, without taking the focus, and never again for those who say so.
  async asking() {
    const isOpen = (tab) => inside(tab, "(root) => Boolean(root.querySelector('section'))");
    const attempts = {};
    const body = '<input id="field" aria-label="Name" autofocus><button class="feedback">Say it</button>';
    const asking = (more) => page({ attributes: `data-kind="emoji" data-delay="0.05" ${more}`, body });
    const pages = {
      '/never': asking('data-sample="0"'),
      '/asked': asking('data-cooldown-days="1"'),
      '/soon': asking('data-cooldown-days="0"'),
      '/attached': page({ attributes: 'data-attach=".feedback"', body }),
      '/early': page({ body: "<script>(window.shipwakeFeedback ||= []).push(['open', 'bug'])</script>" }),
    };
    const pause = () => new Promise((resolve) => setTimeout(resolve, 600));
    await browse(pages, async ({ page: tab, site }) => {
      const visit = async (name) => {
        await tab.goto(site.url + name);
        await ready(tab);
        await pause();
        return isOpen(tab);
      };
      attempts.never = await isOpen(tab);
      attempts.asked = await visit('/asked');
      await shoot(tab, 'asked');
      attempts.focus = await tab.evaluate(() => document.activeElement.id);
      attempts.told = await inside(tab, "(root) => root.querySelector('[role=status]').textContent");
      attempts.again = await visit('/asked');
      attempts.soon = await visit('/soon');
      await inside(tab, "(root) => root.querySelector('.never').click()");
      attempts.closed = !(await isOpen(tab));
      attempts.after_no = await visit('/soon');
      attempts.attached = await visit('/attached');
      await tab.click('.feedback');
      attempts.clicked = await isOpen(tab);
      await press(tab, 'Escape');
      attempts.back_to = await tab.evaluate(() => document.activeElement.className);
      attempts.early = await visit('/early');
      await tab.keyboard.type('typed');
      attempts.typed = await inside(tab, "(root) => root.querySelector('textarea').value");
    }, { path: '/never' });
    return attempts;
  },

  // Another language, another direction, a phone, other colours; calls from before the script.
  async dress() {
    const labels = JSON.stringify({ nps: 'كم ترشحنا؟', npsEnds: ['لا', 'نعم'], send: 'إرسال', button: 'رأيك' });
    const early = `<script>(window.shipwakeFeedback ||= []).push(['identify', 'u-7']);
      shipwakeFeedback.push(['setContext', { release: '5.0', properties: { plan: 'pro' } }]);</script>`;
    const rtl = page({ html: 'lang="ar" dir="rtl"', body: early,
      attributes: `data-kind="nps" data-color="#7a1fa2" data-labels='${labels}'` });
    return browse({ '/': rtl }, async ({ page: tab, console }) => {
      await ready(tab);
      await shoot(tab, 'rtl-button');
      const button = await inside(tab, "(root) => { const box = root.querySelector('.float').getBoundingClientRect(); return [box.left < 100, root.querySelector('.float').textContent]; }");
      await open(tab, 'nps');
      await press(tab, 'Space');
      await shoot(tab, 'rtl');
      const text = await inside(tab, "(root) => root.querySelector('section').textContent");
      const box = await inside(tab, "(root) => { const box = root.querySelector('section').getBoundingClientRect(); return [box.left, box.right, innerWidth]; }");
      const id = await tab.evaluate(() =>
        shipwakeFeedback.send({ kind: 'csat', score: 2, text: 'by call', release: '5.1' }));
      await emptied(tab);
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
      const background = await inside(tab, "(root) => getComputedStyle(root.querySelector('section')).backgroundColor");
      return { button, text, box, id, background, console };
    }, { viewport: { width: 320, height: 640 } });
  },

  // Pages on which much is forbidden or wrong: nothing is thrown into them.
  async hostile() {
    const seen = {};
    const visit = async (name, html, headers, work = async () => {}) => {
      await browse({ '/': { body: html, headers } }, async ({ page: tab, console }) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        await work(tab);
        seen[name] = [...console];
      });
    };
    const sandbox = { 'content-security-policy': 'sandbox allow-scripts allow-forms' };
    // No storage there: what is sent is held in memory until it is taken.
    await visit('sandbox', page(), sandbox, async (tab) => {
      await ready(tab);
      await tab.evaluate(() => {
        addEventListener('shipwake:sent', () => (window.wasSent = true));
        shipwakeFeedback.send({ kind: 'bug_report', text: 'from a sandbox' });
      });
      await tab.waitForFunction('window.wasSent');
    });
    await visit('labels', page({ attributes: `data-labels="{"` }), {});
    await visit('form', page({ attributes: 'data-kind="none"' }), {}, async (tab) => {
      await tab.evaluate(() => window.shipwakeFeedback?.open());
      await tab.evaluate(() => window.shipwakeFeedback?.open('bug'));
      await tab.evaluate(() => window.shipwakeFeedback?.push(['nothing']));
    });
    await visit('twice', page({ body: `<script src="${server}/widget/v1.js" data-key="${key}"></script>` }), {},
      async (tab) => {
        const hosts = await tab.evaluate(() => document.querySelectorAll('shipwake-feedback').length);
        if (hosts !== 1) throw new Error(`${hosts} widgets`);
      });
    await visit('pinned', page().replace('/widget/v1.js"', `/widget/1.0.0.js" crossorigin integrity="${extra}"`), {}, ready);
    await visit('wrong_key', page().replace(key, 'sw_send_nobody'), {}, async (tab) => {
      await ready(tab);
      await tab.evaluate(() => {
        addEventListener('shipwake:error', (event) => (window.failed = event.detail.error));
        shipwakeFeedback.send({ score: 1 });
      });
      await tab.waitForFunction("window.failed === 'unknown_key'");
    });
    return seen;
  },

  // A plain form, with scripts switched off.
  async form() {
    const form = (back) => `<!doctype html><title>Form</title>
      <form method="post" action="${server}/v1/feedback/form">
        <input type="hidden" name="key" value="${key}"><input type="hidden" name="kind" value="csat">
        <input type="hidden" name="release" value="4.2.0"><input type="hidden" name="return" value="${back}">
        <label>Score <input name="score" id="score"></label>
        <label>Words <textarea name="text"></textarea></label><button>Send</button></form>`;
    const pages = { '/form': form('/thanks?x=1'), '/evil': form('//evil.invalid/'), '/thanks': '<!doctype html><title>Thanks</title>' };
    return browse(pages, async ({ page: tab, site }) => {
      const seen = {};
      for (const [name, from, score] of [['back', '/form', '4'], ['stays', '/evil', '5'], ['refused', '/form', '<b>']]) {
        await tab.goto(site.url + from);
        await tab.type('#score', score);
        await tab.type('textarea', 'line one\nзавтра & 100%');
        await Promise.all([tab.waitForNavigation(), tab.click('button')]);
        await shoot(tab, `form-${name}`);
        const address = tab.url().replace(site.url, 'SITE').replace(server, 'SERVER');
        seen[name] = [address, await tab.title()];
      }
      return seen;
    }, { path: '/form', before: (tab) => tab.setJavaScriptEnabled(false) });
  },
};

say(await scenarios[scenario]());
