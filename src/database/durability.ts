/** Server settings under which a commit that was answered may be lost; what the gateway cannot set by itself. */
import type { Link } from './driver.js';
import type { OpenedDatabase } from './opened.js';
import { rowsOf } from './plain.js';

const asked = {
  sqlite: undefined,
  postgres: `select name || ' = ' || setting as found from pg_settings
    where name in ('fsync', 'full_page_writes') and setting = 'off'`,
  mysql: `select concat(lower(variable_name), ' = ', variable_value) as found from information_schema.global_variables
    where (variable_name = 'INNODB_FLUSH_LOG_AT_TRX_COMMIT' and variable_value <> '1')
      or (variable_name = 'SYNC_BINLOG' and variable_value <> '1'
        and exists (select 1 from information_schema.global_variables where variable_name = 'LOG_BIN' and variable_value = 'ON'))`,
  oracle: undefined,
} as const;

/** The settings found wrong, as `name = value`; none when they are right or cannot be asked (MySQL 8 keeps them elsewhere). */
export async function durabilityFaults(opened: OpenedDatabase): Promise<readonly string[]> {
  const text = asked[opened.client];
  if (text === undefined) return [];
  return opened.withLink(async (link: Link) => {
    try {
      return (await rowsOf(link, text)).map((row) => String(row.found));
    } catch {
      return [];
    }
  });
}
