// Walks scenario.json with any client: an object that can ask, follow, publish, receive and ended.
//
// What a client is given comes as JSON on standard input; which steps it passed goes out as JSON.
import { readFileSync } from 'node:fs';

/** Reads what the test gives: endpoint, operations by name, values, limits. */
export const readGiven = () => JSON.parse(readFileSync(0, 'utf8'));

/** Walks every step that is meant for `name`, and exits. */
export async function walk(name, client, given) {
  const values = { ...given.values };
  const passed = [];
  const scenario = JSON.parse(readFileSync(new URL('scenario.json', import.meta.url), 'utf8'));
  for (const raw of scenario.steps) {
    if (raw.only && !raw.only.includes(name)) continue;
    const { token, userId } = values;
    const step = { ...fill(raw, values), token, userId };
    try {
      check(step, await perform(client, step), values);
    } catch (error) {
      throw new Error(`${raw.title}: ${error.message}`);
    }
    passed.push(raw.title);
  }
  return passed;
}

/** Reports to the test and ends the process, whatever sockets are still open. */
export function report(outcome, code = 0) {
  process.stdout.write(JSON.stringify(outcome), () => process.exit(code));
}

function perform(client, step) {
  if (step.ask) return client.ask(step);
  if (step.publish) return client.publish(step);
  if (step.follow) return client.follow(step);
  if (step.ended) return client.ended(step);
  return client.receive(step, (data) => mismatch(step.expect, data) === null);
}

/** Fails unless the answer, `{ data, errors }`, is what the step says. */
function check(step, { data, errors }, values) {
  if (step.error) {
    const types = (errors ?? []).map((one) => one.errorType ?? one.message);
    if (!types.some((type) => type.includes(step.error))) {
      throw new Error(`expected the error ${step.error}, got ${JSON.stringify({ data, errors })}`);
    }
    return;
  }
  if (errors?.length) throw new Error(JSON.stringify(errors));
  const wrong = mismatch(step.expect ?? {}, data);
  if (wrong) throw new Error(wrong);
  for (const [name, path] of Object.entries(step.keep ?? {})) values[name] = at(data, path);
}

function mismatch(expected, data) {
  for (const [path, value] of Object.entries(expected)) {
    const found = at(data, path);
    if (JSON.stringify(found) !== JSON.stringify(value)) {
      return `${path} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`;
    }
  }
  return null;
}

const at = (data, path) => path.split('.').reduce((value, key) => value?.[key] ?? null, data);

/** Puts values in the place of `${name}`. */
function fill(node, values) {
  if (typeof node === 'string') {
    const name = /^\$\{(\w+)\}$/.exec(node)?.[1];
    return name ? values[name] : node;
  }
  if (Array.isArray(node)) return node.map((one) => fill(one, values));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value, values)]));
}
