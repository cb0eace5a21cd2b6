import { stringify } from 'yaml';

/** A unit as it is written in sluice.yaml. */
export interface UnitText {
  readonly unit: string;
  readonly name: string;
  readonly shortName: string;
  readonly dialect?: Readonly<Record<string, unknown>>;
  readonly rules?: Readonly<Record<string, unknown>>;
}

/** The text of a new sluice.yaml, commented; {@link loadConfig} takes it as it stands. */
export const configTemplate = (
  units: readonly UnitText[],
): string => `# Sluice 水闸 — configuration. Check it with: sluice config check
# Everything left out has its default. Paths are relative to this directory.
# Environment variables win over this file: SLUICE_HOST, SLUICE_PORT, SLUICE_SFTP_PORT, SLUICE_METRICS_PORT,
# SLUICE_CONSOLE_PORT, SLUICE_DATABASE_URL, SLUICE_LOG_LEVEL.

# The mutual-TLS socket where the platform connects. 平台连接的端口
server:
  host: 127.0.0.1        # 0.0.0.0 = all addresses of this machine
  port: 1224             # 0 = any free port
  workers: 1             # processes that share the port; auto = one for each core
  limits:
    connections: 2000          # open connections in all
    connectionsPerPeer: 500    # of one certificate's owner
    handshakeMs: 5000          # TLS handshake
    silentMs: 15000            # until a whole request has arrived
    requestMs: 10000           # to answer it; afterwards 0009, and 200012 tells what became of it
    drainMs: 15000             # to finish accepted requests when stopping

# The SFTP server for exchange files. Accounts: sluice sftp account add. All settings and limits: docs/sftp.md. 文件交换
sftp:
  host: 127.0.0.1        # 0.0.0.0 = all addresses of this machine
  port: 2022             # 0 = any free port
  root: exchange         # each account has its folder in here

# Exchange files (DSDZ, REDK in; DKKK, DZZD, JF, CFTZ out). Without notice, ours are published and not announced.
# All settings: docs/exchange.md. 文件交换与通知
# exchange:
#   notice: { host: platform.example, port: 1224 }      # where 100001 goes. 通知平台
#   units:
#     "39536":
#       account: platform                               # SFTP account; default: the unit's
#       # remote: { host: sftp.example, username: u, privateKeyFile: sftp/u.key, hostKeys: ["SHA256:..."] }   # 平台提供 SFTP
#       files:
#         JF: { schedule: "30 2 * * *" }                # China time, every day at 02:30; left out: by hand. 缴费记录
#         DZZD: { schedule: "40 2 * * *" }              # 电子账单
#         CFTZ: { schedule: "0 8 1 * *" }               # 催费通知

# The revenue database. sqlite needs nothing; a utility uses postgres, mysql or oracle (docs/databases.md). 营收数据库
database:
  client: sqlite
  file: revenue.sqlite

# Prometheus metrics, /health and /ready, on the loopback only. 监控
metrics:
  port: 9464             # 0 = any free port

# The process log, JSON lines with rotation. 运行日志
log:
  level: info            # error, warn, info
  fileMiB: 20
  files: 10

# Alarms: also in the log and as a metric. What they are about: docs/operations.md. 告警
# alarms: { command: [/usr/local/bin/page-somebody], webhook: "https://example.internal/alarm" }

# Every exchange as a fixture file for 'sluice replay', personal fields masked: docs/testing-tools.md. 抓包
# capture: { dir: captures, peers: [], fileMiB: 200 }

# The clearing units (清算单位) that this gateway serves. Ids are texts: keep the quotes.
# What a dialect setting means, and all of them: docs/protocol.md "Dialect settings". Money rules: docs/money.md.
#   dialect: { amountUnit: fen|yuan, rowsAs: text|array, nothingOwed: 9999-empty|9999-zero-detail|1003,
#              amountRule: atLeastDue|exact|any, billsChosen: oldestFirst|byId, duplicateAnswer: "2001"|9999IfSame, … }
#   rules:   { acceptanceDays: 30|any, refundDays: any, amountMax: 1000000000 (fen), serviceHours: "00:00-24:00",
#              lateFee: { dailyRate: "0.003", graceDays: 0, capShare: "1" }, … }
units:
${stringify(units, {
  // Whoever edits one unit must not change the others.
  aliasDuplicateObjects: false,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
  flowCollectionPadding: true,
})
  .trimEnd()
  .replace(/^/gm, '  ')}
`;
