// The type is lower case, and plain ASCII or nothing.
export const options = { iterations: 1 };

export default function () {
  for (const type of ['Text/HTML', 'text/plain;charset=UTF-8', 'ü', 'a\n', '', undefined, null]) {
    console.log(JSON.stringify(new Blob([], { type }).type));
  }
  console.log(JSON.stringify(new Blob([]).type), JSON.stringify(new Blob([], null).type), JSON.stringify(new Blob(['x'], { type: 'a/b' }).slice().type));
}
