/**
 * Where a room says what people should know. Fields first, then one sentence without variable parts where that can
 * be helped (a pino logger is one). Text from processes goes through `printable` before it is given to a log.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
