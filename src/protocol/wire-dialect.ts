import type { UnitDialect } from './dialect.js';
import { noWireNames, type WireDialect } from './field.js';

const wireNamesOf = { balInfos: noWireNames, BAL_INFO: { balInfos: 'BAL_INFO' } } as const;
/** All ways in which peers rename members. */
export const renamings: readonly Readonly<Record<string, string>>[] = Object.values(wireNamesOf);

const made = new WeakMap<UnitDialect, WireDialect>();

/** What of a unit's dialect the declarations need. The same object for the same dialect, so that tables are made once. */
export function wireDialectOf(unit: UnitDialect): WireDialect {
  const known = made.get(unit);
  if (known !== undefined) return known;
  const { amountUnit, rowsAs, errorBody, resultCodes } = unit;
  const wireNames = wireNamesOf[unit.balanceArray];
  const dialect: WireDialect = { amountUnit, rowsAs, wireNames, errorBody, resultCodes, nullIsEmpty: false };
  made.set(unit, dialect);
  return dialect;
}
