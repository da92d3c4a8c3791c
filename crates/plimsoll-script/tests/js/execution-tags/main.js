// exec.vu.metrics.tags is live: it shows what samples will carry, and what is written into it, they carry.
import exec from 'k6/execution';
import { group } from 'k6';

export const options = { tags: { run: 'nightly' }, iterations: 1 };

export default function () {
  const { tags } = exec.vu.metrics;
  console.log(tags);
  tags.user = 'ann';
  tags.count = 7;
  tags.flag = true;
  tags.run = 'mine';
  tags['größe'] = 'sehr groß 🚢';
  console.log(exec.vu.tags.user, exec.vu.tags.count === '7', exec.vu.metrics.tags.flag, tags.run, tags['größe']);
  console.log(Object.keys(tags).join(), 'user' in tags, 'toString' in tags, tags.missing);
  delete tags.user;
  console.log(delete tags.flag, delete tags.never, tags.user, Object.keys(tags).join());
  console.log(JSON.stringify(tags), JSON.stringify({ ...tags }));
  Object.assign(tags, { a: 1, b: 'two' });
  console.log(tags.a, tags.b, Object.entries(tags).length);
  group('outer', () => {
    group('inner', () => console.log(tags.group));
    tags.group = 'other';
    console.log(tags.group);
  });
  console.log(tags.group === '', tags.scenario);
  delete tags.scenario;
  delete tags.group;
  console.log(tags.scenario, 'group' in tags);
  console.log(exec.vu.tags === exec.vu.tags, exec.vu.metrics === exec.vu.metrics);
}
