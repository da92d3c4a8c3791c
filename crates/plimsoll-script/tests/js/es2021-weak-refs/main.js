// WeakRef and FinalizationRegistry.
export const options = { iterations: 1 };

export default function () {
  const o = { v: 1 };
  console.log(new WeakRef(o).deref().v, typeof new FinalizationRegistry(() => {}).register);
}
