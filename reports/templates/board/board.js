// Counters that move, and tables that sort. Every page is whole without this.
'use strict';

(() => {
  // Counters.
  const live = [...document.querySelectorAll('[data-live]')];
  const numbers = new Intl.NumberFormat('en');
  const pick = (from, path) => path.split('.').reduce((at, key) => at?.[key], from);
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch('/now.json' + location.search, { headers: { accept: 'application/json' } });
    if (answer.status === 401) location.reload(); // signed out elsewhere
    if (!answer.ok) return;
    const counted = await answer.json();
    for (const place of live) {
      const value = pick(counted, place.dataset.live);
      if (value == null) continue;
      const text = typeof value === 'number' ? numbers.format(value) : value;
      if (place.textContent !== text) place.textContent = text;
    }
  };
  if (live.length) setInterval(() => refresh().catch(() => {}), 5000);

  // Tables.
  const said = (cell) => {
    const own = [...(cell?.childNodes ?? [])].find((node) => !node.matches?.('small, details') && node.textContent.trim());
    return own?.textContent.trim() ?? '';
  };
  const number = (text) => {
    const plain = text.replace(/[,\s\u00a0\u202f]/g, '').replace('−', '-');
    const found = /^[^\d-]{0,2}(-?\d+(?:\.\d+)?)/.exec(plain);
    return found ? Number(found[1]) : null;
  };
  const sort = (table, column, down) => {
    const rows = [...table.tBodies[0].rows];
    const keys = new Map(rows.map((row) => [row, said(row.cells[column])]));
    const isNumeric = rows.every((row) => ['', '–'].includes(keys.get(row)) || number(keys.get(row)) !== null);
    const order = (a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (!isNumeric) return x.localeCompare(y, 'en', { numeric: true });
      const [m, n] = [number(x), number(y)];
      if (m === null || n === null) return (m === null) - (n === null);
      return m - n;
    };
    const blank = (row) => isNumeric && number(keys.get(row)) === null;
    rows.sort((a, b) => (blank(a) || blank(b) ? blank(a) - blank(b) : down ? order(b, a) : order(a, b)));
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll('main table:not(.heatmap)')) {
    const heads = table.tHead?.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
    const rows = [...(table.tBodies[0]?.rows ?? [])];
    const isEven = rows.every((row) => row.cells.length === heads.length && [...row.cells].every((cell) => cell.colSpan === 1));
    if (rows.length < 3 || !isEven) continue;
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') !== 'descending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        sort(table, column, down);
      });
    });
  }
})();
