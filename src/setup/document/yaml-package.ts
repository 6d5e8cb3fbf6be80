/** What is used of the package `yaml`, version 2: it is optional, so its types are not imported. */
export interface YamlPackage {
  parseDocument(text: string, options: object): YamlDocument;
  LineCounter: new () => { linePos(offset: number): { readonly line: number } };
  isMap(node: unknown): node is { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] };
  isSeq(node: unknown): node is { readonly items: readonly unknown[] };
  isScalar(node: unknown): node is { readonly value: unknown };
  isAlias(node: unknown): node is { resolve(document: YamlDocument): unknown };
}

export interface YamlDocument {
  readonly contents: unknown;
  readonly errors: readonly YamlProblem[];
  readonly warnings: readonly YamlProblem[];
}

export interface YamlProblem {
  readonly code: string;
  readonly pos: readonly [number, number];
}

/** What an operator is likely to have meant. The package's own messages are not shown: they quote the file. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'has an alias that nothing stands for; text that begins with * stands in quotes: "*"',
  DUPLICATE_KEY: 'has a key twice',
  MULTIPLE_DOCS: 'begins a second document; it takes one',
  TAG_RESOLVE_FAILED: 'has a tag; text that begins with ! stands in quotes: "!image.send"',
  TAB_AS_INDENT: 'has a tab in its indentation; it takes spaces',
  BAD_INDENT: 'is indented wrongly',
  UNEXPECTED_TOKEN: 'has something where nothing can stand',
  MISSING_CHAR: 'lacks a quote, bracket or comma',
};

export function explainYaml({ code }: Pick<YamlProblem, 'code'>): string {
  return EXPLANATIONS[code] ?? `is not valid YAML (${code})`;
}
