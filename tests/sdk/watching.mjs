// What browser.mjs tells of a page that complains, asks another server and fails.
import { browse, say, serve, until } from './browser.mjs';

const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' };
const other = await serve({ '/taken': { type: 'text/plain', headers, body: 'ok' } });
const page = `<!doctype html><title>Planted</title><script>
  console.error('planted');
  const json = { 'content-type': 'application/json' };
  fetch('${other.url}/taken', { method: 'POST', body: '{}', headers: json }).then(() => {
    navigator.sendBeacon('${other.url}/taken', 'by beacon');
    throw new Error('thrown');
  });
</script>`;
const seen = await browse({ '/': page }, async ({ console, requests }) => {
  await until(() => console.length === 2 && requests.filter((r) => r.status === 200).length === 3, 'requests');
  return { console, requests: requests.map(({ kind, method, body }) => `${kind} ${method} ${body}`).sort() };
});
await other.close();
say(seen);
