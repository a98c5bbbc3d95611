/**
 * What is used of gRPC, to be imported when it is wanted. By name, since the bundle has nothing but a default export for
 * a CommonJS package that is imported as a whole.
 */
export { Client, credentials, Metadata, setLogger } from '@grpc/grpc-js';
