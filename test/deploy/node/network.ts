/** The network of the node and its pods: a bridge in a network namespace of the tests' own. */
export const BRIDGE = 'node0';
/** Of the node, on the bridge. */
export const ADDRESS = '10.88.77.1';
export const SUBNET = '10.88.77.0/24';
