/** What the local CA issued and revoked: `certs/ca/register.json`. */
import { z } from 'zod';
import { messageOf, OperatorError } from '../errors.js';
import { certificateFiles, readIfThere, writeWhole } from './files.js';

/** Reasons of RFC 5280 that make sense for a gateway's peer. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

const registerSchema = z.strictObject({
  format: z.literal(1),
  crlNumber: z.number().int(),
  issued: z.array(
    z.strictObject({
      serial: z.string(),
      subject: z.string(),
      sha256: z.string(),
      issuedAt: z.number().int(),
      notAfter: z.number().int(),
      revokedAt: z.number().int().optional(),
      reason: z.enum(revocationReasons).optional(),
    }),
  ),
});
export type CaRegister = z.infer<typeof registerSchema>;
export type IssuedCertificate = CaRegister['issued'][number];

/** What the CA issued so far. @throws OperatorError when there is no CA or its register is damaged */
export async function loadCaRegister(dir: string): Promise<CaRegister> {
  const { caRegister: file, caCert } = certificateFiles(dir);
  const bytes = await readIfThere(file);
  if (bytes === undefined) {
    // A CA made elsewhere and put here has issued nothing that we know of.
    if (await readIfThere(caCert)) return { format: 1, crlNumber: 0, issued: [] };
    throw noCa(dir);
  }
  try {
    return registerSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new OperatorError(
      'ca-damaged',
      `${file} is not what sluice wrote: ${messageOf(error)}`,
      'Restore the directory certs/ca from a copy.',
      { cause: error },
    );
  }
}
export const saveCaRegister = (dir: string, register: CaRegister) =>
  writeWhole(certificateFiles(dir).caRegister, `${JSON.stringify(register, null, 2)}\n`, 'public');

export const noCa = (dir: string) =>
  new OperatorError(
    'ca-missing',
    `there is no local CA in ${certificateFiles(dir).ca}`,
    'Make one with "sluice certs ca init".',
  );
