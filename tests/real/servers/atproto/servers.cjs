// The AT Protocol servers of the tests: the directory of identities (PLC), the server that holds accounts (PDS), and
// with DB_POSTGRES_URL and REDIS_HOST also the one that counts (AppView). They end on SIGTERM.
const { TestNetworkNoAppView, TestNetwork, mockMailer } = require('@atproto/dev-env');

const port = (name) => Number(process.env[name]);
const plc = { port: port('PLC_PORT') };
// The limits hold for what is tested. Making accounts, a hundred in five minutes at most, may go past them with this key.
const rateLimitBypassKey = 'accounts';
const pds = { port: port('PDS_PORT'), hostname: 'localhost', rateLimitsEnabled: true, rateLimitBypassKey };

function start() {
  if (!process.env.DB_POSTGRES_URL) return TestNetworkNoAppView.create({ plc, pds });
  const bsky = { port: port('APPVIEW_PORT'), dbPostgresSchema: 'bsky' };
  return TestNetwork.create({ plc, pds, bsky, ozone: { port: port('OZONE_PORT') } });
}

start().then((network) => {
  mockMailer(network.pds);
  // All that they keep is thrown away, so nobody waits for an orderly end.
  process.on('SIGTERM', () => process.exit(0));
  console.log('ready');
});
