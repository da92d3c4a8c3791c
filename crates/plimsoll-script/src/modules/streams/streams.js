// Streams with default controllers, step by step as the Streams Standard has them
// (https://streams.spec.whatwg.org/). Each object has a record in `records`, on which the functions work;
// names of functions and fields are the standard's where it has one.

const records = new WeakMap();
const INTERNAL = Symbol('internal');

function recordOf(object, kind) {
  const record = records.get(object);
  if (record?.kind !== kind) throw new TypeError(`this is no ${kind}`);
  return record;
}

// Like `recordOf`, for methods that answer with a promise.
function promised(object, kind, body) {
  try {
    return body(recordOf(object, kind));
  } catch (error) {
    return Promise.reject(error);
  }
}

class Deferred {
  isPending = true;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = (value) => { this.isPending = false; resolve(value); };
      this.reject = (error) => { this.isPending = false; reject(error); };
    });
  }

  static resolved() {
    const deferred = new Deferred();
    deferred.resolve();
    return deferred;
  }

  // Nobody has to look at this one: its rejection is not an unhandled one.
  quiet() {
    this.promise.then(undefined, () => {});
    return this;
  }

  // Rejects it, or what replaces it when it has its result already.
  rejected(error) {
    const deferred = this.isPending ? this : new Deferred();
    deferred.quiet().reject(error);
    return deferred;
  }
}

function call(method, object, ...values) {
  return new Promise((resolve) => resolve(method?.apply(object, values)));
}

function methodOf(object, name, what) {
  const method = object[name];
  if (method !== undefined && typeof method !== 'function') {
    throw new TypeError(`${name} of ${what} must be a function`);
  }
  return method;
}

function dictionary(value, what) {
  if (value === undefined) return {};
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    throw new TypeError(`${what} must be an object`);
  }
  return value;
}

function strategyOf(value) {
  const strategy = value === null ? {} : dictionary(value, 'the queuing strategy');
  const { highWaterMark, size } = strategy;
  const mark = highWaterMark === undefined ? 1 : Number(highWaterMark);
  if (Number.isNaN(mark) || mark < 0) {
    throw new RangeError(`highWaterMark must be a number from 0 on, not ${String(highWaterMark)}`);
  }
  if (size !== undefined && typeof size !== 'function') {
    throw new TypeError('size of the queuing strategy must be a function');
  }
  return { mark, size: size ?? (() => 1) };
}

// A queue of chunks with their sizes.
class Queue {
  items = [];
  total = 0;

  push(value, size) {
    const number = Number(size);
    if (!(number >= 0 && number < Infinity)) {
      throw new RangeError(`the size of a chunk must be a finite number from 0 on, not ${String(size)}`);
    }
    this.items.push({ value, size: number });
    this.total += number;
  }

  shift() {
    const { value, size } = this.items.shift();
    this.total = Math.max(0, this.total - size);
    return value;
  }

  clear() {
    this.items = [];
    this.total = 0;
  }
}

// ---- Readable streams

function readableClose(stream) {
  stream.state = 'closed';
  stream.source = undefined;
  const reader = stream.reader;
  if (reader === undefined) return;
  reader.closed.resolve();
  for (const request of reader.requests.splice(0)) request.resolve({ value: undefined, done: true });
}

function readableError(stream, error) {
  if (stream.state !== 'readable') return;
  stream.queue.clear();
  stream.state = 'errored';
  stream.error = error;
  stream.source = undefined;
  const reader = stream.reader;
  if (reader === undefined) return;
  reader.closed = reader.closed.rejected(error);
  for (const request of reader.requests.splice(0)) request.reject(error);
}

function readableCancel(stream, reason) {
  stream.isDisturbed = true;
  if (stream.state === 'closed') return Promise.resolve();
  if (stream.state === 'errored') return Promise.reject(stream.error);
  const { source, cancel } = stream;
  readableClose(stream);
  stream.queue.clear();
  return call(cancel, source, reason).then(() => undefined);
}

function readableDesiredSize(stream) {
  if (stream.state === 'errored') return null;
  return stream.state === 'closed' ? 0 : stream.mark - stream.queue.total;
}

function mayEnqueue(stream) {
  return stream.state === 'readable' && !stream.isCloseRequested;
}

function pullIfNeeded(stream) {
  if (!mayEnqueue(stream) || !stream.isStarted) return;
  const isWanted = stream.reader?.requests.length > 0 || readableDesiredSize(stream) > 0;
  if (!isWanted) return;
  if (stream.isPulling) {
    stream.pullsAgain = true;
    return;
  }
  stream.isPulling = true;
  call(stream.pull, stream.source, stream.controller).then(() => {
    stream.isPulling = false;
    if (!stream.pullsAgain) return;
    stream.pullsAgain = false;
    pullIfNeeded(stream);
  }, (error) => readableError(stream, error));
}

