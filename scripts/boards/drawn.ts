import { attributeKeys } from '../../src/telemetry/catalogue.ts';
import { type Draw, metricNamed } from '../dashboard/chart.ts';
import { labelName } from '../dashboard/prometheus-name.ts';

/** What a series has to be: `booking` is `live`. */
export interface Condition {
  readonly attribute: string;
  readonly isNegated: boolean;
  readonly value: string;
}

/** The attributes that set the lines of a chart apart, where it names them; undefined: all that the metric has. */
export function attributesOf({ metric, by }: Draw): readonly string[] | undefined {
  return by?.map((label) => attributeNamed(metric, label));
}

/** What the chart asks of the series it draws. */
export function conditionsOf({ metric, where }: Draw): readonly Condition[] {
  if (where === undefined) return [];
  return where.split(',').map((matcher) => {
    const match = /^(\w+)(!?=)"([^"]*)"$/.exec(matcher);
    if (match === null) throw new Error(`${matcher} of ${metric} is more than equal, or not equal`);
    const [, label, operator, value] = match as unknown as [string, string, string, string];
    return { attribute: attributeNamed(metric, label), isNegated: operator === '!=', value };
  });
}

/** Charts name attributes as Prometheus does; elsewhere they have their own names. */
function attributeNamed(metric: string, label: string): string {
  if (label === 'instance') return 'service.instance.id';
  const attribute = attributeKeys(metricNamed(metric)).find((key) => labelName(key) === label);
  if (attribute === undefined) throw new Error(`${metric} has no attribute that becomes the label ${label}`);
  return attribute;
}
