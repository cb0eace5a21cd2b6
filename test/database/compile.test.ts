import { expect } from 'chai';
import { compile, StatementCache, valuesOf } from '../../src/database/compile.js';
import { sql } from '../../src/database/database.js';
import { wordsFor } from '../../src/database/words.js';

describe('compiling a statement', () => {
  const text =
    'select \':no\', "a:b", `c:d`, x::int -- :comment\n /* :more */ from t where a = :a and (b = :b or c = :a)';
  const rest = (a: string, b: string, c: string) =>
    `select ':no', "a:b", \`c:d\`, x::int -- :comment\n /* :more */ from t where a = ${a} and (b = ${b} or c = ${c})`;

  it('marks each place for MariaDB', () => {
    expect(compile(text, 's', 'question')).to.deep.include({
      text: rest('?', '?', '?'),
      names: ['a', 'b', 'a'],
    });
  });
  it('hides each value in a subquery for SQLite, which would plan the statement anew for each, but not in an insert', () => {
    const hidden = '(select ?)';
    expect(compile(text, 's', 'selected')).to.deep.include({
      text: rest(hidden, hidden, hidden),
      names: ['a', 'b', 'a'],
    });
    expect(compile(insert, 's', 'selected').text).to.equal('insert into t (a, b) values (?, ?)');
  });
  it('gives the same name the same number on PostgreSQL, whose types are inferred per number', () => {
    expect(compile(text, 's', 'dollar')).to.deep.include({ text: rest('$1', '$2', '$1'), names: ['a', 'b'] });
  });
  it('numbers each place for Oracle, where names such as :date are reserved', () => {
    expect(compile(text, 's', 'colon')).to.deep.include({
      text: rest(':1', ':2', ':3'),
      names: ['a', 'b', 'a'],
    });
  });

  const insert = 'insert into t (a, b) values (:a, :b)';
  for (const [given, found] of [
    [insert, true],
    [` INSERT INTO t(a,b)\n VALUES ( :b , :a )`, true],
    ['insert into t (a, b) values (:a, 1)', false],
    ['insert into t (a) values (lower(:a))', false],
    ['insert into t (a) select :a from x', false],
    [`${insert} on conflict do nothing`, false],
  ] as const)
    it(`${found ? 'sees' : 'does not see'} an insert of many in: ${given.trim().replace(/\s+/g, ' ')}`, () => {
      expect(compile(given, 's', 'dollar').insert !== undefined).to.equal(found);
    });

  it('binds empty text as null, and refuses what is missing or not whole', () => {
    expect(valuesOf(['a', 'b', 'a'], { a: '', b: 5n })).to.deep.equal([null, 5n, null]);
    expect(() => valuesOf(['a'], {})).to.throw('bind :a is missing');
    expect(() => valuesOf(['a'], { a: 0.5 })).to.throw('whole');
    expect(() => valuesOf(['a'], { a: 2 ** 60 })).to.throw('whole');
  });

  it('compiles each statement once per database', () => {
    const cache = new StatementCache(wordsFor('postgres'), 'dollar');
    const one = sql((words) => `select 1 ${words.forUpdate}`);
    expect(cache.get(one)).to.equal(cache.get(one));
    expect(cache.get(one).text).to.equal('select 1 for update');
    expect(cache.get(sql('select 1')).name).to.not.equal(cache.get(one).name);
  });
});
