/** What stands in an `OTEL_*` variable cannot be used. The message names the variable, its value, what is accepted. */
export class TelemetrySetupError extends Error {
  override readonly name = 'TelemetrySetupError';
}
