import { z } from 'zod';

const ms = (most: number) => z.number().int().min(1).max(most);

const SCHEMES = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  oracle: 'oracle',
} as const;
/** A url, e.g. from the environment, says which database it is for. */
function clientOfUrl(url: string | undefined) {
  const scheme = url?.split(':')[0];
  return Object.entries(SCHEMES).find(([name]) => name === scheme)?.[1];
}

/** The `database` section of sluice.yaml. */
export const databaseSettings = z
  .strictObject({
    client: z
      .enum(['sqlite', 'postgres', 'mysql', 'oracle'])
      .default('sqlite')
      .describe('sqlite (embedded), postgres, mysql (MariaDB too) or oracle'),
    file: z.string().min(1).default('revenue.sqlite').describe('sqlite: the file, relative to the directory'),
    url: z
      .string()
      .optional()
      .describe(
        'postgres://user:password@host1:5432,host2:5432/database, mysql://user:password@host:3306/database or oracle://user:password@host:1521/service; decides the client',
      ),
    host: z.string().optional(),
    port: z.number().int().min(1).max(65_535).optional(),
    user: z.string().optional(),
    password: z.string().optional(),
    passwordFile: z
      .string()
      .optional()
      .describe('a file whose first line is the password, relative to the directory'),
    database: z.string().optional(),
    connectString: z.string().optional().describe('oracle: host:1521/service, or a whole description'),
    tls: z
      .strictObject({
        verify: z
          .enum(['host', 'ca', 'none'])
          .default('host')
          .describe(
            'host: of a trusted authority and naming the host; ca: of a trusted authority; none: any',
          ),
        ca: z
          .string()
          .min(1)
          .optional()
          .describe('authorities in PEM, a file relative to the directory; default: those that Node trusts'),
      })
      .optional()
      .describe('postgres, mysql: set = encrypted or not at all. Oracle: tcps:// in connectString'),
    pool: z
      .strictObject({
        min: z.number().int().min(0).max(200).default(1),
        max: z
          .number()
          .int()
          .min(2, 'at least 2: reconciliation and files read on one connection while they write on another')
          .max(200)
          .default(16),
        acquireTimeoutMs: ms(60_000)
          .default(3000)
          .describe('how long a request waits for a free connection before it is answered 0009'),
        idleTimeoutMs: ms(86_400_000).default(60_000),
      })
      .prefault({}),
    connectTimeoutMs: ms(60_000).default(3000),
    statementTimeoutMs: ms(3_600_000)
      .default(8000)
      .describe('one statement of a request; set-sized work sets its own'),
    lockWaitMs: ms(60_000).default(5000).describe('how long to wait for a row that another holds'),
  })
  .transform((settings) => ({ ...settings, client: clientOfUrl(settings.url) ?? settings.client }))
  .describe('the revenue database');
export type DatabaseSettings = z.output<typeof databaseSettings>;
