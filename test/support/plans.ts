/** Which way the database goes for each statement, by its own word. */
import { type Binds, type Client, type Session, type Statement, sql } from '../../src/database/index.js';

/** What a plan says when it reads a whole table. */
export const wholeTable: Readonly<Record<Client, RegExp>> = {
  sqlite: /SCAN (?!CONSTANT)/,
  postgres: /Seq Scan/,
  mysql: /"?type"?: ?"?(?:ALL|index)"?/i,
  oracle: /TABLE ACCESS FULL/,
};
const explain = {
  sqlite: 'explain query plan',
  postgres: 'explain',
  mysql: 'explain',
  oracle: 'explain plan for',
} as const;

/** The same session; every statement that finds rows by a condition is explained before it runs. */
export function explaining<S extends Session>(session: S, plans: Map<string, string>): S {
  const look = async (statement: Statement, binds: Binds) => {
    let text = '';
    const plan = sql((words) => {
      text = statement.text(words);
      return `${explain[session.client]} ${text}`;
    });
    const rows = await session.all(plan, binds);
    if (!/^\s*insert into \w+ \([^)]*\)\s+values/.test(text)) {
      // MariaDB tells of the few rows of a union as of a table of their own.
      const read = rows.filter((row) => !String(row.table ?? '').startsWith('<'));
      plans.set(text, JSON.stringify(read));
    }
  };
  return new Proxy(session, {
    get(target, key) {
      if (key === 'all' || key === 'run') {
        return async (statement: Statement, binds: Binds = {}) => {
          await look(statement, binds);
          return target[key](statement, binds);
        };
      }
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== 'transaction') return value.bind(target);
      return (work: (tx: Session) => Promise<unknown>, options: unknown) =>
        value.call(target, (tx: Session) => work(explaining(tx, plans)), options);
    },
  });
}
