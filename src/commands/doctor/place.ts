import { existsSync } from 'node:fs';
import { type Mount, mountOf, readMounts } from '../../host/proc/mountinfo.ts';
import { isInitialPidNamespace } from '../../host/proc/pid-namespace.ts';
import type { Fix } from './check.ts';

/** Where this program runs: a key of every fix. */
export type Place = keyof Fix;

/** How the doctor names a place. */
export const PLACE_LABELS: Readonly<Record<Place, { readonly short: string; readonly where: string }>> = {
  docker: { short: 'Docker', where: 'in a container' },
  kubernetes: { short: 'Kubernetes', where: 'in a Kubernetes pod' },
  host: { short: 'host', where: 'on a bare host' },
};

/** Signs by which the places are distinguished. */
export interface PlaceSigns {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly mounts: readonly Mount[];
  readonly isInitialPidNamespace: boolean | null;
  readonly exists: (path: string) => boolean;
}

/** Files that Docker, Podman and systemd-nspawn leave in a container (systemd-detect-virt(1) reads them too). */
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv', '/run/host/container-manager'];
/** Root file systems of images: a bare host boots from neither. */
const IMAGE_FILE_SYSTEMS = ['overlay', 'fuse.fuse-overlayfs'];

/** The place for these signs. A pod has its variables or mounts even if it shares the host's namespaces. */
export function placeOf(signs: PlaceSigns): Place {
  const { environment, mounts, exists } = signs;
  // The kubelet bind-mounts /etc/hosts and volumes from its directory of pods.
  const isOfKubelet = mounts.some(({ root }) => /\/kubelet\/pods\//.test(root));
  if (isOfKubelet || (environment.KUBERNETES_SERVICE_HOST ?? '') !== '') return 'kubernetes';
  const isContainer =
    signs.isInitialPidNamespace === false ||
    CONTAINER_FILES.some(exists) ||
    IMAGE_FILE_SYSTEMS.includes(mountOf(mounts, '/')?.type ?? '') ||
    // Set by Podman, LXC and systemd-nspawn.
    (environment.container ?? '') !== '';
  return isContainer ? 'docker' : 'host';
}

/** The place in which this program runs. */
export function currentPlace(environment: PlaceSigns['environment']): Place {
  return placeOf({
    environment,
    mounts: readMounts(),
    isInitialPidNamespace: isInitialPidNamespace(),
    exists: existsSync,
  });
}
