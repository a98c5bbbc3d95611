import type { Format } from './format.ts';

/** A cgroup directory as seen from the cgroup root: absolute, no `.` or `..`; slashes at its end or doubled go. */
export const CGROUP_PATH: Format<string> = {
  accepted: 'an absolute path below the cgroup root without . or .., such as /system.slice/nginx.service',
  holds: 'string',
  fileTypes: ['string'],
  read(text) {
    const parts = text.split('/').filter((part) => part !== '');
    if (!text.startsWith('/') || text.includes('\0') || parts.includes('..') || parts.includes('.')) {
      return { kind: 'must', must: this.accepted };
    }
    return { kind: 'value', value: `/${parts.join('/')}` };
  },
  write: String,
};
