/**
 * One end of real traffic, run as a process of its own inside a host: serves TCP and UDP, and opens connections, moves
 * bytes and sends datagrams when told to. An order is one JSON line on standard input, its result one on standard output
 * with the same number. Ends with its standard input. Uses only syntax that Node can strip.
 *
 * A TCP server greets with `{backend, client}` and a newline, and then does what the client's first line says: `echo`,
 * `put BYTES` (takes them in and answers `ok` or `bad`) or `get BYTES`. A UDP server answers with as many bytes as it got:
 * the same line, and then what stood there. All bytes are those of a fixed sequence, and both sides compare them.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { comparer, sequence } from './sequence.ts';

export interface Target {
  readonly address: string;
  readonly port: number;
}

export type Order =
  | { readonly do: 'serve'; readonly name: string; readonly tcp: readonly number[]; readonly udp: readonly Target[] }
  /** Opens connections, `parallel` at once, and keeps them under a name. */
  | { readonly do: 'open'; readonly as: string; readonly to: Target; readonly count: number; readonly parallel: number; readonly timeoutMs: number; readonly localPort?: number }
  /** Says something on every connection that is kept under a name and waits for the echo, again and again for so long; at least once. */
  | { readonly do: 'talk'; readonly on: string; readonly forMs: number; readonly timeoutMs: number }
  | { readonly do: 'close'; readonly what: string }
  | { readonly do: 'put' | 'get'; readonly to: Target; readonly bytes: number; readonly timeoutMs: number }
  /** Sends datagrams, each from a socket of its own and each again where no answer came, `tries` times at most. */
  | { readonly do: 'datagrams'; readonly to: Target; readonly bytes: number; readonly count: number; readonly tries: number; readonly timeoutMs: number };

export interface Opened {
  /** Connections by the backend that greeted. */
  readonly backends: Record<string, number>;
  /** Addresses of clients, as backends saw them. */
  readonly clients: string[];
  /** Names of errnos, `TIMEOUT`, or what was wrong. */
  readonly errors: string[];
}

export interface Talked {
  readonly rounds: number;
  /** Connections that live, and those that broke, by backend. */
  readonly alive: Record<string, number>;
  readonly broken: Record<string, number>;
}

export interface Moved {
  readonly backend: string;
  readonly ms: number;
  /** The longest that nothing moved. */
  readonly pauseMs: number;
}

export interface Answered extends Opened {
  /** Datagrams that were sent again. */
  readonly repeated: number;
}

interface Greeting { readonly backend: string; readonly client: string }
interface Connection { readonly socket: Socket; readonly greeting: Greeting; broken?: string; heard: number; wake?: () => void }

const kept = new Map<string, Connection[]>();
const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');
const named = (error: Error & { code?: string }): string => error.code ?? error.message;

/** Writes `bytes` bytes of the sequence as fast as they are taken; `moved` is told of every pause's end. */
function pour(socket: Socket, bytes: number, moved: () => void): void {
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
function firstLine(socket: Socket, then: (line: string) => (rest: Buffer) => void): void {
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

function serveTcp(name: string, port: number): Promise<void> {
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

function serveUdp(name: string, { address, port }: Target): Promise<void> {
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

function udpSocket(address: string): UdpSocket {
  return createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
}

/** A connection that was greeted and told `first`; bytes after the greeting go to `rest`. */
function dial(to: Target, first: string, timeoutMs: number, rest: (part: Buffer) => void, localPort?: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true, ...(localPort === undefined ? {} : { localPort }) });
    const limit = setTimeout(() => socket.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })), timeoutMs);
    let connection: Connection | undefined;
    const broke = (what: string): void => {
      clearTimeout(limit);
      if (!connection) return reject(Object.assign(new Error(what), { code: what }));
      connection.broken ??= what;
      connection.wake?.();
    };
    socket.on('error', (error) => broke(named(error)));
    socket.on('close', () => broke('closed'));
    firstLine(socket, (line) => {
      clearTimeout(limit);
      connection = { socket, greeting: JSON.parse(line) as Greeting, heard: 0 };
      socket.write(`${first}\n`);
      const made = connection;
      resolve(made);
      return (part) => {
        made.heard += part.length;
        rest(part);
        made.wake?.();
      };
    });
  });
}

async function each(count: number, parallel: number, body: () => Promise<void>): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, async () => {
    while (left-- > 0) await body();
  }));
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function open(order: Extract<Order, { do: 'open' }>): Promise<Opened> {
  const made: Connection[] = [];
  const errors: string[] = [];
  await each(order.count, order.parallel, async () => {
    try {
      made.push(await dial(order.to, 'echo', order.timeoutMs, () => undefined, order.localPort));
    } catch (error) {
      errors.push(named(error as Error));
    }
  });
  kept.set(order.as, [...(kept.get(order.as) ?? []), ...made]);
  return { backends: tally(made.map((c) => c.greeting.backend)), clients: Object.keys(tally(made.map((c) => c.greeting.client))).sort(), errors };
}

