/** What the platform's answer to our notice means for it (spec files.md "Notices"). */
import type { NoticeReply } from '../../server/index.js';

export type NoticeResult =
  | { readonly kind: 'accepted'; readonly detail: string }
  /** It may succeed later: the platform is away, in trouble, or does not see the file yet. */
  | { readonly kind: 'again'; readonly detail: string }
  /** The same notice would be refused for ever. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Taken; also by a notice before this one whose answer was lost (4004), and in the words of some platforms (4005). */
const ACCEPTED = new Set(['9999', '4004', '4005']);
/** Refused for what the notice or the file says: repeating it changes nothing. */
const FINAL = new Set([
  '0000',
  '0001',
  '0002',
  '0003',
  '0004',
  '0005',
  '0006',
  '0007',
  '0008',
  '4000',
  '4001',
  '4002',
]);

/** A code that is in neither list is tried again: giving up is for an operator to see, not for us to guess. */
export function resultOf(reply: NoticeReply): NoticeResult {
  if (reply.kind === 'unanswered') return { kind: 'again', detail: reply.reason };
  const detail = `${reply.code} ${reply.text}`.trim();
  if (ACCEPTED.has(reply.code)) return { kind: 'accepted', detail };
  return FINAL.has(reply.code) ? { kind: 'refused', detail } : { kind: 'again', detail };
}
