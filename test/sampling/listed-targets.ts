import type { MemberSink, TargetInstance, Targets } from '../../src/discovery/targets/targets.ts';

/** Targets whose one instance has just the members that a test says. */
export class ListedTargets implements Targets {
  readonly units = ['listed.service'];
  readonly origins = [{ serial: 1, kind: 'named', pattern: null }] as const;
  members: number[] = [];
  cpuSeconds = 0;
  /** How often the members were listed. */
  listings = 0;
  readonly instances: readonly TargetInstance[];

  /** `countsEveryMember`: where `cpuSeconds` stands still, no member ran. */
  constructor(countsEveryMember = false) {
    this.instances = [
      {
        unit: 'listed.service',
        cgroup: '/system.slice/listed.service',
        createdAtSeconds: Number.NaN,
        countsEveryMember,
        listMembers: (sink: MemberSink) => {
          this.listings++;
          for (const pid of this.members) sink.push(pid, '');
          return 'listed';
        },
        readCpuSeconds: () => this.cpuSeconds,
        readFigures: () => null,
        close: () => {},
      },
    ];
  }

  /** Paths of cgroups by PID; a member's is the target's own. */
  readonly cgroups = new Map<number, string>();

  cgroupOf(pid: number): string | undefined {
    return this.members.includes(pid) ? '/system.slice/listed.service' : this.cgroups.get(pid);
  }

  refresh(): void {}
  readSlices(): void {}
  readEnded(): readonly null[] {
    return [null];
  }
  close(): void {}
}
