import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readWhole } from '../../host/files/read.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import { type Environment, forSignal } from './otlp-environment.ts';
import { TelemetrySetupError } from './setup-error.ts';
import type { SignalName } from './signal.ts';
import { WatchedValue } from './watched-value.ts';

/** Files for TLS, in PEM; those without a variable are absent. */
export interface TlsMaterial {
  /** CA certificates to verify the collector, instead of Node's. */
  readonly ca?: Buffer;
  /** The client certificate, with its chain. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Many times the size of the certificates of all public authorities. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A file, and the variable that names it. */
interface Named {
  readonly variable: string;
  readonly path: string;
}

/**
 * The files that `OTEL_EXPORTER_OTLP_[METRICS_|TRACES_]CERTIFICATE`, `CLIENT_CERTIFICATE` and `CLIENT_KEY` name, read again when
 * they change. Other programs share these variables, so unusable files do not end the program: `current` throws
 * TelemetrySetupError and windows are buffered until the files can be used. Nothing is sent over a less secure connection.
 */
export function watchTlsMaterial(
  environment: Environment,
  log: Log,
  signal: SignalName = 'metrics',
): WatchedValue<TlsMaterial> {
  const ca = namedBy(environment, signal, 'CERTIFICATE');
  const cert = namedBy(environment, signal, 'CLIENT_CERTIFICATE');
  const key = namedBy(environment, signal, 'CLIENT_KEY');
  const paths = [ca, cert, key].flatMap((file) => (file === null ? [] : [file.path]));
  const read = () => {
    checkPair(cert, key);
    return readMaterial(ca, cert, key);
  };
  return new WatchedValue(paths, read, 'the TLS files', log, 'later');
}

function checkPair(cert: Named | null, key: Named | null): void {
  if ((cert === null) !== (key === null)) {
    const { variable, path } = (cert ?? key)!;
    const other = cert === null ? 'CLIENT_CERTIFICATE' : 'CLIENT_KEY';
    throw new TelemetrySetupError(
      `${variable} is "${printable(path)}", and OTEL_EXPORTER_OTLP_${other} is not set: a certificate and its key go together.`,
    );
  }
}

function readMaterial(ca: Named | null, cert: Named | null, key: Named | null): TlsMaterial {
  const authorities = ca && certificatesIn(ca);
  const own = cert && certificatesIn(cert);
  const secret = key && keyIn(key);
  if (own !== null && secret !== null && !new X509Certificate(own).checkPrivateKey(secret.key)) {
    throw new TelemetrySetupError(
      `${key!.variable} is "${printable(key!.path)}", which is not the key of the certificate in "${printable(cert!.path)}".`,
    );
  }
  return {
    ...(authorities && { ca: authorities }),
    ...(own && { cert: own }),
    ...(secret && { key: secret.text }),
  };
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function certificatesIn(file: Named): Buffer {
  const text = readNamed(file);
  const certificates = text.toString('latin1').match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw notPem(file, 'which holds a certificate that cannot be read', cause);
  }
  if (certificates.length === 0) throw notPem(file, 'which holds no certificate in PEM form', undefined);
  return text;
}

function keyIn(file: Named): { readonly text: Buffer; readonly key: KeyObject } {
  const text = readNamed(file);
  try {
    return { text, key: createPrivateKey(text) };
  } catch (cause) {
    const encrypted = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text.toString('latin1'));
    const what = encrypted ? 'whose key has a passphrase' : 'which holds no private key in PEM form';
    throw notPem(file, what, cause);
  }
}

function notPem({ variable, path }: Named, what: string, cause: unknown): TelemetrySetupError {
  const accepted = variable.endsWith('KEY')
    ? 'a private key, without a passphrase'
    : 'one certificate or more';
  return new TelemetrySetupError(
    `${variable} is "${printable(path)}", ${what}; it takes the path of a PEM file with ${accepted}.`,
    { cause },
  );
}

function readNamed({ variable, path }: Named): Buffer {
  try {
    return readWhole(path, MOST_BYTES);
  } catch (cause) {
    const why = whyFileFails(cause, 'read');
    if (why === null) throw cause;
    throw new TelemetrySetupError(
      `${variable} is "${printable(path)}", which ${why}; it takes the path of a PEM file.`,
      { cause },
    );
  }
}

function namedBy(environment: Environment, signal: SignalName, what: string): Named | null {
  const [variable, path] = forSignal(environment, signal, what) ?? [];
  return variable === undefined || path === undefined ? null : { variable, path };
}
