// performance.now in milliseconds since the runtime began, and timeOrigin since 1970.
export const options = { iterations: 1 };

export default function () {
  const { timeOrigin } = performance;
  console.log(timeOrigin > 1.6e12, typeof performance.now(), Math.abs(Date.now() - timeOrigin - performance.now()) < 60000);
}
