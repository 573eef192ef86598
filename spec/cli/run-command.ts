/** `npx express-auth0-mcp` in this process. */
import { runCommand } from '../../lib/cli/commands.js';

/** The exit code, and what the command printed. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  /** On standard error. */
  readonly aside: string;
  /** The environment files that it loaded. */
  readonly files: readonly (string | undefined)[];
}

export async function printedBy(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  const printed = { out: '', aside: '', files: [] as (string | undefined)[] };
  const code = await runCommand(args, {
    environment(file) {
      printed.files.push(file);
      return environment;
    },
    color: (_color, text) => text,
    now: () => Math.floor(Date.now() / 1000),
    stopped: async () => undefined,
    version: () => '1.2.3',
    write(text) {
      printed.out += text;
    },
    writeError(text) {
      printed.aside += text;
    },
  });
  return { code, ...printed };
}
