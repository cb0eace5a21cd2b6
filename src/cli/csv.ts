/* Reading CSV (RFC 4180; commas, semicolons or tabs as a spreadsheet of the country writes them). */

export interface CsvLine {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Empty lines are left out. A quote that is never closed takes in the rest. */
export function readCsv(text: string): CsvLine[] {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const separator = [',', ';', '\t'].find((sign) => head.includes(sign)) ?? ',';
  const lines: CsvLine[] = [];
  let [cells, cell, line, begun, isQuoted]: [string[], string, number, number, boolean] = [
    [],
    '',
    1,
    1,
    false,
  ];
  const endLine = () => {
    cells.push(cell);
    if (cells.some((one) => one !== '')) lines.push({ line: begun, cells });
    [cells, cell] = [[], ''];
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isQuoted) {
      if (sign === '\n') line += 1;
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === '') isQuoted = true;
    else if (sign === separator) {
      cells.push(cell);
      cell = '';
    } else if (sign === '\n') {
      endLine();
      line += 1;
      begun = line;
    } else if (sign !== '\r') cell += sign;
  }
  endLine();
  return lines;
}
