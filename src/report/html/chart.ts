import { type Content, type Markup, markup } from './markup.js';
import type { Tick } from './scale.js';

/** What a chart is, for those who do not see it, and for those who look at it twice. */
export interface ChartText {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, in a sentence or two. */
  readonly description: string;
}

/** A picture with its name and its description. It scrolls where the screen is narrower, by keyboard too. */
export function chart({ id, title, description }: ChartText, width: number, height: number, content: Content): Markup {
  return markup`<div class="scroll" tabindex="0" role="group" aria-labelledby="${id}-title">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">${title}</title><desc id="${id}-text">${description}</desc>
${content}
</svg></div>`;
}

/** Lines across the picture at the ticks of the upright axis, and what they mean. */
export function leftAxis(ticks: readonly Tick[], left: number, right: number): Markup[] {
  return ticks.map(
    ({ at, label }) =>
      markup`<line class="grid" x1="${left}" x2="${right}" y1="${px(at)}" y2="${px(at)}"/><text class="tick" x="${left - 6}" y="${px(at + 4)}" text-anchor="end">${label}</text>`,
  );
}

/** Lines from the top to the bottom at the ticks of the level axis. */
export function bottomAxis(ticks: readonly Tick[], top: number, bottom: number): Markup[] {
  return ticks.map(
    ({ at, label }) =>
      markup`<line class="grid" x1="${px(at)}" x2="${px(at)}" y1="${top}" y2="${bottom}"/><text class="tick" x="${px(at)}" y="${bottom + 15}" text-anchor="middle">${label}</text>`,
  );
}

/** To a tenth of a pixel: what is finer nobody sees. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A name that has room; the whole of it is in the tooltip. */
export function shortName(name: string, most = 30): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
