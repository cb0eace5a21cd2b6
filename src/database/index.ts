/** The database room: what the others may use of it. The contract itself is database.ts. */
export { databaseFailed } from './advice.js';
export * from './audit.js';
export * from './cells.js';
export * from './database.js';
export { type MigrationState, migrate, migrationStatus, rollback } from './migrate.js';
export { type ColumnOptions, type Migration, renderMigration, type Schema, type Table } from './migration.js';
export { type OpenContext, openDatabase } from './open.js';
export { openReader, renderStatement } from './reader.js';
export { type DatabaseSettings, databaseSettings } from './settings.js';
export { describeTarget } from './targets.js';
export { type ManyUpdate, manyUpdate, updateMany } from './update-many.js';
export { watchWrites } from './write-watch.js';
