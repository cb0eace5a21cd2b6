/** Why a login was refused: for log and metrics. The client is told nothing but that it was. */
export type LoginRefusal =
  | 'unknown-account'
  | 'account-disabled'
  | 'account-expired'
  | 'address-not-allowed'
  | 'wrong-password'
  | 'no-password'
  | 'unknown-key'
  | 'wrong-signature'
  | 'sha1-signature'
  | 'sessions-per-account-max'
  | 'banned'
  | 'busy'
  | 'database-unavailable';
