import { isIP } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatAddress, maskAddress, parseAddress, parseCidr, readAddress, readCidr } from '../../dsl/ip.ts';
import { generator } from './support/mutate.ts';

test('IPv6 text is canonical after RFC 5952', () => {
  const cases: Record<string, string> = {
    '2001:0DB8:0000:0000:0001:0000:0000:0001': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
    '::': '::',
    '::1': '::1',
    '1::': '1::',
    '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
    '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
    'FD00::A': 'fd00::a',
  };
  for (const [text, canonical] of Object.entries(cases)) assert.is(parseAddress(text)?.text, canonical, text);
});

test('formatting 16 bytes and reading them again gives the same bytes', () => {
  const random = generator(5);
  for (let n = 0; n < 2000; n++) {
    const bytes = Uint8Array.from({ length: 16 }, () => (random() < 0.5 ? 0 : Math.floor(random() * 256)));
    const text = formatAddress(bytes);
    assert.equal(parseAddress(text)?.bytes, bytes, text);
    assert.is(isIP(text), 6, text);
  }
});

test('what is accepted is what Node accepts, but for zones and v4-mapped addresses', () => {
  const random = generator(6);
  const pieces = ['1', '10', '255', '256', '01', 'f', 'FFFF', 'fffff', 'g', ':', '::', ':', '.', '.', '0', ''];
  for (let n = 0; n < 20_000; n++) {
    const text = Array.from({ length: 1 + Math.floor(random() * 16) }, () => pieces[Math.floor(random() * pieces.length)]!).join('');
    const mapped = /^(0*:)*:?ffff:/i.test(text);
    if (mapped) continue;
    assert.is(parseAddress(text)?.family ?? 0, isIP(text), text);
  }
});

test('an IPv4 address is kept in its v4-mapped form, and a v4-mapped text is not an address', () => {
  assert.equal([...parseAddress('10.0.0.1')!.bytes], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]);
  assert.is(parseAddress('10.0.0.1')!.text, '10.0.0.1');
  assert.is(readAddress('::ffff:10.0.0.1'), 'it is an IPv4 address in IPv6 clothes; write 10.0.0.1');
});

test('a wrong address says what is wrong', () => {
  assert.is(readAddress('10.0.0.256'), '256 is more than 255');
  assert.is(readAddress('10.0.0'), 'it has 3 parts instead of 4');
  assert.is(readAddress('1::2::3'), "'::' may stand once");
  assert.is(readAddress('fd00::12345'), "the group '12345' has more than 4 digits");
});

test('networks: prefix, bits behind it, and what is wrong', () => {
  const net = parseCidr('10.1.2.3/8')!;
  assert.equal([net.address, net.prefix, net.family, net.hostBits], ['10.1.2.3', 8, 4, true]);
  assert.is(formatAddress(maskAddress(net.bytes, 4, 8)), '10.0.0.0');
  assert.is(parseCidr('2001:db8:40::/44')!.hostBits, false);
  assert.is(formatAddress(maskAddress(parseAddress('2001:db8:4f::1')!.bytes, 6, 44)), '2001:db8:40::');
  assert.is(parseCidr('0.0.0.0/0')!.hostBits, false);
  assert.is(readCidr('10.0.0.0/33'), 'its prefix length is more than 32');
  assert.is(readCidr('::/129'), 'its prefix length is more than 128');
  assert.is(readCidr('10.0.0.0'), 'it has no prefix length');
  assert.is(readCidr('10.0.0.0/08'), 'its prefix length has a leading zero');
});

test.run();
