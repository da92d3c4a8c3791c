// k6-summary: the text that k6 printed before version 1.0 and JUnit's XML, from the data of handleSummary(data)
// (https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/). Plimsoll's own
// implementation.

const COLOURS = { bold: '1', faint: '2', red: '31', green: '32', cyan: '36', faintCyan: '2;36' };

function painter(enabled) {
  return (text, colour) => (enabled ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text);
}

// Groups and checks are lists in handleSummary, and objects by name in exported summaries.
function list(members) {
  return Array.isArray(members) ? members : Object.values(members ?? {});
}

// A number with at most this many decimals, and no zeros at their end.
function short(number, decimals) {
  return String(Number(number.toFixed(decimals)));
}

function humanizeBytes(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  if (Math.abs(bytes) < 10) return `${short(bytes, 2)} B`;
  const power = Math.min(Math.floor(Math.log10(Math.abs(bytes)) / 3), units.length - 1);
  const scaled = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  return `${scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0)} ${units[power]}`;
}

function humanizeLongDuration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
  return `${rest}${seconds % 60}s`;
}

// Further decimals are cut off, as k6 does it; the rest is what binary fractions lack (1.13 * 100 is below 113).
function cut(number) {
  return Math.trunc(number * 100 + 1e-6) / 100;
}

function humanizeDuration(milliseconds, unit) {
  const size = Math.abs(milliseconds);
  if (unit === 's') return `${(milliseconds / 1000).toFixed(2)}s`;
  if (unit === 'ms') return `${milliseconds.toFixed(2)}ms`;
  if (unit === 'us') return `${(milliseconds * 1000).toFixed(2)}µs`;
  if (size === 0) return '0s';
  if (size < 0.001) return `${Math.trunc(milliseconds * 1e6)}ns`;
  if (size < 1) return `${cut(milliseconds * 1000)}µs`;
  if (size < 1000) return `${cut(milliseconds)}ms`;
  return size < 60000 ? `${cut(milliseconds / 1000)}s` : humanizeLongDuration(milliseconds);
}

// A metric's value as people read it: 12.5%, 1.2 MB, 350ms.
export function humanizeValue(value, metric, timeUnit) {
  if (metric.type === 'rate') return `${cut(value * 100).toFixed(2)}%`;
  if (metric.contains === 'data') return humanizeBytes(value);
  if (metric.contains === 'time') return humanizeDuration(value, timeUnit);
  return short(value, 6);
}

function checkLines(check, indent, paint) {
  if (check.fails === 0) return [paint(`${indent}✓ ${check.name}`, 'green')];
  const share = Math.floor((100 * check.passes) / (check.passes + check.fails));
  return [
    paint(`${indent}✗ ${check.name}`, 'red'),
    paint(`${indent} ↳  ${share}% — ✓ ${check.passes} / ✗ ${check.fails}`, 'red'),
  ];
}

function groupLines(group, indent, paint) {
  const lines = group.name ? [`${indent}█ ${group.name}`, ''] : [];
  const inner = group.name ? `${indent}  ` : indent;
  const checks = list(group.checks).flatMap((check) => checkLines(check, inner, paint));
  lines.push(...checks);
  if (checks.length > 0) lines.push('');
  return lines.concat(list(group.groups).flatMap((child) => groupLines(child, inner, paint)));
}

// What stands in a metric's row: the value, and what is said beside it. Trends have a column for each statistic.
function cells(metric, timeUnit) {
  const { values } = metric;
  const human = (value) => humanizeValue(value, metric, timeUnit);
  switch (metric.type) {
    case 'counter':
      return { value: human(values.count), extras: [`${human(values.rate)}/s`] };
    case 'gauge':
      return { value: human(values.value), extras: [`min=${human(values.min)}`, `max=${human(values.max)}`] };
    case 'rate':
      return { value: human(values.rate), extras: [`✓ ${values.passes}`, `✗ ${values.fails}`] };
    default:
      return null;
  }
}

function trendCells(metric, stats, timeUnit) {
  return stats.map((stat) => {
    const value = metric.values[stat];
    if (value === undefined) return '';
    return stat === 'count' ? String(value) : humanizeValue(value, metric, timeUnit);
  });
}

