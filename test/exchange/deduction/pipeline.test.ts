import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { batchOfDay, runDeduction } from '../../../src/exchange/deduction/index.js';
import { deductionResults } from '../../../src/exchange/index.js';
import { verifyLedger } from '../../../src/revenue/index.js';
import { freshSerial, standing, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { makeExchange, until } from '../support/exchange.js';
import { deductionWorld } from './world.js';

eachDatabase(
  'the deduction cycle over the exchange directories',
  (db) => {
    it('from the request in download/ to the result in upload/, which is booked and archived', async () => {
      const d = await deductionWorld(db(), '39536');
      const exchange = await makeExchange(db());
      const customer = await d.signed({ a: 10_000 });
      const download = join(exchange.root, '39536', 'download');
      const run = { ...d.run, downloadDir: download, fileName: 'GSCQQIANNENG_DKKK_39536_20240115.txt' };
      expect((await runDeduction(run, today)).state).equal('published');
      const [, line = ''] = readFileSync(join(download, run.fileName), 'latin1').split('\r\n');
      const node = exchange.node({
        units: [d.unit],
        processors: [deductionResults(d.books)],
        settings: exchange.settings({ watch: true }),
      });
      node.start();
      const name = 'GSCQQIANNENG_REDKKK_39536_20240115.txt';
      const result = `${line}${today}|10180|00|${freshSerial()}||`;
      const upload = await exchange.upload(name, `1|10180|1|10180|20240115|105||\n${result}\n`);
      await until(async () => (await batchOfDay(db(), d.unit, today))?.state === 'answered');
      await until(async () => (await node.incoming.findNamed('39536', name))[0]?.state === 'processed');
      expect(existsSync(upload)).equal(false);
      expect(await standing(d.world, d.unit, customer)).equal(' 0');
      expect(await verifyLedger(db())).to.deep.equal([]);
      await exchange.close();
      d.end();
    });
  },
  { only: ['sqlite', 'postgres'] },
);
