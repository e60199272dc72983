/**
 * What a peer serves with. A TCP server greets with `{backend, client}` and a newline, and then does what the client's first
 * line says: `echo`, `put BYTES` (takes them in and answers `ok` or `bad`) or `get BYTES`. A UDP server answers with as many
 * bytes as it got: the same line, and then what stood there. Uses only syntax that Node can strip.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { comparer, sequence } from './sequence.ts';

export interface Target {
  readonly address: string;
  readonly port: number;
}

export interface Greeting { readonly backend: string; readonly client: string }

const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');

/** Writes `bytes` bytes of the sequence as fast as they are taken; `moved` is told of every pause's end. */
export function pour(socket: Socket, bytes: number, moved: () => void): void {
  let at = 0;
  const more = (): void => {
    moved();
    while (at < bytes) {
      const part = sequence(at, Math.min(65_536, bytes - at));
      at += part.length;
      if (!socket.write(part)) return void socket.once('drain', more);
    }
  };
  more();
}

/** Splits off the first line; what follows it goes to `rest`, also what comes later. */
export function firstLine(socket: Socket, then: (line: string) => (rest: Buffer) => void): void {
  let head = Buffer.alloc(0);
  const onData = (part: Buffer): void => {
    head = Buffer.concat([head, part]);
    const end = head.indexOf(10);
    if (end < 0) return;
    socket.off('data', onData);
    const rest = then(head.toString('latin1', 0, end));
    socket.on('data', rest);
    if (end + 1 < head.length) rest(head.subarray(end + 1));
  };
  socket.on('data', onData);
}

export function serveTcp(name: string, port: number): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`${JSON.stringify({ backend: name, client: plain(socket.remoteAddress) })}\n`);
    firstLine(socket, (line) => {
      const [what, size] = line.split(' ');
      if (what === 'echo') return (part) => void socket.write(part);
      if (what === 'get') pour(socket, Number(size), () => undefined);
      if (what !== 'put') return () => undefined;
      const compare = comparer(Number(size));
      return (part) => {
        const done = compare(part);
        if (done) socket.write(`${done}\n`);
      };
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '::', backlog: 4096 }, resolve);
  });
}

export function serveUdp(name: string, { address, port }: Target): Promise<void> {
  const socket = udpSocket(address);
  socket.on('message', (message, from) => {
    const head = Buffer.from(`${JSON.stringify({ backend: name, client: plain(from.address) })}\n`);
    socket.send(Buffer.concat([head, message.subarray(head.length)]), from.port, from.address);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
}

export function udpSocket(address: string): UdpSocket {
  return createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
}