function widest(texts) {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

function isSubmetric(name) {
  return name.includes('{');
}

function shownName(name) {
  if (!isSubmetric(name)) return name;
  const tags = name.slice(name.indexOf('{') + 1, name.lastIndexOf('}')).trim();
  return `  { ${tags} }`;
}

// By name; those of parts of a metric behind it.
function sorted(names) {
  const key = (name) => {
    const at = name.indexOf('{');
    return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at)];
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return names.sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    return compare(one[0], other[0]) || compare(one[1], other[1]);
  });
}

function mark(metric, paint) {
  const thresholds = Object.values(metric.thresholds ?? {});
  if (thresholds.length === 0) return ' ';
  return thresholds.every((threshold) => threshold.ok) ? paint('✓', 'green') : paint('✗', 'red');
}

function metricLines(data, indent, stats, timeUnit, paint) {
  const names = sorted(Object.keys(data.metrics));
  const nameWidth = widest(names.map(shownName)) + 3;
  const plain = {};
  const trends = {};
  for (const name of names) {
    const metric = data.metrics[name];
    const found = cells(metric, timeUnit);
    if (found) plain[name] = found;
    else trends[name] = trendCells(metric, stats, timeUnit);
  }
  const others = Object.values(plain);
  const valueWidth = widest(others.map(({ value }) => value));
  const extraWidths = [0, 1].map((at) => widest(others.map(({ extras }) => extras[at] ?? '')));
  const statWidths = stats.map((_, at) => widest(Object.values(trends).map((values) => values[at])));
  return names.map((name) => {
    const shown = shownName(name);
    const dots = paint(`${'.'.repeat(nameWidth - shown.length)}:`, 'faint');
    const rest = trends[name]
      ? stats.map((stat, at) => `${stat}=${paint(trends[name][at].padEnd(statWidths[at]), 'cyan')}`)
      : [
          paint(plain[name].value.padEnd(valueWidth), 'cyan'),
          ...plain[name].extras.map((extra, at) => paint(extra.padEnd(extraWidths[at]), 'faintCyan')),
        ];
    return `${indent}${mark(data.metrics[name], paint)} ${shown}${dots} ${rest.join(' ')}`;
  });
}

const STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

// The summary as text: checks by group, then a row for each metric.
export function textSummary(data, options = {}) {
  const indent = options.indent ?? ' ';
  const paint = painter(options.enableColors ?? true);
  const stats = options.summaryTrendStats ?? data.options?.summaryTrendStats ?? STATS;
  const timeUnit = options.summaryTimeUnit ?? data.options?.summaryTimeUnit;
  const groups = data.root_group ? groupLines(data.root_group, `${indent}    `, paint) : [];
  return groups.concat(metricLines(data, `${indent}  `, stats, timeUnit, paint)).join('\n');
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

// XML 1.0 has no way to write most control characters.
function attribute(text) {
  const allowed = String(text).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
  return `"${allowed.replace(/[&<>"']/g, (character) => ENTITIES[character])}"`;
}

// Every threshold as a test case of JUnit's XML.
export function jUnit(data, options = {}) {
  const classname = options.classname ? ` classname=${attribute(options.classname)}` : '';
  const cases = [];
  let failures = 0;
  for (const [name, metric] of Object.entries(data.metrics)) {
    for (const [threshold, { ok }] of Object.entries(metric.thresholds ?? {})) {
      const opening = `<testcase name=${attribute(`${name} - ${threshold}`)}${classname}`;
      cases.push(ok ? `${opening} />` : `${opening}><failure message="failed" /></testcase>`);
      if (!ok) failures += 1;
    }
  }
  const name = attribute(options.name ?? 'k6 thresholds');
  const counts = `tests="${cases.length}" failures="${failures}"`;
  const suite = [`<testsuite name=${name} ${counts}>`, ...cases.map((line) => `  ${line}`), '</testsuite>'];
  const body = [`<testsuites ${counts}>`, ...suite.map((line) => `  ${line}`), '</testsuites>'];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.join('\n')}\n`;
}
