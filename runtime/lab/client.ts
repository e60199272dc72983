/**
 * A client for labs, run as a process of its own: asks one address many times, each time over a fresh
 * connection (or UDP socket), and prints one JSON `Reply` a line. Ends when its standard input does.
 *
 * Argument: JSON `ClientOptions`. Uses only syntax that Node can strip, because it runs from source too.
 */
import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import type { Answer } from './server.ts';

export interface ClientOptions {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** 0: until standard input ends. */
  readonly count: number;
  readonly timeoutMs: number;
  /** Requests in flight at once. */
  readonly parallel: number;
}

export interface Reply {
  /** Counted from 1, in the order of asking. */
  readonly n: number;
  readonly ok: boolean;
  readonly ms: number;
  /** HTTP only. */
  readonly status?: number;
  readonly backend?: string;
  /** Client address that the backend saw. */
  readonly client?: string;
  /** Address that the backend was asked for. */
  readonly asked?: string;
  /** Name of the errno, `TIMEOUT`, or what was wrong with the answer. */
  readonly error?: string;
}

type Result = Omit<Reply, 'n' | 'ms'>;

const options = JSON.parse(process.argv[2] ?? '{}') as ClientOptions;

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

function failure(error: Error & { code?: string }): Result {
  return { ok: false, error: error.code ?? error.message };
}

function askHttp(): Promise<Result> {
  return new Promise((resolve) => {
    const request = get({ host: options.address, port: options.port, path: '/', agent: false, headers: { connection: 'close' } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => { body += part; });
      response.on('error', (error) => resolve(failure(error)));
      response.on('end', () => {
        const answer = parsed(body);
        const status = response.statusCode ?? 0;
        if (status === 200 && answer) resolve({ ok: true, status, ...answer });
        else resolve({ ok: false, status, error: 'unexpected answer' });
      });
    });
    const limit = setTimeout(() => request.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })), options.timeoutMs);
    request.on('error', (error) => resolve(failure(error)));
    request.on('close', () => clearTimeout(limit));
  });
}

function askUdp(): Promise<Result> {
  return new Promise((resolve) => {
    const socket = createSocket(options.address.includes(':') ? 'udp6' : 'udp4');
    const finish = (result: Result): void => {
      clearTimeout(limit);
      socket.close();
      resolve(result);
    };
    const limit = setTimeout(() => finish({ ok: false, error: 'TIMEOUT' }), options.timeoutMs);
    socket.once('error', (error) => finish(failure(error)));
    socket.once('message', (message) => {
      const answer = parsed(message.toString());
      finish(answer ? { ok: true, ...answer } : { ok: false, error: 'unexpected answer' });
    });
    // Connected, so that an ICMP error comes back as one.
    socket.connect(options.port, options.address, () => socket.send('?'));
  });
}

let ended = false;
let asked = 0;
process.stdin.on('end', () => { ended = true; });
process.stdin.resume();
process.stdin.unref();

const ask = options.protocol === 'udp' ? askUdp : askHttp;
await Promise.all(Array.from({ length: options.parallel }, async () => {
  while (!ended && (options.count === 0 || asked < options.count)) {
    const n = ++asked;
    const started = performance.now();
    const result = await ask();
    const reply: Reply = { n, ms: Math.round((performance.now() - started) * 100) / 100, ...result };
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}));
