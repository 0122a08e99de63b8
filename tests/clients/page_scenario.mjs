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

async function open(options) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    reducedMotion: 'reduce',
    ...options,
  });
  const opened = await context.newPage();
  opened.setDefaultTimeout(given.limitMs);
  opened.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(given.page).origin) outside.push(request.url());
  });
  opened.on('pageerror', (error) => faults.push(error.message));
  opened.on('console', (message) => {
    // The browser itself notes every answer that is no 200; those are part of the scenario.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  await opened.goto(given.page);
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
  const answering = page.waitForResponse((response) => response.url() === given.endpoint);
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
  const shot = (shown, name) => shown.screenshot({ path: `${given.artifacts}/graphiql-${name}.png` });
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
    await shown.waitForSelector('#events .event:has-text("SUCCEEDED")');
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

try {
  const passed = await walk('page', client, given);
  await showDemo();
  report({ passed, outside, faults });
} catch (error) {
  await page.screenshot({ path: `${given.artifacts}/graphiql-failed.png` });
  report({ failed: error.message, outside, faults }, 1);
}
