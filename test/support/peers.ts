/** Starts a `peer.ts` in a host of a topology and gives it orders. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../runtime/lab/topology.ts';
import type { Answered, Moved, Opened, Order, Talked, Target } from './peer.ts';

export interface Load {
  /** Name that the connections are kept under. */
  readonly as: string;
  readonly count: number;
  readonly parallel?: number;
  readonly timeoutMs?: number;
  readonly localPort?: number;
}

export interface Datagrams {
  /** Of the payload. */
  readonly bytes: number;
  readonly count: number;
  readonly tries?: number;
  readonly timeoutMs?: number;
}

export interface Peer {
  /** Serves under a name until the topology goes. */
  serve(name: string, tcp: readonly number[], udp: readonly Target[]): Promise<void>;
  open(to: Target, load: Load): Promise<Opened>;
  /** Talks on all connections of a name, for so long and at least once. */
  talk(on: string, forMs?: number): Promise<Talked>;
  close(what: string): Promise<void>;
  /** Uploads or downloads; rejects where the bytes did not all come, or came changed. */
  move(way: 'put' | 'get', to: Target, bytes: number): Promise<Moved>;
  datagrams(to: Target, datagrams: Datagrams): Promise<Answered>;
}

const program = fileURLToPath(new URL('./peer.ts', import.meta.url));
const environment = { ...process.env, NODE_NO_WARNINGS: '1' };
/** Not what this process was started with (loaders, inspectors): the program needs none of it. */
delete (environment as NodeJS.ProcessEnv)['NODE_OPTIONS'];

/** It ends with the topology or with this process; orders that are open then reject. */
export function startPeer(host: Host): Peer {
  const child = host.spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let orders = 0;
  const fail = (why: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(`the peer in ${host.name} ${why}`));
    waiting.clear();
  };
  child.once('error', (error) => fail(`could not be started: ${error.message}`));
  child.once('close', (code, signal) => fail(`ended with ${code ?? signal}`));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { n, result, error } = JSON.parse(line) as { n: number; result?: unknown; error?: string };
    const order = waiting.get(n);
    waiting.delete(n);
    if (error === undefined) order?.resolve(result);
    else order?.reject(new Error(`${host.name}: ${error}`));
  });
  const tell = <T>(order: Order): Promise<T> => new Promise((resolve, reject) => {
    const n = orders++;
    waiting.set(n, { resolve: resolve as (result: unknown) => void, reject });
    child.stdin!.write(`${JSON.stringify({ n, order })}\n`);
  });
  return {
    serve: (name, tcp, udp) => tell({ do: 'serve', name, tcp, udp }),
    open: (to, { as, count, parallel = 64, timeoutMs = 5000, ...rest }) => tell({ do: 'open', as, to, count, parallel, timeoutMs, ...rest }),
    talk: (on, forMs = 0) => tell({ do: 'talk', on, forMs, timeoutMs: 5000 }),
    close: (what) => tell({ do: 'close', what }),
    move: (way, to, bytes) => tell({ do: way, to, bytes, timeoutMs: 60_000 }),
    datagrams: (to, { bytes, count, tries = 1, timeoutMs = 1000 }) => tell({ do: 'datagrams', to, bytes, count, tries, timeoutMs }),
  };
}
