import { expect } from 'chai';
import { appendAudit, latestAudit, sql, verifyAudit } from '../../src/database/index.js';
import { eachDatabase } from '../support/databases.js';

const change = (n: number, more = {}) => ({
  at: 1_700_000_000_000 + n,
  actor: '管理员',
  host: 'node-1',
  action: 'certs peer add',
  target: `peer-${n}`,
  before: '',
  after: JSON.stringify({ n, name: '蚂蚁' }),
  ...more,
});

eachDatabase('the audit log', (db) => {
  const faults = async (anchor?: { seq: number; hash: string }) =>
    (await verifyAudit(db(), anchor)).faults.map(({ seq, fault }) => `${seq} ${fault}`);
  /** Tampers, looks, and puts it back. */
  const tampered = async (change: string, back: string) => {
    await db().run(sql(change));
    const found = await faults();
    await db().run(sql(back));
    return found;
  };

  it('keeps what was changed, in one chain', async () => {
    expect(await verifyAudit(db())).deep.equal({ entries: 0, head: '0'.repeat(64), faults: [] });
    await appendAudit(db(), [change(1), change(2, { before: '{"a":1}', after: '' })]);
    await appendAudit(db(), [change(3, { target: 'x'.repeat(500) })]);
    const kept = await latestAudit(db(), 0);
    expect(kept.map(({ seq, target }) => [seq, target.length])).deep.equal([
      [3, 200],
      [2, 6],
      [1, 6],
    ]);
    expect(kept[1]).include({ before: '{"a":1}', after: '', actor: '管理员', prevHash: kept[2]?.hash });
    expect(await latestAudit(db(), change(3).at)).length(1);
    expect(await verifyAudit(db())).deep.equal({ entries: 3, head: kept[0]?.hash, faults: [] });
  });

  it('stays one chain when several nodes write at once', async () => {
    const nodes = [db(), await db.open(), await db.open()];
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => appendAudit(nodes[i % nodes.length] ?? db(), [change(10 + i)])),
    );
    expect(await verifyAudit(db()))
      .include({ entries: 33 })
      .deep.include({ faults: [] });
  }).timeout(60_000);

  it('shows a changed, removed, cut off or noted entry', async () => {
    expect(
      await tampered(
        `update audit_entries set actor = 'nobody' where seq = 2`,
        `update audit_entries set actor = '管理员' where seq = 2`,
      ),
    ).deep.equal(['2 was changed: its content does not fit its hash']);
    const [last, before] = await latestAudit(db(), 0);
    expect(await faults({ seq: last?.seq ?? 0, hash: last?.hash ?? '' })).deep.equal([]);
    expect(await faults({ seq: 5, hash: 'f'.repeat(64) })).deep.equal([
      '5 has another hash than the one noted',
    ]);
    await db().run(sql('delete from audit_entries where seq = 33'));
    expect(await faults()).deep.equal(['32 the chain should end at entry 33']);
    await db().run(sql('update audit_head set seq = 32, entry_hash = :h where id = 1'), {
      h: before?.hash ?? '',
    });
    expect(await faults()).deep.equal([]); // who can write everything can shorten it: the noted hash shows even that
    expect(await faults({ seq: 33, hash: last?.hash ?? '' })).deep.equal([
      '33 the entry that was noted is missing',
    ]);
    await db().run(sql('delete from audit_entries where seq = 7'));
    expect(await faults()).deep.equal(['8 entries 7 to 7 are missing']);
  });
});
