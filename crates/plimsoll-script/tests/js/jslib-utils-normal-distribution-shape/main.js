import { normalDistributionStages } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  for (const [vus, seconds, count] of [[50, 90, 7], [3, 10, 20], [1, 1, 1], [1000, 3600, 100]]) {
    const stages = normalDistributionStages(vus, seconds, count);
    const milliseconds = stages.reduce((sum, stage) => sum + Number.parseInt(stage.duration), 0);
    const highest = Math.max(...stages.map((stage) => stage.target));
    console.log(stages.length, milliseconds, highest, stages[stages.length - 1].target);
  }
}
