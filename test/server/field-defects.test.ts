/* Every field defect of spec "Frame", through a real TLS socket. */
import { expect } from 'chai';
import type { Arrears } from '../../src/revenue/revenue-system.js';
import { customerWith } from '../support/customers.js';
import { defectCases } from '../support/fixtures.js';
import { framesOf, rawClient } from '../support/raw-client.js';
import { startServer } from '../support/server.js';

const SILENT_MS = 200;
const nothingOwed: Arrears = {
  customer: customerWith({ customer: '10125334' }),
  prepaid: 0n as never,
  bills: [],
};

/** The same dialect needs one server. */
const byDialect = Map.groupBy(defectCases, ({ dialect }) => JSON.stringify(dialect));

describe('field defects, on a socket', () => {
  for (const cases of byDialect.values()) {
    const [{ dialect } = { dialect: {} }] = cases;
    const setting = Object.values(dialect).join(', ') || 'strict';
    it(`${setting}: ${cases.length} defects get what the spec says, and the server lives`, async () => {
      const server = await startServer({
        revenue: { arrears: async () => nothingOwed },
        dialect,
        limits: { silentMs: SILENT_MS, lingerMs: SILENT_MS },
      });
      for (const { title, bytes, expected } of cases) {
        const client = await rawClient(server.client);
        client.socket.write(bytes);
        const received = await client.closed();
        const answers = framesOf(received).map(({ body }) => body.rtnCode);
        const wanted = expected === 'closed' || expected === 'waits' ? [] : [expected];
        expect(answers, title).to.deep.equal(wanted);
        if (wanted.length === 0) expect(received, `${title}: nothing is sent`).to.have.length(0);
      }
      await server.close();
    });
  }
});
