import type { AccountFiles } from './account-files.js';
import type { Listing } from './listing.js';
import type { OpenFile } from './open-file.js';
import { Refused } from './refused.js';
import type { Upload } from './upload.js';

export type Handle =
  | { readonly kind: 'file'; readonly file: OpenFile }
  | { readonly kind: 'upload'; readonly upload: Upload; readonly append: boolean; readonly readable: boolean }
  | { readonly kind: 'listing'; readonly listing: Listing };

/** The handles of one SFTP session. A number that it did not give out, or took back, is nobody's. */
export class Handles {
  readonly #byNumber = new Map<number, Handle>();
  #last = 0;

  constructor(private readonly max: number) {}

  /** Called before anything is opened for the handle. */
  ensureRoom(): void {
    if (this.#byNumber.size >= this.max) throw new Refused('failure', 'Too many open handles');
  }

  add(handle: Handle): number {
    // Numbers are not used again soon, so that a late request cannot hit a file opened since.
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#byNumber.has(this.#last));
    this.#byNumber.set(this.#last, handle);
    return this.#last;
  }

  get(number: number | undefined): Handle | undefined {
    return number === undefined ? undefined : this.#byNumber.get(number);
  }

  take(number: number | undefined): Handle | undefined {
    const handle = this.get(number);
    if (handle && number !== undefined) this.#byNumber.delete(number);
    return handle;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  /** The session has ended: uploads that were not closed stay unfinished. */
  async closeAll(files: AccountFiles): Promise<void> {
    const all = [...this.#byNumber.values()];
    this.#byNumber.clear();
    await Promise.allSettled(all.map((handle) => endHandle(handle, files)));
  }
}

function endHandle(handle: Handle, files: AccountFiles): Promise<void> {
  switch (handle.kind) {
    case 'file':
      return handle.file.close();
    case 'upload':
      return files.abandon(handle.upload);
    case 'listing':
      return handle.listing.close();
    default:
      return handle satisfies never;
  }
}
