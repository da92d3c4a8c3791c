// About 100 KB of JSON: parsed, read field by field as a script reads an answer, and walked over value by value.
// Plain JavaScript, so that other engines run the same file. Prints one line of milliseconds per repetition.
const REPETITIONS = 60;
const ROUNDS = 15;

function customers() {
  const rows = [];
  for (let i = 0; i < 450; i++) {
    rows.push({
      id: i,
      name: 'customer number ' + i,
      email: `user${i}@example.com`,
      tags: ['red', 'green', 'blue'],
      score: i * 1.37,
      nested: { number: i, list: [i, i + 1, i + 2], flag: i % 2 === 0, note: 'a "quoted" text\nof two lines' },
    });
  }
  return JSON.stringify(rows);
}

function read(rows) {
  let sum = 0;
  for (const row of rows) {
    sum += row.id + row.name.length + row.email.length + row.tags.length + row.score;
    sum += row.nested.number + row.nested.list[1] + row.nested.note.length;
  }
  return sum;
}

function walk(value) {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 1;
  let sum = 0;
  if (Array.isArray(value)) {
    for (const element of value) sum += walk(element);
  } else {
    for (const key in value) sum += walk(value[key]);
  }
  return sum;
}

function median(work) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = Date.now();
    for (let i = 0; i < REPETITIONS; i++) work();
    rounds.push((Date.now() - start) / REPETITIONS);
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1].toFixed(4);
}

export default function measure() {
  const text = customers();
  const rows = JSON.parse(text);
  let kept = 0;
  const parsing = median(() => (kept += JSON.parse(text).length));
  const reading = median(() => (kept += read(JSON.parse(text))));
  const walking = median(() => (kept += walk(JSON.parse(text))));
  const writing = median(() => (kept += JSON.stringify(rows).length));
  console.log(`parse=${parsing} parse+read=${reading} parse+walk=${walking} stringify=${writing} kept=${kept > 0}`);
}

// Elsewhere nobody calls the default function.
if (typeof __VU === 'undefined') measure();