function readableEnqueue(stream, chunk) {
  if (!mayEnqueue(stream)) throw new TypeError('nothing can be enqueued: the stream is closed, errored, or closing');
  if (stream.reader?.requests.length > 0) {
    stream.reader.requests.shift().resolve({ value: chunk, done: false });
  } else {
    try {
      const { size } = stream;
      stream.queue.push(chunk, size(chunk));
    } catch (error) {
      readableError(stream, error);
      throw error;
    }
  }
  pullIfNeeded(stream);
}

function readableRead(stream, request) {
  stream.isDisturbed = true;
  if (stream.state === 'closed') return request.resolve({ value: undefined, done: true });
  if (stream.state === 'errored') return request.reject(stream.error);
  if (stream.queue.items.length === 0) {
    stream.reader.requests.push(request);
    return pullIfNeeded(stream);
  }
  const value = stream.queue.shift();
  if (stream.isCloseRequested && stream.queue.items.length === 0) readableClose(stream);
  else pullIfNeeded(stream);
  return request.resolve({ value, done: false });
}

export class ReadableStreamDefaultController {
  constructor(token, stream) {
    if (token !== INTERNAL) throw new TypeError('streams make their controllers themselves');
    records.set(this, { kind: 'ReadableStreamDefaultController', stream });
  }

  get desiredSize() {
    return readableDesiredSize(recordOf(this, 'ReadableStreamDefaultController').stream);
  }

  close() {
    const { stream } = recordOf(this, 'ReadableStreamDefaultController');
    if (!mayEnqueue(stream)) throw new TypeError('the stream cannot be closed: it is closed, errored, or closing');
    stream.isCloseRequested = true;
    if (stream.queue.items.length === 0) readableClose(stream);
  }

  enqueue(chunk) {
    readableEnqueue(recordOf(this, 'ReadableStreamDefaultController').stream, chunk);
  }

  error(reason) {
    readableError(recordOf(this, 'ReadableStreamDefaultController').stream, reason);
  }

  get [Symbol.toStringTag]() { return 'ReadableStreamDefaultController'; }
}

export class ReadableStreamDefaultReader {
  constructor(stream) {
    const record = recordOf(stream, 'ReadableStream');
    if (record.reader !== undefined) throw new TypeError('the stream is locked: another reader has it');
    const reader = { kind: 'ReadableStreamDefaultReader', stream: record, requests: [], closed: new Deferred() };
    if (record.state === 'closed') reader.closed.resolve();
    if (record.state === 'errored') reader.closed.rejected(record.error);
    record.reader = reader;
    records.set(this, reader);
  }

  get closed() {
    return promised(this, 'ReadableStreamDefaultReader', (reader) => reader.closed.promise);
  }

  cancel(reason) {
    return promised(this, 'ReadableStreamDefaultReader', (reader) => {
      if (reader.stream === undefined) throw new TypeError('the reader has released its stream');
      return readableCancel(reader.stream, reason);
    });
  }

  read() {
    return promised(this, 'ReadableStreamDefaultReader', (reader) => {
      if (reader.stream === undefined) throw new TypeError('the reader has released its stream');
      const request = new Deferred();
      readableRead(reader.stream, request);
      return request.promise;
    });
  }

  releaseLock() {
    const reader = recordOf(this, 'ReadableStreamDefaultReader');
    if (reader.stream === undefined) return;
    const released = new TypeError('the reader has released its stream');
    reader.closed = reader.closed.rejected(released);
    for (const request of reader.requests.splice(0)) request.reject(released);
    reader.stream.reader = undefined;
    reader.stream = undefined;
  }

  get [Symbol.toStringTag]() { return 'ReadableStreamDefaultReader'; }
}

const asyncIterator = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

// Steps of an iterator run one after the other; without one in progress they run at once, so that the stream
// is free when a loop has been left.
class Chunks {
  #reader;
  #keeps;
  #ongoing;
  #isOver = false;

  constructor(reader, preventCancel) {
    this.#reader = reader;
    this.#keeps = preventCancel;
  }

  #after(step) {
    const ongoing = this.#ongoing === undefined ? step() : this.#ongoing.then(step, step);
    this.#ongoing = ongoing;
    const settle = () => { if (this.#ongoing === ongoing) this.#ongoing = undefined; };
    ongoing.then(settle, settle);
    return ongoing;
  }

  #end() {
    this.#isOver = true;
    this.#reader.releaseLock();
  }

