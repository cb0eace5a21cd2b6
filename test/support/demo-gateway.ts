/** One gateway with the demo world for all tests of a group. */
import { after, before } from 'mocha';
import { demoDirectory, type Gateway, platformTls, startGateway } from './gateway.js';

/** Started before the tests of the group, stopped and removed after them; to be used within tests and hooks. */
export function demoGateway(env: () => NodeJS.ProcessEnv = () => ({})): {
  readonly gateway: Gateway;
  /** How the demo's platform connects to it. */
  readonly tls: ReturnType<typeof platformTls> & { port: number };
} {
  let remove: (() => void) | undefined;
  let gateway: Gateway | undefined;
  before(async () => {
    const made = await demoDirectory();
    remove = made.remove;
    gateway = await startGateway(made.dir, env());
  });
  after(async () => {
    await gateway?.stop();
    remove?.();
  });
  const started = () => {
    if (gateway === undefined)
      throw new Error('the gateway is started before the tests, not before the group');
    return gateway;
  };
  return {
    get gateway() {
      return started();
    },
    get tls() {
      return { ...platformTls(started().dir), port: started().port };
    },
  };
}
