/** The table `deduct_refused`: lines of results that were not taken, and why; of a file that was refused as a whole the line that was to blame. */
import { numberCell, type Row, type Session, sql, textCell } from '../../database/index.js';
import type { AcceptedFile } from '../arrival/processor.js';

export interface RefusedLine {
  readonly line: number;
  /** As it stands in the file; `''`: unreadable. */
  readonly detail: string;
  readonly reason: string;
}

const remove = sql(
  'delete from deduct_refused where unit = :unit and file_sha256 = :sha256 and line_no = :line',
);
const insert = sql(`
  insert into deduct_refused (unit, file_sha256, line_no, batch_id, det_id, reason, file_name)
  values (:unit, :sha256, :line, :batch, :detail, :reason, :name)`);
const selectPage = sql(
  (words) => `
  select file_sha256, file_name, line_no, det_id, reason from deduct_refused
  where batch_id = :batch and (file_sha256 > :sha256 or (file_sha256 = :sha256 and line_no > :line))
  order by file_sha256, line_no ${words.limit(1000)}`,
);
const selectReasons = sql(`
  select reason, count(*) as items from deduct_refused where batch_id = :batch group by reason order by reason`);

const countOfFile = sql(
  'select count(*) as items from deduct_refused where unit = :unit and file_sha256 = :sha256',
);

const DETAIL_MAX = 64;
const REASON_MAX = 200;

/** A line that is noted already is noted anew. */
export async function noteRefused(
  tx: Session,
  { unit, sha256, name }: Pick<AcceptedFile, 'unit' | 'sha256' | 'name'>,
  batch: string,
  lines: readonly RefusedLine[],
): Promise<void> {
  const key = { unit: unit.id, sha256 };
  for (const { line, detail, reason } of lines) {
    await tx.run(remove, { ...key, line });
    await tx.run(insert, {
      ...key,
      line,
      batch,
      name,
      detail: detail.slice(0, DETAIL_MAX) || null,
      reason: reason.slice(0, REASON_MAX),
    });
  }
}

export interface RefusedInFile extends RefusedLine {
  readonly file: string;
}
/** In bounded memory, file by file. */
export async function* refusedOf(session: Session, batch: string): AsyncIterable<RefusedInFile> {
  let [sha256, line] = ['', 0];
  for (;;) {
    // Oracle has no empty text, and a space sorts before every digest.
    const rows = await session.all(selectPage, { batch, sha256: sha256 || ' ', line });
    yield* rows.map(readRefused);
    const last = rows.at(-1);
    if (last === undefined) return;
    [sha256, line] = [textCell(last, 'file_sha256'), numberCell(last, 'line_no')];
  }
}
export const refusalReasons = async (session: Session, batch: string) =>
  (await session.all(selectReasons, { batch })).map((row) => ({
    reason: textCell(row, 'reason'),
    count: numberCell(row, 'items'),
  }));

export async function countRefused(
  session: Session,
  { unit, sha256 }: Pick<AcceptedFile, 'unit' | 'sha256'>,
): Promise<number> {
  const [row] = await session.all(countOfFile, { unit: unit.id, sha256 });
  return row === undefined ? 0 : numberCell(row, 'items');
}

const readRefused = (row: Row): RefusedInFile => ({
  file: textCell(row, 'file_name'),
  line: numberCell(row, 'line_no'),
  detail: textCell(row, 'det_id'),
  reason: textCell(row, 'reason'),
});
