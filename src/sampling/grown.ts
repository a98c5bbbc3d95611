type Column = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** A copy of a column with more room; new places are 0. */
export function grown<T extends Column>(column: T, length: number): T {
  const Columns = column.constructor as new (length: number) => T;
  const larger = new Columns(length);
  larger.set(column);
  return larger;
}
