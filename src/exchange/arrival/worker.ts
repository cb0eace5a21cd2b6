/** One file's way from "durably ours" to its end, under a claim: check → processor → archive or quarantine. */
import { type Clock, chinaDay } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Unit } from '../../revenue/unit.js';
import { digestOfFile } from '../digest.js';
import { isIncomingType } from '../file-type.js';
import { LeaseLostError, underLease } from '../lease.js';
import type { Meters } from '../meters.js';
import { type ExchangeSettings, fileSettingsOf } from '../settings.js';
import type { Steps } from '../steps.js';
import { fileAway } from './filing.js';
import type { FileRefusal, IncomingFile } from './incoming-file.js';
import type { Claim, IncomingTable } from './incoming-table.js';
import { inspectFile } from './inspect.js';
import { mustFind } from './intake.js';
import type { ProcessingOutcome, Processor } from './processor.js';

export interface WorkerParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly table: IncomingTable;
  readonly steps: Steps;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly absolute: (relative: string) => string;
  readonly archiveOf: (file: IncomingFile) => Promise<string>;
  readonly root: string;
  readonly newClaim: () => Claim;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: Meters;
  /** Aborts when the process stops. */
  readonly stopping: AbortSignal;
}
/** `checked` comes first: then the notice can be answered. Neither rejects. */
export interface Advance {
  readonly checked: Promise<IncomingFile | undefined>;
  readonly done: Promise<void>;
}

export class Worker {
  /** One file after the other: a million lines fill a core, and the same process answers payments. */
  #turn: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly parts: WorkerParts) {}

  /** Works on a claimed file. @param refused a reason known before the check, e.g. a digest that differs */
  advance(file: IncomingFile, claim: Claim, refused?: { refusal: FileRefusal; detail: string }): Advance {
    const { clock, table, settings } = this.parts;
    let tell: (file: IncomingFile | undefined) => void = () => {};
    const checked = new Promise<IncomingFile | undefined>((resolve) => {
      tell = resolve;
    });
    const lease = {
      clock,
      leaseMs: settings.limits.leaseMs,
      table: table.leaseOf(file.id),
      token: claim.token,
    };
    const done = underLease(lease, async ({ token, signal: lost }) => {
      const signal = AbortSignal.any([lost, this.parts.stopping]);
      try {
        if (refused) await this.#finish(file, token, 'refused', refused.detail, refused.refusal);
        else if (file.state === 'whole') await this.#check(file, token, signal);
        const seen = await mustFind(table, file.id);
        tell(seen);
        if (this.#isForProcessor(seen)) await this.#inTurn(() => this.#process(seen, token, signal));
      } catch (error) {
        if (!signal.aborted) await this.#putOff(file, token, error);
      }
    })
      .then(() => this.#fileFinished(file.id))
      .catch((error: unknown) =>
        this.parts.log.event('file.failed', { ...about(file), reason: messageOf(error) }),
      )
      .finally(() => tell(undefined));
    this.#running.add(done);
    void done.finally(() => this.#running.delete(done));
    return { checked, done };
  }

  /** When all that was begun is done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Takes up what is due: new, waiting for its next try, or left by a node that died. @returns when all of it is done */
  async runDue(): Promise<void> {
    const { table, clock, newClaim, stopping, steps } = this.parts;
    for (const file of await table.due(clock.now())) {
      if (stopping.aborted) return;
      if (!this.#hasWork(file)) continue;
      const claim = newClaim();
      if (!(await table.claim(file.id, claim, clock.now()))) continue;
      if (file.claimedBy !== '') await steps.add(file.id, 'taken-over', `from ${file.claimedBy}`);
      await this.advance({ ...file, attempts: file.attempts + 1 }, claim).done;
    }
    for (const file of await table.unfiled(clock.now())) {
      if (stopping.aborted) return;
      await this.#fileFinished(file.id);
    }
  }

  /** Brings a finished file to its last place; what goes wrong is tried again at the next round. */
  async #fileFinished(id: string): Promise<void> {
    const { table, root, steps, clock, archiveOf, log } = this.parts;
    try {
      const file = await mustFind(table, id);
      const isFinished =
        file.state === 'processed' || file.state === 'refused' || file.state === 'quarantined';
      if (isFinished && !file.filed) await fileAway({ root, table, steps, clock, archiveOf }, file);
    } catch (error) {
      log.event('file.failed', { file: id, step: 'filed', reason: messageOf(error) });
    }
  }

  /** A parsed file whose processor is not there waits for it. */
  #hasWork(file: IncomingFile): boolean {
    return (
      this.parts.units.has(file.unit) && (file.state === 'whole' || this.parts.processors.has(file.type))
    );
  }

  async #check(file: IncomingFile, token: string, signal: AbortSignal): Promise<void> {
    const { settings, table, steps, clock, absolute } = this.parts;
    const { type } = file;
    if (!isIncomingType(type)) throw new Error(`${type} is no type that comes in`);
    const today = chinaDay(clock.now());
    if (file.day > today) {
      return this.#finish(file, token, 'refused', `文件日期 ${file.day} 晚于今天 ${today}`, 'wrong-date');
    }
    if (file.bytes > settings.limits.fileBytesMax) {
      const detail = `文件过大：${file.bytes} 字节，上限 ${settings.limits.fileBytesMax}`;
      return this.#finish(file, token, 'refused', detail, 'too-long');
    }
    const path = absolute(file.storedPath);
    const found = await inspectFile(
      { type, day: file.day, path, settings: fileSettingsOf(settings, file.unit, type) },
      signal,
    );
    if (!found.ok) return this.#finish(file, token, 'refused', found.detail, found.refusal);
    // Whoever held it open when it was moved could write on: what was read must be what was registered.
    if ((await digestOfFile(path)) !== file.sha256)
      return this.#finish(file, token, 'refused', '文件在接收后又被改写', 'unreadable');
    if (!(await table.setParsed(file.id, token, found.sums, clock.now()))) throw new LeaseLostError();
    await steps.add(file.id, 'parsed', `${found.sums.lines} lines, ${found.sums.amount} fen`);
    this.parts.log.event('file.accepted', { ...about(file), lines: found.sums.lines });
  }

  async #process(file: IncomingFile, token: string, signal: AbortSignal): Promise<void> {
    const { processors, settings, units, table, steps, absolute } = this.parts;
    const { type, sums } = file;
    const processor = processors.get(type);
    const unit = units.get(file.unit);
    if (processor === undefined || unit === undefined || sums === undefined || !isIncomingType(type)) return;
    if (signal.aborted) return;
    if (!(await table.setState(file.id, token, 'processing', '', 0))) throw new LeaseLostError();
    await steps.add(file.id, 'processing', `attempt ${file.attempts + 1}`);
    const outcome = await processor.process(
      {
        ...file,
        type,
        unit,
        sums,
        settings: fileSettingsOf(settings, file.unit, type),
        path: absolute(file.storedPath),
      },
      signal,
    );
    await this.#end(file, token, outcome);
  }

