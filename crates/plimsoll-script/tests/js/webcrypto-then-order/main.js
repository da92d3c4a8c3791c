// A short operation is settled at once; what waits for it still runs after the code that called it.
export default function () {
  crypto.subtle.digest('SHA-1', new Uint8Array(1)).then(() => console.log('then'));
  console.log('after the call');
}
