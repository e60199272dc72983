/** Addresses by what they are to a balancer. */
import * as net from '../../packets/hosts.ts';
import { addressBytes, join } from '../packet.ts';
import { keyAt, type Address } from './wire.ts';

const known = new Map<string, Address>();

/** Also of an IPv4 address in IPv6 form, which the language does not know. */
export function addressOf(text: string): Address {
  let address = known.get(text);
  if (!address) {
    const mapped = text.startsWith('::ffff:') && text.includes('.');
    const bytes = mapped ? join(Uint8Array.from([...new Array<number>(10).fill(0), 255, 255]), addressBytes(text.slice(7))) : addressBytes(text);
    address = { bytes, key: keyAt(bytes, 0, bytes.length), version: bytes.length === 4 ? 4 : 6 };
    known.set(text, address);
  }
  return address;
}

/** With the bits that matter, for tests by key. */
export function parseCidr(text: string): { readonly bits: number; readonly prefix: (key: string) => boolean } {
  const [address, length] = text.split('/') as [string, string?];
  const { key } = addressOf(address);
  const bits = length === undefined ? key.length * 4 : Number(length);
  const wanted = binary(key).slice(0, bits);
  return { bits, prefix: (other) => other.length === key.length && binary(other).startsWith(wanted) };
}

function binary(key: string): string {
  return [...key].map((digit) => parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
}

/** VIPs; the last ones are addresses of the host itself. */
export const vips = { 4: [net.vip[4], net.vip2[4], net.own.out4], 6: [net.vip[6], net.vip2[6], net.own.out6] } as const;

/** Clients: plain ones, some that are backends or this host, and some that no packet may come from. */
export const clients = {
  4: [net.client[4], '203.0.113.8', '203.0.113.130', '198.51.100.9', '192.0.2.5', net.backends['near4']!, net.backends['far4']!, net.backends['routed4']!,
    net.own.in4, net.vip[4], '0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '10.1.0.254'],
  6: [net.client[6], '2001:db8:7::8', '2001:db8:7:8000::9', '2001:db8:9::9', '2001:db8:5::5', net.backends['near6']!, net.backends['far6']!, net.backends['routed6']!,
    net.own.in6, net.vip[6], '::', '::1', 'ff02::1', 'fe80::1', 'fd00:1::fe', '::ffff:203.0.113.7', `::ffff:${net.backends['near4']!}`],
} as const;

/** Of routers on the way that tell of errors, and of other balancers that send tunnels. */
export const strangers = { 4: ['10.9.0.1', '10.1.0.254', '198.51.100.77'], 6: ['fd00:9::1', 'fd00:1::fe', '2001:db8:77::1'] } as const;
