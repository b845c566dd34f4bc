// One function for each part of the page: what the host said in, elements out.

import { age, element, empty, fixed, isNumber, moment, price, replace } from './text.js';

const FRAMES = ['1m', '5m', '15m'];
const FEATURES = [
  { name: 'Momentum (bps)', key: 'mom_bps', digits: 1, signed: true },
  { name: 'Price against VWAP (bps)', key: 'px_vs_vwap_bps', digits: 1, signed: true },
  { name: 'Relative volume', key: 'rvol', digits: 2 },
  { name: 'True range', key: 'atr', price: true },
];

export function quotes(signals, state) {
  const traded = signals.trades_cached > 0;
  replace('last-price', traded ? price(signals.last_price) : 'no trade yet');
  replace('last-age', age(state.last_trade_age_s));
  const quoted = isNumber(signals.best_bid) || isNumber(signals.best_ask);
  replace('quotes', quoted ? `bid ${price(signals.best_bid)} · ask ${price(signals.best_ask)}` : 'no quotes');
}

/// Numbers that the host names as stand-ins for missing ones are shown as missing.
export function tiles(values, newest) {
  const standins = new Set(values.neutral ?? []);
  const cell = (feature, frame) => {
    const key = `${feature.key}_${frame}`;
    const value = values[key];
    if (standins.has(key) || !isNumber(value)) return element('td', { class: 'standin', title: 'not enough data yet' }, 'no data');
    const sign = !feature.signed || value === 0 ? undefined : value > 0 ? 'up' : 'down';
    return element('td', { class: sign }, feature.price ? price(value) : fixed(value, feature.digits));
  };
  const head = element('tr', {}, element('th', {}), ...FRAMES.map((frame) => element('th', { scope: 'col' }, frame)));
  const rows = FEATURES.map((feature) =>
    element('tr', {}, element('th', { scope: 'row' }, feature.name), ...FRAMES.map((frame) => cell(feature, frame))));
  replace('tiles', element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)));
  replace('tiles-age', newest ? `last trade ${newest}` : '');
}

function meter(name, value, main) {
  const track = element('div', { class: 'track' }, element('i'), element('b'));
  track.firstChild.style.width = `${isNumber(value) ? Math.min(100, Math.max(0, value * 100)) : 0}%`;
  return element('div', { class: main ? 'meter main' : 'meter' }, element('span', {}, name), track, element('span', {}, isNumber(value) ? `${(value * 100).toFixed(1)} %` : 'no data'));
}

export function trend(said, now) {
  if (!said?.signal) {
    replace('trend', empty('Nothing said yet: it needs bars of the last minutes.'));
    replace('trend-age', '');
    return;
  }
  const parts = FRAMES.map((frame) => meter(frame, said.signal.attributes[`p_${frame}`], false));
  const coverage = said.signal.attributes.coverage;
  const note = isNumber(coverage) && coverage < 1 ? [empty(`${Math.round(coverage * 100)} % of its inputs are present`)] : [];
  replace('trend', meter('up', said.signal.probability, true), ...parts, ...note);
  replace('trend-age', age((now - Date.parse(said.as_of)) / 1000));
}

const ZONES = [['deepAccum', 'deep accumulation'], ['accum', 'accumulation'], ['distrib', 'distribution'], ['safeDistrib', 'safe distribution']];

export const zoneLines = (sheet) =>
  ZONES.map(([key, name]) => ({ name, price: sheet?.zones?.[key] })).filter((zone) => isNumber(zone.price));

export function label(sheet, base, errors, marketAge) {
  if (!sheet) {
    const why = (errors ?? []).find((error) => error.toUpperCase().includes(base));
    replace('label', empty(why ?? `No label for ${base}: the daily observation does not cover it.`));
    replace('label-age', '');
    return;
  }
  const facts = [['Price', price(sheet.price)], ['Score', fixed(sheet.score, 0)], ...zoneLines(sheet).map((zone) => [zone.name, price(zone.price)])];
  const list = element('dl', {}, ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
  replace('label', element('p', { class: 'word' }, sheet.label), list);
  replace('label-age', marketAge);
}

const identity = (finding) => finding.id ?? `${finding.ts_utc} ${finding.agent} ${finding.symbol} ${finding.label}`;

function details(finding) {
  const shown = Object.entries(finding.details ?? {}).map(([key, value]) =>
    `${key} ${isNumber(value) ? Number(value.toPrecision(5)) : typeof value === 'object' ? JSON.stringify(value) : value}`);
  return shown.join(' · ');
}

/// Newest first. What is new is put on top; what is there stays where it is, so that nobody loses their place.
export function findings(list, fresh) {
  const place = document.getElementById('findings');
  if (fresh) place.replaceChildren();
  const known = new Set([...place.children].map((item) => item.dataset.id));
  const arrived = list.filter((finding) => !known.has(identity(finding)));
  const items = arrived.map((finding) => {
    const item = element('li', { class: fresh ? undefined : 'new' },
      element('time', { datetime: finding.ts_utc }, moment(finding.ts_utc)),
      element('span', {}, finding.agent === finding.label ? finding.agent : `${finding.agent} · ${finding.label}`),
      element('span', {}, fixed(finding.score, 2)),
      element('span', { class: 'details' }, details(finding)));
    item.dataset.id = identity(finding);
    return item;
  });
  if (items.length > 0) place.querySelector('.empty')?.remove();
  place.prepend(...items);
  while (place.children.length > 200) place.lastChild.remove();
  if (place.children.length === 0) place.append(element('li', { class: 'empty' }, 'No findings yet.'));
}

export function agents(table, now) {
  const rows = Object.entries(table).map(([name, agent]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: agent.status === 'error' ? 'down' : undefined }, agent.status),
      element('td', {}, agent.last_run ? age((now - Date.parse(agent.last_run)) / 1000) : 'never')));
  const head = element('tr', {}, element('th', { scope: 'col' }, 'Agent'), element('th', { scope: 'col' }, 'Status'), element('th', { scope: 'col' }, 'Last run'));
  replace('agents', element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)));
}

const DONE = { quarantined: 'release', shadow: 'promote' };

/// What runs, and why something does not; `act` is called with an id and what shall be done.
export function deployments(list, now, act) {
  const row = (one) => {
    const what = DONE[one.stage];
    const button = what ? [element('button', { type: 'button' }, what)] : [];
    button.forEach((it) => it.addEventListener('click', () => act(one.id, what)));
    const notes = [one.reason, one.shadow_of && `beside ${one.shadow_of}`, one.probation_until && `on probation until ${moment(one.probation_until)}`];
    return element('tr', {}, element('th', { scope: 'row' }, one.id), element('td', {}, `${one.plugin.id} ${one.plugin.version}`),
      element('td', { class: one.stage === 'quarantined' ? 'down' : undefined }, one.stage), element('td', {}, String(one.outputs)), element('td', {}, String(one.faults)),
      element('td', {}, one.last_run ? age((now - Date.parse(one.last_run.as_of)) / 1000) : 'never'),
      element('td', { class: 'details' }, notes.filter(Boolean).join(' · ')), element('td', {}, ...button));
  };
  const head = ['Deployment', 'Plugin', 'Stage', 'Outputs', 'Faults', 'Last row', 'Notes', ''].map((name) => element('th', { scope: 'col' }, name));
  replace('deployments', element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...list.map(row))));
}
