// The scenario through the GraphiQL page in headless Chromium, by its buttons and editors; then the
// demo log-in, and pictures of the page.
import { chromium } from 'playwright-core';
import { readGiven, report, walk } from './scenario.mjs';

const given = readGiven();
const PHONE = { width: 390, height: 844 };
const FLAGS = [
  '--no-sandbox', // CI runs as root
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS });
const ours = [given.page, given.remotePage].map((url) => new URL(url).host);
const outside = [];
const faults = [];
const page = await open({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });

const client = {
  async ask(step) {
    await beWhoever(step);
    return execute(given.operations[step.ask], step.variables ?? {});
  },

  async publish(step) {
    await beWhoever(step);
    return execute(given.publishers[step.publish], { input: step.input });
  },

  async follow(step) {
    await beWhoever(step);
    await write('.graphiql-query-editor', given.operations[step.follow]);
    await press();
    if (step.error) {
      await page.waitForSelector('#problems .problem');
      return { errors: [{ errorType: await page.textContent('#problems .problem b') }] };
    }
    await page.waitForSelector(`.subscription[data-state=on]:has-text("${step.follow}")`);
    return {};
  },

  /** Waits until the list of live events shows it. */
  async receive(step, fits) {
    let shown = [];
    for (const end = Date.now() + given.limitMs; Date.now() < end; await page.waitForTimeout(20)) {
      shown = await page.$$eval(
        '#events .event',
        (rows, name) =>
          rows
            .filter((row) => row.querySelector('b').textContent === name)
            .map((row) => JSON.parse(row.querySelector('pre').textContent)),
        step.receive,
      );
      const data = shown.map((event) => under(step, event)).find(fits);
      if (data) return { data };
    }
    throw new Error(`did not come; came: ${JSON.stringify(shown)}`);
  },

  async ended(step) {
    const ended = `.subscription[data-state=off]:has-text("${step.ended}")`;
    await page.waitForSelector(ended, { timeout: given.limitMs });
    return {};
  },
};

/** The event as an answer has it, below its field. */
const under = (step, event) => {
  const field = Object.keys(step.expect)[0].split('.')[0];
  return { [field]: event };
};

