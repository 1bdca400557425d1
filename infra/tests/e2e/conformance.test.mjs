// The official conformance suite for servers, all scenarios at both revisions it supports. The suite is written for
// SDKs: most scenarios need its example tools. Every scenario is therefore in one of two lists, those that must pass
// and those that do not apply; a scenario in neither list fails the run until it is classified.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bearerProxy } from './bearer_proxy.mjs';
import { accessToken } from './connected.mjs';
import { stage } from './stage.mjs';

const MODULES = join(import.meta.dirname, 'node_modules');
// The suite needs Node 22; the other tests run on the installed Node.
const NODE = join(MODULES, 'node/bin/node');
const SUITE = join(MODULES, '@modelcontextprotocol/conformance/dist/index.js');

const EXAMPLE_TOOL = "it calls an example tool of the suite's own, which a memory server has not";
const EXAMPLE_RESOURCE = "it reads or subscribes to an example of the suite's own, which a memory server has not";
const NO_SESSIONS = 'the server keeps no sessions, which the specification leaves to it';

/** The scenarios that must pass, each with its checks that do not apply. */
const PASSING = {
  '2025-11-25': {
    'server-initialize': {},
    'server-session-lifecycle': {},
    ping: {},
    'tools-list': {},
    'resources-list': {},
    'prompts-list': {},
    'completion-complete': {},
    'server-sse-polling': { 'server-sse-polling-session': NO_SESSIONS },
    'server-sse-multiple-streams': { 'server-sse-multiple-streams-session': NO_SESSIONS },
    'dns-rebinding-protection': {},
  },
  '2026-07-28': {
    'server-stateless': {
      'sep-2575-server-rejects-undeclared-capability': EXAMPLE_TOOL,
      'sep-2575-missing-capability-http-400': EXAMPLE_TOOL,
      'sep-2575-http-server-no-independent-requests-on-stream': EXAMPLE_TOOL,
      'sep-2575-server-no-log-without-loglevel': EXAMPLE_TOOL,
    },
    'tools-list': {},
    'resources-list': {},
    'prompts-list': {},
    'completion-complete': {},
    'server-sse-multiple-streams': {},
    'sep-2164-resource-not-found': {},
    'dns-rebinding-protection': {},
    caching: {},
    'http-header-validation': {},
    'input-required-result-unsupported-methods': {},
    'input-required-result-validate-input': {},
  },
};

/** The scenarios that only an SDK's example server can pass. */
const INAPPLICABLE = [
  [/^tools-call-/, EXAMPLE_TOOL],
  [/^elicitation-/, EXAMPLE_TOOL],
  [/^input-required-result-/, EXAMPLE_TOOL],
  [/^json-schema-2020-12$/, EXAMPLE_TOOL],
  [/^http-custom-header-server-validation$/, 'no tool here has an argument that is to be sent as a header'],
  [/^resources-/, EXAMPLE_RESOURCE],
  [/^prompts-/, EXAMPLE_RESOURCE],
  [/^logging-set-level$/, 'a stateless server has no stream to log into'],
];

const here = stage();

for (const [revision, passing] of Object.entries(PASSING)) {
  test(`the conformance suite finds no fault at ${revision} (TR-01 to TR-06)`, async (t) => {
    const proxy = await bearerProxy(here.server.base, await accessToken(here, 'Surveyor'));
    t.after(() => proxy.close());
    const ran = await run(proxy.url, revision);

    const missing = Object.keys(passing).filter((scenario) => !ran.has(scenario));
    assert.deepEqual(missing, [], 'every scenario that must pass was run');
    for (const [scenario, checks] of ran) {
      if (!(scenario in passing)) {
        const [, reason] = INAPPLICABLE.find(([names]) => names.test(scenario)) ?? [];
        assert.ok(reason, `${scenario} is a new scenario: it has to pass, or to be listed with a reason`);
        t.diagnostic(`not applicable: ${scenario}: ${reason}`);
        continue;
      }
      const faults = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
      const excused = Object.keys(passing[scenario]);
      const unexpected = faults.filter(({ id }) => !excused.includes(id));
      assert.deepEqual(unexpected.map(({ id, errorMessage }) => [id, errorMessage]), [], scenario);
      const stale = excused.filter((id) => !faults.some((fault) => fault.id === id));
      assert.deepEqual(stale, [], `${scenario}: what passes needs no excuse`);
      const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
      t.diagnostic(`${scenario}: ${passed} checks passed, ${excused.length} not applicable`);
    }
  });
}

/** All scenarios of a revision, with the results that the suite has written. */
async function run(url, revision) {
  const folder = await mkdtemp(join(tmpdir(), 'jean-conformance-'));
  try {
    const options = ['server', '--url', url, '--suite', 'all', '--spec-version', revision, '--output-dir', folder];
    // The suite fails if any scenario does, including those that do not apply. Its result files are evaluated instead.
    const output = await new Promise((resolve) => {
      execFile(NODE, [SUITE, ...options], { maxBuffer: 64 << 20 }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    const scenarios = new Map();
    for (const entry of await readdir(folder)) {
      const [, scenario] = entry.match(/^server-(.+)-\d{4}-\d{2}-\d{2}T/) ?? [];
      assert.ok(scenario, `a result of what? ${entry}`);
      scenarios.set(scenario, JSON.parse(await readFile(join(folder, entry, 'checks.json'), 'utf8')));
    }
    assert.ok(scenarios.size > 0, `the suite did not run:\n${output}`);
    return scenarios;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
