/** The exchange files by the way they go (spec files.md "Types"). */
import { exchangeFiles, type FileType, fileTypes } from '../protocol/index.js';

/** The platform's files for us. */
export type IncomingType = 'DSDZ' | 'REDK';
/** Our files for the platform. */
export type OutgoingType = Exclude<FileType, IncomingType>;

export const isIncomingType = (type: FileType): type is IncomingType =>
  exchangeFiles[type].direction === 'platform→utility';
export const isOutgoingType = (type: FileType): type is OutgoingType => !isIncomingType(type);
export const outgoingTypes = fileTypes.filter(isOutgoingType);
