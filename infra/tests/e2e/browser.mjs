// Chromium as a person uses it. The browser is Debian's: playwright-core brings none of its own.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const SCREENSHOTS = process.env.E2E_SCREENSHOTS ?? join(import.meta.dirname, 'screenshots');
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

// Chromium's own calls home would only fail here, slowly and many at a time.
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
    // Chromium has no sandbox for root, which is who a container runs as.
    args: process.getuid?.() === 0 ? [...QUIET, '--no-sandbox'] : QUIET,
  });
}

/** A new person's browser: no cookies yet, and impatient, so that a missing button is reported and not waited for. */
export async function newPerson(browser) {
  const context = await browser.newContext({ viewport: DESK });
  context.setDefaultTimeout(15_000);
  return context;
}

/**
 * Takes pictures of the page on a phone and on a desk, by day and by night. Nothing may need scrolling sideways, and axe
 * may find nothing that keeps somebody from using it.
 */
export async function photograph(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size.width}-${colorScheme}.png`), fullPage: true });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(width <= size.width, `${name} is ${width} pixels wide on a screen of ${size.width}`);
    }
    assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}`);
  }
}

/** What axe finds, each with the element it is about. The page's policy allows no script, so it comes from outside. */
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate('axe.run()');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
