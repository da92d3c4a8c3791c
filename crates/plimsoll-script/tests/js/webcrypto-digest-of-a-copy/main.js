// The data are those at the time of the call.
export default async function () {
  const data = new Uint8Array([1, 2, 3]);
  const promise = crypto.subtle.digest('SHA-256', data);
  data.fill(0);
  const before = await promise;
  const after = await crypto.subtle.digest('SHA-256', data);
  console.log(new Uint8Array(before)[0], new Uint8Array(after)[0], before instanceof ArrayBuffer);
}
