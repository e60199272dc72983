/**
 * XDP links of one instance, pinned as `links/<interface>+<native|generic>`: the mode is in the name
 * because the kernel does not tell it of a link, and an interface may be gone when one asks.
 */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { XdpMode } from '../../compiler/state.ts';
import { DatapathError, type LinkInfo } from '../datapath.ts';
import { escapeName, list, makeFolder, unescapeName, unpin } from './bpffs.ts';
import { check, checkValue, errnoName, fail } from './errors.ts';
import { libc } from './libbpf.ts';
import type { Libbpf, LinkInfoRaw } from './native.ts';
import { describeProgramById, programNameOf } from './programs.ts';

type ActualMode = LinkInfo['actual'];

const attachXdp = 37;
const flags: Record<ActualMode, number> = { generic: 1 << 1, native: 1 << 2 };
/** With these, the other mode is no better. */
const final = new Set(['EBUSY', 'EEXIST', 'EPERM', 'ENODEV', 'EACCES']);

const attempts = 8;

interface Pin {
  readonly path: string;
  readonly interface: string;
  readonly actual: ActualMode;
}

/** Id, name and mode of the program that keeps others off an interface (an offloaded one does not), for a user. Only the name needs privilege. */
export function describeProgramOn(bpf: Libbpf, ifindex: number): string | undefined {
  const found = bpf.xdpQuery(ifindex);
  if (typeof found === 'number') return undefined;
  const id = found.drv_prog_id || found.skb_prog_id;
  if (id === 0) return undefined;
  const name = programNameOf(bpf, id);
  return `program ${id}${name ? ` (${name})` : ''} is attached there in ${id === found.skb_prog_id ? 'generic' : 'native'} mode`;
}

export class Links {
  constructor(private readonly bpf: Libbpf, private readonly folder: string) {}

  /** An interface that is gone has ifindex 0. What is detached meanwhile is left out. */
  all(): LinkInfo[] {
    return this.pins().flatMap((pin) => this.describe(pin) ?? []);
  }

  /** A program may be replaced, and gone, between reading its id and asking for it. */
  private describe(pin: Pin): LinkInfo | undefined {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.withLink(pin, (_fd, info) => ({
          interface: pin.interface,
          ifindex: info.ifindex,
          actual: pin.actual,
          program: describeProgramById(this.bpf, info.prog_id),
        }));
      } catch (error) {
        if (!(error instanceof DatapathError) || error.errno !== 'ENOENT') throw error;
        if (attempt === attempts) return undefined;
      }
    }
  }

  attach(iface: string, xdp: XdpMode, programFd: number): void {
    const doing = `attach to ${iface}`;
    const ifindex = libc().ifNameToIndex(iface);
    if (ifindex === 0) throw new DatapathError(doing, 'ENODEV');
    const old = this.find(iface);
    if (old) {
      if (this.withLink(old, (_fd, info) => info.ifindex !== 0)) throw new DatapathError(doing, 'EEXIST', 'this instance is attached there already');
      unpin(old.path);
    }
    const { fd, actual } = this.create(doing, ifindex, xdp, programFd);
    try {
      makeFolder(this.folder);
      check(this.bpf.objPin(fd, join(this.folder, `${escapeName(iface)}+${actual}`)), `pin the link on ${iface}`);
    } finally {
      closeSync(fd);
    }
  }

  replace(iface: string, programFd: number): void {
    this.withLink(this.get(iface), (fd) => check(this.bpf.linkUpdate(fd, programFd), `change the program on ${iface}`));
  }

  /** The program is off when this returns; unpinning alone leaves that to a later moment. */
  detach(iface: string): void {
    this.drop(this.get(iface));
  }

  /** Also what is no link, or damaged. */
  detachAll(): void {
    for (const pin of this.pins()) this.drop(pin);
  }

  private drop(pin: Pin): void {
    const fd = this.bpf.objGet(pin.path);
    if (fd >= 0) {
      this.bpf.linkDetach(fd);
      closeSync(fd);
    }
    unpin(pin.path);
  }

  private create(doing: string, ifindex: number, xdp: XdpMode, programFd: number): { fd: number; actual: ActualMode } {
    const modes: ActualMode[] = xdp === 'auto' ? ['native', 'generic'] : [xdp];
    for (const [i, actual] of modes.entries()) {
      const fd = this.bpf.linkCreate(programFd, ifindex, attachXdp, flags[actual]);
      if (fd >= 0) return { fd, actual };
      const errno = errnoName(fd);
      const foreign = describeProgramOn(this.bpf, ifindex);
      if (errno === 'EBUSY' || errno === 'EEXIST' || (foreign !== undefined && errno === 'EINVAL')) {
        throw new DatapathError(doing, 'EBUSY', foreign, 'foreign-program');
      }
      if (final.has(errno) || i === modes.length - 1) fail(doing, fd, this.modeHint(xdp, errno));
    }
    throw new DatapathError(doing, undefined);
  }

  private modeHint(xdp: XdpMode, errno: string): string | undefined {
    if (xdp !== 'native' || final.has(errno)) return undefined;
    return 'the driver takes no program in native mode; generic or auto would do';
  }

  private get(iface: string): Pin {
    const pin = this.find(iface);
    if (!pin) throw new DatapathError(`find the link on ${iface}`, 'ENOENT');
    return pin;
  }

  private find(iface: string): Pin | undefined {
    return this.pins().find((p) => p.interface === iface);
  }

  private pins(): Pin[] {
    return list(this.folder).flatMap((name) => {
      const match = /^(.+)\+(native|generic)$/.exec(name);
      return match ? [{ path: join(this.folder, name), interface: unescapeName(match[1]!), actual: match[2] as ActualMode }] : [];
    });
  }

  private withLink<T>(pin: Pin, body: (fd: number, info: LinkInfoRaw) => T): T {
    const fd = check(this.bpf.objGet(pin.path), `open the link on ${pin.interface}`);
    try {
      return body(fd, checkValue(this.bpf.linkInfo(fd), `ask about the link on ${pin.interface}`));
    } finally {
      closeSync(fd);
    }
  }
}
