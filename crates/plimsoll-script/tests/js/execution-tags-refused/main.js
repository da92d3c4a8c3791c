// What cannot be a tag's value is refused, and changes nothing.
import exec from 'k6/execution';

export const options = { iterations: 1 };
const tell = (what, attempt) => {
  try { attempt(); console.log(what, 'no error'); } catch (e) { console.log(what, e instanceof TypeError, e.message); }
};

tell('init', () => exec.vu.tags);
export default function () {
  const { tags, metadata } = exec.vu.metrics;
  tell('object', () => { tags.a = {}; });
  tell('array', () => { tags.a = [1]; });
  tell('null', () => { tags.a = null; });
  tell('undefined', () => { tags.a = undefined; });
  tell('function', () => { tags.a = () => 1; });
  tell('symbol', () => { tags.a = Symbol('s'); });
  tell('symbol as name', () => { tags[Symbol('s')] = 'x'; });
  tell('bigint', () => { tags.a = 1n; });
  tell('metadata', () => { metadata.a = {}; });
  console.log('a' in tags, 'a' in metadata);
  tell('the whole', () => { exec.vu.tags = { a: 1 }; });
  tell('the whole', () => { exec.vu.metrics.tags = { a: 1 }; });
  tell('metrics', () => { exec.vu.metrics = {}; });
  tell('delete', () => { delete exec.vu.metrics; });
}
