import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Certificates, keys and client configurations of one cluster, in a folder. */
export class Credentials {
  readonly ca: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.ca = join(folder, 'ca.crt');
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=node-tests-ca'],
      ...['-keyout', join(folder, 'ca.key'), '-out', this.ca],
    );
  }

  /**
   * A certificate and its key; `subject` in the format of openssl, `/O=GROUP/CN=USER`; `names` in that of
   * subjectAltName.
   */
  issue(name: string, subject: string, names = ''): { readonly cert: string; readonly key: string } {
    const [cert, key, request, extensions] = ['crt', 'key', 'csr', 'ext'].map((end) =>
      join(this.#folder, `${name}.${end}`),
    ) as [string, string, string, string];
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', subject, '-keyout', key, '-out', request);
    writeFileSync(extensions, names === '' ? '\n' : `subjectAltName=${names}\n`);
    openssl(
      ...['x509', '-req', '-in', request, '-CA', this.ca, '-CAkey', join(this.#folder, 'ca.key')],
      ...['-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', cert],
    );
    return { cert, key };
  }

  /** A file for `--kubeconfig` with such a certificate. */
  kubeconfig(name: string, subject: string, server: string): string {
    const { cert, key } = this.issue(name, subject);
    const file = join(this.#folder, `${name}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'node', cluster: { server, 'certificate-authority': this.ca } }],
      users: [{ name: 'user', user: { 'client-certificate': cert, 'client-key': key } }],
      contexts: [{ name: 'node', context: { cluster: 'node', user: 'user' } }],
      'current-context': 'node',
    };
    // JSON is valid YAML.
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** A private key, for the tokens of service accounts. */
  privateKey(name: string): string {
    const file = join(this.#folder, `${name}.key`);
    openssl('genrsa', '-out', file, '2048');
    return file;
  }
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
