/** One repair: look what stands, judge, and act; each act is one transaction of the revenue system, and may be repeated after a crash. */
import { DatabaseError } from '../../database/index.js';
import { fenOf, type Month, parseMonth } from '../../protocol/values.js';
import type { PaymentRow, SupplementOrder } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { PlatformSide } from './difference.js';
import { type Difference, type Ending, isReconciledElsewhere } from './differences.js';
import { judge, type Plan } from './judge.js';
import type { ReconParts } from './parts.js';
import type { ReconRun } from './runs.js';

/** How often the standing may change under our eyes before we leave it for later. */
const LOOKS_MAX = 5;

/** What our supplements and reversals say about who ordered them. */
export const orderName = ({ unit, day, number }: Pick<ReconRun, 'unit' | 'day' | 'number'>): string =>
  `recon ${unit} ${day} #${number}`;

export interface RepairJob {
  readonly unit: Unit;
  readonly run: Pick<ReconRun, 'unit' | 'day' | 'number' | 'fileAt'>;
  readonly rebook?: boolean;
}

/** What would be done now; looks, and changes nothing. */
export async function planFor(parts: ReconParts, job: RepairJob, of: Difference): Promise<Plan> {
  const { database, books } = parts;
  const { unit, run } = job;
  const standing = await books.standing(unit, of.serial);
  const elsewhere =
    of.platform === undefined && (await isReconciledElsewhere(database, unit.id, of.serial, of.day));
  return judge(of, standing, {
    day: of.day,
    fileAt: run.fileAt,
    order: orderName(run),
    begun: of.state === 'repairing',
    elsewhere,
    rebook: job.rebook === true,
  });
}

/** Repairs it. `undefined`: something runs under its serial, it stays open. @throws what the revenue system throws */
export async function repair(parts: ReconParts, job: RepairJob, of: Difference): Promise<Ending | undefined> {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const plan = await planFor(parts, job, of);
    if (plan.do === 'later') return undefined;
    if (plan.do === 'end') return linked(parts, job, of, plan.ending);
    const ending = await act(parts, job, of, plan);
    if (ending !== 'look-again') return ending;
  }
  return undefined;
}

/** Found done after a crash: the reversal of ours belongs to the record, too. */
async function linked(
  { books }: ReconParts,
  { unit }: RepairJob,
  of: Difference,
  ending: Ending,
): Promise<Ending> {
  if (ending.outcome !== 'replaced' || of.ours === undefined) return ending;
  return { ...ending, refundNumber: await books.reversalOf(unit, of.ours.paymentNumber) };
}

type Act = Exclude<Plan, { do: 'end' | 'later' }>;

async function act(
  { books, clock }: ReconParts,
  { unit, run }: RepairJob,
  of: Difference,
  plan: Act,
): Promise<Ending | 'look-again'> {
  const orderedBy = orderName(run);
  const receivedAt = clock.now();
  const { serial } = of;
  switch (plan.do) {
    case 'supplement':
      return supplementOf(plan.outcome, plan.reversal);
    case 'reverse': {
      const done = await books.reverse(unit, { serial, receivedAt, orderedBy, replaced: false });
      if (done.kind === 'refused') return refused(done.refusal);
      return { state: 'repaired', outcome: 'reversed', refundNumber: done.refundNumber };
    }
    case 'replace': {
      const done = await books.reverse(unit, { serial, receivedAt, orderedBy, replaced: true });
      if (done.kind === 'refused') return refused(done.refusal);
      const ending = await supplementOf('replaced', done.refundNumber);
      return ending === 'look-again' ? ending : { ...ending, class: plan.class };
    }
    case 'give-back': {
      const given = await books.suspense.giveBack(unit, plan.number, orderedBy);
      return given.kind === 'refused'
        ? 'look-again'
        : { state: 'repaired', outcome: 'returned', refundNumber: given.number };
    }
    default:
      throw plan satisfies never;
  }

  async function supplementOf(
    outcome: 'supplemented' | 'replaced',
    refundNumber: string,
  ): Promise<Ending | 'look-again'> {
    const line = lineOf(of);
    const order: SupplementOrder = {
      serial,
      customer: line.customer,
      amount: fenOf(line.amount),
      bookingDay: of.day,
      receivedAt,
      rows: rowsOf(line.detail),
      orderedBy,
    };
    const booked = await books.supplement(unit, order);
    switch (booked.kind) {
      case 'booked':
        return { state: 'repaired', outcome, paymentAfter: booked.paymentNumber, refundNumber };
      case 'already-booked':
        return 'look-again';
      case 'unknown-customer': {
        const held = await books.suspense.hold(unit, order);
        return held === 'already-booked'
          ? 'look-again'
          : { state: 'suspense', outcome: 'suspense', paymentAfter: held.number, refundNumber };
      }
      default:
        return booked satisfies never;
    }
  }
}

const refused = (refusal: 'no-payment' | 'balance-used' | 'paid-later'): Ending | 'look-again' =>
  refusal === 'no-payment' ? 'look-again' : { state: 'listed', outcome: refusal };

function lineOf(of: Difference): PlatformSide {
  if (of.platform === undefined) throw new DatabaseError('fault', 'a line of the platform is missing');
  return of.platform;
}

/** The bills that a line names: `consNo$rcvblAmtId$rcvblYm$#…` (spec files.md "DSDZ"). */
export function rowsOf(detail: string): readonly PaymentRow[] {
  const named = (text: string | undefined) => (text === undefined || text === 'null' ? '' : text);
  return detail
    .split('#')
    .filter((row) => row !== '')
    .map((row) => {
      const [customer, bill, month] = row.split('$');
      const read: Month | undefined = parseMonth(named(month));
      return { customer: named(customer), bill: named(bill), month: read };
    });
}