  async #end(file: IncomingFile, token: string, outcome: ProcessingOutcome): Promise<void> {
    const { table, steps } = this.parts;
    switch (outcome.kind) {
      case 'processed':
        return this.#finish(file, token, 'processed', outcome.detail);
      case 'refused':
        return this.#finish(file, token, 'refused', outcome.detail, 'processor');
      case 'later':
        if (!(await table.setState(file.id, token, 'parsed', outcome.detail, outcome.again)))
          throw new LeaseLostError();
        return steps.add(file.id, 'held', outcome.detail);
      default:
        return outcome satisfies never;
    }
  }

  async #finish(
    file: IncomingFile,
    token: string,
    state: 'processed' | 'refused',
    detail: string,
    refusal?: FileRefusal,
  ): Promise<void> {
    const { table, steps, clock, log, meters } = this.parts;
    const end = refusal === undefined ? { state, detail } : { state, detail, refusal };
    if (!(await table.setFinished(file, token, end, clock.now()))) throw new LeaseLostError();
    await steps.add(file.id, state, refusal === undefined ? detail : `${refusal}: ${detail}`);
    meters.incoming(file.type, refusal ?? 'processed');
    log.event(state === 'processed' ? 'file.processed' : 'file.refused', {
      ...about(file),
      reason: refusal,
      detail,
    });
  }

  /** Our own fault, or the machine's: the file stays as it is, and is tried again after a pause. */
  async #putOff(file: IncomingFile, token: string, error: unknown): Promise<void> {
    const { table, clock, log, meters, settings, steps } = this.parts;
    if (error instanceof LeaseLostError) return;
    const reason = messageOf(error);
    meters.incoming(file.type, 'failed');
    log.event('file.failed', { ...about(file), reason, attempts: file.attempts + 1 });
    const pauseMs = Math.min(settings.limits.retryMs * 2 ** Math.min(file.attempts, 12), PAUSE_MAX_MS);
    const { state } = await mustFind(table, file.id);
    // With the database away this throws, too: the claim then runs out, and the next round begins again.
    await table.setState(file.id, token, state, reason, clock.now() + pauseMs);
    await steps.add(file.id, 'failed', reason);
  }

  #isForProcessor(file: IncomingFile): boolean {
    return file.state === 'parsed' || file.state === 'processing';
  }
  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

const PAUSE_MAX_MS = 3_600_000;
const about = (file: IncomingFile) => ({ file: file.id, unit: file.unit, type: file.type, name: file.name });
