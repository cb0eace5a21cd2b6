/** An error that an operator can act on: shown as two lines, without a stack trace. */
export class OperatorError extends Error {
  /**
   * @param code stable name, listed in docs/errors.md, e.g. `config-invalid`
   * @param message what is wrong, naming file, line, field; values that may be personal are masked
   * @param next what to do about it
   */
  constructor(
    readonly code: string,
    message: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OperatorError';
  }
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
/** The message and, where the error tells, what to do about it: for whoever asks later why something is not done. */
export const adviceOf = (error: unknown): string =>
  error instanceof Error && 'next' in error ? `${error.message} → ${error.next}` : messageOf(error);
/** The `code` of a system or driver error, or `''`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code ?? '') : '';