  next() {
    return this.#after(() => {
      if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
      return this.#reader.read().then((step) => {
        if (step.done) this.#end();
        return step;
      }, (error) => {
        this.#end();
        throw error;
      });
    });
  }

  return(value) {
    return this.#after(() => {
      if (this.#isOver) return Promise.resolve({ value, done: true });
      const cancelled = this.#keeps ? Promise.resolve() : this.#reader.cancel(value);
      this.#end();
      return cancelled.then(() => ({ value, done: true }));
    });
  }
}

Object.setPrototypeOf(Chunks.prototype, asyncIterator);

export class ReadableStream {
  constructor(underlyingSource, queuingStrategy) {
    const source = dictionary(underlyingSource, 'the underlying source');
    const { type } = source;
    if (type !== undefined && String(type) !== 'default') {
      throw new TypeError(`the type of the underlying source must be 'default', not '${String(type)}'`);
    }
    const strategy = strategyOf(queuingStrategy);
    const what = 'the underlying source';
    const [start, pull, cancel] = ['start', 'pull', 'cancel'].map((name) => methodOf(source, name, what));
    const stream = {
      kind: 'ReadableStream', state: 'readable', queue: new Queue(), ...strategy, source, pull, cancel,
      isStarted: false, isPulling: false, pullsAgain: false, isCloseRequested: false, isDisturbed: false,
      reader: undefined, error: undefined,
    };
    stream.controller = new ReadableStreamDefaultController(INTERNAL, stream);
    records.set(this, stream);
    Promise.resolve(start?.call(source, stream.controller)).then(() => {
      stream.isStarted = true;
      pullIfNeeded(stream);
    }, (error) => readableError(stream, error));
  }

  get locked() {
    return recordOf(this, 'ReadableStream').reader !== undefined;
  }

  cancel(reason) {
    return promised(this, 'ReadableStream', (stream) => {
      if (stream.reader !== undefined) throw new TypeError('a locked stream is cancelled by its reader');
      return readableCancel(stream, reason);
    });
  }

  getReader(options) {
    recordOf(this, 'ReadableStream');
    const { mode } = dictionary(options ?? undefined, 'the options of getReader()');
    if (mode !== undefined) throw new TypeError(`there are no readers of mode '${String(mode)}'`);
    return new ReadableStreamDefaultReader(this);
  }

  values(options) {
    const { preventCancel } = dictionary(options ?? undefined, 'the options of values()');
    return new Chunks(this.getReader(), Boolean(preventCancel));
  }

  [Symbol.asyncIterator](options) {
    return this.values(options);
  }

  get [Symbol.toStringTag]() { return 'ReadableStream'; }
}

// ---- Writable streams

const CLOSE = Symbol('close');

function isClosing(stream) {
  return stream.closeRequest !== undefined || stream.inFlightClose !== undefined;
}

function isUnderPressure(stream) {
  return stream.mark - stream.queue.total <= 0;
}

function startErroring(stream, reason) {
  stream.state = 'erroring';
  stream.error = reason;
  if (stream.writer !== undefined) stream.writer.ready = stream.writer.ready.rejected(reason);
  const isInFlight = stream.inFlightWrite !== undefined || stream.inFlightClose !== undefined;
  if (!isInFlight && stream.isStarted) finishErroring(stream);
}

function finishErroring(stream) {
  stream.state = 'errored';
  stream.queue.clear();
  for (const request of stream.writeRequests.splice(0)) request.reject(stream.error);
  const aborted = stream.pendingAbort;
  stream.pendingAbort = undefined;
  if (aborted === undefined) return rejectClosed(stream);
  if (aborted.wasErroring) {
    aborted.deferred.reject(stream.error);
    return rejectClosed(stream);
  }
  return call(stream.abort, stream.sink, aborted.reason).then(() => {
    aborted.deferred.resolve();
    rejectClosed(stream);
  }, (error) => {
    aborted.deferred.reject(error);
    rejectClosed(stream);
  });
}

function rejectClosed(stream) {
  stream.closeRequest?.reject(stream.error);
  stream.closeRequest = undefined;
  if (stream.writer !== undefined) stream.writer.closed = stream.writer.closed.rejected(stream.error);
}

function rejectedBySink(stream, error) {
  if (stream.state === 'writable') return startErroring(stream, error);
  return finishErroring(stream);
}

function setPressure(stream, isHigh) {
  if (stream.writer !== undefined && isHigh !== stream.isUnderPressure) {
    if (isHigh) stream.writer.ready = new Deferred();
    else stream.writer.ready.resolve();
  }
  stream.isUnderPressure = isHigh;
}

