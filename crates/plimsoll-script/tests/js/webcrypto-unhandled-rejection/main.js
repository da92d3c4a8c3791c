// A rejection that nobody handles is an exception of the iteration.
export default function () {
  crypto.subtle.digest('SHA-0', new Uint8Array(1));
}
