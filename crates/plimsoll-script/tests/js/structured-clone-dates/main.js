// Dates, valid and not.
export const options = { iterations: 1 };

export default function () {
  const date = new Date(86400000);
  const copy = structuredClone(date);
  console.log(copy instanceof Date, copy.toISOString(), copy !== date, structuredClone(new Date(NaN)).getTime());
}
