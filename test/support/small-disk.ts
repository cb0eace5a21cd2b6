/** A file system of one megabyte, for tests of a full disk. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts it over the directory. */
export function mountSmallDisk(dir: string, options = 'size=1m,nr_inodes=60'): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { stdio: 'ignore' });
}
/** Lazily: a test that failed may have left a file open, and the mount must not stay behind. */
export function unmountSmallDisk(dir: string): void {
  execFileSync('umount', ['-l', dir], { stdio: 'ignore' });
}

/** For `describeWith`. */
export const smallDisk = { name: 'a small file system', missing: whyNoMount() };
function whyNoMount(): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-mount-'));
  try {
    mountSmallDisk(dir);
    unmountSmallDisk(dir);
    return undefined;
  } catch {
    return 'only root may mount a tmpfs';
  } finally {
    rmSync(dir, { recursive: true });
  }
}
