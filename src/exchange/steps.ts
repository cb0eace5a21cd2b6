/** The table `file_steps`: what was done with each file, when, on which node. For people; nothing is decided by it. */
import type { Clock, Ids, Moment } from '../clock.js';
import { type Database, numberCell, oneOfCell, type Row, sql, textCell } from '../database/index.js';
import { shortened } from './text.js';

export const stepNames = [
  'found',
  'stored',
  'parsed',
  'refused',
  'quarantined',
  'released',
  'announced',
  'processing',
  'held',
  'processed',
  'filed',
  'failed',
  'taken-over',
  'ordered',
  'written',
  'published',
  'verified',
  'noticed',
  'resend',
  'expired',
] as const;
export type StepName = (typeof stepNames)[number];
export interface Step {
  readonly at: Moment;
  readonly step: StepName;
  readonly node: string;
  readonly detail: string;
}

const insert = sql(`
  insert into file_steps (step_id, file_id, at_ms, step_no, step, node, detail)
  values (:stepId, :id, :at, :number, :step, :node, :detail)`);
const ofFile = sql('select * from file_steps where file_id = :id order by at_ms, step_no');

export class Steps {
  #number = 0;

  constructor(
    private readonly parts: {
      readonly database: Database;
      readonly clock: Clock;
      readonly ids: Ids;
      readonly node: string;
    },
  ) {}

  async add(id: string, step: StepName, detail = '', at: Moment = this.parts.clock.now()): Promise<void> {
    const { database, ids, node } = this.parts;
    this.#number += 1;
    await database.run(insert, {
      stepId: ids.uuid(),
      id,
      at,
      number: this.#number,
      step,
      node,
      detail: shortened(detail),
    });
  }

  async of(id: string): Promise<readonly Step[]> {
    return (await this.parts.database.all(ofFile, { id })).map(readStep);
  }
}

const readStep = (row: Row): Step => ({
  at: numberCell(row, 'at_ms'),
  step: oneOfCell(row, 'step', stepNames),
  node: textCell(row, 'node'),
  detail: textCell(row, 'detail'),
});
