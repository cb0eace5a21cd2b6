/**
 * What happens to files in `upload`. An upload is written in a folder of its own that processing never looks into, and gets its place
 * by one rename when it is whole. The account itself sees both as one: an unfinished upload under its final name, with the size it
 * has so far, and so a client that lost its connection finds out where to go on.
 */
import fs, { type Stats } from 'node:fs';
import { promisify } from 'node:util';
import {
  type AccountFolders,
  type Opened,
  openPlain,
  orMissing,
  type Place,
  unlinkIfThere,
} from './account-folders.js';
import type { Delivered } from './delivered.js';
import type { Folder } from './folder.js';
import { isCreatableName, type Names, unfinishedEnding } from './path.js';
import { Refused } from './refused.js';
import { Upload, type UploadBounds } from './upload.js';
import { openFlag } from './wire/constants.js';

const { O_RDWR, O_CREAT, O_EXCL, O_RDONLY } = fs.constants;
const copyFile = promisify(fs.copyFile);

/**
 * A file with an unfinished ending lies among the unfinished ones even when it is whole; the owner's bit for running a program, which
 * no exchange file has, tells which it is. (It survives a restart, and no umask sets it.)
 */
const MODE = { unfinished: 0o740, whole: 0o640 } as const;
const isWhole = (stats: Stats): boolean => (stats.mode & 0o100) === 0;

export interface UploadRules {
  readonly unfinishedEndings: readonly string[];
  readonly modifyFinished: boolean;
  readonly durable: boolean;
}
/** `awaits-rename`: whole, but under an unfinished ending. `folder`: a directory got another name. */
export type UploadEnd = 'published' | 'awaits-rename' | 'folder';

export class UploadArea {
  constructor(
    private readonly folders: AccountFolders,
    /** Running uploads of this account in this process, by path: a second session takes over, it does not write beside. */
    private readonly running: Map<string, Upload>,
    private readonly delivered: Delivered,
    private readonly bounds: UploadBounds,
    private readonly rules: UploadRules,
  ) {}