function writableAbort(stream, reason) {
  if (stream.state === 'closed' || stream.state === 'errored') return Promise.resolve();
  if (stream.pendingAbort !== undefined) return stream.pendingAbort.deferred.promise;
  const wasErroring = stream.state === 'erroring';
  const deferred = new Deferred();
  stream.pendingAbort = { deferred, wasErroring, reason: wasErroring ? undefined : reason };
  if (!wasErroring) startErroring(stream, reason);
  return deferred.promise;
}

function writableClose(stream) {
  if (stream.state === 'closed' || stream.state === 'errored' || isClosing(stream)) {
    return Promise.reject(new TypeError(`the stream cannot be closed: it is ${isClosing(stream) ? 'closing' : stream.state}`));
  }
  stream.closeRequest = new Deferred();
  if (stream.writer !== undefined && stream.isUnderPressure && stream.state === 'writable') {
    stream.writer.ready.resolve();
  }
  const { promise } = stream.closeRequest;
  stream.queue.push(CLOSE, 0);
  advance(stream);
  return promise;
}

function writableWrite(stream, writer, chunk) {
  const size = sizeOfChunk(stream, chunk);
  if (writer.stream !== stream) return Promise.reject(new TypeError('the writer has released its stream'));
  if (stream.state === 'errored' || stream.state === 'erroring') return Promise.reject(stream.error);
  if (stream.state === 'closed' || isClosing(stream)) {
    return Promise.reject(new TypeError('nothing can be written: the stream is closed or closing'));
  }
  const request = new Deferred();
  stream.writeRequests.push(request);
  try {
    stream.queue.push(chunk, size);
  } catch (error) {
    if (stream.state === 'writable') startErroring(stream, error);
    return request.promise;
  }
  if (stream.state === 'writable') setPressure(stream, isUnderPressure(stream));
  advance(stream);
  return request.promise;
}

function sizeOfChunk(stream, chunk) {
  try {
    const { size } = stream;
    return size(chunk);
  } catch (error) {
    if (stream.state === 'writable') startErroring(stream, error);
    return 1;
  }
}

function advance(stream) {
  if (!stream.isStarted || stream.inFlightWrite !== undefined) return;
  if (stream.state === 'erroring') {
    finishErroring(stream);
  } else if (stream.queue.items.length > 0) {
    const [{ value }] = stream.queue.items;
    if (value === CLOSE) closeSink(stream);
    else writeToSink(stream, value);
  }
}

function closeSink(stream) {
  const closing = stream.closeRequest;
  stream.inFlightClose = closing;
  stream.closeRequest = undefined;
  stream.queue.shift();
  call(stream.close, stream.sink).then(() => {
    stream.inFlightClose = undefined;
    closing.resolve();
    if (stream.state === 'erroring') {
      stream.error = undefined;
      stream.pendingAbort?.deferred.resolve();
      stream.pendingAbort = undefined;
    }
    stream.state = 'closed';
    stream.writer?.closed.resolve();
  }, (error) => {
    stream.inFlightClose = undefined;
    closing.reject(error);
    stream.pendingAbort?.deferred.reject(error);
    stream.pendingAbort = undefined;
    rejectedBySink(stream, error);
  });
}

function writeToSink(stream, chunk) {
  const writing = stream.writeRequests.shift();
  stream.inFlightWrite = writing;
  call(stream.write, stream.sink, chunk, stream.controller).then(() => {
    stream.inFlightWrite = undefined;
    writing.resolve();
    stream.queue.shift();
    if (!isClosing(stream) && stream.state === 'writable') setPressure(stream, isUnderPressure(stream));
    advance(stream);
  }, (error) => {
    stream.inFlightWrite = undefined;
    writing.reject(error);
    rejectedBySink(stream, error);
  });
}

export class WritableStreamDefaultController {
  constructor(token, stream) {
    if (token !== INTERNAL) throw new TypeError('streams make their controllers themselves');
    records.set(this, { kind: 'WritableStreamDefaultController', stream });
  }

  error(reason) {
    const { stream } = recordOf(this, 'WritableStreamDefaultController');
    if (stream.state === 'writable') startErroring(stream, reason);
  }

  get [Symbol.toStringTag]() { return 'WritableStreamDefaultController'; }
}

