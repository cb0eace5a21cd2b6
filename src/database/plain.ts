/** Statements outside of the statement cache: migrations, and what is said once to a connection. */
import { compile, valuesOf } from './compile.js';
import type { Binds, Row } from './database.js';
import type { Link } from './driver.js';

export async function statement(link: Link, text: string, binds: Binds = {}): Promise<number> {
  const compiled = compile(text, '', link.bindStyle);
  return link.run(compiled, valuesOf(compiled.names, binds));
}
export async function rowsOf(link: Link, text: string): Promise<readonly Row[]> {
  return link.all(compile(text, '', link.bindStyle), []);
}
