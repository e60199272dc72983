/** The network namespace that the calling thread is in, its interfaces and settings, read from /proc without a tool. */
import { readFileSync, readlinkSync } from 'node:fs';

/** Names, sorted; empty where /proc does not say (not Linux). */
export function interfaceNames(): string[] {
  try {
    const lines = readFileSync('/proc/thread-self/net/dev', 'utf8').split('\n').slice(2);
    return lines.flatMap((line) => /^\s*(\S+?):\s/.exec(line)?.[1] ?? []).sort();
  } catch {
    return [];
  }
}

/** Inode number of the network namespace of the calling thread; undefined where there are none. */
export function networkNamespace(): number | undefined {
  try {
    const inode = /\[(\d+)\]/.exec(readlinkSync('/proc/thread-self/ns/net'))?.[1];
    return inode === undefined ? undefined : Number(inode);
  } catch {
    return undefined;
  }
}

/** Whether packets that come in on an interface may be forwarded; undefined where the kernel does not say. */
export function forwards(iface: string, family: 4 | 6): boolean | undefined {
  try {
    return readFileSync(`/proc/sys/net/ipv${family}/conf/${iface}/forwarding`, 'utf8').trim() !== '0';
  } catch {
    return undefined;
  }
}

/** Ports that the kernel gives to sockets that ask for none; undefined where it does not say. */
export function socketPorts(): readonly [low: number, high: number] | undefined {
  try {
    const [, low, high] = /^(\d+)\s+(\d+)/.exec(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')) ?? [];
    return low === undefined || high === undefined ? undefined : [Number(low), Number(high)];
  } catch {
    return undefined;
  }
}
