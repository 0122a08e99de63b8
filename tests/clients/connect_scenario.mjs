// Connecting Gmail on the dev stack's /connect in headless Chromium: a browser decides about
// cookies, origins and where a form may lead.
import { chromium } from 'playwright-core';
import { readGiven } from './scenario.mjs';

const given = readGiven();
const browser = await chromium.launch({
  executablePath: given.chromium,
  args: ['--no-sandbox', '--disable-gpu'], // CI runs as root
});
const page = await browser.newPage();
await page.goto(given.connectPage);
await page.fill('[name=email]', given.values.email);
await page.fill('[name=password]', given.values.password);
await page.click('button');
await page.waitForURL('**/connect/callback?**', { timeout: given.limitMs }).catch(() => {});
process.stdout.write(JSON.stringify({ said: await page.textContent('body') }));
await browser.close();
