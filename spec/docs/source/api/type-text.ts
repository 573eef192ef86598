/** Types and signatures as code, with links to the public names. */
import ts from 'typescript5';

/** The anchor of a public name's section. */
export type AnchorOf = (name: string) => string | undefined;

const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: true });

/** A node as code on one line, without comments. */
export function codeOf(node: ts.Node): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\s+/g, ' ')
    .replace(/; }/g, ' }')
    .trim();
}

/** Code in Markdown, with links to public names. */
export function markdownCode(code: string, anchorOf: AnchorOf): string {
  const pieces = code.split(/('[^']*'|\b[A-Z]\w*)/);
  if (pieces.every((piece) => anchorOf(piece) === undefined)) return `\`${code}\``;
  const linked = pieces.map((piece) => {
    const anchor = anchorOf(piece);
    return anchor === undefined ? escaped(piece) : `[${piece}](#${anchor})`;
  });
  return `<code>${linked.join('')}</code>`;
}

/** Inside `<code>`, Markdown and HTML are parsed. */
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

/** Optional parameters have a question mark, also those with a default. */
function parameterOf(parameter: ts.ParameterDeclaration): string {
  const optional = parameter.questionToken ?? parameter.initializer;
  const type = parameter.type === undefined ? '' : `: ${codeOf(parameter.type)}`;
  const rest = parameter.dotDotDotToken === undefined ? '' : '...';
  return `${rest}${parameter.name.getText()}${optional === undefined ? '' : '?'}${type}`;
}

/** A field as written, such as `name?: string`, without `| undefined`. */
export function fieldOf(node: ts.PropertySignature | ts.PropertyDeclaration): string {
  const type = valueTypeOf(node);
  return `${node.name.getText()}${node.questionToken ? '?' : ''}${type === '' ? '' : `: ${type}`}`;
}

/** The type of a field, or its value if there is no type. */
export function valueTypeOf(node: ts.PropertySignature | ts.PropertyDeclaration): string {
  if (node.type !== undefined) {
    const type = codeOf(node.type);
    return node.questionToken ? type.replace(/^\| /, '').replace(/ \| undefined$/, '') : type;
  }
  const { initializer } = ts.isPropertyDeclaration(node) ? node : {};
  return initializer === undefined ? '' : codeOf(initializer);
}
