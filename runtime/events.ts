/**
 * Samples of what happens to flows, live. The programs take none until a rate is set; whoever watches sets it and sets it
 * back to none, however the watching ends.
 */
import { event as codec, LbActivity, LbFeature, settings } from '../compiler/generated/layout.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { noInstance } from './commit.ts';
import type { Datapath, EventReader, Instance } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { readLive } from './inspect.ts';
import { diagnosticOf } from './problems.ts';
import { describe, type FlowEvent } from './show/events.ts';
import { directory, type Directory } from './show/names.ts';
import { plainSums } from './show/view.ts';

export interface WatchOptions {
  /** An event for one in so many. */
  readonly sample: number;
  /** Ends after so many milliseconds. */
  readonly ms?: number;
  /** Ends after so many events. */
  readonly count?: number;
  readonly signal: AbortSignal;
  /** Runs once, when the rate is set. */
  onStart?(notes: readonly Diagnostic[]): void;
  onEvent(event: FlowEvent): void;
  /** Samples for which the ring had no room, since the last time. */
  onLost?(count: number): void;
}

export interface Watched {
  /** Errors: nothing was watched. */
  readonly diagnostics: readonly Diagnostic[];
  readonly events: number;
  readonly lost: number;
  readonly seconds: number;
  /** The instance went away, or another took its place. */
  readonly gone: boolean;
}

const batch = 1024;
const restMs = 50;
const lookEveryMs = 1000;
const first = new Uint8Array(4);

/** Sets the rate, hands out events until one of the ends is reached, and sets the rate to none. */
export async function watchFlows(datapath: Datapath, name: string, options: WatchOptions): Promise<Watched> {
  const nothing = { events: 0, lost: 0, seconds: 0, gone: false };
  try {
    const instance = datapath.open(name);
    if (!instance) return { diagnostics: [noInstance(name)], ...nothing };
    try {
      return await new Watch(datapath, name, instance, options).run();
    } finally {
      instance.close();
    }
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return { diagnostics: [error.reason === 'locked' ? readElsewhere(name) : diagnosticOf(error)], ...nothing };
  }
}

class Watch {
  private events = 0;
  private lost = 0;
  private names: Directory = directory([]);
  private generation = -1;

  constructor(private readonly datapath: Datapath, private readonly name: string, private readonly instance: Instance, private readonly options: WatchOptions) {}

  async run(): Promise<Watched> {
    const { options } = this;
    const reader = this.instance.readEvents();
    const stop = (): void => setRate(this.instance, 0);
    // A process that is made to exit runs no `finally` that waits.
    process.once('exit', stop);
    const started = performance.now();
    try {
      const notes = this.prepare(reader);
      setRate(this.instance, options.sample);
      options.onStart?.(notes);
      const gone = await this.loop(reader, started);
      return { diagnostics: [], events: this.events, lost: this.lost, seconds: (performance.now() - started) / 1000, gone };
    } finally {
      process.removeListener('exit', stop);
      stop();
      reader.close();
    }
  }

  /** Forgets what nobody read in its time, and says what the user may wonder about. */
  private prepare(reader: EventReader): readonly Diagnostic[] {
    const before = settings.decode(this.instance.map('settings').lookup(first)!).sample;
    setRate(this.instance, 0);
    while (reader.take(batch).length > 0);
    this.learn();
    const able = this.instance.links().some((l) => (l.program.features & LbFeature.EVENTS) !== 0);
    return [...(before === 0 ? [] : [wasSet(before)]), ...(able ? [] : [noSamples()])];
  }

  /** True: the instance went away. */
  private async loop(reader: EventReader, started: number): Promise<boolean> {
    const { signal, ms = Infinity } = this.options;
    const before = this.lostSoFar();
    let looked = started;
    for (;;) {
      const late = performance.now() - started >= ms;
      // What was taken in time is shown, though it is read later; and no more comes.
      if (late) setRate(this.instance, 0);
      const more = this.take(reader);
      while (late && this.take(reader));
      const now = performance.now();
      const ended = late || signal.aborted || this.room() === 0;
      if (ended || now - looked >= lookEveryMs) {
        looked = now;
        this.tellLost(this.lostSoFar() - before);
        if (!ended && this.isGone()) return true;
        this.learn();
      }
      if (ended) return false;
      await rest(more ? 0 : Math.min(restMs, ms - (now - started)), signal);
    }
  }

  private room(): number {
    return Math.min(batch, (this.options.count ?? Infinity) - this.events);
  }

  /** Whether there may be more. */
  private take(reader: EventReader): boolean {
    const room = this.room();
    const taken = reader.take(room);
    for (const bytes of taken) this.hand(bytes);
    return taken.length === room && room > 0;
  }

  private hand(bytes: Uint8Array): void {
    if (bytes.length < codec.size) return;
    this.events++;
    this.options.onEvent(describe(bytes, this.names));
  }

  private tellLost(total: number): void {
    if (total <= this.lost) return;
    this.options.onLost?.(total - this.lost);
    this.lost = total;
  }

  private lostSoFar(): number {
    return plainSums(this.instance.map('activity'))[LbActivity.EVENT_LOST] ?? 0;
  }

  /** Reads the names anew where a commit changed them. */
  private learn(): void {
    const live = this.instance.inner('root', 0);
    live?.close();
    const generation = live?.info.id ?? 0;
    if (generation === this.generation) return;
    this.generation = generation;
    this.names = directory(readLive(this.instance).live.services);
  }

  private isGone(): boolean {
    const now = this.datapath.open(this.name);
    const same = now?.map('events').info.id === this.instance.map('events').info.id;
    now?.close();
    return !same;
  }
}

function setRate(instance: Instance, sample: number): void {
  instance.map('settings').update(first, settings.encode({ sample }));
}

/** Ends early when the signal comes. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener('abort', done);
  });
}

function readElsewhere(name: string): Diagnostic {
  return {
    code: 'LB531',
    severity: 'error',
    message: `another sluice reads the events of instance '${name}'`,
    hint: 'an event goes to one reader only: end the other, or watch there',
  };
}

function wasSet(sample: number): Diagnostic {
  return {
    code: 'LB531',
    severity: 'warning',
    message: `the rate was 1 in ${sample} already: a reader was killed, or something else set it`,
    hint: 'it is set back to none when this ends',
  };
}

function noSamples(): Diagnostic {
  return {
    code: 'LB531',
    severity: 'warning',
    message: 'no running program takes samples',
    hint: "'sluice show programs' lists what is on; the next apply makes programs that do",
  };
}
