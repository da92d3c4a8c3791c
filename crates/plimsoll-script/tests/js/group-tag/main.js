// The group's path is a tag while its function runs, also when it throws.
import { group } from 'k6';
import exec from 'k6/execution';

const path = () => exec.vu.metrics.tags.group;

export default function () {
  console.log([path()]);
  group('outer', () => {
    console.log(path());
    group('inner', () => console.log(path()));
    try { group('bad', () => { throw new Error(path()); }); } catch (error) { console.log(error.message); }
    console.log(path());
  });
  console.log([path()]);
}
