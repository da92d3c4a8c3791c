// Exceptions of getters come through.
export const options = { iterations: 1 };

export default function () {
  try { structuredClone({ get x() { throw new RangeError('mine'); } }); } catch (e) { console.log(e.name, e.message); }
}
