import { type Failure, otherFailure } from './transport.ts';

/** Text of a network error: the same text for the same cause. */
export function httpFailure(error: NodeJS.ErrnoException & { readonly statusCode?: number }): Failure {
  // A host with several addresses fails once per address.
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  const { code } = first;
  if (code === 'ERR_PROXY_TUNNEL') return tunnelFailure(error.statusCode);
  if (code !== undefined) return { cause: code, reason: `${code}${hint(code)}` };
  return otherFailure(first.message);
}

/** The proxy answered CONNECT with a status other than 200, or not at all. */
export function tunnelFailure(status: number | undefined): Failure {
  if (status === undefined || Number.isNaN(status)) {
    return { cause: 'proxy', reason: 'the proxy closed the connection before the tunnel was open' };
  }
  return {
    cause: `proxy HTTP ${status}`,
    reason: `the proxy refused the tunnel: HTTP ${status}${proxyHint(status)}`,
  };
}

/** The fix for a status of the proxy itself. */
export function proxyHint(status: number): string {
  switch (status) {
    case 401: // tinyproxy
    case 407:
      return ' (are user name and password of the proxy right?)';
    case 403:
      return ' (does the proxy allow this host and port?)';
    default:
      return '';
  }
}

function hint(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return ': connection refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ': host name not found';
    case 'ETIMEDOUT':
      return ': connection timed out';
    case 'ECONNRESET':
    case 'EPIPE':
      return ': connection closed by the other side';
    case 'CERT_HAS_EXPIRED':
      return ': the certificate has expired';
    case 'CERT_NOT_YET_VALID':
      return ': the certificate is not valid yet, by the clock of this host';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return ': the certificate is signed by an authority that is not trusted here (OTEL_EXPORTER_OTLP_CERTIFICATE names a file of trusted ones)';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ': the certificate is for another host name';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return ': no TLS on this port (http:// instead of https://?)';
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
    case 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REQUIRED':
      return ': a client certificate is required (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and …_KEY)';
    case 'HPE_INVALID_CONSTANT':
      return ': no HTTP/1 on this port (is this the gRPC port, 4317?)';
    default:
      return '';
  }
}
