import type { Environment } from './environment.ts';
import { OTLP_VARIABLES } from './otlp-variables.ts';

/** Variables that are withheld whatever their value: headers, and the files of keys and headers. */
const CREDENTIALS: readonly string[] = [
  ...OTLP_VARIABLES.headers.variables,
  ...OTLP_VARIABLES.clientKey.variables,
  'UNITLEDGER_OTLP_HEADERS_FILE',
];

/** Names of the variables in `env` that a command does not inherit: those with credentials by which this program exports. */
export function credentialVariables(env: Environment): readonly string[] {
  const withLogin = OTLP_VARIABLES.endpoint.variables.filter((name) => /\/\/[^/]*@/.test(env[name] ?? ''));
  return [...CREDENTIALS, ...withLogin].filter((name) => env[name] !== undefined);
}
