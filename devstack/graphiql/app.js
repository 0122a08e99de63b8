// The page: GraphiQL itself, with PayPulse's header, log-in, errors and live events around it.

import { Refused, ask } from './appsync.js';
import { LivePanel } from './live.js';
import { Session } from './session.js';

const { React, ReactDOM, GraphiQL } = window;
const h = React.createElement;
const element = (id) => document.getElementById(id);

const MODES = {
  key: 'API key',
  session: 'Logged in',
  signed: 'IAM signature',
  none: 'No credentials',
  broken: 'Headers are no JSON',
};

// Tabs hold variables, and variables may hold passwords: they go with the browser tab. The choice
// of light or dark stays.
const storage = {
  getItem: (key) => storeOf(key).getItem(key),
  setItem: (key, value) => storeOf(key).setItem(key, value),
  removeItem: (key) => storeOf(key).removeItem(key),
  clear: () => sessionStorage.clear(),
  get length() {
    return sessionStorage.length;
  },
};
const storeOf = (key) => (key === 'graphiql:theme' ? localStorage : sessionStorage);

const live = new LivePanel();
const settings = await (await fetch('/_graphiql/settings.json')).json();
const endpoint = new URL(settings.endpoint, location.href).href;
const session = new Session(endpoint, settings.apiKey, () => {
  showMode();
  session.toEditor?.();
});

showHeader();
showMode();
ReactDOM.createRoot(element('graphiql')).render(
  h(
    GraphiQL,
    {
      fetcher,
      storage,
      defaultTabs: settings.examples,
      // A phone has no room for both editors: its user opens the second one.
      defaultEditorToolsVisibility: matchMedia('(width > 760px)').matches ? 'variables' : false,
      showPersistHeadersSettings: false,
      shouldPersistHeaders: false,
    },
    h(GraphiQL.Logo, null, h(Bridge)),
  ),
);

/** Runs an operation for GraphiQL. */
async function fetcher(request) {
  if (request.operationName === 'IntrospectionQuery') return introspect(request);
  showProblems([]);
  const { headers } = session;
  if (!headers) {
    return fail([{ errorType: 'Headers', message: 'The headers editor holds no JSON object.' }]);
  }
  const operation = findOperation(request);
  const name = operation?.name?.value;
  const body = { query: request.query, variables: request.variables ?? {} };
  if (name) body.operationName = name;
  if (operation?.operation === 'subscription') {
    return follow(name ?? operation.selectionSet.selections[0].name.value, headers, body);
  }
  const answer = await ask(endpoint, headers, body);
  showProblems([...(answer.errors ?? []), ...userErrors(answer.data)]);
  return answer;
}

/** The operation that is meant; undefined for a text that is none, about which the API tells. */
function findOperation({ query, operationName }) {
  const { parse, Kind } = GraphiQL.GraphQL;
  try {
    const all = parse(query).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
    // Right after a change of tabs GraphiQL still gives the name of the tab before.
    return all.length === 1 ? all[0] : all.find((one) => one.name?.value === operationName);
  } catch {
    return undefined;
  }
}

/** Hands a subscription to the live panel; GraphiQL is told how it began and is free again. */
async function* follow(name, headers, body) {
  try {
    await live.follow(name, endpoint, headers, body);
  } catch (error) {
    yield fail(error instanceof Refused ? error.errors : [{ message: error.message }]);
    return;
  }
  yield {
    listening: name,
    since: new Date().toISOString(),
    note: 'Events appear under Live as they arrive. Run other operations meanwhile.',
  };
}

function fail(errors) {
  showProblems(errors);
  return { errors };
}

/**
 * Returns the schema as the API tells it, with the descriptions of this machine's copy: AppSync
 * keeps none. Where the API does not tell (introspection may be off), the copy stands in.
 */
async function introspect(request) {
  const key = settings.apiKey ? { 'x-api-key': settings.apiKey } : {};
  const [answer, copy] = await Promise.all([
    ask(endpoint, session.mode === 'none' ? key : (session.headers ?? key), {
      query: request.query,
      operationName: request.operationName,
    }),
    fetch('/_graphiql/schema.json').then((response) => response.json()),
  ]);
  if (!answer.data?.__schema) return { data: copy };
  describe(answer.data.__schema, copy.__schema);
  return answer;
}

function describe(schema, copy) {
  const known = new Map(copy.types.map((type) => [type.name, type]));
  for (const type of schema.types) {
    const from = known.get(type.name);
    if (!from) continue;
    type.description ||= from.description;
    for (const list of ['fields', 'inputFields', 'enumValues']) {
      const described = new Map(from[list]?.map((one) => [one.name, one.description]));
      for (const one of type[list] ?? []) one.description ||= described.get(one.name) ?? null;
    }
  }
}

