import { latin1Text, ParseError } from '../parse-error.ts';

/** Time for which tasks waited for one resource (accounting/psi.rst); null if the kernel does not report it. */
export interface Pressure {
  /** Seconds in which at least one task waited. */
  readonly someSeconds: number | null;
  /** Seconds in which all non-idle tasks waited. Older kernels do not have it for CPU. */
  readonly fullSeconds: number | null;
  /** Share of time in which at least one task waited, 0 to 1; the kernel's mean over about 10 s. */
  readonly someShare: number | null;
  readonly fullShare: number | null;
}

const LINE = /^(some|full) avg10=(\d+)\.(\d\d) avg60=\d+\.\d+ avg300=\d+\.\d+ total=(\d+)$/;

/** `cpu.pressure`, `memory.pressure` or `io.pressure`. Throws ParseError only. */
export function parsePressure(buffer: Uint8Array, length: number): Pressure {
  const text = latin1Text(buffer, length);
  if (!text.endsWith('\n')) throw new ParseError('*.pressure', 'last line', text);
  const lines = new Map<string, readonly [share: number, seconds: number]>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, percent, hundredths, micros] = LINE.exec(line) ?? [];
    if (kind === undefined) throw new ParseError('*.pressure', 'line', line);
    lines.set(kind, [Number(percent! + hundredths!) / 1e4, Number(micros) / 1e6]);
  }
  const [some, full] = [lines.get('some'), lines.get('full')];
  return {
    someSeconds: some?.[1] ?? null,
    fullSeconds: full?.[1] ?? null,
    someShare: some?.[0] ?? null,
    fullShare: full?.[0] ?? null,
  };
}
