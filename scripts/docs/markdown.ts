/** Small pieces of Markdown. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
export const code = (text: string): string => `\`${text}\``;
export const page = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`;
export const generatedNote =
  '<!-- Written by `npm run docs` from the declarations in src/protocol. Do not edit: change the declaration. -->';
