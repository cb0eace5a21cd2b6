/* Counts every step that leaves a trace (file system, database, notice) and kills this process right before the one that was named. */
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';

let taken = 0;
let killAt = 0;
let armed = false;

/** From now on steps count. @param number of the step that does not happen; 0 = none */
export function arm(number) {
  armed = true;
  killAt = number;
}
export const stepsTaken = () => taken;
export function step() {
  if (!armed) return;
  taken += 1;
  if (taken === killAt) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['mkdir', 'writeFile', 'rename', 'copyFile', 'link', 'unlink', 'rm', 'rmdir']) {
  const original = fsp[name];
  fsp[name] = (...args) => {
    step();
    return original(...args);
  };
}
const open = fsp.open;
fsp.open = (path, flags, ...more) => {
  if (flags !== undefined && flags !== 'r') step();
  return open(path, flags, ...more);
};
syncBuiltinESMExports();

const { prepare, exec } = Database.prototype;
Database.prototype.prepare = function (...args) {
  const statement = prepare.apply(this, args);
  if (statement.reader) return statement;
  const { run } = statement;
  statement.run = (...values) => {
    step();
    return run.apply(statement, values);
  };
  return statement;
};
Database.prototype.exec = function (text) {
  if (text === 'commit') step();
  return exec.call(this, text);
};
