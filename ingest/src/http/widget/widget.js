// Shipwake's feedback widget: asks, keeps the answer in the browser's storage, sends it once there
// is a way to the server. One file, no other request than the one that carries feedback, no cookie.
//
// Embed it with one line; `shipwake quickstart --sdk widget` prints it with a real key:
//
//   <script async src="https://HOST/widget/v1.js" data-key="KEY" data-release="4.2.0"></script>
//
// What is served is the minified copy beside this file, `widget.min.js`; mod.rs says how it is made.
(() => {
  const doc = document;
  const script = doc.currentScript;
  const early = window.shipwakeFeedback;
  if (!script || early?.open) return;

  const VERSION = '1.0.0';
  const TEXT_CHARS_MAX = 2000;
  const QUEUE_MAX = 50;
  // A body that is sent while the page goes away may have 64 KiB; a character has up to 3 bytes.
  const BODY_CHARS_MAX = 21e3;
  const PIECES_CHARS_MAX = 2e4;
  const WAIT_SECONDS_MAX = 300;
  const DAY_MS = 864e5;

  const options = { kind: 'csat', theme: 'auto', sample: 1, cooldownDays: 30, ...script.dataset };
  const labels = {
    button: 'Feedback',
    close: 'Close',
    send: 'Send',
    never: 'Do not ask again',
    thanks: 'Thank you!',
    more: 'What is the main reason? (optional)',
    hint: 'Please leave out personal data.',
    nps: 'How likely are you to recommend us?',
    npsEnds: ['Not likely', 'Very likely'],
    csat: 'How satisfied are you?',
    csatEnds: ['Very dissatisfied', 'Very satisfied'],
    emoji: 'How do you feel about it?',
    faces: ['Very bad', 'Bad', 'So-so', 'Good', 'Very good'],
    text: 'What would you like to tell us?',
    bug: 'What went wrong?',
  };
  // How a form is sent: the kind of feedback, the ends of its scale, the scale.
  const FORMS = {
    nps: ['nps', 0, 10, '0-10'],
    csat: ['csat', 1, 5, '1-5'],
    emoji: ['csat', 1, 5, '1-5'],
    text: ['comment'],
    bug: ['bug_report'],
  };
  const context = {};

  const emit = (name, detail) =>
    dispatchEvent(new CustomEvent('shipwake:' + name, { detail }));
  // Nothing that fails here is thrown into the page.
  const guarded = (work) => (...given) => {
    try {
      return work(...given);
    } catch (error) {
      emit('error', error);
    }
  };

  // -- What is kept: the queue, when somebody was asked, the anonymous id.

  const STORE = 'shipwake.' + options.key;
  let memory; // in place of a storage that cannot be written
  const kept = () => {
    try {
      if (!memory) return JSON.parse(localStorage.getItem(STORE)) || {};
    } catch {}
    return memory || {};
  };
  const keep = (change) => {
    const next = { ...kept(), ...change };
    try {
      if (!memory) return localStorage.setItem(STORE, JSON.stringify(next));
    } catch {}
    memory = next;
  };
  const queue = () => [].concat(kept().queue || []);
  const randomId = () =>
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => (byte + 256).toString(16).slice(1))
      .join('');
  const anonymousId = () => {
    if (navigator.globalPrivacyControl || navigator.doNotTrack == 1) return;
    const { id = randomId() } = kept();
    keep({ id });
    return id;
  };

  // -- Sending: text/plain and the key in the query, so that there is no preflight.

  const address =
    (options.endpoint || new URL('../v1/feedback', script.src)) +
    '?key=' +
    encodeURIComponent(options.key);
  let isSending, timer;
  let tries = 0;
  const batch = () => {
    let chars = 0;
    return queue().filter((piece, n) => (chars += JSON.stringify(piece).length) < PIECES_CHARS_MAX || !n);
  };
  const body = (feedback) => JSON.stringify({ sent_at: new Date(), feedback });

  const flush = async () => {
    const pieces = batch();
    if (isSending || !pieces[0] || !navigator.onLine) return;
    isSending = true;
    clearTimeout(timer);
    let wait = Math.min(5 * 2 ** tries++, WAIT_SECONDS_MAX);
    try {
      const text = body(pieces);
      const response = await fetch(address, {
        method: 'POST',
        body: text,
        keepalive: text.length < BODY_CHARS_MAX,
        credentials: 'omit',
      });
      const { status } = response;
      if (status == 408 || status == 429 || status > 499) {
        wait = +response.headers.get('retry-after') || wait;
      } else {
        // A page that a hotel's network answers in the server's place is no JSON: sent again.
        const answer = await response.json();
        const ids = pieces.map((piece) => piece.event_id);
        keep({ queue: queue().filter((piece) => !ids.includes(piece.event_id)) });
        wait = tries = 0;
        emit(status == 200 ? 'sent' : 'error', answer);
      }
    } catch {}
    isSending = false;
    if (queue()[0]) timer = setTimeout(flush, wait * 1e3);
  };

  const send = (piece) => {
    const event = {
      event_id: randomId(),
      occurred_at: new Date(),
      source: 'widget',
      sdk_name: 'widget',
      sdk_version: VERSION,
      platform: 'web',
      locale: navigator.language,
      page: location.pathname,
      release: options.release,
      environment: options.environment,
      feature: options.feature,
      survey_id: options.survey,
      user_id: options.user,
      anonymous_id: anonymousId(),
      ...context,
      ...piece,
      properties: { ...context.properties, ...piece.properties },
    };
    keep({ queue: [...queue(), event].slice(-QUEUE_MAX), asked: Date.now() });
    emit('queued', event);
    flush();
    return event.event_id;
  };

  // -- What is shown, in a shadow root: the page's styles stay out, and ours stay in.

  const DARK = '{color-scheme:dark;--A:#8bf;--O:#112;--B:#222;--F:#eee}';
  const STYLE =
    ':host{all:initial;color-scheme:light;--A:#15b;--O:#fff;--B:#fff;--F:#222}' +
    `:host([theme=dark])${DARK}@media(prefers-color-scheme:dark){:host([theme=auto])${DARK}}` +
    '.stage{--a:var(--shipwake-accent,var(--A));--o:var(--shipwake-on-accent,var(--O));--b:var(--shipwake-background,var(--B));--f:var(--shipwake-text,var(--F));--l:var(--shipwake-border,#888);font:var(--shipwake-font,16px/1.4 system-ui,sans-serif);color:var(--f)}' +
    '*{box-sizing:border-box;margin:0;padding:0;border:0;background:none;font:inherit;color:inherit}' +
    'section,.float{position:fixed;z-index:2147483647;bottom:1em;inset-inline-end:1em;background:var(--b);border:1px solid var(--l);box-shadow:0 4px 16px #0004}' +
    'section{width:min(27em,100vw - 2em);max-height:calc(100vh - 2em);overflow:auto;padding:1.25em;border-radius:12px}' +
    'button{min-height:44px;padding:0 1.1em;border-radius:8px;cursor:pointer}' +
    '.float{border-radius:22px}.float,.send{background:var(--a);color:var(--o);font-weight:600}' +
    '.x{position:absolute;top:6px;inset-inline-end:6px;min-height:34px;padding:0 .4em;font-size:1.5em}' +
    'fieldset{margin-bottom:1em;min-width:0}legend,label[for]{display:block;margin-bottom:.6em}#q{font-weight:600;padding-inline-end:2em}' +
    '.scores,label span{display:grid}.scores{grid-template-columns:repeat(auto-fit,minmax(24px,1fr));gap:3px}.scores label{position:relative}' +
    'input{position:absolute;inset:0;width:100%;height:100%;opacity:0;cursor:pointer}' +
    'label span{place-items:center;min-height:44px;border:1px solid var(--l);border-radius:8px}' +
    'input:hover+span{border-color:var(--a)}input:checked+span{background:var(--a);border-color:var(--a);color:var(--o);forced-color-adjust:none}' +
    'svg{width:32px;fill:none;stroke:currentColor;stroke-width:1.7;stroke-linecap:round}' +
    '.ends{display:flex;justify-content:space-between;gap:1em;margin-top:.3em}.ends,#h{font-size:.85em}' +
    'textarea{display:block;width:100%;min-height:5.5em;padding:.5em;border:1px solid var(--l);border-radius:8px;resize:vertical}' +
    '#h{margin:.4em 0 1em}.never{text-decoration:underline}' +
    'p[role]{position:fixed;opacity:0;pointer-events:none}' +
    ':focus-visible,input:focus-visible+span{outline:3px solid var(--a);outline-offset:2px}';

  const make = (tag, attributes, ...children) => {
    const element = /svg|path/.test(tag)
      ? doc.createElementNS('http://www.w3.org/2000/svg', tag)
      : doc.createElement(tag);
    for (const name in attributes) {
      if (attributes[name] != null) element.setAttribute(name, attributes[name]);
    }
    element.append(...children);
    return element;
  };
  const button = (attributes, text, act) => {
    const element = make('button', { type: 'button', ...attributes }, text);
    if (act) element.onclick = guarded(act);
    return element;
  };
  const face = (score) => {
    const mouth = 17 - score / 2;
    const curve = `M8 ${mouth}Q12 ${mouth + 2 * (score - 3)} 16 ${mouth}`;
    const d = 'M12 2a10 10 0 1 0 .01 0M8.7 9v.6M15.3 9v.6' + curve;
    return make('svg', { viewBox: '0 0 24 24' }, make('path', { d }));
  };

  const host = make('shipwake-feedback');
  const root = host.attachShadow({ mode: 'open' });
  const status = make('p', { role: 'status' });
  const stage = make('div', { class: 'stage' }, status);
  let panel, came;

  const float = button({ class: 'float' }, '', () => open());
  const dress = () => {
    host.setAttribute('theme', options.theme);
    if (options.color) host.style.setProperty('--shipwake-accent', options.color);
    float.textContent = labels.button;
    float.hidden = panel || options.button == 'none' || options.attach || options.delay;
  };

  const close = () => {
    if (!panel) return;
    panel.remove();
    panel = null;
    dress();
    came?.focus();
  };

  const scores = (form, [, min, max], question) => {
    const { faces } = labels;
    const isFaces = form == 'emoji';
    const [low, high] = isFaces ? [faces[0], faces[4]] : labels[form + 'Ends'];
    const choices = make('div', { class: 'scores' });
    for (let score = min; score <= max; score++) {
      const end = score == min ? low : score == max && high;
      const name = isFaces ? faces[score - 1] : end ? `${score}: ${end}` : score;
      choices.append(
        make(
          'label',
          {},
          make('input', { type: 'radio', name: 'score', value: score, required: '', 'aria-label': name }),
          make('span', {}, isFaces ? face(score) : score),
        ),
      );
    }
    const words = [low, high].map((end) => make('span', {}, end));
    return make(
      'fieldset',
      {},
      make('legend', { id: 'q' }, question),
      choices,
      make('div', { class: 'ends' }, ...words),
    );
  };

  const form = (name, more, isAsked) => {
    const shape = FORMS[name];
    const hasScore = shape[1] != null;
    const question = more.question || labels[name];
    const words = make('textarea', {
      id: 'w',
      name: 'text',
      maxlength: TEXT_CHARS_MAX,
      'aria-describedby': 'h',
      required: hasScore ? null : '',
    });
    const label = hasScore
      ? make('label', { for: 'w' }, labels.more)
      : make('label', { for: 'w', id: 'q' }, question);
    const element = make(
      'form',
      {},
      hasScore ? scores(name, shape, question) : '',
      label,
      words,
      make('p', { id: 'h' }, labels.hint),
      make('button', { class: 'send' }, labels.send),
    );
    if (isAsked) {
      element.append(
        button({ class: 'never' }, labels.never, () => {
          optOut();
          close();
        }),
      );
    }
    element.onsubmit = guarded((event) => {
      event.preventDefault();
      const text = words.value;
      if (!hasScore && !text.trim()) return words.focus();
      const score = element.score && +element.score.value;
      const properties = { form: name, ...more.properties };
      send({ ...more, kind: shape[0], question, score, scale: shape[3], text, properties });
      element.replaceWith(make('p', { id: 'q' }, labels.thanks));
      status.textContent = labels.thanks;
      panel.firstChild.focus();
      const shown = panel;
      setTimeout(() => panel == shown && close(), 5e3);
    });
    return element;
  };

  // Opens a form. Where nobody asked for it, the focus stays where it is and the question is told
  // to screen readers by the way.
  const open = (name = options.kind, more = {}, isAsked) => {
    close();
    const content = form(name, more, isAsked);
    came = isAsked ? null : root.activeElement || doc.activeElement;
    panel = make('section', { role: 'dialog', 'aria-labelledby': 'q' });
    panel.append(button({ class: 'x', 'aria-label': labels.close }, '×', close), content);
    panel.onkeydown = (event) => {
      if (event.key == 'Escape') close();
    };
    stage.append(panel);
    dress();
    if (isAsked) status.textContent = labels[name];
    else content.querySelector('input,textarea').focus();
    emit('open', name);
  };

  // -- When nobody calls: by a button, or by itself after a while, seldom.

  const optOut = () => keep({ never: true });
  const ask = () => {
    const { chance = Math.random(), asked = 0, never } = kept();
    keep({ chance });
    const isRested = Date.now() - asked > options.cooldownDays * DAY_MS;
    if (never || !isRested || chance >= options.sample || panel) return;
    keep({ asked: Date.now() });
    open(options.kind, {}, true);
  };

  const configure = ({ labels: others, ...rest }) => {
    Object.assign(labels, others);
    Object.assign(options, rest);
    dress();
  };
  const api = {
    open: (name, more) => open(name, more),
    close,
    send,
    flush,
    optOut,
    configure,
    identify: (user) => (context.user_id = user),
    setContext: (more) => Object.assign(context, more),
    push: ([name, ...given]) => api[name](...given),
  };
  for (const name in api) api[name] = guarded(api[name]);

  const start = guarded(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    if (options.labels) configure({ labels: guarded(JSON.parse)(options.labels) });
    window.shipwakeFeedback = api;
    dress();
    stage.append(float);
    root.append(stage);
    doc.body.append(host);
    if (Array.isArray(early)) early.forEach(api.push);
    if (options.attach) {
      doc.addEventListener('click', guarded((event) => event.target.closest(options.attach) && open()));
    }
    if (options.delay) setTimeout(guarded(ask), options.delay * 1e3);
    addEventListener('online', flush);
    const leave = guarded(() => {
      const pieces = batch();
      if (!isSending && pieces[0]) navigator.sendBeacon(address, body(pieces));
    });
    addEventListener('pagehide', leave);
    flush();
  });
  if (doc.body) start();
  else doc.addEventListener('DOMContentLoaded', start);
})();