async function open(options, url = given.page) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
    ...options,
  });
  const opened = await context.newPage();
  opened.setDefaultTimeout(given.limitMs);
  opened.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && !ours.includes(host)) outside.push(request.url());
  });
  opened.on('pageerror', (error) => faults.push(error.message));
  opened.on('console', (message) => {
    // The browser itself notes every answer that is no 200; those are part of the scenario.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  await opened.goto(url);
  await opened.waitForSelector('.graphiql-query-editor .CodeMirror');
  return opened;
}

/** Presses the buttons that make the page call as the step says. */
async function beWhoever({ as }) {
  const mode = await page.getAttribute('#mode', 'data-mode');
  if (as === 'apiKey' && mode !== 'key') await page.click('#use-key');
  if (as === 'session' && mode !== 'session') {
    await page.click('#log-in');
    await page.fill('[name=email]', given.values.email);
    await page.fill('[name=password]', given.values.password);
    await page.click('dialog [type=submit]');
    await page.waitForSelector('#mode[data-mode=session]');
  }
}

async function execute(query, variables) {
  await write('.graphiql-query-editor', query);
  await write('.graphiql-editor-tool', JSON.stringify(variables));
  // Of this request: the page reads the schema from the same address, whenever that is done.
  const answering = page.waitForResponse(
    (response) =>
      response.url() === given.endpoint && response.request().postDataJSON()?.query === query,
  );
  await press();
  const answer = await (await answering).json();
  const text = JSON.stringify(answer, null, 2);
  await page.waitForFunction((wanted) => {
    const shown = document.querySelector('.graphiql-response .CodeMirror').CodeMirror.getValue();
    return shown === wanted;
  }, text);
  return answer;
}

/** Fills the first editor inside an element. */
async function write(selector, text) {
  await page.$eval(
    `${selector} .CodeMirror`,
    (element, value) => element.CodeMirror.setValue(value),
    text,
  );
}

const press = () => page.click('.graphiql-execute-button');

/** Logs in as demo, follows and ingests by the example tabs, and takes the pictures. */
async function showDemo() {
  const shot = (shown, name) =>
    shown.screenshot({ path: `${given.artifacts}/graphiql-${name}.png` });
  const run = async (shown, tab) => {
    await shown.click(`.graphiql-tab-button:text-is("${tab}")`);
    await shown.click('.graphiql-execute-button');
  };
  const use = async (shown) => {
    await shown.click('#log-in-demo');
    await shown.waitForSelector('#mode[data-mode=session]');
    await run(shown, 'OnInvoice');
    await run(shown, 'OnRunProgress');
    await shown.waitForFunction(
      () => document.querySelectorAll('.subscription[data-state=on]').length === 2,
    );
    await run(shown, 'IngestInvoices');
    const sent = Object.entries(JSON.parse(await headersOf(shown)));
    if (sent.length !== 1 || sent[0][0] !== 'Authorization' || /^Bearer/i.test(sent[0][1])) {
      throw new Error('the headers editor does not hold the bare token in every tab');
    }
    await shown.waitForSelector('#events .event:has-text("SUCCEEDED")');
    await run(shown, 'InvoicesByYear');
    await shown.waitForSelector('.graphiql-response :text("rentalInvoiceYears")');
  };
  const desktop = await open({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  await use(desktop);
  await shot(desktop, 'desktop-light');
  await desktop.click('#theme');
  await desktop.click('[aria-label="Show Documentation Explorer"]');
  await desktop.waitForSelector('.graphiql-plugin :text("Root Types")');
  await shot(desktop, 'desktop-dark');
  const phone = await open({ viewport: PHONE, colorScheme: 'dark' });
  await use(phone);
  await shot(phone, 'phone');
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  if (width > PHONE.width) throw new Error(`the page is ${width} px wide on a phone`);
}

/** The text of the headers editor, the second of the two below the query. */
const headersOf = (shown) =>
  shown.$$eval('.graphiql-editor-tool .CodeMirror', ([, editor]) => editor.CodeMirror.getValue());

/** The page of `paypulse graphiql`: another origin than the API, and no demo account. */
async function useRemotely() {
  const remote = await open({}, given.remotePage);
  if (await remote.isVisible('#log-in-demo')) throw new Error('there is no demo account here');
  await remote.click('#log-in');
  await remote.fill('[name=email]', given.demo.email);
  await remote.fill('[name=password]', 'wrong');
  await remote.click('dialog [type=submit]');
  await remote.waitForSelector('dialog .fault:visible');
  await remote.fill('[name=password]', given.demo.password);
  await remote.click('dialog [type=submit]');
  await remote.waitForSelector('#mode[data-mode=session]');
  await remote.click('.graphiql-tab-button:text-is("OnInvoice")');
  await remote.click('.graphiql-execute-button');
  await remote.waitForSelector('.subscription[data-state=on]');
  await remote.click('.graphiql-tab-button:text-is("Profile")');
  await remote.click('.graphiql-execute-button');
  await remote.waitForSelector(`.graphiql-response :text("${given.demo.email}")`);
  // What is typed by hand counts too, and the page tells.
  await remote.click('.graphiql-editor-tools button:has-text("Headers")');
  await remote.$$eval('.graphiql-editor-tool .CodeMirror', ([, editor]) =>
    editor.CodeMirror.focus(),
  );
  await remote.keyboard.press('Control+A');
  await remote.keyboard.press('Delete'); // a bracket typed over a selection would enclose it
  await remote.keyboard.type('{}');
  await remote.waitForSelector('#mode[data-mode=none]');
  await remote.click('.graphiql-execute-button');
  await remote.waitForSelector('#problems :text("Log in, or use the API key.")');
}

try {
  const passed = await walk('page', client, given);
  await showDemo();
  await useRemotely();
  report({ passed, outside, faults });
} catch (error) {
  await page.screenshot({ path: `${given.artifacts}/graphiql-failed.png` });
  report({ failed: error.message, outside, faults }, 1);
}
