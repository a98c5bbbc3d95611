/** An option or an `OTEL_*` variable that cannot be used here. The message names it, its value, and what is accepted. */
export class TelemetrySetupError extends Error {
  override readonly name = 'TelemetrySetupError';
}
