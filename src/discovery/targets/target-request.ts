/** One thing to track. */
export type TargetRequest =
  /** A systemd unit by its exact name, with its suffix; a user's as `user@1000.service/app.service`. */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern (`UnitPattern`), those that come later too. */
  | { readonly kind: 'units'; readonly pattern: string }
  /** A cgroup directory below the root of the unit tree, with a leading `/`; `label` as for a process. */
  | { readonly kind: 'cgroup'; readonly path: string; readonly label?: string }
  /** A Kubernetes pod, by its uid; its rows are booked under `pod:UID`. */
  | { readonly kind: 'pod'; readonly uid: string }
  /** A process and its descendants; `label` is the name that rows are booked under, `pid:N` without it. */
  | { readonly kind: 'pid'; readonly pid: number; readonly label?: string };
