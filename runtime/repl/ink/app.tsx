/** The prompt on a terminal: finished lines are printed above and scroll away, the input stays below. */
import { Box, Static, Text, render, useCursor, useInput, usePaste, useWindowSize, type TextProps } from 'ink';
import { useSyncExternalStore, type ReactNode } from 'react';
import { Controller, type ControllerOptions } from './controller.ts';
import { highlight, type Style } from './highlight.ts';
import { interpret } from './keys.ts';
import { layout, type Layout } from './layout.ts';
import type { Menu, Printed } from './picture.ts';

const looks: Readonly<Record<Style, TextProps>> = {
  statement: { color: 'magenta', bold: true },
  clause: { color: 'cyan' },
  keyword: { color: 'blue' },
  literal: { color: 'yellow' },
  string: { color: 'green' },
  variable: { color: 'magenta' },
  comment: { dimColor: true },
  mark: { dimColor: true },
};

const menuRows = 8;

function promptText(modified: boolean): string {
  return modified ? 'sluice*> ' : 'sluice> ';
}

interface InputProps {
  readonly shown: Layout<Style>;
  readonly prompt: string;
  readonly color: boolean;
}

function Input({ shown, prompt, color }: InputProps): ReactNode {
  const blank = ' '.repeat(prompt.length);
  const more = '... '.padStart(prompt.length);
  return (
    <Box flexDirection="column">
      {shown.rows.map((row, i) => (
        <Text key={i} wrap="truncate-end">
          <Text {...(color ? { color: 'cyan', bold: i === 0 } : {})} dimColor={color && i > 0}>{i === 0 ? prompt : row.first ? more : blank}</Text>
          {row.runs.map((run, j) => <Text key={j} {...(color && run.style ? looks[run.style] : {})}>{run.text}</Text>)}
        </Text>
      ))}
    </Box>
  );
}

function Line({ item, columns, color }: { readonly item: Printed; readonly columns: number; readonly color: boolean }): ReactNode {
  switch (item.kind) {
    case 'input': {
      const prompt = promptText(false);
      return <Input shown={layout(item.text, 0, columns - prompt.length, Infinity, color ? highlight(item.text) : [])} prompt={prompt} color={color} />;
    }
    case 'note': return <Text dimColor={color}>{item.text}</Text>;
    default: return <Box marginBottom={1}><Text>{item.text}</Text></Box>;
  }
}

function Choices({ menu, room, color }: { readonly menu: Menu; readonly room: number; readonly color: boolean }): ReactNode {
  const height = Math.max(1, Math.min(menuRows, room));
  const from = Math.max(0, Math.min(menu.chosen - Math.floor(height / 2), menu.items.length - height));
  const shown = menu.items.slice(from, from + height);
  const width = Math.max(...shown.map((i) => i.text.length));
  return (
    <Box flexDirection="column" marginLeft={2}>
      {shown.map((item, i) => (
        <Text key={i} wrap="truncate-end">
          <Text inverse={from + i === menu.chosen} {...(color ? { color: 'cyan' } : {})}>{item.text.padEnd(width)}</Text>
          <Text dimColor={color}>{`  ${item.help || item.kind}`}</Text>
        </Text>
      ))}
      {menu.items.length > height ? <Text dimColor={color}>{`${menu.items.length - shown.length} more, TAB goes on`}</Text> : null}
    </Box>
  );
}

export function App({ controller, color }: { readonly controller: Controller; readonly color: boolean }): ReactNode {
  const picture = useSyncExternalStore(controller.subscribe, controller.picture);
  const { columns, rows } = useWindowSize();
  const { setCursorPosition } = useCursor();
  useInput((input, key) => controller.press(interpret(input, key)));
  usePaste((text) => controller.paste(text));

  const prompt = promptText(picture.modified);
  const { edit, menu, question } = picture;
  // One row is left free: a region as high as the terminal would make Ink clear it, scrollback and all.
  const room = Math.max(1, rows - 2 - (menu ? Math.min(menu.items.length, menuRows) + 1 : 0));
  const shown = layout(edit.text, edit.cursor, Math.max(8, columns - prompt.length - 1), room, color ? highlight(edit.text) : []);
  const typing = !picture.busy && !picture.left && question === undefined;
  setCursorPosition(typing ? { x: prompt.length + shown.column, y: shown.row } : question === undefined ? undefined : { x: question.length + 7, y: 0 });

  return (
    <>
      <Static items={[...picture.printed]}>{(item, i) => <Line key={i} item={item} columns={columns} color={color} />}</Static>
      {question === undefined ? null : <Text>{`${question} [y/N] `}</Text>}
      {typing ? <Input shown={shown} prompt={prompt} color={color} /> : null}
      {picture.busy ? <Text dimColor={color}>working; what you type is kept for later, Ctrl-C stops requests</Text> : null}
      {typing && menu ? <Choices menu={menu} room={rows - shown.rows.length - 2} color={color} /> : null}
    </>
  );
}

/** Runs the prompt until the user leaves. Rejects with a defect. */
export async function runInk(options: Omit<ControllerOptions, 'onLeave' | 'onDefect'> & { readonly color: boolean }): Promise<void> {
  const defects: unknown[] = [];
  const close = (): void => { void ink.waitUntilRenderFlush().then(() => ink.unmount()); };
  const controller = new Controller({
    ...options,
    onLeave: close,
    onDefect(error) {
      defects.push(error);
      close();
    },
  });
  const ink = render(<App controller={controller} color={options.color} />, { exitOnCtrlC: false, patchConsole: false, interactive: true });
  await ink.waitUntilExit();
  if (defects.length > 0) throw defects[0];
}
