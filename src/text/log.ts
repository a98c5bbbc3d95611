/**
 * Log for users, compatible with pino. Fields come first, then one sentence, preferably without variable parts. Text
 * from processes must pass through `printable`.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
