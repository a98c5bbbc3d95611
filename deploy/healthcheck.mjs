// The image's HEALTHCHECK: requests /healthz at the address in UNITLEDGER_LISTEN. Without that variable, a running container
// counts as healthy.
const address = process.env.UNITLEDGER_LISTEN?.trim();
if (address) {
  // A bare port, `host:port` or `[address]:port`. A server on every address can be reached on loopback.
  const [, host = '', port] = /^(?:(.*):)?(\d+)$/.exec(address) ?? [];
  const name = ['', '0.0.0.0', '[::]', '*'].includes(host) ? '127.0.0.1' : host;
  const healthy = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(4000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  process.exitCode = healthy ? 0 : 1;
}
