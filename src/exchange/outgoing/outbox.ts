/** Ordering our files, and an operator's orders about them. */
import { addDays, type Clock, chinaDay, type Ids } from '../../clock.js';
import { hasLabel, type Session } from '../../database/index.js';
import { OperatorError } from '../../errors.js';
import { isSafeFileName, writeFileName } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import type { OutgoingType } from '../file-type.js';
import type { Places } from '../places.js';
import { type ExchangeSettings, exchangeOfUnit, outgoingRulesOf } from '../settings.js';
import type { Steps } from '../steps.js';
import type { OutgoingFile } from './outgoing-file.js';
import type { OutgoingOrder, OutgoingTable, PublishedContent } from './outgoing-table.js';

export interface OutboxParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly table: OutgoingTable;
  readonly places: Places;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly ids: Ids;
}
export interface MakeOrder {
  readonly unit: string;
  readonly type: OutgoingType;
  /** Whose data; default: yesterday's for JF and DZZD, today's for the others. */
  readonly dataDay: Day | undefined;
  /** Also where it was made before. */
  readonly again: boolean;
  /** Instead of the unit's pattern. */
  readonly name?: string | undefined;
  readonly orderedBy: string;
}

/** JF and DZZD tell of a day that is over. */
const tellsOfYesterday = (type: OutgoingType): boolean => type === 'JF' || type === 'DZZD';

export class Outbox {
  constructor(private readonly parts: OutboxParts) {}

  /** The day of the data of a file that is made on this day. */
  dataDayOf(type: OutgoingType, madeOn: Day): Day {
    return tellsOfYesterday(type) ? addDays(madeOn, -1) : madeOn;
  }

  /** The day on which the schedule makes the file of this day's data. */
  madeOnOf(type: OutgoingType, dataDay: Day): Day {
    return tellsOfYesterday(type) ? addDays(dataDay, 1) : dataDay;
  }

  /**
   * Orders a file; it is made by whoever comes first, this node or another.
   * @throws {OperatorError} `unit-unknown`, `file-made`, `name-taken`, `name-unusable`, `day-ahead`
   */
  async order(order: MakeOrder): Promise<OutgoingFile> {
    const { clock, table } = this.parts;
    const unit = this.#unit(order.unit);
    const today = chinaDay(clock.now());
    const dataDay = order.dataDay ?? this.dataDayOf(order.type, today);
    if (dataDay > today) {
      throw new OperatorError('day-ahead', `${dataDay} has not come yet`, 'Name a day up to today.');
    }
    const [last] = await table.ofDay(unit.id, order.type, dataDay);
    const saysNothing = last?.state === 'empty' || last?.state === 'withdrawn';
    if (last && !saysNothing && !order.again) throw alreadyMade(last);
    const made = await this.#insert({ ...order, unit, dataDay, run: (last?.run ?? 0) + 1 }, table.database);
    const file = await table.find(made.id);
    if (file === undefined) throw new Error(`order ${made.id} is not in the database`);
    return file;
  }

