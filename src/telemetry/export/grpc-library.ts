/**
 * The used parts of gRPC, imported on demand. By name, because the bundle has only a default export for
 * a CommonJS package that is imported as a whole.
 */
export { Client, credentials, Metadata, setLogger } from '@grpc/grpc-js';
