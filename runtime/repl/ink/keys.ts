/** What was pressed → what is meant. Several keys may arrive in one chunk. */
import type { Key } from 'ink';

export type Command =
  | 'enter' | 'newline' | 'complete' | 'complete-back' | 'escape'
  | 'left' | 'right' | 'word-left' | 'word-right' | 'home' | 'end' | 'up' | 'down' | 'older' | 'newer'
  | 'backspace' | 'delete' | 'kill-to-end' | 'kill-to-start' | 'kill-word' | 'yank' | 'interrupt' | 'end-of-input';

export type Action = Command | { readonly insert: string };

const control: Readonly<Record<string, Command>> = {
  a: 'home', b: 'left', c: 'interrupt', d: 'end-of-input', e: 'end', f: 'right', h: 'backspace', k: 'kill-to-end',
  n: 'newer', p: 'older', u: 'kill-to-start', w: 'kill-word', y: 'yank', j: 'newline', m: 'enter', i: 'complete',
};

export function interpret(input: string, key: Key): readonly Action[] {
  if (key.eventType === 'release') return [];
  if (key.return) return [key.meta || key.shift ? 'newline' : 'enter'];
  if (key.tab) return [key.shift ? 'complete-back' : 'complete'];
  if (key.backspace) return [key.meta || key.ctrl ? 'kill-word' : 'backspace'];
  if (key.delete) return ['delete'];
  if (key.leftArrow) return [key.ctrl || key.meta ? 'word-left' : 'left'];
  if (key.rightArrow) return [key.ctrl || key.meta ? 'word-right' : 'right'];
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  if (key.home) return ['home'];
  if (key.end) return ['end'];
  if (key.escape) return ['escape'];
  if (key.pageUp || key.pageDown) return [];
  if (key.ctrl) return control[input] ? [control[input]] : [];
  if (key.meta) return input === 'b' ? ['word-left'] : input === 'f' ? ['word-right'] : [];
  return typed(input);
}

/** A chunk of typed characters: control characters in it are keys of their own. */
function typed(chunk: string): Action[] {
  const actions: Action[] = [];
  for (const part of chunk.split(/([\u0000-\u001f\u007f])/)) {
    if (part === '') continue;
    const code = part.charCodeAt(0);
    if (part.length > 1 || code >= 32 && code !== 127) actions.push({ insert: part });
    else if (code === 127) actions.push('backspace');
    else if (code === 10) actions.push('enter');
    else {
      const command = control[String.fromCharCode(code + 96)];
      if (command) actions.push(command);
    }
  }
  return actions;
}
