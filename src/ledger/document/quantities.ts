/**
 * The four quantities that every output shows of processes and units, in the order of columns and plots. This is the only
 * list of them: the summary, CSV, the live view, the report's page and comparisons read it. Constants alone, because the
 * configuration imports them.
 */
export const QUANTITIES = {
  cpu: { title: 'CPU', unit: 'percent', field: 'cpuPercent', csv: 'cpu_percent' },
  memory: { title: 'Memory', unit: 'bytes', field: 'memoryBytes', csv: 'memory_bytes' },
  disk: { title: 'Disk', unit: 'bytesPerSecond', field: 'diskBytesPerSecond', csv: 'disk_bytes_per_second' },
  transfer: {
    title: 'Transfer',
    unit: 'bytesPerSecond',
    field: 'transferBytesPerSecond',
    csv: 'transfer_bytes_per_second',
  },
} as const satisfies Readonly<Record<string, QuantityFacts>>;

interface QuantityFacts {
  readonly title: string;
  /** Unit of the values; `percent` is of one core. */
  readonly unit: 'percent' | 'bytes' | 'bytesPerSecond';
  /** Field of its statistics in the run document, and of its value in a frame of the live view. */
  readonly field: string;
  /** Start of its columns in the CSV. */
  readonly csv: string;
}

export type Quantity = keyof typeof QUANTITIES;
export type QuantityUnit = (typeof QUANTITIES)[Quantity]['unit'];
export type QuantityField = (typeof QUANTITIES)[Quantity]['field'];

export const QUANTITY_NAMES = Object.keys(QUANTITIES) as Quantity[];
export const QUANTITY_FIELDS = Object.values(QUANTITIES).map(({ field }) => field);

/** One value of each quantity, such as a statistic or a level. */
export type OfQuantities<Value> = Readonly<Record<QuantityField, Value>>;

/** One value of each quantity, made by its field. */
export function ofQuantities<Value>(valueFrom: (field: QuantityField) => Value): OfQuantities<Value> {
  return Object.fromEntries(QUANTITY_FIELDS.map((field) => [field, valueFrom(field)])) as OfQuantities<Value>;
}

export function isQuantity(name: string): name is Quantity {
  return Object.hasOwn(QUANTITIES, name);
}
