/**
 * Decides by the name of an option, variable, parameter, header or field whether its value is a secret. The words are
 * those of maintained scrubbers (sensitive word lists of process agents, generic rules of secret scanners).
 */

/** A name with one of these words has a secret value, unless its last word is in `OF_A_SECRET`. */
const SECRET_WORDS = new Set(
  words(`password passwords passwd passphrase passcode passwort pwd secret secrets token credential credentials creds
    apikey authtoken authkey accesskey secretkey privatekey signingkey masterkey accountkey storepass keypass requirepass
    masterauth authpass masteruserpassword dockerconfigjson`),
);

/** Words with these endings count as well: PGPASSWORD, dbpasswd, mytoken. */
const SECRET_ENDINGS = words(
  'password passwd passphrase secret token apikey secretkey accesskey privatekey authkey pwd pass',
);

/** Exceptions: words with a secret ending that are not secret. */
const OTHER_WORDS = new Set(
  words('bypass compass encompass surpass trespass multipass onepass twopass overpass underpass'),
);

/** Secret only as the last word, or alone. */
const SECRET_LAST_WORDS = new Set(
  words(`pass pw auth authorization bearer cookie cookies psk otp jwt sig signature mnemonic sessionid jsessionid phpsessid
    passin passout`),
);

/** `key` is secret after one of these words: `api-key`, `AccountKey`, `X-Functions-Key`. */
const KEY_KINDS = new Set(
  words(`api access private secret encryption decryption signing account shared master license session auth subscription app
    application storage webhook hmac aes jwt cipher crypt admin write ingest ingestion instrumentation functions consumer
    integration client symmetric preshared recovery unseal`),
);

/** Properties of a secret are not secret: `--password-file`, `token_ttl`, `SharedAccessKeyName`. */
const OF_A_SECRET = new Set(
  words(`address age agent algo algorithm algorithms annotation arn audience authentication authenticator backend bits bucket
    cache change check checks claim class cmd column command config cooldown count dir directory disabled driver duration
    enabled encoding endpoint endpoints engine env expiration expires expiry fd field file filename files form format group
    helper hint host id ids index input interval issuer issuers iterations key_id kind label labels length lifetime limit
    limits location manager max method min mode mount name names namespace only output page path paths pattern period plugin
    policy port prefix program projection prompt provider question ref refresh regex region request requests required reset
    review reviewer role rotation rounds scope scopes script server service size source sources stdin store strength suffix
    table template timeout ttl type types uri url usage user username validation validator var variable version volume`),
);

/** A name with one of these words prompts for a secret, counts, or disables something: its values are never secret. */
const HARMLESS_WORDS = new Set(
  words('no without disable skip ask prompt allow max min num count total public with wait force'),
);

/** Header fields with secret values, in addition to those that begin with `x-` and have a secret name. */
const SECRET_HEADERS = new Set(
  words(`authorization proxy-authorization cookie set-cookie private-token job-token deploy-token api-key apikey dd-api-key
    dd-application-key ocp-apim-subscription-key circle-token api-token auth-token`),
);

/** Names before a colon without a space: `-passin pass:…`, `/p:…`, `-Password:…`. */
const COLON_NAMES = new Set(words('pass password passwd pwd pw'));

/** Words in scripts that are followed by a secret: `aws configure set aws_secret_access_key …`, `ngrok authtoken …`. */
const BARE_NAMES = new Set(
  words(`authtoken add-authtoken reset-admin-password requirepass masterauth masteruser aws_secret_access_key aws_session_token _authtoken
    http.extraheader user.password`),
);

/** Values of names ending in `auth` that are authentication methods, not secrets. */
const AUTH_METHODS = new Set(
  words(`anonymous basic bearer cert digest gssapi ident jwt kerberos ldap login md5 mutual negotiate none ntlm oauth oauth2 oidc
    pam password peer plain sasl saml scram scram-sha-1 scram-sha-256 scram-sha-512 sspi tls token trust`),
);

/** Values that are never secret. */
const HARMLESS_VALUES = new Set(
  words('true false yes no on off none null nil undefined auto enabled disabled required'),
);

/** Beginnings of paths: such a value names a file. */
const FILE =
  /^(?:file:\/*|@)?(?:\/|~\/|\.{1,2}\/)(?:app|boot|certs?|config|credentials|data|dev|etc|home|keys|lib|mnt|opt|proc|root|run|secrets|srv|ssl|sys|tls|tmp|usr|var|vault|workspace)\/[\w.@/+-]*$/;

/** `$NAME`, `${NAME}`, `$(…`: a script that refers to a secret. */
const REFERENCE = /^["']?\$(?:\w+|\{\w+[^}]*\}|\(.*)["']?$/s;

/** Maximum length of a name; its last words are decisive. */
export const LONGEST_NAME = 80;

/** Whether a value with this name is a secret. Dashes, dots, underscores and capitals separate the words of a name. */
export function isSecretName(name: string): boolean {
  const parts = wordsOfName(name);
  const last = parts.at(-1);
  if (last === undefined || OF_A_SECRET.has(last) || parts.some((word) => HARMLESS_WORDS.has(word)))
    return false;
  if (SECRET_LAST_WORDS.has(last) || parts.some(isSecretWord)) return true;
  return last === 'key' && KEY_KINDS.has(parts.at(-2) ?? '');
}

/** Whether a query parameter is a secret: also `key`, which is harmless elsewhere. */
export function isSecretParameter(name: string): boolean {
  return isSecretName(name) || /^key$/i.test(name);
}

export function isSecretHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return SECRET_HEADERS.has(lower) || (lower.startsWith('x-') && isSecretName(lower));
}

export function isColonName(name: string): boolean {
  return COLON_NAMES.has(name.toLowerCase().replace(/^-+/, ''));
}

export function isBareName(word: string): boolean {
  const lower = word.toLowerCase();
  // npm: //registry.example/:_authToken.
  return BARE_NAMES.has(lower) || /:_(?:authtoken|auth|password)$/.test(lower);
}

/**
 * Whether a value with a secret name may be shown: a switch, a file, an authentication method, a variable of a script.
 */
export function isHarmlessValue(name: string, value: string, isScript: boolean): boolean {
  const lower = value.toLowerCase();
  if (value === '' || HARMLESS_VALUES.has(lower) || /^[*x]{3,}$/i.test(value)) return true;
  if (isScript && REFERENCE.test(value)) return true;
  if (/auth$/i.test(name) && AUTH_METHODS.has(lower)) return true;
  // The working directory has the same name as the password in ODBC.
  if (/(?:^|OLD)PWD$/.test(name) && value.startsWith('/')) return true;
  return FILE.test(value);
}

function isSecretWord(word: string): boolean {
  if (SECRET_WORDS.has(word)) return true;
  return (
    SECRET_ENDINGS.some((ending) => word.length > ending.length && word.endsWith(ending)) &&
    !OTHER_WORDS.has(word)
  );
}

function wordsOfName(name: string): string[] {
  return name
    .slice(-LONGEST_NAME)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
