/** All migrations in their order. A released one is never changed; what it got wrong is put right by the next. */
import type { Migration } from '../migration.js';

export const migrations: readonly Migration[] = [];
