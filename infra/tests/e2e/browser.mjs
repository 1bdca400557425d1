// Chromium, installed from Debian: playwright-core contains no browser.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const SCREENSHOTS = process.env.E2E_SCREENSHOTS;
const SMALL_PHONE = { width: 320, height: 640 };
export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
// The rules of axe that depend on colours or on the room there is.
const COLOUR_AND_SIZE = ['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable'];

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
 * Nothing scrolls sideways or lies outside the screen, on two phones and a desktop, and axe reports no accessibility
 * violation. It runs all rules on the desktop with light colours, and those that a screen or a colour can break on the small
 * phone with dark ones: no style of the pages depends on the width otherwise. The page is loaded once.
 */
export async function photograph(page, name) {
  await page.emulateMedia({ colorScheme: 'light' });
  await expectFit(page, name);
  assert.deepEqual(await violations(page), [], `${name}, light`);
  await page.setViewportSize(SMALL_PHONE);
  await page.emulateMedia({ colorScheme: 'dark' });
  if (SCREENSHOTS) await shoot(page, `${name}-${SMALL_PHONE.width}-dark`);
  assert.deepEqual(await violations(page, COLOUR_AND_SIZE), [], `${name}, dark`);
}

/** Nothing scrolls sideways or lies outside the screen, on two phones and a desktop. The page has the desktop's size afterwards. */
export async function expectFit(page, name) {
  for (const size of [SMALL_PHONE, PHONE, DESK]) {
    await page.setViewportSize(size);
    if (SCREENSHOTS) await shoot(page, `${name}-${size.width}`);
    const { width, outside } = await page.evaluate(measure, size.width);
    assert.ok(width <= size.width, `${name} is ${width} pixels wide on a screen of ${size.width}`);
    assert.deepEqual(outside, [], `${name} is cut off on a screen of ${size.width}`);
  }
}

/** Runs in the page. */
function measure(screen) {
  const isOutside = (element) => {
    const { left, right } = element.getBoundingClientRect();
    // An element that is not rendered has an empty rectangle at 0. A wide table scrolls in a region of its own.
    return (left < -1 || right > screen + 1) && !element.closest('.scroll');
  };
  const outside = [...document.body.querySelectorAll('*')].filter(isOutside).map((element) => element.outerHTML.slice(0, 200));
  return { width: document.documentElement.scrollWidth, outside };
}

async function shoot(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** The violations that axe finds, each with its element. Injected from outside, since the page's policy allows no script. */
async function violations(page, rules) {
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe.source);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const found = await page.evaluate((options) => window.axe.run(options), options);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
