/* One log line for each refused connection, as long as there are few; in a flood only how many there were. */
import type { Clock } from '../clock.js';
import type { Log, LogEvent, LogFields } from '../log.js';

const LINES_PER_WINDOW = 20;
const WINDOW_MS = 10_000;

/** Bounded by kind: at most {@link LINES_PER_WINDOW} lines of an event and reason in {@link WINDOW_MS}, then one sum. */
export class RefusalLog {
  readonly #windows = new Map<string, { lines: number; suppressed: number }>();
  readonly #stop: () => void;

  constructor(
    private readonly log: Log,
    clock: Clock,
  ) {
    this.#stop = clock.every(WINDOW_MS, () => this.flush());
  }

  /** @param reason from a closed set, else the number of kinds would not be bounded */
  event(name: LogEvent, reason: string, fields: LogFields): void {
    const kind = `${name} ${reason}`;
    const window = this.#windows.get(kind) ?? { lines: 0, suppressed: 0 };
    this.#windows.set(kind, window);
    if (window.lines < LINES_PER_WINDOW) {
      window.lines += 1;
      this.log.event(name, fields);
    } else {
      window.suppressed += 1;
    }
  }

  flush(): void {
    for (const [kind, { suppressed }] of this.#windows) {
      if (suppressed > 0) this.log.event('refusals.suppressed', { kind, count: suppressed });
    }
    this.#windows.clear();
  }

  close(): void {
    this.#stop();
    this.flush();
  }
}
