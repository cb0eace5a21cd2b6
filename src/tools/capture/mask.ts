/** Personal fields of a message made unrecognisable: the same text always becomes the same other text, of the same length and byte width. */
import { type Masker, maskBody, messageOf, pseudonymous } from '../../protocol/index.js';
import { isObject, parseJson } from '../json.js';

/**
 * The data text of one frame with its personal fields masked. Data that is no message is masked whole, character by character.
 * @param key secret of the capture; `undefined` leaves everything as it is
 */
export function maskData(serviceCode: string, text: string, key: string | undefined): string {
  if (key === undefined) return text;
  const mask = pseudonymous(key);
  const value = parseJson(text);
  if (!isObject(value) || !isObject(value.body)) return mask(text);
  const message = messageOf(serviceCode);
  const fields = 'rtnCode' in value.body ? message?.answer : message?.request;
  const body = maskBody(value.body, fields, mask);
  const { head, body: _body, ...others } = value;
  const rest = Object.keys(others).length === 0 ? {} : maskedWhole(others, mask);
  // The order of head and body is the peer's: some parsers of this field mind it.
  return JSON.stringify(Object.keys(value)[0] === 'body' ? { body, head, ...rest } : { head, body, ...rest });
}
const maskedWhole = (value: object, mask: Masker): object => {
  const masked = maskBody(value, undefined, mask);
  return isObject(masked) ? masked : {};
};
