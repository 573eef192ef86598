/**
 * Types and signatures as code, with the public names in them linked.
 *
 * @module
 */
import ts from 'typescript5';

/** A public name in a piece of code → the anchor of its section. */
export type AnchorOf = (name: string) => string | undefined;

const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: true });

/** A node as code on one line, without the comments in it. */
export function codeOf(node: ts.Node): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\s+/g, ' ')
    .replace(/; }/g, ' }')
    .trim();
}

/** Code in Markdown. Where it names something public, that is a link. */
export function markdownCode(code: string, anchorOf: AnchorOf): string {
  const pieces = code.split(/('[^']*'|\b[A-Z]\w*)/);
  if (pieces.every((piece) => anchorOf(piece) === undefined)) return `\`${code}\``;
  const linked = pieces.map((piece) => {
    const anchor = anchorOf(piece);
    return anchor === undefined ? escaped(piece) : `[${piece}](#${anchor})`;
  });
  return `<code>${linked.join('')}</code>`;
}

/** Inside `<code>` Markdown counts, and so does HTML. */
function escaped(code: string): string {
  return code
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~]/g, '\\$&');
}

/** Signature of a function or method: name, parameters, result. */
export function signatureOf(
  node: ts.FunctionDeclaration | ts.MethodSignature | ts.MethodDeclaration,
): string {
  const types = node.typeParameters?.map(codeOf).join(', ');
  const parameters = node.parameters.map(parameterOf).join(', ');
  const result = node.type === undefined ? '' : `: ${codeOf(node.type)}`;
  const name = (node.name?.getText() ?? '') + (node.questionToken ? '?' : '');
  return `${name}${types === undefined ? '' : `<${types}>`}(${parameters})${result}`;
}

/** One that may be left out has a question mark, whichever way it is written. */
function parameterOf(parameter: ts.ParameterDeclaration): string {
  const optional = parameter.questionToken ?? parameter.initializer;
  const type = parameter.type === undefined ? '' : `: ${codeOf(parameter.type)}`;
  const rest = parameter.dotDotDotToken === undefined ? '' : '...';
  return `${rest}${parameter.name.getText()}${optional === undefined ? '' : '?'}${type}`;
}

/** A field, as it is written: `name?: string`. What only repeats the question mark is left out. */
export function fieldOf(node: ts.PropertySignature | ts.PropertyDeclaration): string {
  const type = valueTypeOf(node);
  return `${node.name.getText()}${node.questionToken ? '?' : ''}${type === '' ? '' : `: ${type}`}`;
}

/** The type of a field, or the value where that is all there is. */
export function valueTypeOf(node: ts.PropertySignature | ts.PropertyDeclaration): string {
  if (node.type !== undefined) {
    const type = codeOf(node.type);
    return node.questionToken ? type.replace(/^\| /, '').replace(/ \| undefined$/, '') : type;
  }
  const { initializer } = ts.isPropertyDeclaration(node) ? node : {};
  return initializer === undefined ? '' : codeOf(initializer);
}
