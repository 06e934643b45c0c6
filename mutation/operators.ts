import ts from 'typescript'

/** What may replace an expression. */
export interface Alternative {
  kind: string
  to: string
}

const kinds = ts.SyntaxKind

/** Operators, and those that they are easily confused with. */
const mistaken = new Map<ts.SyntaxKind, [kind: string, operators: string[]]>([
  [kinds.LessThanToken, ['boundary', ['<=', '>=']]],
  [kinds.LessThanEqualsToken, ['boundary', ['<', '>']]],
  [kinds.GreaterThanToken, ['boundary', ['>=', '<=']]],
  [kinds.GreaterThanEqualsToken, ['boundary', ['>', '<']]],
  [kinds.EqualsEqualsEqualsToken, ['equality', ['!==']]],
  [kinds.ExclamationEqualsEqualsToken, ['equality', ['===']]],
  [kinds.AmpersandAmpersandToken, ['logical', ['||']]],
  [kinds.BarBarToken, ['logical', ['&&']]],
  [kinds.PlusToken, ['arithmetic', ['-']]],
  [kinds.MinusToken, ['arithmetic', ['+']]],
  [kinds.AsteriskToken, ['arithmetic', ['/']]],
  [kinds.SlashToken, ['arithmetic', ['*']]],
  [kinds.PercentToken, ['arithmetic', ['*']]],
  [kinds.PlusEqualsToken, ['arithmetic', ['-=']]],
  [kinds.MinusEqualsToken, ['arithmetic', ['+=']]],
  [kinds.BarBarEqualsToken, ['logical', ['&&=']]],
  [kinds.QuestionQuestionEqualsToken, ['logical', ['&&=']]],
])

const methods = new Map([['startsWith', 'endsWith'], ['some', 'every'], ['min', 'max'], ['toUpperCase', 'toLowerCase']].flatMap(([one = '', other = '']) => [[one, other], [other, one]] as const))
/** Methods that can be removed from a chain, leaving the value unchanged. */
const left = new Set(['trim', 'trimEnd', 'trimStart', 'sort', 'filter', 'slice', 'reverse', 'subarray', 'replaceAll', 'replace'])

/** Statements that can be removed one by one. */
export function removable(node: ts.Node): node is ts.ExpressionStatement | ts.ThrowStatement | ts.ContinueStatement {
  if (ts.isThrowStatement(node) || ts.isContinueStatement(node)) return true
  if (!ts.isExpressionStatement(node) || ts.isStringLiteral(node.expression)) return false
  return !(ts.isCallExpression(node.expression) && node.expression.expression.kind === kinds.SuperKeyword)
}

/**
 * Everything that a programmer may have written by mistake instead of this expression; nothing if
 * it is an assignment target or a name.
 */
export function alternatives(node: ts.Expression, tree: ts.SourceFile): Alternative[] {
  if (isPlace(node)) return []
  return [...asCondition(node), ...asChain(node, tree), ...asOperation(node, tree), ...asCall(node, tree), ...asLiteral(node), ...asFunction(node)]
}

function isPlace(node: ts.Expression): boolean {
  const { parent } = node
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isBindingElement(parent) || ts.isEnumMember(parent)) return parent.name === node
  if (ts.isBinaryExpression(parent) && parent.left === node) return parent.operatorToken.kind >= kinds.FirstAssignment && parent.operatorToken.kind <= kinds.LastAssignment
  return ts.isTaggedTemplateExpression(parent) || ts.isDeleteExpression(parent) || ts.isExpressionWithTypeArguments(parent)
}

function asCondition(node: ts.Expression): Alternative[] {
  const { parent } = node
  const loops = (ts.isWhileStatement(parent) || ts.isDoStatement(parent)) && parent.expression === node || ts.isForStatement(parent) && parent.condition === node
  const chooses = ts.isIfStatement(parent) && parent.expression === node || ts.isConditionalExpression(parent) && parent.condition === node
  if (loops) return [{ kind: 'condition', to: 'false' }]
  return chooses ? [{ kind: 'condition', to: 'true' }, { kind: 'condition', to: 'false' }] : []
}

/** `?.` replaced with `.`, for the whole chain, since a part of a chain does not end it. */
function asChain(node: ts.Expression, tree: ts.SourceFile): Alternative[] {
  if (!ts.isOptionalChain(node) || (ts.isOptionalChain(node.parent) && !ts.isNonNullExpression(node) && node.parent.expression === node)) return []
  const found: Alternative[] = []
  const start = node.getStart(tree)
  const text = node.getText(tree)
  for (let link: ts.Node = node; ts.isOptionalChain(link); link = link.expression) {
    const token = ts.isNonNullChain(link) ? undefined : link.questionDotToken
    if (token) found.push({ kind: 'optional', to: text.slice(0, token.getStart(tree) - start) + (ts.isPropertyAccessChain(link) ? '.' : '') + text.slice(token.getEnd() - start) })
  }
  return found
}

function asOperation(node: ts.Expression, tree: ts.SourceFile): Alternative[] {
  if (ts.isBinaryExpression(node)) {
    const [before, after] = [node.left.getText(tree), node.right.getText(tree)]
    if (node.operatorToken.kind === kinds.QuestionQuestionToken) return [{ kind: 'fallback', to: before }, { kind: 'fallback', to: after }]
    const [kind = '', operators = []] = mistaken.get(node.operatorToken.kind) ?? []
    return operators.map(operator => ({ kind, to: `${before} ${operator} ${after}` }))
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const operand = node.operand.getText(tree)
    if (node.operator === kinds.ExclamationToken) return [{ kind: 'negation', to: operand }]
    if (node.operator === kinds.MinusToken) return [{ kind: 'arithmetic', to: operand }]
    if (node.operator === kinds.PlusPlusToken) return [{ kind: 'arithmetic', to: `--${operand}` }]
  }
  return ts.isPostfixUnaryExpression(node) && node.operator === kinds.PlusPlusToken ? [{ kind: 'arithmetic', to: `${node.operand.getText(tree)}--` }] : []
}

function asCall(node: ts.Expression, tree: ts.SourceFile): Alternative[] {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || ts.isOptionalChain(node)) return []
  const { expression: value, name } = node.expression
  const other = methods.get(name.text)
  const [start, from, to] = [node.getStart(tree), name.getStart(tree), name.getEnd()]
  const text = node.getText(tree)
  if (other !== undefined) return [{ kind: 'method', to: text.slice(0, from - start) + other + text.slice(to - start) }]
  return left.has(name.text) ? [{ kind: 'method', to: value.getText(tree) }] : []
}

function asLiteral(node: ts.Expression): Alternative[] {
  if (node.kind === kinds.TrueKeyword) return [{ kind: 'boolean', to: 'false' }]
  if (node.kind === kinds.FalseKeyword) return [{ kind: 'boolean', to: 'true' }]
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [{ kind: 'string', to: node.text === '' ? "'mutant'" : "''" }]
  if (ts.isTemplateExpression(node)) return [{ kind: 'string', to: "''" }]
  if (ts.isArrayLiteralExpression(node)) return [{ kind: 'array', to: node.elements.length > 0 ? '[]' : "['mutant']" }]
  return ts.isObjectLiteralExpression(node) && node.properties.length > 0 ? [{ kind: 'object', to: '{}' }] : []
}

function asFunction(node: ts.Expression): Alternative[] {
  if (!ts.isArrowFunction(node) || ts.isBlock(node.body) || node.body.kind === kinds.UndefinedKeyword || (ts.isIdentifier(node.body) && node.body.text === 'undefined')) return []
  return [{ kind: 'function', to: '() => undefined' }]
}
