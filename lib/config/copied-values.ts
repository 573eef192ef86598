// What other tools leave in a value: quotation marks and comments that `docker run --env-file` keeps, variables
// that nothing expanded, characters that copying adds. Each is told with its cause; a secret is never shown.
import { isSecret, wrongOption } from './errors.js';

/** Words for readers, which may hold a `#`, or characters that join and direct others. */
const FREE_TEXT = /^(branding|authorizeParams)\.|\.name$/;

const QUOTES = /^\\?(["'`]).*\1$|^[“”„‘’‚«»].*[“”‘’«»]$/s;
const COMMENT = /\s#/;

/** `${A}`, `${{ a }}`, `$(A)`, `$A`, `$env:A`, `%A%`, `{{ a }}`, `#{A}#`, `<a>`; references to a vault. */
const VARIABLE =
  /^(\$\{[^{}]*\}|\$\{\{[^{}]*\}\}|\$\([^()]*\)|\$[A-Z_][A-Z0-9_]*|\$env:\w+|%\w+%|\{\{[^{}]*\}\}|#\{[^{}]*\}#?|<[^<>]*>|@Microsoft\.\w+\(.*\)|op:\/\/.*)$/;
/** What may stand inside of a secret by chance, and of nothing else. */
const VARIABLE_WITHIN = /\$\{[^{}]*\}|\{\{[^{}]*\}\}|^\$\w+$/;

/** Zero-width and directional characters, soft hyphen, byte order mark. */
const INVISIBLE = /\p{Cf}/u;
/** Control characters, and white space other than a space. */
const ODD_SPACE = /(?! )[\p{Cc}\p{Z}]/u;

/**
 * @param value what was written or handed over
 * @throws Auth0McpConfigError it is certainly not what was meant
 */
export function refuseCopyErrors(value: string, option: string): void {
  if (QUOTES.test(value)) throw wrongOption(option, value, UNQUOTE);
  const secret = isSecret(option);
  if (VARIABLE.test(value) || (!secret && VARIABLE_WITHIN.test(value))) {
    throw wrongOption(option, value, EXPAND);
  }
  if (FREE_TEXT.test(option)) return;
  if (COMMENT.test(value)) throw wrongOption(option, value, UNCOMMENT);
  const odd = INVISIBLE.exec(value) ?? (secret ? null : ODD_SPACE.exec(value));
  if (odd !== null) {
    throw wrongOption(
      option,
      value,
      `It has the character ${codePoint(odd[0])}, which is not to be seen and comes from copying. Type the value by hand, or copy it from Auth0 again.`,
    );
  }
}

const UNQUOTE =
  'The quotation marks around it are part of the value. `docker run --env-file` and Kubernetes keep them, unlike a shell and `node --env-file`: remove them.';
const UNCOMMENT =
  'The comment after it is part of the value. `docker run --env-file` and Kubernetes keep it, unlike a shell and `node --env-file`: put it on a line of its own.';
const EXPAND =
  'That is a variable or a placeholder, and not its value. `node --env-file`, `docker run --env-file` and others expand nothing: write the value itself.';

/** A sentence for the log where a value may be right, and looks as if it were not. */
export function doubtAbout(value: string): string | undefined {
  if (/^["'`“‘]|["'`”’]$/.test(value)) {
    return 'it has a quotation mark at one end. If that is not part of the value, remove it';
  }
  if (VARIABLE_WITHIN.test(value)) {
    return 'there is a variable in it that nothing has expanded. If that is not part of the value, write out what it stands for';
  }
  if (ODD_SPACE.test(value)) {
    return 'there is a line break or a special space in it. If that comes from copying, type it by hand';
  }
  return undefined;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