export class WritableStreamDefaultWriter {
  constructor(stream) {
    const record = recordOf(stream, 'WritableStream');
    if (record.writer !== undefined) throw new TypeError('the stream is locked: another writer has it');
    const writer = {
      kind: 'WritableStreamDefaultWriter', stream: record, ready: new Deferred(), closed: new Deferred(),
    };
    if (record.state === 'erroring' || record.state === 'errored') {
      writer.ready = writer.ready.rejected(record.error);
    } else if (record.state === 'closed' || isClosing(record) || !record.isUnderPressure) {
      writer.ready.resolve();
    }
    if (record.state === 'closed') writer.closed.resolve();
    if (record.state === 'errored') writer.closed = writer.closed.rejected(record.error);
    record.writer = writer;
    records.set(this, writer);
  }

  get closed() {
    return promised(this, 'WritableStreamDefaultWriter', (writer) => writer.closed.promise);
  }

  get ready() {
    return promised(this, 'WritableStreamDefaultWriter', (writer) => writer.ready.promise);
  }

  get desiredSize() {
    const { stream } = recordOf(this, 'WritableStreamDefaultWriter');
    if (stream === undefined) throw new TypeError('the writer has released its stream');
    if (stream.state === 'errored' || stream.state === 'erroring') return null;
    return stream.state === 'closed' ? 0 : stream.mark - stream.queue.total;
  }

  abort(reason) {
    return promised(this, 'WritableStreamDefaultWriter', ({ stream }) => {
      if (stream === undefined) throw new TypeError('the writer has released its stream');
      return writableAbort(stream, reason);
    });
  }

  close() {
    return promised(this, 'WritableStreamDefaultWriter', ({ stream }) => {
      if (stream === undefined) throw new TypeError('the writer has released its stream');
      return writableClose(stream);
    });
  }

  write(chunk) {
    return promised(this, 'WritableStreamDefaultWriter', (writer) => {
      if (writer.stream === undefined) throw new TypeError('the writer has released its stream');
      return writableWrite(writer.stream, writer, chunk);
    });
  }

  releaseLock() {
    const writer = recordOf(this, 'WritableStreamDefaultWriter');
    if (writer.stream === undefined) return;
    const released = new TypeError('the writer has released its stream');
    writer.ready = writer.ready.rejected(released);
    writer.closed = writer.closed.rejected(released);
    writer.stream.writer = undefined;
    writer.stream = undefined;
  }

  get [Symbol.toStringTag]() { return 'WritableStreamDefaultWriter'; }
}

export class WritableStream {
  constructor(underlyingSink, queuingStrategy) {
    const sink = dictionary(underlyingSink, 'the underlying sink');
    if (sink.type !== undefined) throw new RangeError('an underlying sink has no type');
    const strategy = strategyOf(queuingStrategy);
    const names = ['start', 'write', 'close', 'abort'];
    const [start, write, close, abort] = names.map((name) => methodOf(sink, name, 'the underlying sink'));
    const stream = {
      kind: 'WritableStream', state: 'writable', queue: new Queue(), ...strategy, sink, write, close, abort,
      isStarted: false, isUnderPressure: strategy.mark <= 0, writeRequests: [], inFlightWrite: undefined,
      closeRequest: undefined, inFlightClose: undefined, pendingAbort: undefined, writer: undefined,
      error: undefined,
    };
    stream.controller = new WritableStreamDefaultController(INTERNAL, stream);
    records.set(this, stream);
    Promise.resolve(start?.call(sink, stream.controller)).then(() => {
      stream.isStarted = true;
      advance(stream);
    }, (error) => {
      stream.isStarted = true;
      rejectedBySink(stream, error);
    });
  }

  get locked() {
    return recordOf(this, 'WritableStream').writer !== undefined;
  }

  abort(reason) {
    return promised(this, 'WritableStream', (stream) => {
      if (stream.writer !== undefined) throw new TypeError('a locked stream is aborted by its writer');
      return writableAbort(stream, reason);
    });
  }

  close() {
    return promised(this, 'WritableStream', (stream) => {
      if (stream.writer !== undefined) throw new TypeError('a locked stream is closed by its writer');
      return writableClose(stream);
    });
  }

  getWriter() {
    return new WritableStreamDefaultWriter(this);
  }

  get [Symbol.toStringTag]() { return 'WritableStream'; }
}

export class CountQueuingStrategy {
  #mark;

  constructor(options) {
    if (options === undefined || options === null || options.highWaterMark === undefined) {
      throw new TypeError('CountQueuingStrategy needs an object with highWaterMark');
    }
    this.#mark = Number(options.highWaterMark);
  }

  get highWaterMark() { return this.#mark; }

  get size() { return countOne; }

  get [Symbol.toStringTag]() { return 'CountQueuingStrategy'; }
}

const countOne = Object.defineProperty(() => 1, 'name', { value: 'size' });
