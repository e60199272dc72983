/**
 * A backend for labs, run as a process of its own: HTTP/1.1 and UDP servers that answer with the
 * backend's name, the client address they saw and the address they were asked for. Prints `ready` once
 * everything listens and ends when its standard input does, so that it never outlives who started it.
 *
 * Argument: JSON `ServerOptions`. Uses only syntax that Node can strip, because it runs from source too.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerOptions {
  readonly name: string;
  /** TCP ports, on all addresses. */
  readonly http: readonly number[];
  /** Address and port one by one: a socket on a wildcard would answer from another address than was asked. */
  readonly udp: readonly { readonly address: string; readonly port: number }[];
}

export interface Answer {
  readonly backend: string;
  readonly client: string;
  readonly asked: string;
}

/** An IPv4 address as the dual-stack socket shows it, back to its usual form. */
function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}

function endpoint(address: string | undefined, port: number | undefined): string {
  const host = plain(address);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
const waiting: Promise<void>[] = [];

for (const port of options.http) {
  const server = createServer((request, response) => {
    const { remoteAddress, localAddress, localPort } = request.socket;
    const answer: Answer = { backend: options.name, client: plain(remoteAddress), asked: endpoint(localAddress, localPort) };
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', server: 'sluice-lab' });
    response.end(`${JSON.stringify(answer)}\n`);
  });
  waiting.push(new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '::', backlog: 1024 }, resolve);
  }));
}

for (const { address, port } of options.udp) {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
  socket.on('message', (_, from) => {
    const local: AddressInfo = socket.address();
    const answer: Answer = { backend: options.name, client: plain(from.address), asked: endpoint(local.address, local.port) };
    socket.send(JSON.stringify(answer), from.port, from.address);
  });
  waiting.push(new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  }));
}

await Promise.all(waiting);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
process.stdout.write('ready\n');