  /** By schedule: once for each day, on however many nodes. `undefined`: it was ordered before. */
  async orderOnce(unit: Unit, type: OutgoingType, madeOn: Day): Promise<string | undefined> {
    const { table } = this.parts;
    const dataDay = this.dataDayOf(type, madeOn);
    const made = await table.ofDay(unit.id, type, dataDay);
    // What was made by hand before the day was over tells of a part of it.
    if (made.some(({ orderedAt }) => chinaDay(orderedAt) >= madeOn)) return undefined;
    try {
      const run = (made[0]?.run ?? 0) + 1;
      const order = { unit, type, dataDay, run, orderedBy: 'schedule', name: undefined };
      return (await this.#insert(order, table.database)).id;
    } catch (error) {
      if (hasLabel(error, 'duplicate')) return undefined;
      throw error;
    }
  }

  /**
   * Within the caller's transaction: for a file that belongs to something else (a deduction run and its locks).
   * @param run 1 for the first of that day @throws {DatabaseError} `duplicate`
   */
  async orderIn(
    session: Session,
    order: Omit<MakeOrder, 'again' | 'unit' | 'dataDay'> & {
      readonly unit: Unit;
      readonly dataDay: Day;
      readonly run: number;
    },
  ): Promise<{ readonly id: string; readonly name: string }> {
    return this.#insert({ ...order, name: order.name }, session);
  }

  /**
   * Within the caller's transaction: a file that the caller has made and published itself is verified and announced from here on.
   * @throws {DatabaseError} `duplicate`
   */
  async adoptIn(
    session: Session,
    file: Omit<OutgoingOrder, 'id' | 'orderedAt'> & PublishedContent,
  ): Promise<string> {
    const { table, clock, ids } = this.parts;
    const id = ids.uuid();
    await table.insert({ ...file, id, orderedAt: clock.now() }, session);
    await table.setAdopted(id, file, clock.now(), session);
    return id;
  }

  /** Announces a file again. @throws {OperatorError} `file-not-announceable` */
  async resend(file: OutgoingFile, orderedBy: string): Promise<void> {
    const { table, clock, steps } = this.parts;
    const open = file.state === 'generating' || file.state === 'written' || file.state === 'published';
    const done = open ? await table.hurry(file.id, clock.now()) : await table.resend(file.id, clock.now());
    if (!done) {
      throw new OperatorError(
        'file-not-announceable',
        `${file.name} is ${file.state}, or just being worked on`,
        `See it with 'sluice exchange show ${file.id}'; a file that is withdrawn or empty is made again with --again.`,
      );
    }
    await steps.add(file.id, 'resend', orderedBy);
  }

  /** Takes a file away from where the platform looks; it is not announced any more. @throws {OperatorError} `file-busy` */
  async withdraw(file: OutgoingFile, reason: string, orderedBy: string): Promise<void> {
    const { table, places, steps, clock } = this.parts;
    if (!(await table.withdraw(file.id, reason, clock.now()))) {
      throw new OperatorError(
        'file-busy',
        `${file.name} is ${file.state}, or being worked on`,
        'Try again in a minute.',
      );
    }
    const [newest] = await table.named(file.unit, file.name);
    // A later run has the name there now.
    if (newest?.id === file.id) {
      const [place] = await places.of(this.#unit(file.unit));
      await place.outgoing.remove(file.name);
    }
    await steps.add(file.id, 'quarantined', `${orderedBy}: ${reason}`);
  }

  async #insert(
    order: Omit<OutgoingOrder, 'id' | 'unit' | 'orderedAt' | 'name'> & {
      readonly unit: Unit;
      readonly name?: string | undefined;
    },
    session: Pick<Session, 'run'>,
  ): Promise<{ readonly id: string; readonly name: string }> {
    const { table, clock, ids, steps } = this.parts;
    const { unit, type, dataDay, run, orderedBy } = order;
    const id = ids.uuid();
    const name = order.name ?? this.#nameOf(unit, type, dataDay);
    if (!isSafeFileName(name)) {
      throw new OperatorError(
        'name-unusable',
        `${name} is no name for an exchange file`,
        'Use letters, digits, _ . - only.',
      );
    }
    const holder = (await table.named(unit.id, name)).find(
      (one) => one.type !== type || one.dataDay !== dataDay,
    );
    if (holder) {
      throw new OperatorError(
        'name-taken',
        `${name} is the name of another file: ${holder.type} of ${holder.dataDay} (${holder.state})`,
        'Give this one another name with --name.',
      );
    }
    await table.insert(
      { id, unit: unit.id, type, dataDay, run, name, orderedBy, orderedAt: clock.now() },
      session,
    );
    if (session === table.database) await steps.add(id, 'ordered', orderedBy);
    return { id, name };
  }

  /**
   * The name carries the day of generation: that on which the schedule makes it, also when it is made later by hand.
   * @throws {OperatorError} `name-taken` for a day that is not over, where the schedule needs today's name for the day before
   */
  #nameOf(unit: Unit, type: OutgoingType, dataDay: Day): string {
    const { settings, clock } = this.parts;
    const { names, organisation, area } = exchangeOfUnit(settings, unit.id);
    const today = chinaDay(clock.now());
    const madeOn = this.madeOnOf(type, dataDay);
    const isEarly = madeOn > today;
    const day = isEarly ? today : madeOn;
    const name = writeFileName(names, {
      type,
      day,
      org: organisation ?? unit.shortName,
      unit: unit.id,
      area,
    });
    if (isEarly && outgoingRulesOf(settings, unit.id, type).schedule !== undefined) {
      throw new OperatorError(
        'name-taken',
        `${dataDay} is not over, and ${name} is the name of the file of ${this.dataDayOf(type, today)}, which the schedule makes`,
        'Make it tomorrow, or give this one another name with --name.',
      );
    }
    return name;
  }

  #unit(id: string): Unit {
    const unit = this.parts.units.get(id);
    if (unit) return unit;
    throw new OperatorError(
      'unit-unknown',
      `there is no clearing unit ${id}`,
      "See them with 'sluice config check --json'.",
    );
  }
}

const alreadyMade = ({ type, unit, dataDay, name, state, id }: OutgoingFile) =>
  new OperatorError(
    'file-made',
    `${type} of unit ${unit} for ${dataDay} was made before: ${name} (${state})`,
    `Announce it again with 'sluice exchange resend ${id}', or make it anew with --again.`,
  );
