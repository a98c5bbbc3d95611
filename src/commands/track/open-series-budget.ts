import type { Config } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { SELF_SERIES, SeriesBudget } from '../../ledger/accounts/series-budget.ts';

/** The series budget of the configuration. Throws ConfigError if it has no room for the targets requested by name. */
export function openSeriesBudget({
  seriesBudget,
  processSeries,
  processDetails,
  optionalMetrics,
  targets,
}: Config): SeriesBudget {
  const budget = new SeriesBudget(seriesBudget, {
    ofProcesses: processSeries > 0,
    details: new Set(processDetails),
    metrics: optionalMetrics,
  });
  const needed = SELF_SERIES + targets.length * budget.ofUnit;
  if (needed <= seriesBudget) return budget;
  const accepted = `at least ${needed} for ${targets.length === 1 ? 'one target' : `${targets.length} targets`}`;
  throw new ConfigError(`--series-budget must be ${accepted}, not "${seriesBudget}"`, {
    option: '--series-budget',
    value: String(seriesBudget),
    accepted,
  });
}
