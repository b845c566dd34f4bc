// Bars as one SVG picture: candles, volume below, zones as dashed lines. The forming bar is drawn paler.

import { moment, price } from './text.js';

const SPACE = 'http://www.w3.org/2000/svg';
const HEIGHT = 320, RIGHT = 78, BOTTOM = 20, VOLUME = 46, TOP = 8, NARROWEST = 280, CANDLE = 4;
const LINES = 4;

function shape(name, attributes, text) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/// `zones`: [{name, price}]; those outside of the picture are left out. Of the bars, as many of the newest as fit in `width`
/// pixels are drawn, so that letters and candles keep their size on a phone.
export function draw(bars, forming, zones, width) {
  const wide = Math.max(NARROWEST, width) - RIGHT;
  const all = (forming ? [...bars, forming] : bars).slice(-Math.floor(wide / CANDLE));
  const low = Math.min(...all.map((bar) => bar.low)), high = Math.max(...all.map((bar) => bar.high));
  const spread = high - low || Math.abs(high) * 0.001 || 1;
  const [bottom, top] = [low - spread * 0.04, high + spread * 0.04];
  const floor = HEIGHT - BOTTOM - VOLUME;
  const y = (value) => TOP + ((top - value) / (top - bottom)) * (floor - TOP);
  const step = wide / all.length;
  const busiest = Math.max(...all.map((bar) => bar.volume ?? 0)) || 1;
  const svg = shape('svg', { class: 'bars', viewBox: `0 0 ${wide + RIGHT} ${HEIGHT}`, role: 'img' });
  svg.append(shape('title', {}, `${all.length} bars from ${moment(all[0].ts_open)} to ${moment(all.at(-1).ts_close)} UTC, between ${price(low)} and ${price(high)}`));
  for (let i = 0; i <= LINES; i += 1) {
    const value = bottom + ((top - bottom) * i) / LINES;
    svg.append(shape('line', { class: 'grid', x1: 0, x2: wide, y1: y(value), y2: y(value) }));
    svg.append(shape('text', { x: wide + 6, y: y(value) + 4 }, price(value)));
  }
  for (const zone of zones.filter((zone) => zone.price > bottom && zone.price < top)) {
    svg.append(shape('line', { class: 'zone', x1: 0, x2: wide, y1: y(zone.price), y2: y(zone.price) }));
    svg.append(shape('text', { x: 4, y: y(zone.price) - 3 }, zone.name));
  }
  all.forEach((bar, i) => svg.append(candle(bar, i * step + step / 2, step, y, bar === forming, busiest)));
  for (const part of [0, 0.5, 1]) {
    const bar = all[Math.min(all.length - 1, Math.floor(part * all.length))];
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    svg.append(shape('text', { x: part * wide, y: HEIGHT - 5, 'text-anchor': anchor }, moment(bar.ts_open).slice(0, 16)));
  }
  return svg;
}

function candle(bar, x, step, y, forming, busiest) {
  const group = shape('g', { class: `${bar.close >= bar.open ? 'up' : 'down'}${forming ? ' open-bar' : ''}` });
  const wide = Math.max(1, Math.min(9, step * 0.66));
  const [top, bottom] = [y(Math.max(bar.open, bar.close)), y(Math.min(bar.open, bar.close))];
  group.append(shape('line', { x1: x, x2: x, y1: y(bar.high), y2: y(bar.low) }));
  group.append(shape('rect', { x: x - wide / 2, width: wide, y: top, height: Math.max(1, bottom - top) }));
  const tall = ((bar.volume ?? 0) / busiest) * (VOLUME - 6);
  group.append(shape('rect', { class: 'volume', x: x - wide / 2, width: wide, y: HEIGHT - BOTTOM - tall, height: tall }));
  group.append(shape('title', {}, `${moment(bar.ts_open)} UTC  open ${price(bar.open)}  high ${price(bar.high)}  low ${price(bar.low)}  close ${price(bar.close)}  volume ${bar.volume ?? '–'}${forming ? '  (forming)' : ''}`));
  return group;
}
