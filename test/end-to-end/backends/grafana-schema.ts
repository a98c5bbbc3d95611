import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, built, type GoProgram, pathOf } from './go-program.ts';

const PROGRAM: GoProgram = { name: 'grafana-schema', sources: join(import.meta.dirname, 'grafana-schema') };

/** Whether Grafana's schema is there: for `skipUnless`. */
export const grafanaSchemaAvailable: true | string = built(PROGRAM);

/** Builds what holds dashboards to Grafana's schema, unless it is there. */
export function buildGrafanaSchema(): void {
  build([PROGRAM], [['build', '-o', PROGRAM.name, '.']]);
}

/** What Grafana's schema has against dashboards; empty: nothing. */
export function problemsWithDashboards(files: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(pathOf(PROGRAM), files, { encoding: 'utf8' });
  if (status === 0) return '';
  return `${stdout}${stderr}` || `ended with ${status}`;
}
