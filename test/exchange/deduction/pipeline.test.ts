import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { batchOfDay } from '../../../src/exchange/deduction/index.js';
import { deductionResults } from '../../../src/exchange/index.js';
import { verifyLedger } from '../../../src/revenue/index.js';
import { freshSerial, standing, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { until } from '../../support/until.js';
import { makeExchange } from '../support/exchange.js';
import { deductionWorld } from './world.js';

eachDatabase(
  'the deduction cycle over the exchange directories',
  (db) => {
    it('from the request in download/ to the result in upload/, which is booked and archived', async () => {
      const exchange = await makeExchange(db());
      const d = await deductionWorld(db(), '39536', { dir: exchange.root });
      const customer = await d.signed({ a: 10_000 });
      expect((await d.go()).state).equal('noticed');
      const [, line = ''] = d.request();
      const node = exchange.node({
        units: [d.unit],
        processors: [deductionResults(async () => d.books, d.settings)],
        settings: exchange.settings({ watch: true }),
      });
      node.start();
      const name = 'ORG_REDKKK_39536_20240115.txt';
      const result = `${line}${today}|10180|00|${freshSerial()}||`;
      const upload = await exchange.upload(name, `1|10180|1|10180|20240115|105||\n${result}\n`);
      await until(async () => (await batchOfDay(db(), d.unit, today))?.state === 'answered');
      await until(async () => (await node.incoming.findNamed('39536', name))[0]?.state === 'processed');
      expect(existsSync(upload)).equal(false);
      expect(await standing(d.world, d.unit, customer)).equal(' 0');
      expect(await verifyLedger(db())).to.deep.equal([]);
      await exchange.close();
      await d.end();
    });
  },
  { only: ['sqlite', 'postgres'] },
);
