import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether certificates can be created here: `true`, or what is missing. For `skipUnless`. */
export function opensslAvailable(): true | string {
  return spawnSync('openssl', ['version']).status === 0 ? true : 'certificates are made by openssl';
}

/** Files of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Creates a certificate authority in `folder`. */
export function makeAuthority(folder: string, name: string): Certificate {
  const files = filesOf(folder, name);
  openssl([
    'req',
    '-x509',
    ...NEW_KEY,
    '-keyout',
    files.key,
    '-out',
    files.cert,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  ]);
  return files;
}

/** Creates a certificate for 127.0.0.1, localhost and collector.test, signed by `authority`. */
export function makeCertificate(folder: string, name: string, authority: Certificate): Certificate {
  const files = filesOf(folder, name);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:collector.test\n');
  openssl(['req', ...NEW_KEY, '-keyout', files.key, '-out', request, '-subj', `/CN=${name}`]);
  const by = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-extfile', extensions];
  openssl(['x509', '-req', '-in', request, '-out', files.cert, '-days', '2', ...by]);
  return files;
}

/** Creates a self-signed certificate for 127.0.0.1 that was valid in 2020. */
export function makeExpiredCertificate(folder: string, name: string): Certificate {
  const files = filesOf(folder, name);
  const request = join(folder, `${name}.csr`);
  const config = join(folder, `${name}.cnf`);
  const policy = '[policy]\ncommonName=supplied\n';
  const kept = [`database=${join(folder, `${name}.index`)}`, `new_certs_dir=${folder}`, 'rand_serial=yes'];
  const rules = [...kept, 'default_md=sha256', 'policy=policy', 'copy_extensions=copy'];
  writeFileSync(config, `[ca]\ndefault_ca=own\n[own]\n${rules.join('\n')}\n${policy}`);
  writeFileSync(join(folder, `${name}.index`), '');
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl(['req', ...NEW_KEY, '-keyout', files.key, '-out', request, ...names]);
  const during = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
  const own = ['-selfsign', '-keyfile', files.key, '-in', request, '-out', files.cert, '-notext'];
  openssl(['ca', '-batch', '-config', config, ...own, ...during]);
  return files;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function filesOf(folder: string, name: string): Certificate {
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
