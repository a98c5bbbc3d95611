/**
 * How an option of a program contains a secret. `value`: in the next word, or attached to the letter (`-p SECRET`,
 * `-pSECRET`). `attached`: attached to the letter only. `pair`: `user:SECRET`, in either position; `percent`:
 * `user%SECRET`; `comma`: `user,SECRET`; `host`: `user:SECRET@host`.
 */
export type SecretPlace = 'value' | 'attached' | 'pair' | 'percent' | 'comma' | 'host';

export interface SecretProgram {
  readonly names: readonly string[];
  /** By the option without its dashes. The letter of a `pair` may follow others (`-sSu user:SECRET`). */
  readonly options: Readonly<Record<string, SecretPlace>>;
  /** The options apply only after one of these words: `docker login -p`, not `docker run -p`. */
  readonly after?: readonly string[];
  /** A secret follows one of these words: `mysqladmin password SECRET`. */
  readonly words?: readonly string[];
  /** The letter of a `value` may follow others, too: `zip -rP SECRET`. */
  readonly hasGroups?: true;
  /** Not a program if it is an argument of another one. */
  readonly isOnlyFirst?: true;
  /** Options begin with `/`, with a colon before the value: `/p:SECRET`. */
  readonly hasSlashOptions?: true;
  /** A word that is not an option is `user/SECRET@where`. */
  readonly hasSlashLogin?: true;
}

/** Programs with secrets in options whose names do not show it, from their manual pages. */
const PROGRAMS: readonly SecretProgram[] = [
  {
    names: [
      ...[
        'mysql',
        'mysqldump',
        'mysqlimport',
        'mysqlshow',
        'mysqlcheck',
        'mysqlbinlog',
        'mysqlslap',
        'mysqlpump',
      ],
      ...['mariadb', 'mariadb-dump', 'mariadb-import', 'mariadb-show', 'mariadb-check', 'mariadb-backup'],
      ...['mysql_upgrade', 'mysqlsh', 'mycli', 'xtrabackup', 'innobackupex', 'mytop', 'mysqltuner'],
    ],
    options: { p: 'attached' },
  },
  { names: ['mysqladmin', 'mariadb-admin'], options: { p: 'attached' }, words: ['password'] },
  {
    names: [
      ...['mydumper', 'myloader', 'sshpass', 'cqlsh', 'ncftp', 'ncftpget', 'ncftpput', 'cypher-shell'],
      ...['couchbase-cli', 'cbbackupmgr', 'beeline', 'twine'],
    ],
    options: { p: 'value' },
  },
  {
    names: [
      'mongo',
      'mongosh',
      'mongodump',
      'mongorestore',
      'mongoexport',
      'mongoimport',
      'mongostat',
      'mongotop',
    ],
    options: { p: 'value' },
  },
  {
    names: ['redis-cli', 'valkey-cli', 'keydb-cli', 'redis-benchmark', 'valkey-benchmark'],
    options: { a: 'value' },
  },
  {
    names: ['curl'],
    options: {
      u: 'pair',
      U: 'pair',
      E: 'pair',
      b: 'value',
      user: 'pair',
      'proxy-user': 'pair',
      cert: 'pair',
      'proxy-cert': 'pair',
      x: 'host',
      proxy: 'host',
      preproxy: 'host',
    },
  },
  { names: ['http', 'https', 'xh', 'xhs'], options: { a: 'pair', auth: 'pair' } },
  { names: ['etcdctl', 'mc', 'rabbitmqadmin'], options: { p: 'value', user: 'pair' } },
  { names: ['ab', 'httping'], options: { A: 'pair', P: 'pair' } },
  {
    names: [
      'docker',
      'podman',
      'nerdctl',
      'buildah',
      'skopeo',
      'helm',
      'oras',
      'crane',
      'regctl',
      'az',
      'cf',
      'oc',
      'argocd',
      'tsh',
    ],
    options: { p: 'value' },
    after: ['login'],
  },
  {
    names: ['ldapsearch', 'ldapmodify', 'ldapadd', 'ldapdelete', 'ldapwhoami', 'ldapmodrdn', 'ldapcompare'],
    options: { w: 'value' },
    hasGroups: true,
  },
  { names: ['ldappasswd'], options: { w: 'value', s: 'value', a: 'value' } },
  {
    names: ['smbclient', 'rpcclient', 'net', 'winexe', 'smbget', 'wmic', 'smbmap'],
    options: { U: 'percent', user: 'percent' },
  },
  // A script of lftp: `open -u user,SECRET host`.
  { names: ['open'], options: { u: 'comma' }, isOnlyFirst: true },
  { names: ['lftp'], options: { u: 'comma' } },
  { names: ['transmission-remote'], options: { n: 'pair', auth: 'pair' } },
  { names: ['ssh-keygen'], options: { N: 'value', P: 'value' } },
  { names: ['swaks'], options: { ap: 'value' } },
  { names: ['pkcs11-tool'], options: { p: 'value', pin: 'value', 'new-pin': 'value', 'so-pin': 'value' } },
  { names: ['nmcli'], options: {}, words: ['password', 'wifi-sec.psk', '802-11-wireless-security.psk'] },
  { names: ['wpa_cli'], options: {}, words: ['password', 'psk', 'sae_password'] },
  {
    names: [
      'sqlcmd',
      'bcp',
      'osql',
      'isql',
      'tsql',
      'mssql-cli',
      'mosquitto_pub',
      'mosquitto_sub',
      'ipmitool',
    ],
    options: { P: 'value' },
  },
  { names: ['zip'], options: { P: 'value' }, hasGroups: true },
  { names: ['unzip', 'fcrackzip'], options: { P: 'value' } },
  { names: ['7z', '7za', '7zr', '7zz', 'rar', 'unrar'], options: { p: 'attached', hp: 'attached' } },
  {
    names: ['snmpget', 'snmpwalk', 'snmpset', 'snmpbulkwalk', 'snmpgetnext', 'snmptrap', 'snmpstatus'],
    options: { c: 'value', A: 'value', X: 'value' },
  },
  {
    names: ['influx', 'influxd'],
    options: { t: 'value', p: 'value', token: 'value', password: 'value' },
  },
  {
    names: ['rdesktop', 'x11vnc', 'useradd', 'usermod', 'chpasswd'],
    options: { p: 'value', passwd: 'value' },
  },
  {
    names: ['xfreerdp', 'xfreerdp3', 'wlfreerdp', 'sdl-freerdp'],
    options: { p: 'value', gp: 'value' },
    hasSlashOptions: true,
  },
  {
    names: ['sqlplus', 'sqlldr', 'rman', 'expdp', 'impdp', 'exp', 'imp', 'sqlcl'],
    options: {},
    hasSlashLogin: true,
  },
];

const BY_NAME: ReadonlyMap<string, SecretProgram> = new Map(
  PROGRAMS.flatMap((program) => program.names.map((name) => [name, program] as const)),
);

/** The program named by a word, by path or name. */
export function secretProgramOf(word: string): SecretProgram | undefined {
  return BY_NAME.get(word.slice(word.lastIndexOf('/') + 1));
}

/** Programs whose next word after `-c`, or after `eval`, is a script. */
const SHELLS = new Set([
  'sh',
  'bash',
  'dash',
  'ash',
  'zsh',
  'ksh',
  'fish',
  'busybox',
  'su',
  'runuser',
  'sudo',
]);

export function isShell(word: string): boolean {
  return SHELLS.has(word.slice(word.lastIndexOf('/') + 1).replace(/^-/, ''));
}
