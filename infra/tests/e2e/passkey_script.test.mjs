// The passkey script, without a browser: no form is sent without a credential (TO-09).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const SCRIPT = readFileSync(new URL('../../../shared/pages/templates/passkey.js', import.meta.url), 'utf8');

class PublicKeyCredential {
  static parseRequestOptionsFromJSON = (options) => options;
  static parseCreationOptionsFromJSON = (options) => options;
  static isConditionalMediationAvailable = async () => true;
  constructor(json) { this.json = json; }
  toJSON() { return this.json; }
}
const GOOD = { id: 'a', type: 'public-key', response: {} };

/// Runs the script on a page whose browser returns `credential`. Presses the button if `pressed`.
async function page(kind, credential, pressed) {
  const seen = { sent: 0, value: '', problem: true };
  const problem = { set hidden(hidden) { seen.problem = !hidden; } };
  const listeners = {};
  const form = {
    dataset: { passkey: kind, options: '{}' },
    elements: { credential: { set value(value) { seen.value = value; } } },
    hidden: true,
    nextElementSibling: {},
    querySelector: () => problem,
    addEventListener: (name, listener) => { listeners[name] = listener; },
    submit: () => { seen.sent += 1; },
  };
  // Only a request that the user has started is answered, unless the test is about the other one.
  const answer = async ({ mediation }) => {
    if (pressed === (mediation === 'conditional')) return new Promise(() => {});
    if (credential instanceof Error) throw credential;
    return credential;
  };
  const context = {
    document: { querySelector: () => form },
    window: { PublicKeyCredential },
    navigator: { credentials: { get: answer, create: answer } },
    AbortController, JSON, TypeError,
  };
  vm.runInNewContext(SCRIPT, context);
  if (pressed) listeners.submit({ preventDefault() {} });
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  return seen;
}

test('a credential is sent once', async () => {
  for (const [kind, pressed] of [['get', true], ['get', false], ['create', true]]) {
    const { sent, value } = await page(kind, new PublicKeyCredential(GOOD), pressed);
    assert.deepEqual([sent, JSON.parse(value)], [1, GOOD]);
  }
});

test('nothing is sent on null or foreign objects', async () => {
  const foreign = [null, undefined, {}, 'text', GOOD, { toJSON: () => GOOD }, new PublicKeyCredential({}), new PublicKeyCredential(null), new Error('cancelled')];
  for (const credential of foreign) {
    for (const kind of ['get', 'create']) {
      const { sent, value, problem } = await page(kind, credential, true);
      assert.deepEqual([sent, value, problem], [0, '', true], `${kind} ${JSON.stringify(credential)}`);
    }
    const { sent, value } = await page('get', credential, false);
    assert.deepEqual([sent, value], [0, ''], `conditional ${JSON.stringify(credential)}`);
  }
});

test('a page sends nothing by itself', async () => {
  const { sent } = await page('create', new PublicKeyCredential(GOOD), false);
  assert.equal(sent, 0);
});
