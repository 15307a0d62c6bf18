// The AT Protocol servers of the tests: the directory of identities (PLC), the account's server (PDS), and with
// DB_POSTGRES_URL and REDIS_HOST also the server that counts (AppView). One line of JSON says that they are ready.
// They end on SIGTERM, and with the process that holds the other end of their standard input.
const { TestNetworkNoAppView, TestNetwork, mockMailer } = require('@atproto/dev-env');

const pds = {
  port: Number(process.env.PDS_PORT),
  hostname: 'localhost',
  rateLimitsEnabled: process.env.RATE_LIMITS === '1',
};
const plc = { port: Number(process.env.PLC_PORT) };

async function start() {
  if (!process.env.DB_POSTGRES_URL) return TestNetworkNoAppView.create({ plc, pds });
  return TestNetwork.create({
    plc,
    pds,
    bsky: { port: Number(process.env.APPVIEW_PORT), dbPostgresSchema: 'bsky' },
    ozone: { port: Number(process.env.OZONE_PORT) },
  });
}

start().then((network) => {
  mockMailer(network.pds);
  const ready = { pds: network.pds.url, plc: network.plc.url, appview: network.bsky?.url ?? null };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const stop = () => network.close().finally(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.stdin.on('end', stop).resume();
});
