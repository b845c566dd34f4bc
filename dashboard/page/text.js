// Numbers and times for people, and elements with text in them: nothing from the host is ever taken as markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== false) made.setAttribute(key, value);
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

export function price(value) {
  if (!isNumber(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 1000 ? 2 : size >= 1 ? 4 : size >= 0.01 ? 5 : 8;
  return value.toLocaleString('en-US', { minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits });
}

export const fixed = (value, digits) => (isNumber(value) ? value.toFixed(digits) : '–');

export function age(seconds) {
  if (!isNumber(seconds)) return '';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s ago`;
  if (whole < 5400) return `${Math.round(whole / 60)} min ago`;
  if (whole < 129600) return `${Math.round(whole / 3600)} h ago`;
  return `${Math.round(whole / 86400)} d ago`;
}

export function moment(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? '–' : time.toISOString().replace('T', ' ').slice(0, 19);
}

export function replace(id, ...children) {
  document.getElementById(id).replaceChildren(...children);
}

export const empty = (words) => element('p', { class: 'empty' }, words);
