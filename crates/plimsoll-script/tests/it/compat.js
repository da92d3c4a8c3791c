// Holds the table of k6's symbols against what a VU sees, and what a VU sees against the table.
import k6http from 'k6/http';
import { parseHTML } from 'k6/html';
import { Counter } from 'k6/metrics';
import * as k6crypto from 'k6/crypto';
import * as k6fs from 'k6/experimental/fs';
import * as k6csv from 'k6/experimental/csv';
import k6ws from 'k6/ws';
import redis from 'k6/experimental/redis';
import secrets from 'k6/secrets';
import sql from 'k6/x/sql';
import * as k6streams from 'k6/experimental/streams';
/* imports */
// Module by module: the namespace, and the default export.
const modules = {
/* modules */
};
// [what typeof says, whether it is there] of each symbol of each section.
const sections = /* sections */;

const counter = new Counter('counter');
const file = await k6fs.open('data.csv');
const parser = new k6csv.Parser(file);

// Objects of classes that have no constructor, or none without arguments. What is not here is found by its name: as an
// object, or as the prototype of a class.
const element = (html, name) => () => parseHTML(`<body>${html}`).find(name).get(0);
const objects = {
  'import.meta': () => import.meta,
  'k6/http Response': () => k6http.get(`${__ENV.SERVER}/`),
  'k6/ws Response': () => k6ws.connect(`${__ENV.SOCKETS}/ws/refuse`, () => {}),
  'k6/ws Socket': () => {
    let found;
    k6ws.connect(`${__ENV.SOCKETS}/ws/close?1000,`, (socket) => { found = socket; });
    return found;
  },
  'k6/ws WebSocketError': () => {
    let found;
    k6ws.connect(`${__ENV.SOCKETS}/ws/end`, (socket) => socket.on('error', (error) => { found = error; }));
    return found;
  },
  'k6/http FileData': () => k6http.file('data'),
  'k6/metrics Metric': () => counter,
  'k6/crypto Hasher': () => k6crypto.createHash('md5'),
  'k6/experimental/fs File': () => file,
  'k6/experimental/csv Parser': () => parser,
  'k6/experimental/redis Client': () => new redis.Client('redis://localhost'),
  'k6/secrets SecretSource': () => secrets.source('any'),
  'k6/x/sql Database': () => sql.open('sqlite3', ':memory:'),
  'k6/x/sql Result': () => sql.open('sqlite3', ':memory:').exec('SELECT 1'),
  'k6/experimental/streams ReadableStreamDefaultController': () => {
    let made;
    new k6streams.ReadableStream({ start(controller) { made = controller; } });
    return made;
  },
  'k6/experimental/streams ReadableStreamDefaultReader': () => new k6streams.ReadableStream().getReader(),
  'k6/experimental/streams WritableStreamDefaultWriter': () => new k6streams.WritableStream().getWriter(),
  'k6/html Selection': () => parseHTML('<p>'),
  'k6/html Attribute': () => element('<p id="a">', 'p')().attributes().id,
  'k6/html Element': element('<p>', 'p'),
  'k6/html BaseElement': element('<base>', 'base'),
  'k6/html ButtonElement': element('<button>', 'button'),
  'k6/html CanvasElement': element('<canvas>', 'canvas'),
  'k6/html DataElement': element('<data>', 'data'),
  'k6/html DataListElement': element('<datalist>', 'datalist'),
  'k6/html EmbedElement': element('<embed>', 'embed'),
  'k6/html FieldSetElement': element('<fieldset>', 'fieldset'),
  'k6/html FormElement': element('<form>', 'form'),
  'k6/html FormFieldElement': element('<button>', 'button'),
  'k6/html HrefElement': element('<a>', 'a'),
  'k6/html IFrameElement': element('<iframe>', 'iframe'),
  'k6/html ImageElement': element('<img>', 'img'),
  'k6/html InputElement': element('<input>', 'input'),
  'k6/html KeygenElement': element('<keygen>', 'keygen'),
  'k6/html LabelElement': element('<label>', 'label'),
  'k6/html LegendElement': element('<legend>', 'legend'),
  'k6/html LiElement': element('<li>', 'li'),
  'k6/html LinkElement': element('<link>', 'link'),
  'k6/html MapElement': element('<map>', 'map'),
  'k6/html MediaElement': element('<audio>', 'audio'),
  'k6/html MetaElement': element('<meta>', 'meta'),
  'k6/html MeterElement': element('<meter>', 'meter'),
  'k6/html ModElement': element('<del>', 'del'),
  'k6/html OListElement': element('<ol>', 'ol'),
  'k6/html ObjectElement': element('<object>', 'object'),
  'k6/html OptGroupElement': element('<select><optgroup>', 'optgroup'),
  'k6/html OptionElement': element('<select><option>', 'option'),
  'k6/html OutputElement': element('<output>', 'output'),
  'k6/html ParamElement': element('<param>', 'param'),
  'k6/html PreElement': element('<pre>', 'pre'),
  'k6/html ProgressElement': element('<progress>', 'progress'),
  'k6/html QuoteElement': element('<q>', 'q'),
  'k6/html ScriptElement': element('<script>', 'script'),
  'k6/html SelectElement': element('<select>', 'select'),
  'k6/html SourceElement': element('<source>', 'source'),
  'k6/html StyleElement': element('<style>', 'style'),
  'k6/html TableCellElement': element('<table><td>', 'td'),
  'k6/html TableColElement': element('<table><col>', 'col'),
  'k6/html TableElement': element('<table>', 'table'),
  'k6/html TableHeaderCellElement': element('<table><th>', 'th'),
  'k6/html TableRowElement': element('<table><tr>', 'tr'),
  'k6/html TableSectionElement': element('<table><tbody>', 'tbody'),
  'k6/html TextAreaElement': element('<textarea>', 'textarea'),
  'k6/html TimeElement': element('<time>', 'time'),
  'k6/html TitleElement': element('<title>', 'title'),
  'k6/html TrackElement': element('<track>', 'track'),
  'k6/html UListElement': element('<ul>', 'ul'),
};

