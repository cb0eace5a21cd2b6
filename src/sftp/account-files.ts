import fs from 'node:fs';
import type { Account } from './account.js';
import { AccountFolders, openPlain, orMissing, type Place } from './account-folders.js';
import type { Delivered } from './delivered.js';
import { isMissing } from './folder.js';
import { attributesOf, Listing } from './listing.js';
import { OpenFile } from './open-file.js';
import { isCreatableName, type Names } from './path.js';
import { Refused } from './refused.js';
import { type ShortCalls, SMALL_BYTES } from './short-calls.js';
import type { Upload } from './upload.js';
import { UploadArea, type UploadEnd, type UploadRules } from './upload-area.js';
import type { Usage } from './usage.js';
import type { EntryAttributes } from './wire/attributes.js';

/** What all sessions of one account share within this process. */
export interface AccountState {
  readonly usage: Usage;
  readonly running: Map<string, Upload>;
  readonly delivered: Delivered;
}

export interface AccountFilesOptions {
  readonly root: string;
  /** As it is now: rights and quota may change while a session runs. */
  readonly account: () => Account;
  readonly state: AccountState;
  readonly rules: UploadRules;
  readonly calls: ShortCalls;
  readonly fileBytesMax: number;
}

/**
 * What an account may do with files, in names below its root; every operation of the protocol ends here.
 * All throw {@link Refused} or the error of the file system.
 */
export class AccountFiles {
  private constructor(
    private readonly options: AccountFilesOptions,
    private readonly folders: AccountFolders,
    private readonly uploads: UploadArea,
  ) {}

  static async open(options: AccountFilesOptions): Promise<AccountFiles> {
    const { account, root, state, rules, fileBytesMax, calls } = options;
    const folders = await AccountFolders.open(root, account().name, calls);
    const bounds = { usage: state.usage, quota: () => account().quota, fileBytesMax, calls };
    const uploads = new UploadArea(folders, state.running, state.delivered, bounds, rules);
    return new AccountFiles(options, folders, uploads);
  }

  async stats(names: Names): Promise<EntryAttributes> {
    this.#mayRead(names);
    if (names.length < 2) {
      const area = names.length === 0 ? ['upload'] : names;
      return attributesOf(
        await this.folders.inside(area, (folder) => Promise.resolve(folder.calls.stats(folder.fd))),
      );
    }
    const there =
      (await this.folders.partialStats(names)) ?? (await orMissing(this.folders.finalStats(names)));
    const stats = there ?? this.options.state.delivered.find(names);
    if (stats === undefined) throw new Refused('noSuchFile');
    return attributesOf(stats);
  }

  async list(names: Names): Promise<Listing> {
    this.#mayRead(names);
    if (names.length > 0) await this.folders.inside(names, async () => {});
    return new Listing(this.folders, names, this.options.account().name);
  }

  /** The caller closes it. */
  async openForReading(names: Names): Promise<OpenFile> {
    this.#mayRead(names);
    if (names.length < 2) throw new Refused('failure', 'Is a directory');
    const flags = fs.constants.O_RDONLY;
    const inUpload = names[0] === 'upload';
    const partial = inUpload
      ? await orMissing(this.folders.inPartial(names, (place) => openPlain(place, flags)))
      : undefined;
    const { fd, size } = partial ?? (await this.folders.inPlace(names, (place) => openPlain(place, flags)));
    const { calls } = this.folders;
    return new OpenFile(fd, calls, calls.direct && size <= SMALL_BYTES);
  }

  openForWriting(names: Names, flags: number): Promise<Upload> {
    this.#mayWrite(names);
    return this.uploads.open(names, flags);
  }
  complete(upload: Upload): Promise<UploadEnd> {
    return this.uploads.complete(upload);
  }
  abandon(upload: Upload): Promise<void> {
    return this.uploads.abandon(upload);
  }

  remove(names: Names): Promise<void> {
    this.#mayWrite(names);
    return this.uploads.remove(names);
  }
  rename(from: Names, to: Names, overwrite: boolean): Promise<UploadEnd> {
    this.#mayWrite(from);
    this.#mayWrite(to);
    return this.uploads.rename(from, to, overwrite);
  }

  async makeFolder(names: Names): Promise<void> {
    this.#mayWrite(names);
    if (!isCreatableName(names.at(-1) ?? ''))
      throw new Refused('permissionDenied', 'Not a name for a directory');
    if (await this.folders.partialStats(names)) throw new Refused('failure', 'File exists');
    if (!this.options.state.usage.mayAddFile(this.options.account().quota)) {
      throw new Refused('failure', 'Quota exceeded');
    }
    await this.folders.inPlace(names, async ({ folder, name }) =>
      folder.calls.makeFolder(folder.at(name), 0o750),
    );
  }

  async removeFolder(names: Names): Promise<void> {
    this.#mayWrite(names);
    // First the unfinished side: where an upload lies in it, the directory is not empty.
    const remove = async ({ folder, name }: Place) => folder.calls.removeFolder(folder.at(name));
    await orMissing(this.folders.inPartial(names, remove));
    await this.folders.inPlace(names, remove);
  }

  /** Seconds since 1970. */
  async setTimes(names: Names, accessedAt: number, modifiedAt: number): Promise<void> {
    this.#mayWrite(names);
    const set = async ({ folder, name }: Place) =>
      folder.calls.setTimes(folder.at(name), accessedAt, modifiedAt);
    try {
      await this.folders.inPartial(names, set);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Processing may have it already, or take it between our looking and our setting.
      const known = this.options.state.delivered.setTimes(names, accessedAt, modifiedAt);
      const done = this.folders.inPlace(names, set);
      await (known ? orMissing(done) : done);
    }
  }

  close(): Promise<void> {
    return this.folders.close();
  }

  #mayRead(names: Names): void {
    const { mayUpload, mayDownload } = this.options.account();
    if (names[0] === 'upload' && !mayUpload) throw new Refused('permissionDenied');
    if (names[0] === 'download' && !mayDownload) throw new Refused('permissionDenied');
  }

  /** Only below `upload`; its root, `download` and `archive` are ours. */
  mayChange(names: Names): boolean {
    return names[0] === 'upload' && names.length > 1 && this.options.account().mayUpload;
  }
  #mayWrite(names: Names): void {
    if (!this.mayChange(names)) throw new Refused('permissionDenied');
  }
}
