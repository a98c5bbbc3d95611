import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpDestination } from '../../../../src/telemetry/export/otlp-destination.ts';
import {
  bypassedBy,
  describeRoute,
  proxyCredentials,
  proxyRoute,
} from '../../../../src/telemetry/export/proxy/proxy-route.ts';

type Variables = Readonly<Record<string, string>>;

const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
const at = (endpoint: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
const routeOf = (environment: Variables, isOn = true) =>
  proxyRoute(environment, otlpDestination(environment), isOn);
const textOf = (environment: Variables, isOn?: boolean) => describeRoute(routeOf(environment, isOn));

const PROXIES = { HTTP_PROXY: 'http://h:1', HTTPS_PROXY: 'http://s:2' };

test('the scheme of the endpoint selects the variable, for HTTP and gRPC alike', () => {
  for (const protocol of [{}, GRPC]) {
    const all = { ...PROXIES, ...protocol };
    assert.equal(textOf({ ...all, ...at('http://c') }), 'through proxy http://h:1 (HTTP_PROXY)');
    assert.equal(textOf({ ...all, ...at('https://c') }), 'through proxy http://s:2 (HTTPS_PROXY)');
    // As curl and Node have it.
    const both = { ...all, https_proxy: 'http://lower:3' };
    assert.equal(textOf({ ...both, ...at('https://c') }), 'through proxy http://lower:3 (https_proxy)');
    assert.equal(
      textOf({ HTTP_PROXY: 'http://h:1', ...protocol, ...at('https://c') }),
      'directly (no proxy is set)',
    );
  }
  assert.equal(textOf({ ...PROXIES, ...GRPC, ...at('c:4317') }), 'through proxy http://s:2 (HTTPS_PROXY)');
});

test('loopback and Unix sockets never use a proxy, including the default endpoint', () => {
  const loopback = ['http://localhost:4318', 'https://127.8.9.1', 'http://[::1]:1', 'http://a.localhost'];
  for (const protocol of [{}, GRPC]) {
    assert.equal(textOf({ ...PROXIES, ...protocol }), 'directly (the endpoint is on loopback)');
    for (const endpoint of [...loopback, 'http://[::ffff:127.0.0.1]', 'http://localhost.']) {
      const text = textOf({ ...PROXIES, ...protocol, ...at(endpoint) });
      assert.equal(text, 'directly (the endpoint is on loopback)', endpoint);
    }
    const socket = textOf({ ...PROXIES, ...protocol, ...at('unix:///run/x.sock') });
    assert.equal(socket, 'directly (the endpoint is a Unix socket)');
  }
  for (const endpoint of ['http://localhost.example', 'http://128.0.0.1', 'http://[::2]']) {
    assert.notEqual(routeOf({ ...PROXIES, ...at(endpoint) }).proxy, null, endpoint);
  }
});

test('it can be disabled, and the matching entry of NO_PROXY is reported', () => {
  const there = { ...PROXIES, ...at('http://otel.example.com') };
  assert.equal(textOf(there, false), 'directly (--otlp-proxy is none)');
  assert.equal(
    textOf({ ...there, NO_PROXY: 'a, .example.com' }),
    'directly (NO_PROXY contains ".example.com")',
  );
  assert.equal(
    textOf({ ...there, no_proxy: 'otel.example.com', NO_PROXY: 'x' }),
    'directly (no_proxy contains "otel.example.com")',
  );
  assert.equal(textOf({ ...there, NO_PROXY: 'x' }), 'through proxy http://h:1 (HTTP_PROXY)');
});

test('a proxy may be HOST:PORT and may have credentials, which are in no text', () => {
  const route = routeOf({ HTTP_PROXY: 'me%40x:p%3A@proxy:3128/x?y', ...at('http://c') });
  assert.equal(describeRoute(route), 'through proxy http://proxy:3128 (HTTP_PROXY)');
  assert.equal(route.proxy!.url.href, 'http://me%40x:p%3A@proxy:3128/');
  assert.equal(proxyCredentials(route.proxy!), 'me@x:p:');
  assert.equal(proxyCredentials(routeOf({ HTTP_PROXY: 'proxy', ...at('http://c') }).proxy!), null);
});

test('an invalid proxy causes one warning without its credentials, and is not used', () => {
  for (const [environment, warning] of [
    [
      { HTTP_PROXY: 'socks5://u:secret@p:1', ...at('http://c') },
      'HTTP_PROXY is "socks5://***@p:1"; OTLP needs a proxy URL that starts with http:// or https://; connecting without a proxy',
    ],
    [
      { http_proxy: 'u:sec/ret@p:x', ...at('http://c') },
      'http_proxy is "***@p:x"; OTLP needs a proxy URL that starts with http:// or https://; connecting without a proxy',
    ],
    [
      { HTTP_PROXY: 'http://u:%zz@p', ...at('http://c') },
      'HTTP_PROXY is "http://***@p"; OTLP needs a proxy URL that starts with http:// or https://; connecting without a proxy',
    ],
    [
      { HTTPS_PROXY: 'https://p:1', ...GRPC, ...at('https://c') },
      'HTTPS_PROXY is "https://p:1"; gRPC needs a proxy URL that starts with http://; connecting without a proxy',
    ],
  ] as const) {
    const route = routeOf(environment);
    assert.equal(route.proxy, null);
    assert.equal(route.warning, warning);
  }
  assert.equal(routeOf({ HTTPS_PROXY: 'https://p:1', ...at('https://c') }).warning, null);
});

test('entries of NO_PROXY are hosts with their subdomains, addresses, blocks, ports, or all', () => {
  const met = (list: string, url: string) => bypassedBy(list, new URL(url)) !== null;
  for (const [list, url] of [
    ['*', 'http://any'],
    ['example.com', 'http://example.com'],
    ['example.com', 'http://a.b.example.com'],
    ['.example.com', 'http://example.com'],
    ['*.example.com', 'http://a.example.com'],
    ['EXAMPLE.com.', 'http://a.Example.COM'],
    ['x example.com\ty', 'http://example.com'],
    ['example.com:4318', 'http://example.com:4318'],
    ['example.com:443', 'https://example.com'],
    ['10.1.2.3', 'http://10.1.2.3:4318'],
    ['10.1.2.3:4318', 'http://10.1.2.3:4318'],
    ['10.0.0.0/8', 'http://10.9.9.9'],
    ['fd00::/8', 'http://[fd12::1]:4318'],
    ['fd12::1', 'http://[fd12::1]:4318'],
    ['[fd12::1]:4318', 'http://[fd12::1]:4318'],
  ] as const) {
    assert.ok(met(list, url), `${list} has ${url}`);
  }
  for (const [list, url] of [
    ['', 'http://any'],
    ['.', 'http://any'],
    ['ample.com', 'http://example.com'],
    ['a.example.com', 'http://example.com'],
    ['example.com:80', 'http://example.com:4318'],
    ['10.0.0.0/99', 'http://10.0.0.1'],
    ['10.0.0.0/x', 'http://10.0.0.1'],
    ['10.0.0.0/8', 'http://11.0.0.1'],
    ['10.0.0.0/8', 'http://ten.example'],
    ['0.0.1', 'http://10.0.0.1'],
  ] as const) {
    assert.ok(!met(list, url), `${list} has not ${url}`);
  }
});
