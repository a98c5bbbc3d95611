import type { MemberSink, TargetInstance, Targets } from '../../src/discovery/targets/targets.ts';

/** Targets with one instance whose members are set by a test. */
export class ListedTargets implements Targets {
  readonly units = ['listed.service'];
  readonly origins = [{ serial: 1, kind: 'named', pattern: null }] as const;
  members: number[] = [];
  cpuSeconds = 0;
  /** Number of listings, and PIDs that they passed on: none if the list is that of the previous one. */
  listings = 0;
  passedOn = 0;
  #listed: readonly number[] = [];
  readonly instances: readonly TargetInstance[];

  /** `countsEveryMember`: an unchanged `cpuSeconds` means that no member ran. */
  constructor(countsEveryMember = false) {
    this.instances = [
      {
        unit: 'listed.service',
        cgroup: '/system.slice/listed.service',
        createdAtSeconds: Number.NaN,
        countsEveryMember,
        listMembers: (sink: MemberSink, mayBeSame = false) => {
          this.listings++;
          if (mayBeSame && this.members.join() === this.#listed.join()) return 'same';
          this.#listed = [...this.members];
          for (const pid of this.members) sink.push(pid, '');
          this.passedOn += this.members.length;
          return 'listed';
        },
        readCpuSeconds: () => this.cpuSeconds,
        readFigures: () => null,
        close: () => {},
      },
    ];
  }

  /** Cgroup paths by PID; members are in the target's own cgroup. */
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
