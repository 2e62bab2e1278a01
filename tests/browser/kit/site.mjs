// The server as the product calls it, and its customers' hosts.
import { readFileSync } from 'node:fs';

/** What the test that started this script told it: where the server is, keys, ids. */
export const site = JSON.parse(readFileSync(0, 'utf8') || '{}');

/** Calls the API with a key; the JSON of its answer, which must be a success. */
export async function call(key, method, path, body) {
  const response = await fetch(new URL(path, site.base), {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Calls the API with the key of a project of the sample. */
export function api(project, method, path, body) {
  return call(site.projects[project].key, method, path, body);
}

/** From now on `host` answers with this status and body, after so long. */
export async function hostAnswers(host, status, { body = '', after_ms = 0 } = {}) {
  const told = JSON.stringify({ status, body, after_ms });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${site.desk}/hosts/${host}`, { method: 'PUT', headers, body: told });
  if (!response.ok) throw new Error(`the desk: ${response.status}`);
}

/** What `host` got, once there are so many requests: {host, path, headers, body}. */
export async function arrived(host, count) {
  const response = await fetch(`${site.desk}/hosts/${host}/arrived/${count}`);
  return response.json();
}
