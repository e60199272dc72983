/** What the command line hands to the REPL. */
export interface ReplOptions {
  /** Scripts whose statements the candidate begins with. */
  readonly files: readonly string[];
  /** Absent: none was named. Without one and without files a playground is raised where the machine can. */
  readonly instance?: string;
  /** Folder of the bpffs. */
  readonly bpffs: string;
  /** `-D name=value`. */
  readonly params: ReadonlyMap<string, string>;
  /** False: never colours; absent or true: where the output is a terminal and NO_COLOR is not set. */
  readonly color?: boolean;
}
