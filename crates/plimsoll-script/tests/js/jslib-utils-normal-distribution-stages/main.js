import { normalDistributionStages } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  console.log(JSON.stringify(normalDistributionStages(10, 60)));
  console.log(JSON.stringify(normalDistributionStages(100, 1, 3)));
}
