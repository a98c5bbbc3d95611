import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  MappingType,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** From which value on a figure has which colour; the first step has no value. */
const THRESHOLDS = {
  /** Ratio. The alert UnitledgerCoverageLow fires below 0.9. */
  coverage: [
    { value: null, color: 'red' },
    { value: 0.8, color: 'orange' },
    { value: 0.9, color: 'green' },
  ],
  /** Seconds a second. The alert UnitledgerUnitThrottled fires above 0.25. */
  throttling: [
    { value: null, color: 'green' },
    { value: 0.05, color: 'orange' },
    { value: 0.25, color: 'red' },
  ],
  /** Share of time. */
  pressure: [
    { value: null, color: 'green' },
    { value: 0.1, color: 'orange' },
    { value: 0.3, color: 'red' },
  ],
  /** Counts of events that should not happen. */
  events: [
    { value: null, color: 'green' },
    { value: 1, color: 'red' },
  ],
  /** Restarts, which may be intended. */
  restarts: [
    { value: null, color: 'green' },
    { value: 1, color: 'orange' },
  ],
  /** No judgement. */
  none: [{ value: null, color: 'text' }],
} as const;
export type ThresholdName = keyof typeof THRESHOLDS;

export function thresholdsOf(name: ThresholdName): Builder<ThresholdsConfig> {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...THRESHOLDS[name]]);
}

/** 1 and 0 of `unitledger.unit.present` in words. */
export const UP_DOWN: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      '0': { text: 'down', color: 'red', index: 0 },
      '1': { text: 'up', color: 'green', index: 1 },
    },
  },
];
