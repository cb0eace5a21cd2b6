/** One of our files from its order to the platform's answer, step by step under a claim; each step may be repeated. */
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { adviceOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Unit } from '../../revenue/unit.js';
import type { Claim } from '../arrival/incoming-table.js';
import { digestOfFile } from '../digest.js';
import { outgoingFolder } from '../layout.js';
import { LeaseLostError, underLease } from '../lease.js';
import type { Meters } from '../meters.js';
import type { Places } from '../places.js';
import { type ExchangeSettings, fileSettingsOf, outgoingRulesOf } from '../settings.js';
import type { Steps } from '../steps.js';
import { type AnnouncerParts, announce, noticeTargetOf } from './announcer.js';
import { refuseForeign } from './foreign.js';
import { generate } from './generate.js';
import type { OutgoingFile } from './outgoing-file.js';
import type { OutgoingTable } from './outgoing-table.js';
import type { Producer } from './producer.js';

export interface DispatcherParts extends AnnouncerParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly producers: ReadonlyMap<string, Producer>;
  readonly table: OutgoingTable;
  readonly places: Places;
  readonly steps: Steps;
  readonly absolute: (relative: string) => string;
  readonly newClaim: () => Claim;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: Meters;
  readonly stopping: AbortSignal;
}
/** The file's next state is in the table and more may follow at once; or it rests (done, or until its next try). */
type StepEnd = 'go-on' | 'rest';
const PAUSE_MAX_MS = 3_600_000;
/** How often a command looks whether another node has done with its file. */
const OTHERS_LOOK_MS = 200;

