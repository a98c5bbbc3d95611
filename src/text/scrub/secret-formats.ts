/**
 * Secrets with a known format, independent of their names: a prefix and the characters after it. Formats and lengths
 * are from the issuers' documentation and the rules of secret scanners.
 */

/** Followed by letters and digits only, so that `npm_config_registry` does not match. */
const PREFIXES_OF_LETTERS = [
  // GitHub, npm, PyPI, RubyGems, Docker, Artifactory, NuGet, Clojars
  ...[
    'ghp_',
    'gho_',
    'ghu_',
    'ghs_',
    'ghr_',
    'github_pat_',
    'npm_',
    'pypi-',
    'rubygems_',
    'AKCp',
    'oy2',
    'CLOJARS_',
  ],
  // Stripe, Shopify, Shippo, EasyPost, Adyen
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_', 'shpat_', 'shpca_', 'shppa_', 'shpss_'],
  ...['shippo_live_', 'shippo_test_', 'EZAK', 'EZTK'],
  // DigitalOcean, Heroku, Alibaba, Pulumi, Databricks, Vercel, Supabase
  ...['dop_v1_', 'doo_v1_', 'dor_v1_', 'LTAI', 'pul-', 'dapi', 'sbp_'],
  // Hugging Face, Perplexity, Replicate, Groq, xAI
  ...['hf_', 'pplx-', 'r8_', 'gsk_', 'xai-'],
  // Grafana, Sentry, Linear, Notion, Postman, ReadMe, New Relic, SendGrid, Brevo, Mailgun
  ...[
    'glsa_',
    'glc_',
    'sntrys_',
    'sntryu_',
    'lin_api_',
    'ntn_',
    'PMAK-',
    'rdme_',
    'NRAK-',
    'SG.',
    'xkeysib-',
    'key-',
  ],
  // Doppler, Vault, age, 1Password
  ...['dp.pt.', 'dp.st.', 'hvs.', 'hvb.', 'hvr.', 'AGE-SECRET-KEY-1', 'ops_eyJ'],
];

/** Followed by letters, digits and separators. */
const PREFIXES = [
  ...['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-', 'glagent-', 'gloas-', 'GR1348941'],
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
  ...['AIza', 'ya29.', 'GOCSPX-', 'HRKU-', 'tskey-', 'fo1_', 'fm1r_', 'fm1a_', 'fm2_', 'nvapi-', 'figd_'],
  ...['sk-ant-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'dckr_pat_', 'dckr_oat_'],
  ...['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_', 'duffel_live_', 'duffel_test_'],
];

/** Minimum number of characters after a prefix. At the end of a possibly truncated text, fewer are sufficient. */
const LEAST = 16;

/**
 * A match must not follow a character of its own class: each run of characters is read once, so the time is linear
 * however often it contains a prefix.
 */
const BODY = 'A-Za-z0-9_.-';
const STARTS = `(?<![${BODY}])`;

function prefixed(prefixes: readonly string[], first: string): RegExp {
  const any = prefixes.map((prefix) => prefix.replaceAll('.', '\\.')).join('|');
  return new RegExp(
    `(?<![A-Za-z0-9_])(?:${any})(?:[${first}]{${LEAST}}[${BODY}]*|[${first}]{4,${LEAST - 1}}$)`,
    'g',
  );
}

const FORMATS: readonly RegExp[] = [
  prefixed(PREFIXES_OF_LETTERS, 'A-Za-z0-9'),
  prefixed(PREFIXES, BODY),
  // AWS key ids.
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  // JSON Web Tokens (RFC 7519), also without a signature.
  new RegExp(`${STARTS}eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*)?`, 'g'),
  // OpenAI's older keys, Twilio's, Telegram's.
  new RegExp(`${STARTS}sk-[A-Za-z0-9]{32,}`, 'g'),
  /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g,
  /(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}/g,
  // Terraform Cloud, Azure's client secrets.
  new RegExp(`${STARTS}[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{60,}`, 'g'),
  /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}/g,
];

/** Everything after these in an address is secret, up to the end of the path. */
const SECRET_PATHS = [
  'hooks.slack.com/services/',
  'hooks.slack.com/workflows/',
  'discord.com/api/webhooks/',
  'discordapp.com/api/webhooks/',
  '.webhook.office.com/webhookb2/',
  'api.telegram.org/bot',
  'chat.googleapis.com/v1/spaces/',
];

const PATH_END = /[\s"'`<>]/g;

/** Scheme before a credential in a header: `Bearer eyJ…`. */
const SCHEME =
  /(?<![A-Za-z])(?:bearer|basic|token|apikey|negotiate)[ \t]{1,4}(?=[^\s]*[0-9=])[^\s"'`,;]{8,}/gi;

const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_END = '-----END';

/** Calls `mask` with the range of each secret in `text` that has a known format. Linear in the length of `text`. */
export function findSecretFormats(text: string, mask: (from: number, to: number) => void): void {
  for (const format of FORMATS) {
    for (const found of text.matchAll(format)) mask(found.index, found.index + found[0].length);
  }
  for (const found of text.matchAll(SCHEME)) {
    const value = found[0].search(/[^a-z]/i);
    const spaces = found[0].slice(value).search(/\S/);
    mask(found.index + value + spaces, found.index + found[0].length);
  }
  for (const path of SECRET_PATHS) {
    for (let at = text.indexOf(path); at !== -1; at = text.indexOf(path, at + path.length)) {
      PATH_END.lastIndex = at + path.length;
      const end = PATH_END.exec(text)?.index ?? text.length;
      mask(at + path.length, end);
      at = end;
    }
  }
  let isMaskedTo = 0;
  for (const found of text.matchAll(PEM)) {
    const from = found.index + found[0].length;
    if (from <= isMaskedTo) continue;
    const end = text.indexOf(PEM_END, from);
    isMaskedTo = end === -1 ? text.length : end;
    mask(from, isMaskedTo);
  }
}
