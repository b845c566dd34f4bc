// The page: which instrument and timeframe are shown, and one refresh after the other.

import * as api from './api.js';
import { draw } from './chart.js';
import { age, element, empty, replace } from './text.js';
import * as views from './views.js';

const EVERY = 5000, LONGEST = 60000, BARS = 120, FINDINGS = 50;
const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'];
const TREND = 'trend-score';

const shown = { instruments: [], instrument: null, timeframe: remembered('timeframe') ?? '1m', fresh: true, failures: 0, timer: 0, turn: 0 };

function remembered(key) {
  try { return localStorage.getItem(`sconce.${key}`); } catch { return null; }
}

function remember(key, value) {
  try { localStorage.setItem(`sconce.${key}`, value); } catch { /* private windows keep nothing; the address does */ }
}

const chooser = document.getElementById('instrument');
const pair = (instrument) => `${instrument.base}-${instrument.quote}`;

/// By the address, else as last time, else the first.
function choose(list) {
  const wanted = [new URLSearchParams(location.search).get('symbol'), remembered('instrument')];
  const found = wanted.map((text) => text && list.find((it) => [it.id, pair(it), it.base].some((name) => name.toUpperCase() === text.toUpperCase())));
  return found.find(Boolean) ?? list[0];
}

function show(instrument) {
  shown.instrument = instrument;
  shown.fresh = true;
  chooser.value = instrument.id;
  remember('instrument', instrument.id);
  const address = new URL(location.href);
  address.searchParams.set('symbol', instrument.id);
  history.replaceState(null, '', address);
  document.title = `${pair(instrument)} · Sconce`;
}

function listInstruments(list) {
  shown.instruments = list;
  chooser.replaceChildren(...list.map((it) => element('option', { value: it.id }, `${pair(it)} (${it.venue})`)));
  if (list.length === 0) throw new api.ApiError(0, 'the host knows no instrument');
  show(choose(list));
}

function status(words, bad) {
  const place = document.getElementById('status');
  place.textContent = words;
  place.className = bad ? 'status bad' : 'status';
}

function market(health) {
  const feed = (health.feeds ?? []).find((feed) => feed.synthetic) ?? health.feeds?.[0];
  const place = document.getElementById('market');
  place.hidden = !feed?.note;
  place.textContent = feed?.synthetic ? `Synthetic market · speed ${feed.speed ?? 'as fast as possible'}` : feed?.name ?? '';
  place.title = feed?.note ?? '';
  const known = { ok: 'live', degraded: 'degraded', paused: 'paused' };
  status(`${known[health.service_status] ?? health.service_status}${feed?.market_time ? ` · market time ${feed.market_time.replace('T', ' ').slice(0, 19)}` : ''}`, health.service_status === 'degraded');
  return feed?.market_time ? Date.parse(feed.market_time) : Date.now();
}

/// One turn. What fails is named; what arrived is shown all the same.
async function refresh() {
  const turn = ++shown.turn;
  const health = await api.health();
  if (shown.instruments.length === 0) listInstruments(await api.instruments());
  const { instrument, timeframe, fresh } = shown;
  const symbol = instrument.id;
  const parts = { bars: api.bars(symbol, timeframe, BARS), quotes: api.quotes(symbol), tiles: api.tiles(symbol), state: api.state(symbol), trend: api.deployment(TREND), deployments: api.deployments(), observed: api.observed(), findings: api.findings(symbol, FINDINGS) };
  const settled = await Promise.allSettled(Object.values(parts));
  if (turn !== shown.turn) return;
  const got = Object.fromEntries(Object.keys(parts).map((key, i) => [key, settled[i].value]));
  const failed = settled.filter((part) => part.status === 'rejected');
  const now = market(health);
  const newest = age(got.state?.last_trade_age_s);
  if (got.quotes) views.quotes(got.quotes, got.state ?? {});
  if (got.tiles) views.tiles(got.tiles, newest);
  if (got.trend) views.trend((got.trend.latest ?? []).find((output) => output.instrument === symbol), now);
  const sheet = got.observed?.signals?.[instrument.base];
  if (got.observed) views.label(sheet, instrument.base, got.observed.errors, newest);
  if (got.bars) chart(got.bars, sheet);
  if (got.deployments) views.deployments(got.deployments, now, act);
  if (got.findings) views.findings(got.findings, fresh);
  views.agents(health.agents ?? {}, Date.parse(health.timestamp));
  shown.fresh = shown.fresh && !got.findings;
  if (failed.length > 0) status(failed[0].reason.message, true);
}

