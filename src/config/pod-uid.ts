import type { Format } from './format.ts';

const UID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/;

/** The uid of a Kubernetes pod: a UUID, or the 32 digits that the kubelet gives one from a file. */
export const POD_UID: Format<string> = {
  accepted: "a pod's metadata.uid, such as 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
  holds: 'string',
  fileTypes: ['string'],
  read(text) {
    const uid = text.toLowerCase();
    return UID.test(uid) ? { kind: 'value', value: uid } : { kind: 'must', must: this.accepted };
  },
  write: String,
};
