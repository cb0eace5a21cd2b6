/** PostgreSQL, one server or a cluster of which one member takes writes. */
import pg from 'pg';
import type { Clock } from '../clock.js';
import { codeOf, messageOf } from '../errors.js';
import type { Driver } from './driver.js';
import { postgresAlreadyThere, postgresCommitLabel, postgresLabel } from './errors-postgres.js';
import { PostgresLink, type PostgresTarget } from './postgres-link.js';
import { tlsOptions } from './tls.js';
import { within } from './within.js';
import { wordsFor } from './words.js';

/**
 * @param targets the members of a cluster with one primary, tried in turn until one takes writes. When none does, a standby serves reads for a
 * moment: queries are then still answered, and what writes fails with `read-only`.
 */
export function postgresDriver(targets: readonly PostgresTarget[], clock: Clock): Driver {
  let preferred = 0;
  return {
    words: wordsFor('postgres'),
    bindStyle: 'dollar',
    label: postgresLabel,
    commitLabel: postgresCommitLabel,
    alreadyThere: postgresAlreadyThere,
    async connect() {
      const failures: string[] = [];
      let failure: unknown;
      let standby: PostgresLink | undefined;
      for (let i = 0; i < targets.length; i++) {
        const at = (preferred + i) % targets.length;
        const target = targets[at];
        if (target === undefined) continue;
        try {
          const link = await connectTo(target, clock);
          if (!link.standby || targets.length === 1) {
            standby?.destroy();
            preferred = at;
            return link;
          }
          standby?.destroy();
          standby = link;
        } catch (error) {
          failure = error;
          failures.push(`${target.host}:${target.port} ${codeOf(error)} ${messageOf(error)}`);
        }
      }
      if (standby !== undefined) return standby;
      throw targets.length > 1 ? new NoMemberError(failures, failure) : failure;
    },
  };
}

async function connectTo(target: PostgresTarget, clock: Clock): Promise<PostgresLink> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ssl: target.tls && tlsOptions(target.tls, target.host),
    keepAlive: true,
    application_name: 'sluice',
  });
  const link = new PostgresLink(client, target, clock);
  try {
    // The driver's own limit ends with the handshake; a network may fall silent after it.
    await within(clock, target.connectTimeoutMs, link.setUp(), () => link.destroy());
  } catch (error) {
    link.destroy();
    throw error;
  }
  return link;
}

/** None of the members can be used; says of each why. */
class NoMemberError extends Error {
  readonly code: string;
  constructor(failures: readonly string[], cause: unknown) {
    super(failures.join('; '), { cause });
    this.code = codeOf(cause);
  }
}
