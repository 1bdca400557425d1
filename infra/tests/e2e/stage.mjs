// What a file of tests stands on: a server, a browser, and the listener of a client on the person's computer.
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { listen } from './callback.mjs';
import { Server } from './server.mjs';

/** Set before the first test of a file, cleared after the last, or when not all of it could be set. */
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