function chart(answer, sheet) {
  const drawable = answer.items.length > 0 || answer.forming;
  replace('chart', drawable ? draw(answer.items, answer.forming, views.zoneLines(sheet), document.getElementById('chart').clientWidth) : empty(`No ${answer.timeframe} bars yet.`));
}

async function turn() {
  clearTimeout(shown.timer);
  try {
    if (!document.hidden) await refresh();
    shown.failures = 0;
  } catch (error) {
    shown.failures += 1;
    status(`${error.message}; trying again`, true);
  }
  shown.timer = setTimeout(turn, Math.min(LONGEST, EVERY * 2 ** shown.failures));
}

function again() {
  shown.failures = 0;
  turn();
}

function frames() {
  const buttons = TIMEFRAMES.map((frame) => {
    const button = element('button', { type: 'button', 'aria-pressed': String(frame === shown.timeframe) }, frame);
    button.addEventListener('click', () => {
      shown.timeframe = frame;
      remember('timeframe', frame);
      frames();
      again();
    });
    return button;
  });
  replace('frames', ...buttons);
}

/// Resolves to what was typed, or null.
function askForToken() {
  const dialog = document.getElementById('token');
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const field = dialog.querySelector('input[name=token]');
      const typed = dialog.returnValue === 'ok' ? field.value : null;
      field.value = '';
      resolve(typed);
    }, { once: true });
  });
}

async function runAgents() {
  const button = document.getElementById('run');
  button.disabled = true;
  replace('run-result', 'running…');
  try {
    replace('run-result', summary(await withToken((token) => api.runNow(shown.instrument.id, token))));
    again();
  } catch (error) {
    replace('run-result', error.message);
  } finally {
    button.disabled = false;
  }
}

/// Asks for a change, and once more with the operator token where the host wants one.
async function withToken(ask) {
  try {
    return await ask(null);
  } catch (error) {
    const typed = error.status === 401 ? await askForToken() : null;
    if (typed === null) throw error;
    return ask(typed);
  }
}

async function act(id, what) {
  replace('change-result', `${what} ${id}…`);
  try {
    await withToken((token) => api.act(id, what, token));
    replace('change-result', `${what} ${id}: done`);
    again();
  } catch (error) {
    replace('change-result', error.message);
  }
}

function summary(answer) {
  const wrong = answer.results.filter((result) => result.error);
  const found = answer.results.filter((result) => result.finding).length;
  const trouble = wrong.length > 0 ? `; ${wrong.map((result) => `${result.agent}: ${result.error}`).join(', ')}` : '';
  return `${answer.ran.length} ran, ${found} found something${trouble}`;
}

chooser.addEventListener('change', () => {
  const chosen = shown.instruments.find((it) => it.id === chooser.value);
  if (chosen) show(chosen);
  again();
});
document.getElementById('run').addEventListener('click', runAgents);
document.getElementById('export').addEventListener('submit', (event) => {
  event.preventDefault();
  const range = new FormData(event.target);
  if (shown.instrument) location.assign(api.csvAddress(shown.instrument.id, range.get('from'), range.get('to')));
});
document.addEventListener('visibilitychange', () => { if (!document.hidden) again(); });
frames();
turn();
