/** Comparing certificate subjects. Node gives them as lines `CN=…`, control characters escaped. */

/** The parts of a subject as Node's `X509Certificate.subject` gives it. */
const partsOf = (subject: string): string[] => subject.split('\n').filter((part) => part !== '');

/** The parts of what an administrator writes: `CN=platform, O=Ant` (a comma inside a value is written `\,`). */
export const wantedParts = (text: string): string[] =>
  text
    .split(/(?<!\\)[,\n]/)
    .map((part) => part.trim().replace(/\s*=\s*/, '='))
    .filter((part) => part !== '');

const nameOf = (part: string): string => part.slice(0, part.indexOf('='));

/**
 * True when every part that is wanted stands in the subject, and its attribute stands there once only:
 * a certificate with two common names must not pass for either.
 */
export function subjectMatches(subject: string, wanted: string): boolean {
  const parts = partsOf(subject);
  const needed = wantedParts(wanted);
  return (
    needed.length > 0 &&
    needed.every(
      (part) => parts.includes(part) && parts.filter((one) => nameOf(one) === nameOf(part)).length === 1,
    )
  );
}

/** One line, for people. */
export const subjectText = (subject: string | undefined): string => partsOf(subject ?? '').join(', ');
