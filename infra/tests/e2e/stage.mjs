// The fixtures of a test file: a server, a browser, and the callback listener of a client.
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { listen } from './callback.mjs';
import { Server } from './server.mjs';

/** Created before the first test of a file and closed after the last, or when one of them could not be created. */
export function stage(options) {
  const stage = {};
  before(async () => {
    stage.server = await Server.start(options);
    stage.browser = await launch();
    stage.callback = await listen();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.callback?.close();
    await stage.server?.stop();
  });
  return stage;
}
