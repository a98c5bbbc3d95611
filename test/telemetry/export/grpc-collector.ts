import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';

export type GrpcAnswer = (reply: sendUnaryData<Buffer>, call: ServerUnaryCall<Buffer, Buffer>) => void;

/** A received request: the bytes of its message, and its metadata. */
export interface ReceivedCall {
  readonly message: Buffer;
  readonly metadata: Metadata;
  /** The requested authority. */
  readonly host: string;
}

const EXPORT = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

/** A gRPC server with the only method of OTLP metrics and configurable answers. */
export class GrpcCollector {
  answer: GrpcAnswer = (reply) => reply(null, Buffer.alloc(0));
  readonly received: ReceivedCall[] = [];
  readonly #server = new Server();

  /** `address` in the format of gRPC: `127.0.0.1:0`, `unix:/path`. Resolves to its port. */
  async start(address = '127.0.0.1:0', credentials = ServerCredentials.createInsecure()): Promise<number> {
    const asTheyAre = (bytes: Buffer): Buffer => bytes;
    this.#server.addService(
      {
        Export: {
          path: EXPORT,
          requestStream: false,
          responseStream: false,
          requestSerialize: asTheyAre,
          requestDeserialize: asTheyAre,
          responseSerialize: asTheyAre,
          responseDeserialize: asTheyAre,
        },
      },
      {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
          this.received.push({ message: call.request, metadata: call.metadata, host: call.getHost() });
          this.answer(reply, call);
        },
      },
    );
    return await new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

/** A `google.rpc.Status` with one detail: the delay before a retry. */
export function statusWithRetryInfo(
  seconds: number,
  nanos: number,
  type = 'type.googleapis.com/google.rpc.RetryInfo',
): Uint8Array {
  const delay = [0x08, ...varint(seconds), 0x10, ...varint(nanos)];
  const retryInfo = field(1, delay);
  const any = [...field(1, [...new TextEncoder().encode(type)]), ...field(2, retryInfo)];
  return Uint8Array.from([0x08, 8, ...field(2, [...new TextEncoder().encode('wait')]), ...field(3, any)]);
}

function field(number: number, bytes: readonly number[]): number[] {
  return [number * 8 + 2, ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