  /** @param flags of OPEN, with `write` among them */
  async open(names: Names, flags: number): Promise<Upload> {
    const final = await this.folders.finalStats(names);
    if (final?.isDirectory()) throw new Refused('failure', 'Is a directory');
    const partial = await this.folders.partialStats(names);
    const there = final !== undefined || partial !== undefined;
    const create = (flags & openFlag.create) !== 0;
    if (!there && !create) throw new Refused('noSuchFile');
    if (there && create && (flags & openFlag.exclusive) !== 0) throw new Refused('failure', 'File exists');
    await this.bounds.usage.refresh(this.bounds.quota());
    if (!there) {
      if (!isCreatableName(names.at(-1) ?? ''))
        throw new Refused('permissionDenied', 'Not a name for a file');
      if (!this.bounds.usage.mayAddFile(this.bounds.quota())) throw new Refused('failure', 'Quota exceeded');
    }
    await this.#endRunning(names, 'Another session took over this upload');
    const opened = await this.#openPartial(names, {
      old: partial !== undefined,
      resume: partial !== undefined && (flags & openFlag.truncate) === 0,
      copy: partial === undefined && final !== undefined && (flags & openFlag.truncate) === 0,
    });
    const upload = new Upload(opened, names, this.bounds);
    // Both may have come this far at once: the later one has the name now.
    this.running.get(keyOf(names))?.retire('Another session took over this upload');
    this.running.set(keyOf(names), upload);
    if (!there) this.bounds.usage.addFile();
    return upload;
  }

  #openPartial(
    names: Names,
    how: { readonly old: boolean; readonly resume: boolean; readonly copy: boolean },
  ): Promise<Opened> {
    const { calls } = this.folders;
    const mode = this.#isUnfinishedName(names) ? MODE.unfinished : MODE.whole;
    const open = async (place: Place): Promise<Opened> => {
      if (how.resume) {
        const resumed = await openPlain(place, O_RDWR);
        if (mode === MODE.unfinished) await calls.changeMode(resumed.fd, mode);
        return resumed;
      }
      // A new file and not the old one cut to nothing: whoever still holds that one must not write into ours.
      if (how.old) await unlinkIfThere(place);
      if (how.copy) await this.#copyFinal(names, place.folder, place.name);
      return openPlain(place, O_RDWR | O_CREAT | (how.copy ? 0 : O_EXCL), mode);
    };
    return this.folders.inPartial(names, open, true);
  }

  async #copyFinal(names: Names, folder: Folder, name: string): Promise<void> {
    if (!this.rules.modifyFinished) throw new Refused('permissionDenied', 'A finished file is not changed');
    const source = await this.folders.inPlace(names, (place) => openPlain(place, O_RDONLY));
    try {
      await copyFile(`/proc/self/fd/${source.fd}`, folder.at(name), fs.constants.COPYFILE_EXCL);
    } finally {
      await this.folders.calls.close(source.fd);
    }
  }

  /** The client has closed the file: it is whole, and gets its place. @throws {Refused} where it is not; it is kept then */
  async complete(upload: Upload): Promise<UploadEnd> {
    const { calls } = this.folders;
    try {
      await upload.complete(this.rules.durable);
      return await this.folders.inPartial(upload.names, async (partial) => {
        const there = await partial.folder.stats(partial.name);
        // Another node may have begun this upload anew.
        if (there?.ino !== upload.ino) throw new Refused('failure', 'Another session took over this upload');
        if (this.#isUnfinishedName(upload.names)) {
          await upload.use(async (fd) => calls.changeMode(fd, MODE.whole));
          return 'awaits-rename';
        }
        await this.folders.inPlace(upload.names, async (final) => {
          // Before it is there: processing may take it before we are told that it is.
          this.delivered.add(upload.names, there);
          await calls.rename(partial.folder.at(partial.name), final.folder.at(final.name));
          if (this.rules.durable) await final.folder.sync();
        });
        return 'published';
      });
    } finally {
      this.#forget(upload);
      await upload.close();
    }
  }

  /** The session has ended before the client closed the file. */
  async abandon(upload: Upload): Promise<void> {
    await upload.abandon();
    this.#forget(upload);
  }

  async remove(names: Names): Promise<void> {
    await this.#endRunning(names, 'The file was removed');
    const partial = await this.folders.partialStats(names);
    const final = await this.folders.finalStats(names);
    if (!partial && !final) throw new Refused('noSuchFile');
    if (partial) await orMissing(this.folders.inPartial(names, unlinkIfThere));
    if (final) await this.folders.inPlace(names, unlinkIfThere);
    this.delivered.forget(names);
    for (const gone of [partial, final]) if (gone) this.bounds.usage.removeFile(gone.size);
  }

  /** @param overwrite whether a file that has the new name is replaced; otherwise the rename is refused */
  async rename(from: Names, to: Names, overwrite: boolean): Promise<UploadEnd> {
    if (!isCreatableName(to.at(-1) ?? '')) throw new Refused('permissionDenied', 'Not a name for a file');
    const partial = await this.folders.partialStats(from);
    const source = partial ?? (await this.folders.finalStats(from));
    if (source === undefined) throw new Refused('noSuchFile');
    if (partial && !(this.#isUnfinishedName(from) && isWhole(partial))) {
      throw new Refused('failure', 'The upload is not finished');
    }
    const toPartial = this.#isUnfinishedName(to);
    if (keyOf(from) === keyOf(to)) return toPartial ? 'awaits-rename' : 'published';
    const target = (await this.folders.partialStats(to)) ?? (await this.folders.finalStats(to));
    if (target && (!overwrite || target.isDirectory())) throw new Refused('failure', 'File exists');
    if (source.isDirectory()) return this.#renameFolder(from, to, target !== undefined);
    await this.#endRunning(to, 'Another file took this name');
    const fromPartial = partial !== undefined;
    this.delivered.forget(from);
    if (!toPartial) this.delivered.add(to, source);
    const { calls } = this.folders;
    await this.#at(fromPartial, from, (old) =>
      this.#at(toPartial, to, async (fresh) => {
        const [source, destination] = [old.folder.at(old.name), fresh.folder.at(fresh.name)];
        if (overwrite) await calls.rename(source, destination);
        // Only a link can refuse what is there without a moment between looking and doing.
        else {
          await calls.link(source, destination);
          await unlinkIfThere(old);
        }
        if (this.rules.durable) await fresh.folder.sync();
      }),
    );
    if (toPartial) return 'awaits-rename';
    await orMissing(this.folders.inPartial(to, unlinkIfThere));
    return 'published';
  }

  async #renameFolder(from: Names, to: Names, targetIsThere: boolean): Promise<'folder'> {
    if (targetIsThere) throw new Refused('failure', 'File exists');
    const below = `${keyOf(from)}/`;
    if ([...this.running.keys()].some((key) => key.startsWith(below))) {
      throw new Refused('failure', 'An upload into this directory is running');
    }
    const { calls } = this.folders;
    const move = (partial: boolean) =>
      this.#at(partial, from, (old) =>
        this.#at(partial, to, async (fresh) =>
          calls.rename(old.folder.at(old.name), fresh.folder.at(fresh.name)),
        ),
      );
    await move(false);
    await orMissing(move(true));
    return 'folder';
  }

  #at<T>(partial: boolean, names: Names, work: Parameters<typeof this.folders.inPlace<T>>[1]): Promise<T> {
    return partial ? this.folders.inPartial(names, work, true) : this.folders.inPlace(names, work);
  }

  async #endRunning(names: Names, reason: string): Promise<void> {
    const running = this.running.get(keyOf(names));
    if (running === undefined) return;
    running.retire(reason);
    await running.abandon();
    this.#forget(running);
  }

  #forget(upload: Upload): void {
    const key = keyOf(upload.names);
    if (this.running.get(key) === upload) this.running.delete(key);
  }

  #isUnfinishedName(names: Names): boolean {
    return unfinishedEnding(names.at(-1) ?? '', this.rules.unfinishedEndings) !== undefined;
  }
}

const keyOf = (names: Names): string => names.join('/');
