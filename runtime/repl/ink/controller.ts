/**
 * The prompt as a machine: keys in, a picture of the screen out. Ink draws the picture and knows nothing
 * else. Keys that arrive while a command runs wait their turn, so that what is typed ahead is not lost.
 */
import type { Answer, Engine } from '../desk.ts';
import type { Completion } from '../completion.ts';
import { isVerb, partsOf, withoutPrompts, type Part } from '../parts.ts';
import { count } from '../../show/table.ts';
import * as editor from './editor.ts';
import type { Edit } from './editor.ts';
import type { Action, Command } from './keys.ts';
import type { Picture, Printed } from './picture.ts';

export interface ControllerOptions {
  readonly engine: Engine;
  readonly complete: (text: string, offset: number) => Completion;
  readonly isComplete: (text: string) => boolean;
  readonly greeting?: string;
  readonly onLeave: () => void;
  /** A defect: the front end has to go down with it. */
  readonly onDefect: (error: unknown) => void;
}

export class Controller {
  #picture: Picture;
  #listeners = new Set<() => void>();
  #waiting: Action[] = [];
  /** Place in the history: its length is the line being typed. */
  #place: number;
  #draft: Edit = editor.blank;
  #killed = '';
  /** Where the word begins that the menu completes, and what it was. */
  #completing: { readonly from: number; readonly before: Edit } | undefined;
  #asked: string | undefined;
  /** What was entered together with the command under way, and comes after it. */
  #queue: readonly Part[] = [];
  readonly #o: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#o = options;
    this.#place = options.engine.history.entries.length;
    this.#picture = {
      printed: options.greeting ? [{ kind: 'greeting', text: options.greeting }] : [],
      edit: editor.blank, busy: false, modified: options.engine.modified,
    };
  }

  readonly picture = (): Picture => this.#picture;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  press(actions: readonly Action[]): void {
    for (const action of actions) {
      if (this.#picture.left) return;
      if (this.#picture.busy && action === 'interrupt') this.#stop();
      else if (this.#picture.busy) this.#waiting.push(action);
      else this.#act(action);
    }
  }

  /** A paste arrives whole, without prompts that were copied along, and is never submitted by its own newlines. */
  paste(text: string): void {
    this.press([{ insert: withoutPrompts(text.replace(/\r\n?/g, '\n')).replace(/\n+$/, '') }]);
  }

  #set(change: Partial<Picture>): void {
    this.#picture = { ...this.#picture, ...change };
    for (const listener of this.#listeners) listener();
  }

  #print(...items: Printed[]): void {
    this.#set({ printed: [...this.#picture.printed, ...items] });
  }

  #closeMenu(): void {
    this.#completing = undefined;
    if (!this.#picture.menu) return;
    const { menu: _menu, ...rest } = this.#picture;
    this.#picture = rest;
    this.#set({});
  }

  #act(action: Action): void {
    if (this.#picture.question !== undefined) return this.#answer(action);
    if (action !== 'complete' && action !== 'complete-back') this.#closeMenu();
    if (typeof action === 'object') return this.#set({ edit: editor.insert(this.#picture.edit, action.insert) });
    const motion = motions[action];
    if (motion) return this.#set({ edit: motion(this.#picture.edit) });
    this.#command(action);
  }

  #command(command: Command): void {
    const { edit } = this.#picture;
    switch (command) {
      case 'enter': return this.#enter();
      case 'complete': return this.#complete(1);
      case 'complete-back': return this.#complete(-1);
      case 'up': return this.#moveOr(editor.up(edit), -1);
      case 'down': return this.#moveOr(editor.down(edit), 1);
      case 'older': return this.#browse(-1);
      case 'newer': return this.#browse(1);
      case 'kill-to-end': return this.#kill(editor.killToEnd(edit));
      case 'kill-to-start': return this.#kill(editor.killToStart(edit));
      case 'kill-word': return this.#kill(editor.killWord(edit));
      case 'yank': return this.#set({ edit: editor.insert(edit, this.#killed) });
      case 'interrupt': return this.#interrupt();
      case 'end-of-input':
        if (edit.text === '') return this.#leave();
        return this.#set({ edit: editor.deleteForward(edit) });
      default:
    }
  }

  #kill(after: Edit): void {
    const { text } = this.#picture.edit;
    this.#killed = text.slice(after.cursor, after.cursor + text.length - after.text.length);
    this.#set({ edit: after });
  }

  #moveOr(moved: Edit | undefined, step: 1 | -1): void {
    if (moved) this.#set({ edit: moved });
    else this.#browse(step);
  }

  #browse(step: 1 | -1): void {
    const { entries } = this.#o.engine.history;
    const place = this.#place + step;
    if (place < 0 || place > entries.length) return;
    if (this.#place === entries.length) this.#draft = this.#picture.edit;
    this.#place = place;
    this.#set({ edit: place === entries.length ? this.#draft : editor.insert(editor.blank, entries[place]!) });
  }

  #interrupt(): void {
    const { text } = this.#picture.edit;
    this.#print(text === '' ? { kind: 'note', text: 'Ctrl-D leaves' } : { kind: 'input', text: `${text}^C` });
    this.#clear();
  }

  #clear(): void {
    this.#place = this.#o.engine.history.entries.length;
    this.#draft = editor.blank;
    this.#set({ edit: editor.blank });
  }

  #leave(): void {
    if (this.#o.engine.modified) this.#print({ kind: 'note', text: 'the candidate was not committed' });
    this.#set({ left: true });
    this.#o.onLeave();
  }

  #enter(): void {
    const { edit } = this.#picture;
    const parts = partsOf(edit.text, this.#o.isComplete);
    const last = parts.at(-1);
    if (last && !isVerb(last.text) && !this.#o.isComplete(last.text)) {
      return this.#set({ edit: editor.insert(edit, '\n') });
    }
    this.#clear();
    if (!last) return this.#print({ kind: 'input', text: edit.text.trimEnd() });
    this.#queue = parts;
    this.#next();
  }

  /** Goes on with what was entered, one part at a time. */
  #next(): void {
    const [part, ...rest] = this.#queue;
    if (!part) return;
    this.#queue = rest;
    this.#print({ kind: 'input', text: part.text.trimEnd() });
    const question = this.#o.engine.question(part.text);
    if (question === undefined) return this.#run(part.text);
    this.#asked = part.text;
    this.#set({ busy: false, question });
  }

  /** Forgets the parts that have not been run, and says how much that is. */
  #drop(): void {
    const lines = this.#queue.reduce((n, part) => n + part.lines, 0);
    this.#queue = [];
    if (lines > 0) this.#print({ kind: 'note', text: `stopped there: ${count(lines, 'line')} after it ${lines === 1 ? 'was' : 'were'} not run` });
  }

  /** Ends requests under way; what comes after them is not run. */
  #stop(): void {
    this.#o.engine.interrupt();
    this.#drop();
  }

  #answer(action: Action): void {
    const yes = typeof action === 'object' && /^y/i.test(action.insert);
    const { question, ...rest } = this.#picture;
    this.#picture = rest;
    this.#print({ kind: 'note', text: `${question!} ${yes ? 'yes' : 'no'}` });
    if (yes) this.#run(this.#asked!);
    else this.#drop();
  }

  #run(text: string): void {
    this.#set({ busy: true });
    this.#o.engine.enter(text).then((answer) => this.#answered(answer), this.#o.onDefect);
  }

  #answered(answer: Answer): void {
    this.#place = this.#o.engine.history.entries.length;
    this.#set({
      busy: this.#queue.length > 0 && answer.ok,
      modified: this.#o.engine.modified,
      printed: [...this.#picture.printed, ...answer.outputs],
    });
    if (!answer.ok || answer.leave) this.#drop();
    if (answer.leave) return this.#leave();
    if (this.#queue.length > 0) return this.#next();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.press(waiting);
  }

  #complete(step: 1 | -1): void {
    const { edit, menu } = this.#picture;
    if (menu && this.#completing) {
      const count = menu.items.length;
      const chosen = menu.chosen === -1 ? (step === 1 ? 0 : count - 1) : (menu.chosen + step + count) % count;
      const { from, before } = this.#completing;
      return this.#set({ menu: { ...menu, chosen }, edit: editor.replaceBack(before, from, menu.items[chosen]!.text) });
    }
    const { from, items } = this.#o.complete(edit.text, edit.cursor);
    if (items.length === 0) return;
    if (items.length === 1) return this.#set({ edit: editor.replaceBack(edit, from, spaced(items[0]!.text, edit)) });
    const common = commonPrefix(items.map((i) => i.text));
    const typed = edit.text.slice(from, edit.cursor);
    const before = common.length > typed.length && common.startsWith(typed) ? editor.replaceBack(edit, from, common) : edit;
    this.#completing = { from, before };
    this.#set({ edit: before, menu: { items, chosen: -1 } });
  }
}

const motions: Partial<Record<Command, (e: Edit) => Edit>> = {
  left: editor.left, right: editor.right, 'word-left': editor.wordLeft, 'word-right': editor.wordRight,
  home: editor.home, end: editor.end, backspace: editor.backspace, delete: editor.deleteForward,
  newline: (e) => editor.insert(e, '\n'),
};

/** A finished word is followed by a blank, unless one is there or something has to follow at once. */
function spaced(word: string, edit: Edit): string {
  return /[(={"/]$/.test(word) || edit.text[edit.cursor] === ' ' ? word : `${word} `;
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
