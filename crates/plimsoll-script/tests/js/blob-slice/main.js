// Slices: negative places count from the end, nothing lies outside.
export const options = { iterations: 1 };

export default async function () {
  const blob = new Blob(['0123456789'], { type: 'a/b' });
  for (const range of [[], [2], [2, 5], [-3], [-3, -1], [0, -2], [5, 2], [20], [-20, 3], [1.9, 3.9], ['2', '4'], [NaN, 2], [undefined, 3], [3, undefined], [0, Infinity]]) {
    const part = blob.slice(...range);
    console.log(JSON.stringify(range), part.size, JSON.stringify(await part.text()));
  }
  console.log(await blob.slice(2, 8).slice(1, 3).text(), blob.slice(0, 1, 'C/D').type, JSON.stringify(blob.slice(0, 1).type));
}
