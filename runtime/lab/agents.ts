/** Starts lab servers and clients inside a host of a topology, from source as well as from the bundle. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClientOptions, Reply } from './client.ts';
import type { ServerOptions } from './server.ts';
import { LabError, type Host } from './topology.ts';

/** Path of a program of this folder, or of the bundle's file that was made from it. */
function program(name: 'server' | 'client'): string {
  const file = import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./lab-${name}.js`;
  return fileURLToPath(new URL(file, import.meta.url));
}

const environment = { ...process.env, NODE_NO_WARNINGS: '1' };
/** Not what this process was started with (loaders, inspectors): the programs need none of it. */
delete (environment as NodeJS.ProcessEnv)['NODE_OPTIONS'];

/** Starts a server; resolves once it listens. It ends with the topology or with this process. */
export function serve(host: Host, options: ServerOptions): Promise<void> {
  const child = host.spawn(process.execPath, [program('server'), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (data: Buffer) => { said += data.toString(); });
    child.once('error', (error) => reject(new LabError(`could not start the server of ${options.name}: ${error.message}`)));
    child.once('close', (code, signal) => reject(new LabError(`the server of ${options.name} ended with ${code ?? signal}: ${said.trim()}`)));
    child.stdout!.once('data', () => {
      // From here on it must not keep the process alive.
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref?(): void }).unref?.();
      resolve();
    });
  });
}

/** Asks from inside a host; resolves with one reply per request, in the order of asking. */
export async function ask(host: Host, options: ClientOptions, onReply?: (reply: Reply) => void): Promise<Reply[]> {
  const load = askOn(host, options, onReply);
  return load.done;
}

/** Like `ask`, and can be stopped: `stop` lets the requests in flight end. */
export function askOn(host: Host, options: ClientOptions, onReply?: (reply: Reply) => void): { readonly done: Promise<Reply[]>; stop(): void } {
  const child = host.spawn(process.execPath, [program('client'), JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
  const replies: Reply[] = [];
  let said = '';
  child.stderr!.on('data', (data: Buffer) => { said += data.toString(); });
  const done = new Promise<Reply[]>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    lines.on('line', (line) => {
      const reply = JSON.parse(line) as Reply;
      replies.push(reply);
      onReply?.(reply);
    });
    const closed = new Promise<void>((end) => lines.once('close', end));
    child.once('error', (error) => reject(new LabError(`could not start the client: ${error.message}`)));
    child.once('close', (code, signal) => {
      void closed.then(() => {
        if (code === 0) resolve(replies.sort((a, b) => a.n - b.n));
        else reject(new LabError(`the client ended with ${code ?? signal}: ${said.trim()}`));
      });
    });
  });
  return { done, stop: () => child.stdin!.end() };
}