// Globals of the language itself.
const language = new Set(`Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError
  InternalError AggregateError SuppressedError Iterator Array parseInt parseFloat isNaN isFinite decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape unescape Infinity NaN undefined Number Boolean String Math
  Reflect Symbol globalThis eval Date RegExp JSON Proxy Map Set WeakMap WeakSet ArrayBuffer SharedArrayBuffer
  Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array
  Float16Array Float32Array Float64Array DataView Atomics Promise BigInt WeakRef FinalizationRegistry
  DisposableStack AsyncDisposableStack DOMException`.split(/\s+/));

// What a section speaks of; undefined when nothing of that name is there.
function holder(section) {
  if (section in objects) return objects[section]();
  const [module, path] = section.split(' ');
  const start = module === 'globals' ? globalThis : modules[module]?.[1];
  if (path === undefined) return typeof start === 'symbol' ? undefined : start;
  const found = path.split('.').reduce((value, name) => value?.[name], start);
  return typeof found === 'function' && found.prototype !== undefined ? found.prototype : found;
}

function typeIn(object, name) {
  try {
    return typeof object[name];
  } catch {
    return 'a getter'; // Of a prototype, asked without an object.
  }
}

function whatIsWrong(object, name, [kind, isThere]) {
  if (object === undefined || !namesOf(object).has(name)) return isThere ? 'it is not there' : undefined;
  const type = typeIn(object, name);
  if (!isThere) return type === 'undefined' ? undefined : refusal(object, name);
  const fits = kind === 'anything' || type === kind || (kind === 'value' && type !== 'function' && type !== 'undefined');
  return fits ? undefined : `it is not of type ${kind} but ${type}`;
}

// What is listed, but not there yet, says so when it is used.
function refusal(object, name) {
  try {
    object[name]();
  } catch (error) {
    return /not supported yet/.test(error.message) ? undefined : `it is there, and throws ${error.message}`;
  }
  return 'it is there';
}

// All names that an object has, those that it inherits too.
function namesOf(object) {
  const names = new Set();
  for (let from = object; from && from !== Object.prototype && from !== Array.prototype; from = Object.getPrototypeOf(from)) {
    Object.getOwnPropertyNames(from).forEach((name) => names.add(name));
  }
  names.delete('constructor');
  return names;
}

function unlisted(section, object) {
  const listed = { ...sections[section] };
  if (section.endsWith('Element')) Object.assign(listed, sections['k6/html Element']);
  if (['Button', 'Input'].some((kind) => section === `k6/html ${kind}Element`)) Object.assign(listed, sections['k6/html FormFieldElement']);
  if (section === 'k6/html FormFieldElement') Object.assign(listed, sections['k6/html ButtonElement']);
  if (section === 'k6/html TableHeaderCellElement') Object.assign(listed, sections['k6/html TableCellElement']);
  const known = (name) => name in listed || (section === 'globals' && language.has(name));
  return [...namesOf(object)].filter((name) => !known(name));
}

export default function () {
  const wrong = [];
  for (const [section, rows] of Object.entries(sections)) {
    const object = holder(section);
    for (const [name, row] of Object.entries(rows)) {
      const what = name === '*' ? undefined : whatIsWrong(object, name, row);
      if (what !== undefined) wrong.push(`[${section}] ${name}: ${what}`);
    }
    const isThere = Object.values(rows).some(([, there]) => there);
    if (object !== undefined && isThere) unlisted(section, object).forEach((name) => wrong.push(`[${section}] has no row for ${name}`));
  }
  for (const [module, [namespace, whole]] of Object.entries(modules)) {
    const named = Object.keys(namespace).filter((name) => name !== 'default');
    const inWhole = namesOf(whole);
    named.filter((name) => !inWhole.has(name)).forEach((name) => wrong.push(`[${module}] ${name}: not in the default export`));
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  console.log('all rows hold');
}
