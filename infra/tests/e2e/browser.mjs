// Chromium, installed from Debian: playwright-core contains no browser.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const SCREENSHOTS = process.env.E2E_SCREENSHOTS ?? join(import.meta.dirname, 'screenshots');
const SMALL_PHONE = { width: 320, height: 640 };
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

// Chromium's requests to its own services would fail here, slowly.
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Chromium cannot use its sandbox as root, the user of most containers.
    args: process.getuid?.() === 0 ? [...QUIET, '--no-sandbox'] : QUIET,
  });
}

/** A browser without cookies. Its timeout is short, so that a missing button fails the test at once. */
export async function newPerson(browser) {
  const context = await browser.newContext({ viewport: DESK });
  context.setDefaultTimeout(15_000);
  return context;
}

/**
 * Takes screenshots of the page on two phones and a desktop, light and dark. Nothing may scroll sideways, and axe must not
 * report an accessibility violation.
 */
export async function photograph(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const size of [SMALL_PHONE, PHONE, DESK]) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size.width}-${colorScheme}.png`), fullPage: true });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(width <= size.width, `${name} is ${width} pixels wide on a screen of ${size.width}`);
      assert.deepEqual(await violations(page), [], `${name}, ${size.width} pixels, ${colorScheme}`);
    }
  }
}

/** The violations that axe finds, each with its element. Injected from outside, since the page's policy allows no script. */
async function violations(page) {
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe.source);
  const found = await page.evaluate('axe.run()');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