/** Problems that a mutation reports as data, in the form of errors. */
function userErrors(data) {
  return Object.values(data ?? {}).flatMap((payload) =>
    (payload?.userErrors ?? []).map((one) => ({
      errorType: one.code ?? 'userErrors',
      message: one.message ?? 'See userErrors.',
      path: one.field,
      mild: true,
    })),
  );
}

/** Inside GraphiQL: keeps the headers editor of every tab the same, and the theme in reach. */
function Bridge() {
  const { headerEditor, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { theme, setTheme } = GraphiQL.React.useTheme();
  React.useEffect(() => {
    if (!headerEditor) return undefined;
    const toEditor = () => {
      if (headerEditor.getValue() !== session.text) headerEditor.setValue(session.text);
    };
    // Only what a person types: GraphiQL itself empties the editor when tabs change.
    const fromEditor = (_editor, change) => {
      if (change.origin !== 'setValue') session.edit(headerEditor.getValue());
    };
    session.toEditor = toEditor;
    headerEditor.on('change', fromEditor);
    toEditor();
    return () => headerEditor.off('change', fromEditor);
  }, [headerEditor, activeTabIndex]);
  React.useEffect(() => {
    element('theme').onclick = () => setTheme(isDark(theme) ? 'light' : 'dark');
    document.body.classList.toggle('dark', isDark(theme));
  }, [theme]);
  return h('button', { className: 'examples', onClick: restoreExamples }, 'Reset examples');
}

const isDark = (theme) =>
  theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;

function restoreExamples() {
  sessionStorage.clear();
  location.reload();
}

function showHeader() {
  element('endpoint').textContent = endpoint.replace(/^https?:\/\//, '');
  element('endpoint').title = endpoint;
  element('services').hidden = !settings.services;
  element('services').href = '/connect';
  element('services').textContent = Object.entries(settings.services ?? {})
    .map(([name, who]) => `${name}: ${who}`)
    .join(' · ');
  element('use-key').hidden = !settings.apiKey;
  element('use-key').onclick = () => session.useKey();
  element('log-in-demo').hidden = !settings.demo;
  element('log-in-demo').onclick = (event) =>
    during(event.target, () => session.logIn(settings.demo.email, settings.demo.password));
  element('log-in').hidden = false;
  element('log-in').classList.toggle('primary', !settings.demo);
  prepareForm();
}

function showMode() {
  const mode = element('mode');
  mode.dataset.mode = session.mode;
  // Once logged in, nothing is left to be urged to.
  element('log-in-demo').toggleAttribute('data-done', session.mode === 'session');
  mode.textContent = MODES[session.mode];
  if (session.name) mode.append(make('span', { textContent: session.name }));
}

async function during(button, work) {
  button.disabled = true;
  showProblems([]);
  try {
    await work();
  } catch (error) {
    showProblems([{ errorType: 'Log-in', message: error.message }]);
  } finally {
    button.disabled = false;
  }
}

function prepareForm() {
  const dialog = element('log-in-form');
  const form = dialog.querySelector('form');
  const fault = form.querySelector('.fault');
  const keyField = element('key-field');
  // With a key in the settings nobody needs to type it.
  keyField.hidden = Boolean(settings.apiKey);
  form.elements.apiKey.required = !settings.apiKey;
  element('log-in').onclick = () => {
    fault.hidden = true;
    dialog.showModal();
  };
  form.querySelector('[value=cancel]').onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const { email, password, apiKey } = Object.fromEntries(new FormData(form));
    session.apiKey = settings.apiKey ?? apiKey.trim();
    try {
      await session.logIn(email, password);
      form.reset();
      dialog.close();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  };
}

/** Shows what went wrong in words, above the JSON. */
function showProblems(problems) {
  const box = element('problems');
  const rows = problems.map((problem) => {
    const row = make('p', { className: problem.mild ? 'problem mild' : 'problem' });
    row.append(make('b', { textContent: problem.errorType ?? 'Error' }), problem.message);
    if (problem.path?.length) {
      row.append(make('code', { textContent: problem.path.join('.') }));
    }
    const hint = hintFor(problem);
    if (hint) row.append(make('em', { textContent: hint }));
    return row;
  });
  const dismiss = make('button', { textContent: '×', title: 'Dismiss' });
  dismiss.onclick = () => showProblems([]);
  box.replaceChildren(...rows, dismiss);
  box.hidden = rows.length === 0;
}

/** What to do about an error that depends on how the page calls. */
function hintFor({ errorType, message = '' }) {
  const { mode } = session;
  if (errorType === 'Unauthorized' || message.startsWith('Not Authorized')) {
    if (mode === 'key') return 'The API key does not open this field: log in first.';
    if (mode === 'session') return 'A session does not open this field: use the API key.';
  }
  if (errorType === 'UnauthorizedException') {
    if (mode === 'session') return 'The token has expired or was logged out: log in again.';
    return 'Log in, or use the API key.';
  }
  return '';
}

function make(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
