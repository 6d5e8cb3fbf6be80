import { printable } from '../printable.js';

/** HTML that is ready to be shown; whatever is no Markup is text, and is escaped. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

/**
 * Markup with texts in it, each of which is escaped: event types, users and publishers are whatever somebody sent. So
 * is SVG, and the values of attributes, which must be in double quotes.
 */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    strings.map((text, index) => text + (index < contents.length ? html(contents[index]) : '')).join(''),
  );
}

function html(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.html;
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return escaped(content);
  return content.map(html).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return printable(text.toWellFormed()).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
