// Reads [{file, handler, ctx}] from standard input, runs each, and writes what came of it.
import { register } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

register('./hooks.mjs', import.meta.url);
const { noted, Raised } = await import('./utils.mjs');

const outcomes = [];
for (const { file, handler, ctx } of JSON.parse(readFileSync(0, 'utf8'))) {
  const code = await import(pathToFileURL(file).href);
  noted.length = 0;
  const outcome = { result: null, raised: null };
  try {
    outcome.result = code[handler](ctx) ?? null;
  } catch (fault) {
    if (!(fault instanceof Raised)) throw fault;
    outcome.raised = fault.raised;
  }
  outcomes.push({ ...outcome, noted: [...noted] });
}
process.stdout.write(JSON.stringify(outcomes));
