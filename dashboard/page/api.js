// What is asked of the host. Every function resolves to a parsed body or throws an ApiError with words for people.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const PATIENCE = 8000;

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), headers: { accept: 'application/json' }, ...options });
  } catch (error) {
    throw new ApiError(0, error.name === 'TimeoutError' ? 'the host does not answer' : 'the host cannot be reached');
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, told(body) ?? `the host answered ${response.status}`);
  return body;
}

/// The host's own words: a sentence, or the first of several issues.
function told(body) {
  const detail = body?.detail;
  return Array.isArray(detail) ? detail[0]?.msg : detail;
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();

export const health = () => ask('/health');
export const instruments = () => ask('/host/v1/instruments').then((body) => body.items);
export const bars = (instrument, timeframe, limit) =>
  ask(`/host/v1/bars?${query({ instrument, timeframe, limit, forming: 'true' })}`);
export const deployment = (id) => ask(`/host/v1/deployments/${encodeURIComponent(id)}`);
export const deployments = () => ask('/host/v1/deployments').then((body) => body.items);
export const observed = () => ask('/v1/signals');
export const quotes = (symbol) => ask(`/signals?${query({ symbol })}`);
export const tiles = (symbol) => ask(`/signals_tf?${query({ symbol })}`);
export const features = (symbol) => ask(`/debug/features?${query({ symbol })}`);
export const state = (symbol) => ask(`/debug/state?${query({ symbol })}`);
export const findings = (symbol, limit) => ask(`/findings?${query({ symbol, limit })}`).then((body) => body.findings);
export const csvAddress = (symbol, from, to) => `/export-csv?${query({ symbol, from, to })}`;
const change = (path, token) =>
  ask(path, {
    method: 'POST',
    signal: AbortSignal.timeout(30000),
    headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
  });
export const runNow = (symbol, token) => change(`/agents/run-now?${query({ symbol, insert: 'true' })}`, token);
/// `release`, `promote` or `rollback`.
export const act = (id, what, token) => change(`/host/v1/deployments/${encodeURIComponent(id)}/${what}`, token);
