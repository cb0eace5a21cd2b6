/** Reasons are kept in columns of 500 characters. */
export const shortened = (text: string, max = 500): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;
