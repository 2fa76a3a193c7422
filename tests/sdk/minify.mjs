// The minified copy of the feedback widget, on stdout. What ingest serves is this, kept beside the
// source: node tests/sdk/minify.mjs > ingest/src/http/widget/widget.min.js
import { transform } from 'esbuild';
import { readFile } from 'node:fs/promises';

const source = new URL('../../ingest/src/http/widget/widget.js', import.meta.url);
const { code } = await transform(await readFile(source, 'utf8'), {
  minify: true,
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'none',
});
process.stdout.write(code);