/** One word there and back; what goes wrong marks the connection. */
async function say(connection: Connection, timeoutMs: number): Promise<void> {
  const word = 'sluice';
  const wanted = connection.heard + word.length;
  const limit = setTimeout(() => {
    connection.broken ??= 'TIMEOUT';
    connection.wake?.();
  }, timeoutMs);
  connection.socket.write(word);
  while (!connection.broken && connection.heard < wanted) await new Promise<void>((wake) => { connection.wake = wake; });
  clearTimeout(limit);
}

async function talk({ on, forMs, timeoutMs }: Extract<Order, { do: 'talk' }>): Promise<Talked> {
  const connections = kept.get(on) ?? [];
  const end = performance.now() + forMs;
  let rounds = 0;
  do {
    rounds++;
    await Promise.all(connections.filter((c) => !c.broken).map((c) => say(c, timeoutMs)));
    if (performance.now() < end) await pause(10);
  } while (performance.now() < end);
  const names = (which: (c: Connection) => boolean): Record<string, number> => tally(connections.filter(which).map((c) => c.greeting.backend));
  return { rounds, alive: names((c) => !c.broken), broken: names((c) => c.broken !== undefined) };
}

async function move(order: Extract<Order, { do: 'put' | 'get' }>): Promise<Moved> {
  const started = performance.now();
  let last = started;
  let pauseMs = 0;
  const moved = (): void => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - last);
    last = now;
  };
  const compare = comparer(order.bytes);
  let greeted: Connection | undefined;
  const end = new Promise<string>((resolve) => {
    const limit = setTimeout(() => resolve(`nothing for ${Math.round(performance.now() - last)} ms`), order.timeoutMs);
    const finish = (what: string): void => {
      clearTimeout(limit);
      resolve(what);
    };
    dial(order.to, `${order.do} ${order.bytes}`, order.timeoutMs, (part) => {
      moved();
      const done = order.do === 'put' ? part.toString().trim() : compare(part);
      if (done) finish(done);
    }).then((connection) => {
      connection.wake = () => connection.broken && finish(connection.broken);
      greeted = connection;
      if (order.do === 'put') pour(connection.socket, order.bytes, moved);
    }, (error: Error) => finish(named(error)));
  });
  const result = await end;
  greeted?.socket.destroy();
  if (result !== 'ok') throw new Error(`${order.do} of ${order.bytes} bytes: ${result}`);
  return { backend: greeted?.greeting.backend ?? '', ms: Math.round(performance.now() - started), pauseMs: Math.round(pauseMs) };
}

async function sendOne({ to, bytes, timeoutMs }: Extract<Order, { do: 'datagrams' }>): Promise<Greeting | string> {
  const socket = udpSocket(to.address);
  try {
    return await new Promise((resolve) => {
      const limit = setTimeout(() => resolve('TIMEOUT'), timeoutMs);
      socket.once('error', (error) => { clearTimeout(limit); resolve(named(error)); });
      socket.once('message', (message) => {
        clearTimeout(limit);
        const end = message.indexOf(10) + 1;
        const same = message.length === Math.max(bytes, end) && message.subarray(end).equals(sequence(0, bytes).subarray(end));
        resolve(same ? JSON.parse(message.toString('latin1', 0, end)) as Greeting : `${message.length} bytes, not those that were sent`);
      });
      // Connected, so that an ICMP error comes back as one.
      socket.connect(to.port, to.address, () => socket.send(sequence(0, bytes)));
    });
  } finally {
    socket.close();
  }
}

async function datagrams(order: Extract<Order, { do: 'datagrams' }>): Promise<Answered> {
  const got: Greeting[] = [];
  const errors: string[] = [];
  let repeated = 0;
  await each(order.count, 8, async () => {
    let result: Greeting | string = '';
    for (let i = 0; i < order.tries; i++) {
      if (i > 0) repeated++;
      result = await sendOne(order);
      if (typeof result !== 'string') return void got.push(result);
    }
    errors.push(result as string);
  });
  return { backends: tally(got.map((g) => g.backend)), clients: Object.keys(tally(got.map((g) => g.client))).sort(), errors, repeated };
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'serve': return Promise.all([...order.tcp.map((port) => serveTcp(order.name, port)), ...order.udp.map((to) => serveUdp(order.name, to))]);
    case 'open': return open(order);
    case 'talk': return talk(order);
    case 'close': {
      for (const { socket } of kept.get(order.what) ?? []) socket.destroy();
      kept.delete(order.what);
      return {};
    }
    case 'put': case 'get': return move(order);
    case 'datagrams': return datagrams(order);
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { n, order } = JSON.parse(line) as { n: number; order: Order };
  carryOut(order).then((result) => ({ n, result }), (error: Error) => ({ n, error: error.message })).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`), () => process.exit(1));
});
lines.on('close', () => process.exit(0));
