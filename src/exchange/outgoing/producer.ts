/** Where the lines of our files come from: one producer for each type. */
import type { Encodable, ExchangeFile, Fields, FileSettings, Tally } from '../../protocol/index.js';
import { encodeSummary, writeDetails } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import type { OutgoingType } from '../file-type.js';

/** What is to be made. */
export interface ProduceOrder {
  readonly id: string;
  readonly unit: Unit;
  /** Whose data it carries. */
  readonly dataDay: Day;
  /** 1, or higher where it is made again. */
  readonly run: number;
}
type Sink = (chunk: Buffer) => void | Promise<void>;

/** Writes the details first, since the summary says what they came to. */
export interface Producer {
  readonly type: OutgoingType;
  writeDetails(
    order: ProduceOrder,
    settings: FileSettings,
    sink: Sink,
  ): Promise<{ readonly tally: Readonly<Tally>; readonly replaced: number; readonly summary: Buffer }>;
}

/** What a type needs to be produced. */
export interface ProducerParts<S extends Fields, D extends Fields> {
  readonly type: OutgoingType;
  readonly file: ExchangeFile<S, D>;
  /** Called again after a crash: what was written before is thrown away. */
  details(order: ProduceOrder): AsyncIterable<Encodable<D>>;
  summary(tally: Readonly<Tally>, order: ProduceOrder): Encodable<S> | Promise<Encodable<S>>;
}
const BATCH_LINES = 100;

export function defineProducer<S extends Fields, D extends Fields>(parts: ProducerParts<S, D>): Producer {
  const { type, file } = parts;
  return {
    type,
    async writeDetails(order, settings, sink) {
      const written = await writeDetails(file, inBatches(parts.details(order)), settings, sink);
      const summary = encodeSummary(file, await parts.summary(written.tally, order), settings);
      return { tally: written.tally, replaced: written.replaced + summary.replaced, summary: summary.chunk };
    },
  };
}

async function* inBatches<T>(all: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
