/** The playground with nobody at the keyboard: the sentence, its plan, the commit, 30 requests. */
import type { Playground } from '../lab/playground.ts';
import type { Engine } from './desk.ts';
import { print, type Ends } from './pipe.ts';

/** Resolves with the exit status: 0 when every step succeeded and every request was answered. */
export async function demonstrate(engine: Engine, playground: Pick<Playground, 'sentence'>, ends: Pick<Ends, 'out' | 'err'>): Promise<number> {
  for (const input of [playground.sentence, 'commit', 'send 30', 'show services', 'show backends']) {
    ends.out(`\nsluice> ${input}`);
    const answer = await engine.enter(input);
    print(answer, ends);
    if (!answer.ok) return 1;
  }
  return 0;
}
