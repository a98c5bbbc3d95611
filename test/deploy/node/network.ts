/** The network of the node and its pods: a bridge in a separate network namespace. */
export const BRIDGE = 'node0';
/** Address of the node on the bridge. */
export const ADDRESS = '10.88.77.1';
export const SUBNET = '10.88.77.0/24';
