/**
 * Which names say that their value is a secret: of options, variables, parameters, headers and fields. The words are those that
 * well-kept scrubbers look for (the process agents' lists of sensitive words, secret scanners' generic rules).
 */

/** A name with one of these words has a secret value, unless its last word is in `OF_A_SECRET`. */
const SECRET_WORDS = new Set(
  words(`password passwords passwd passphrase passcode passwort pwd secret secrets token credential credentials creds
    apikey authtoken authkey accesskey secretkey privatekey signingkey masterkey accountkey storepass keypass requirepass
    masterauth authpass masteruserpassword dockerconfigjson`),
);

/** A word that ends so counts as one of them: PGPASSWORD, dbpasswd, mytoken. */
const SECRET_ENDINGS = words(
  'password passwd passphrase secret token apikey secretkey accesskey privatekey authkey pwd pass',
);

/** Words that end like a secret one, and are none. */
const OTHER_WORDS = new Set(
  words('bypass compass encompass surpass trespass multipass onepass twopass overpass underpass'),
);

/** Only as the last word, or alone. */
const SECRET_LAST_WORDS = new Set(
  words(`pass pw auth authorization bearer cookie cookies psk otp jwt sig signature mnemonic sessionid jsessionid phpsessid
    passin passout`),
);

/** A key is a secret if it is one of these: `api-key`, `AccountKey`, `X-Functions-Key`. */
const KEY_KINDS = new Set(
  words(`api access private secret encryption decryption signing account shared master license session auth subscription app
    application storage webhook hmac aes jwt cipher crypt admin write ingest ingestion instrumentation functions consumer
    integration client symmetric preshared recovery unseal`),
);

/** Properties of a secret are no secrets: `--password-file`, `token_ttl`, `SharedAccessKeyName`. */
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

/** A name with one of these asks for a secret, counts, or turns something off: no value of it is secret. */
const HARMLESS_WORDS = new Set(
  words('no without disable skip ask prompt allow max min num count total public with wait force'),
);

/** Header fields whose value is a secret, beside those that begin with `x-` and have a secret name. */
const SECRET_HEADERS = new Set(
  words(`authorization proxy-authorization cookie set-cookie private-token job-token deploy-token api-key apikey dd-api-key
    dd-application-key ocp-apim-subscription-key circle-token api-token auth-token`),
);

/** Names that stand before a colon without a space: `-passin pass:…`, `/p:…`. */
const COLON_NAMES = new Set(words('pass password passwd pwd pw'));

/** Words of a script whose next word is a secret: `aws configure set aws_secret_access_key …`, `ngrok authtoken …`. */
const BARE_NAMES = new Set(
  words(`authtoken add-authtoken requirepass masterauth masteruser aws_secret_access_key aws_session_token _authtoken
    http.extraheader user.password`),
);

/** Values of names that end in `auth`, which are no secret: the way of authentication. */
const AUTH_METHODS = new Set(
  words(`anonymous basic bearer cert digest gssapi ident jwt kerberos ldap login md5 mutual negotiate none ntlm oauth oauth2 oidc
    pam password peer plain sasl saml scram scram-sha-1 scram-sha-256 scram-sha-512 sspi tls token trust`),
);

/** Values that are no secret whatever their name. */
const HARMLESS_VALUES = new Set(
  words('true false yes no on off none null nil undefined auto enabled disabled required'),
);

/** Directories that paths begin with: a value that lies there names a file. */
const FILE =
  /^(?:file:\/*|@)?(?:\/|~\/|\.{1,2}\/)(?:app|boot|certs?|config|credentials|data|dev|etc|home|keys|lib|mnt|opt|proc|root|run|secrets|srv|ssl|sys|tls|tmp|usr|var|vault|workspace)\/[\w.@/+-]*$/;

/** `$NAME`, `${NAME}`, `$(…`: a script that names where the secret is. */
const REFERENCE = /^["']?\$(?:\w+|\{\w+[^}]*\}|\(.*)["']?$/s;

/** No more of a name is looked at: its last words decide. */
export const LONGEST_NAME = 80;

/** Whether a value under this name is a secret. Dashes, dots, underscores and capitals separate the words of a name. */
export function isSecretName(name: string): boolean {
  const parts = wordsOfName(name);
  const last = parts.at(-1);
  if (last === undefined || OF_A_SECRET.has(last) || parts.some((word) => HARMLESS_WORDS.has(word)))
    return false;
  if (SECRET_LAST_WORDS.has(last) || parts.some(isSecretWord)) return true;
  return last === 'key' && KEY_KINDS.has(parts.at(-2) ?? '');
}

/** Whether a parameter of a query is a secret: `key` too, which is harmless elsewhere. */
export function isSecretParameter(name: string): boolean {
  return isSecretName(name) || /^key$/i.test(name);
}

export function isSecretHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return SECRET_HEADERS.has(lower) || (lower.startsWith('x-') && isSecretName(lower));
}

export function isColonName(name: string): boolean {
  return COLON_NAMES.has(name.toLowerCase());
}

export function isBareName(word: string): boolean {
  return BARE_NAMES.has(word.toLowerCase());
}

/** Whether a value under a secret name may be shown: a switch, a file, a way of authentication, a variable of a script. */
export function isHarmlessValue(name: string, value: string, isScript: boolean): boolean {
  const lower = value.toLowerCase();
  if (value === '' || HARMLESS_VALUES.has(lower) || /^[*x]{3,}$/i.test(value)) return true;
  if (isScript && REFERENCE.test(value)) return true;
  if (/auth$/i.test(name) && AUTH_METHODS.has(lower)) return true;
  // The working directory has the same name as the password of ODBC.
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
