// Blobs count towards the memory of the VU.
export const options = { iterations: 1, vuMemoryLimit: '16MB' };

export default function () {
  let blob = new Blob(['x'.repeat(1 << 20)]);
  try { for (;;) blob = new Blob([blob, blob]); } catch (e) { console.log(e.name, e.message, blob.size <= 16 << 20); }
}
