import { readFileSync } from 'node:fs';

const NAME = /^unitledger-lab-(\d+)-(\d+)-\d+$/;
let labs = 0;

/** A name for a new lab that says which process made it: `unitledger-lab-PID-STARTTICKS-NUMBER`. */
export function newLabName(): string {
  return `unitledger-lab-${process.pid}-${startTicksOf(process.pid)}-${++labs}`;
}

/** Whether `name` is that of a lab whose maker is no longer running. */
export function isAbandonedLab(name: string): boolean {
  const match = NAME.exec(name);
  return match !== null && startTicksOf(Number(match[1])) !== match[2];
}

function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No such process.
    return undefined;
  }
}