export class Dispatcher {
  /** One file after the other: a million lines fill a core, and the same process answers payments. */
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DispatcherParts) {}

  /** Everything that is due. @returns when it rests */
  async runDue(): Promise<void> {
    const { table, clock, stopping } = this.parts;
    for (const file of await table.due(clock.now())) {
      if (stopping.aborted) return;
      await this.advance(file.id);
    }
  }

  /** One file as far as it goes now. Nothing happens when another node has it. */
  advance(id: string): Promise<void> {
    const mine = this.#turn.then(() => this.#advance(id));
    this.#turn = mine.catch(() => {});
    return mine;
  }
  /** One file until it rests, here or on the node that has it. */
  async finish(id: string): Promise<void> {
    const { table, clock, stopping } = this.parts;
    for (;;) {
      await this.advance(id);
      const file = await table.find(id);
      if (file === undefined || stopping.aborted || file.claimedUntil < clock.now()) return;
      await clock.sleep(OTHERS_LOOK_MS);
    }
  }
  idle(): Promise<void> {
    return this.#turn;
  }

  async #advance(id: string): Promise<void> {
    const { table, clock, newClaim, settings, stopping, units } = this.parts;
    const before = await table.find(id);
    const unit = before && units.get(before.unit);
    if (before === undefined || unit === undefined || stopping.aborted) return;
    const claim = newClaim();
    if (!(await table.claim(id, claim, clock.now()))) return;
    if (before.claimedBy !== '') await this.parts.steps.add(id, 'taken-over', `from ${before.claimedBy}`);
    const lease = { clock, leaseMs: settings.limits.leaseMs, table: table.leaseOf(id), token: claim.token };
    await underLease(lease, async ({ token, signal: lost }) => {
      const signal = AbortSignal.any([lost, stopping]);
      let file: OutgoingFile | undefined = { ...before, attempts: before.attempts + 1 };
      try {
        while (file && (await this.#step(file, unit, token, signal)) === 'go-on') file = await table.find(id);
      } catch (error) {
        if (!signal.aborted && file) await this.#putOff(file, token, error);
      }
    });
  }

  async #step(file: OutgoingFile, unit: Unit, token: string, signal: AbortSignal): Promise<StepEnd> {
    signal.throwIfAborted();
    switch (file.state) {
      case 'generating':
        return this.#generate(file, unit, token, signal);
      case 'written':
        return this.#publish(file, unit, token);
      case 'published':
        return this.#verify(file, unit, token);
      case 'verified':
        return this.#announce(file, unit, token, signal);
      case 'noticed':
      case 'failed':
      case 'empty':
      case 'withdrawn':
        return 'rest';
      default:
        return file.state satisfies never;
    }
  }

  async #generate(file: OutgoingFile, unit: Unit, token: string, signal: AbortSignal): Promise<StepEnd> {
    const { producers, settings, table, steps, clock, log } = this.parts;
    const producer = producers.get(file.type);
    if (producer === undefined) {
      await table.setState(
        file.id,
        token,
        'generating',
        `no producer of ${file.type} here`,
        clock.now() + PAUSE_MAX_MS,
      );
      return 'rest';
    }
    const { id, type, dataDay, run, name } = file;
    const target = { folder: this.#folder(file), name };
    const format = fileSettingsOf(settings, unit.id, type);
    const made = await generate(producer, { id, unit, dataDay, run }, format, target, signal);
    const state = made.lines > 0 || outgoingRulesOf(settings, unit.id, type).writeEmpty ? 'written' : 'empty';
    const detail =
      made.replaced > 0 ? `${made.replaced} characters that ${format.writeCharset} lacks became ?` : '';
    if (!(await table.setWritten(id, token, { ...made, state, detail }, clock.now())))
      throw new LeaseLostError();
    await steps.add(
      id,
      'written',
      `${made.lines} lines, ${made.bytes} bytes, SHA-256 ${made.sha256} ${detail}`,
    );
    log.event('file.generated', { ...about(file), lines: made.lines, replaced: made.replaced });
    return 'go-on';
  }

  async #publish(file: OutgoingFile, unit: Unit, token: string): Promise<StepEnd> {
    const { table, steps, clock } = this.parts;
    const { outgoing } = await this.#place(unit);
    if (file.publishedAt === undefined) await refuseForeign(table, outgoing, file);
    await outgoing.put(file.name, join(this.#folder(file), file.name));
    if (!(await table.setPublished(file.id, token, outgoing.name, clock.now()))) throw new LeaseLostError();
    await steps.add(file.id, 'published', outgoing.name);
    return 'go-on';
  }

  /** Only what lies there whole and equal is announced; else it is published once more. */
  async #verify(file: OutgoingFile, unit: Unit, token: string): Promise<StepEnd> {
    const { table, steps, clock, log, meters, settings } = this.parts;
    const { outgoing } = await this.#place(unit);
    const found = await outgoing.check(file.name);
    const differs =
      found === undefined || found.bytes !== file.bytes || (found.sha256 ?? file.sha256) !== file.sha256;
    if (differs) {
      const detail = found ? `${found.bytes} bytes lie there, with another content` : 'it is not there';
      if (found === undefined || (await this.#isOurs(file))) {
        await table.setState(file.id, token, 'written', detail, clock.now() + settings.limits.retryMs);
        await steps.add(file.id, 'failed', detail);
      }
      return 'rest';
    }
    if (!(await table.setState(file.id, token, 'verified', '', 0))) throw new LeaseLostError();
    await steps.add(file.id, 'verified', found.sha256 === undefined ? 'by size' : 'by size and SHA-256');
    meters.outgoing(file.type, 'published');
    log.event('file.published', {
      ...about(file),
      place: outgoing.name,
      bytes: file.bytes,
      lines: file.lines,
    });
    return 'go-on';
  }

  /** Our own copy, from which it can be published again. @throws Error when that is damaged, too */
  async #isOurs(file: OutgoingFile): Promise<boolean> {
    if ((await digestOfFile(join(this.#folder(file), file.name))) === file.sha256) return true;
    throw new Error('our own copy of the file is not what was written: make it again');
  }

  async #announce(file: OutgoingFile, unit: Unit, token: string, signal: AbortSignal): Promise<StepEnd> {
    const { table, steps, clock, log, meters, settings } = this.parts;
    const target = noticeTargetOf(settings, unit.id);
    if (target === undefined) {
      await table.setState(
        file.id,
        token,
        'verified',
        'no notice target is configured',
        clock.now() + PAUSE_MAX_MS,
      );
      return 'rest';
    }
    const { outgoing } = await this.#place(unit);
    const result = await announce(this.parts, file, unit, target, outgoing.noticePath, token, signal);
    const said = { ...about(file), target: `${target.host}:${target.port}`, answer: result.detail };
    if (result.kind === 'accepted') {
      meters.notice('accepted');
      meters.outgoing(file.type, 'noticed');
      if (!(await table.setNoticed(file.id, token, result.detail, clock.now()))) throw new LeaseLostError();
      await steps.add(file.id, 'noticed', result.detail);
      log.event('notice.done', said);
      return 'rest';
    }
    const { attempts } = file;
    const givenUp = attempts >= settings.limits.noticeAttemptsMax;
    if (result.kind === 'again' && !givenUp) {
      meters.notice('again');
      const pauseMs = Math.min(settings.limits.noticeRetryMs * 2 ** Math.min(attempts - 1, 12), PAUSE_MAX_MS);
      await table.setState(file.id, token, 'verified', result.detail, clock.now() + pauseMs);
      log.event('notice.attempt', { ...said, attempts, nextInSeconds: Math.round(pauseMs / 1000) });
      return 'rest';
    }
    meters.notice(givenUp ? 'given-up' : 'refused');
    meters.outgoing(file.type, 'failed');
    await table.setState(file.id, token, 'failed', result.detail, 0);
    await steps.add(file.id, 'failed', `${givenUp ? 'given up' : 'refused'}: ${result.detail}`);
    log.event('notice.failed', { ...said, attempts, next: `sluice exchange resend ${file.id}` });
    return 'rest';
  }

  /** Our own fault, or the machine's: the file stays as it is, and is tried again after a pause. */
  async #putOff(file: OutgoingFile, token: string, error: unknown): Promise<void> {
    const { table, clock, log, meters, settings, steps } = this.parts;
    if (error instanceof LeaseLostError) return;
    const reason = adviceOf(error);
    meters.outgoing(file.type, 'failed');
    log.event('file.failed', { ...about(file), state: file.state, reason, attempts: file.attempts });
    const pauseMs = Math.min(settings.limits.retryMs * 2 ** Math.min(file.attempts - 1, 12), PAUSE_MAX_MS);
    await table.setState(file.id, token, file.state, reason, clock.now() + pauseMs);
    await steps.add(file.id, 'failed', reason);
  }

  #folder(file: OutgoingFile): string {
    return this.parts.absolute(outgoingFolder(file.unit, file.id));
  }
  async #place(unit: Unit) {
    const [place] = await this.parts.places.of(unit);
    return place;
  }
}

const about = (file: OutgoingFile) => ({ file: file.id, unit: file.unit, type: file.type, name: file.name });
