/** The long form of a diagnostic's code, printed by `check --explain CODE`. */
export interface Explanation {
  /** One line, without a full stop: what is wrong. */
  readonly title: string;
  /** A paragraph or a few, wrapped by hand at about 80 columns: why it is so and what to do. */
  readonly text: string;
  /** An example that has the mistake, and one that does not. */
  readonly wrong: string;
  readonly right: string;
  /** What the examples are written in; `lb` if absent. Examples in `lb` are tested. */
  readonly language?: 'lb' | 'sh';
}

/** Explanations by code. */
export type Explanations = Readonly<Record<string, Explanation>>;
