/** The later steps of a run: the file is written whole under a hidden name, noted with its digest, and then appears by one link. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, OperatorError } from '../../errors.js';
import { exchangeFiles, writeExchangeFile } from '../../protocol/index.js';
import { type Batch, lockBatch, moveBatch, noteFile } from './batch.js';
import { type Item, itemsBetween } from './items.js';
import type { DeductionRun } from './run.js';

const PAGE = 1000;
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

/** Brings a batch from `locked` or `written` to `published`. The same items make the same bytes, so a step that is repeated does no harm. */
export async function publishRequest(run: DeductionRun, batch: Batch): Promise<void> {
  const { books, unit, downloadDir, fileName } = run;
  const name = batch.state === 'written' ? batch.fileName : fileName;
  await mkdir(downloadDir, { recursive: true, mode: FOLDER_MODE });
  const hidden = join(downloadDir, `.${name}.${books.ids.uuid()}.tmp`);
  try {
    const { sha256, bytes } = await writeRequest(run, batch, hidden);
    await books.database.transaction(async (tx) => {
      const now = await lockBatch(tx, unit, batch.id);
      if (now?.state !== 'locked' && now?.state !== 'written') return;
      await noteFile(tx, now, name, sha256, bytes);
      if (now.state === 'locked') await moveBatch(tx, now, 'written', books.clock.now());
    });
    // In the transaction that holds the batch, so that none is released while its file appears.
    await books.database.transaction(async (tx) => {
      const now = await lockBatch(tx, unit, batch.id);
      if (now?.state !== 'written') return;
      await appear(hidden, downloadDir, name, sha256);
      await moveBatch(tx, now, 'published', books.clock.now());
    });
  } finally {
    await rm(hidden, { force: true });
  }
}

async function writeRequest(run: DeductionRun, batch: Batch, path: string) {
  const file = await open(path, 'wx', FILE_MODE);
  const digest = createHash('sha256');
  try {
    const summary = {
      lineCount: batch.count,
      total: batch.sum,
      startDay: batch.day,
      bankCode: run.bankCode,
      inTransit: '',
    };
    const { bytes } = await writeExchangeFile(
      exchangeFiles.DKKK,
      summary,
      lines(run, batch),
      run.settings,
      async (chunk) => {
        digest.update(chunk);
        await file.writeFile(chunk);
      },
    );
    await file.sync();
    return { sha256: digest.digest('hex'), bytes };
  } finally {
    await file.close();
  }
}
async function* lines(run: DeductionRun, batch: Batch) {
  for (let first = 1; first <= batch.count; first += PAGE) {
    const items = await itemsBetween(run.books.database, batch, first, first + PAGE - 1);
    yield items.map((item) => lineOf(batch, item));
  }
}
const lineOf = (batch: Batch, item: Item) => ({
  detail: item.detail,
  customer: item.customer,
  clearingUnit: batch.unit,
  account: item.bankAccount,
  volume: item.volume,
  bill: item.bill,
  month: item.month,
  receivable: item.principal,
  lateFee: item.lateFee,
  amount: item.amount,
  requestedOn: batch.day,
});

/** Never takes the place of another file: a link is refused where the name is taken. */
async function appear(hidden: string, dir: string, name: string, sha256: string): Promise<void> {
  const path = join(dir, name);
  try {
    await link(hidden, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if ((await digestOf(path)) !== sha256)
      throw new OperatorError(
        'deduct-file-exists',
        `${name} lies in the download directory already, with other content`,
        'Find out where it comes from, move it away, then run "sluice deduct run" of the same day again.',
      );
  }
  const folder = await open(dir, 'r');
  await folder.sync().finally(() => folder.close());
}
async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk);
  return digest.digest('hex');
}
