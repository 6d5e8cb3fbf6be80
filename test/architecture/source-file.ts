import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';

/** What the rules of the rooms need to know of one source file. */
export interface SourceFile {
  /** Below src/, with slashes: `delivery/driver.ts`. */
  readonly path: string;
  readonly lines: number;
  /** Files of the project that it imports, types included, as paths below src/ (`../x` when it leaves src/). */
  readonly imports: readonly string[];
  /** Packages and built-in modules that it imports. */
  readonly packages: readonly string[];
  /** Its string literals, but for the names of modules. */
  readonly texts: readonly string[];
  /** True for `export * from`. */
  readonly exportsAll: boolean;
  /** True where it reads `process.env` in any way. */
  readonly readsEnvironment: boolean;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Every TypeScript file below a folder. */
export function readTree(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => parseSource(relative(folder, file).split(sep).join('/'), readFileSync(file, 'utf8')));
}

/** Parses one file with the parser that vitest brings: no regular expression tells a comment from code reliably. */
export function parseSource(path: string, text: string): SourceFile {
  const modules: string[] = [];
  const texts: string[] = [];
  let exportsAll = false;
  let readsEnvironment = false;

  visit(parseAst(text, { lang: 'ts' }), (node) => {
    const source = moduleOf(node);
    if (source !== undefined) modules.push(source);
    if (node.type === 'ExportAllDeclaration') exportsAll = true;
    if (node.type === 'Literal' && typeof node.value === 'string') texts.push(node.value);
    if (node.type === 'TemplateElement') texts.push((node.value as { raw: string }).raw);
    readsEnvironment ||= readsProcessEnv(node);
  });

  const own = modules.filter((name) => name.startsWith('.'));
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: own.map((name) => posix.normalize(posix.join(posix.dirname(path), name)).replace(/\.js$/, '.ts')),
    packages: modules.filter((name) => !name.startsWith('.')),
    texts: texts.filter((value) => !modules.includes(value)),
    exportsAll,
    readsEnvironment,
  };
}

function visit(value: unknown, found: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const entry of value) visit(entry, found);
  } else if (typeof value === 'object' && value !== null) {
    if (typeof (value as Node).type === 'string') found(value as Node);
    for (const child of Object.values(value)) visit(child, found);
  }
}

/** `import … from`, `export … from`, `import()`, `import('…').Type`, `import x = require()`, `require()`. */
function moduleOf(node: Node): string | undefined {
  const [argument] = (node.arguments ?? []) as unknown[];
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node.source);
    case 'TSExternalModuleReference':
      return textOf(node.expression);
    case 'CallExpression':
      return isNamed(node.callee, 'require') ? textOf(argument) : undefined;
    default:
      return undefined;
  }
}

/** `process.env`, `globalThis.process.env`, `process['env']`, `{ env } = process`, `import { env } from 'node:process'`. */
function readsProcessEnv(node: Node): boolean {
  if (node.type === 'MemberExpression') return isNamed(node.property, 'env') && isProcess(node.object);
  if (node.type === 'VariableDeclarator') return isProcess(node.init) && namesEnv((node.id as Node).properties, 'key');
  if (node.type === 'ImportDeclaration' && /^(?:node:)?process$/.test(textOf(node.source) ?? '')) {
    return namesEnv(node.specifiers, 'imported');
  }
  return false;
}

function isProcess(value: unknown): boolean {
  const node = value as Node | null | undefined;
  return isNamed(node, 'process') || (node?.type === 'MemberExpression' && isNamed(node.property, 'process'));
}

function namesEnv(list: unknown, key: string): boolean {
  return Array.isArray(list) && list.some((entry: Node) => isNamed(entry[key], 'env'));
}

function isNamed(value: unknown, name: string): boolean {
  const node = value as Node | null | undefined;
  return (node?.type === 'Identifier' && node.name === name) || textOf(node) === name;
}

function textOf(value: unknown): string | undefined {
  const node = value as Node | null | undefined;
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}
