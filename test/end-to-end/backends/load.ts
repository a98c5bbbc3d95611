import { unifiedMount } from '../systemd/cgroup.ts';

/** Whether a command gets a cgroup of its own, so that the kernel counts its CPU; for `skipUnless`. */
export const loadAvailable: true | string =
  (process.getuid?.() === 0 && unifiedMount() !== undefined) ||
  'a cgroup for the command needs root and cgroup v2';

/** The unit name of `loadFor`. */
export const LOAD_UNIT = 'sh';

/** A command that computes, forks short-lived children, and moves bytes for some seconds. */
export function loadFor(seconds: number): readonly string[] {
  const script = [
    'end=$(($(date +%s) + $0))',
    'while [ $(date +%s) -lt $end ]; do',
    '  dd if=/dev/zero of=/dev/null bs=64k count=200 2>/dev/null',
    '  i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done',
    'done',
  ];
  return ['--', 'sh', '-c', script.join('\n'), String(seconds)];
}
