/* A progress bar for what takes long; nothing where standard error is no terminal. */
import { SingleBar } from 'cli-progress';

export interface ProgressBar {
  /** May be called very often. */
  update(done: number): void;
  stop(): void;
}

/** @param total where it is not known, or 0, the bar counts only */
export function progressBar(title: string, total: number): ProgressBar {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const format =
    total > 0 ? `${title} {bar} {percentage}% {value}/{total} {eta_formatted}` : `${title} {value}`;
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    fps: 4,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return {
    update: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}
