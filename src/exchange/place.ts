/** Where the platform leaves files for us and finds ours: directories of our own SFTP server, or a server of the platform. */
import type { Moment } from '../clock.js';

/** A file as it lies at a place, seen once. */
export interface PlaceEntry {
  /** Relative to the place, names joined by `/`. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** By our own clock; `undefined` where only another machine's is known. */
  readonly modifiedAt: Moment | undefined;
  /** Differs when the file was changed or replaced in between. */
  readonly stamp: string;
}

/** Where files come in. */
export interface IncomingPlace {
  /** The SFTP account, or `user@host` of the platform's server. */
  readonly name: string;
  /** What is there under names that are wanted, without what is plainly unfinished. Others are not touched: there may be thousands. */
  list(isWanted: (name: string) => boolean): Promise<readonly PlaceEntry[]>;
  find(path: string): Promise<PlaceEntry | undefined>;
  /** Whether an upload of this path is under way. */
  isUnfinished(path: string): Promise<boolean>;
  /**
   * Brings the file to `target` on our disk, durably; exactly one of several callers succeeds where the place allows it.
   * `false`: it is gone, or changed while it was fetched.
   */
  take(entry: PlaceEntry, target: string): Promise<boolean>;
  /** After what was taken is registered: it need not be seen again. */
  settle(entry: PlaceEntry): Promise<void>;
  /** Calls when something may have changed; the returned function ends it. Only a hint: there is a poll beside it. */
  watch(changed: () => void): () => void;
}

/** Where our files are published. */
export interface OutgoingPlace {
  readonly name: string;
  /** What notices say in `filePath`. */
  readonly noticePath: string;
  /** Puts the file there whole: under its name it is complete or not there. */
  put(name: string, source: string): Promise<void>;
  /** What lies there under this name; `sha256` where it can be had without reading it over a network. */
  check(name: string): Promise<{ readonly bytes: number; readonly sha256: string | undefined } | undefined>;
  remove(name: string): Promise<void>;
}

/** Both directions of one unit, and where its processed files are kept (relative to the root). */
export interface ExchangePlace {
  readonly incoming: IncomingPlace;
  readonly outgoing: OutgoingPlace;
  readonly archive: string;
  close(): Promise<void>;
}
