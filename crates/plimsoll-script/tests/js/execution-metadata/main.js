// exec.vu.metrics.metadata: like the tags, but for single samples, not for series.
import exec from 'k6/execution';

export const options = { iterations: 1 };

export default function () {
  const { metadata, tags } = exec.vu.metrics;
  console.log(metadata, Object.keys(metadata).length);
  metadata.trace_id = 'abc';
  metadata.number = 1.5;
  console.log(metadata.trace_id, metadata.number === '1.5', 'trace_id' in tags);
  console.log(delete metadata.trace_id, metadata.trace_id, JSON.stringify(metadata));
}
