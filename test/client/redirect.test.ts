import { expect, it } from 'vitest';
import { redirectedAddress } from '../../src/client/redirect.js';

it.each([
  ['mqtt://a:1883', 'b', 'mqtt://b:1883'],
  ['mqtt://a', 'b:1884', 'mqtt://b:1884'],
  ['mqtt://user:pass@a:1883', 'b:1884', 'mqtt://user:pass@b:1884'],
  ['mqtts://a:8883', 'b.example.org', 'mqtts://b.example.org:8883'],
  ['mqtts://a:8883', '10.10.151.22:8884 [fe80::9610:3eff:fe1c]:1883', 'mqtts://10.10.151.22:8884'],
  ['mqtt://a', '[fe80::9610:3eff:fe1c]:1883', 'mqtt://[fe80::9610:3eff:fe1c]:1883'],
  ['wss://a/mqtt?token=1', 'b:444', 'wss://b:444/mqtt?token=1'],
  ['mqtt://u:p@a', 'mqtt://b:1884', 'mqtt://u:p@b:1884'],
  ['mqtt://a', 'mqtts://b', 'mqtts://b'],
  ['mqtts://a', 'wss://b/mqtt', 'wss://b/mqtt'],
])('from %s to "%s" it is %s', (current, reference, address) => {
  expect(redirectedAddress(current, reference)).toBe(address);
});

it.each([
  ['mqtts://a', 'mqtt://b'], // from an encrypted connection to an open one
  ['wss://a', 'ws://b'],
  ['mqtts://a', 'mqtt+unix:///tmp/socket'],
  ['mqtt+unix:///run/broker.sock', 'b'],
  ['mqtt://a', ''],
  ['mqtt://a', 'b/c'],
  ['mqtt://a', 'user@b'],
  ['mqtt://a', 'b:99999'],
  ['mqtt://a', '://'],
])('from %s to "%s" it leads nowhere', (current, reference) => {
  expect(redirectedAddress(current, reference)).toBeUndefined();
});
