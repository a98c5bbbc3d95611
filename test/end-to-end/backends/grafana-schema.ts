import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, built, type GoProgram, pathOf } from './go-program.ts';

const PROGRAM: GoProgram = { name: 'grafana-schema', sources: join(import.meta.dirname, 'grafana-schema') };

/** Whether Grafana's schema is built; for `skipUnless`. */
export const grafanaSchemaAvailable: true | string = built(PROGRAM);

/** Builds the program that checks dashboards by Grafana's schema, if it is missing. */
export function buildGrafanaSchema(): void {
  build([PROGRAM], [['build', '-o', PROGRAM.name, '.']]);
}

/** Problems of dashboards by Grafana's schema; empty if there are none. */
export function problemsWithDashboards(files: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(pathOf(PROGRAM), files, { encoding: 'utf8' });
  if (status === 0) return '';
  return `${stdout}${stderr}` || `ended with ${status}`;
}
