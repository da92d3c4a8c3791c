// What crypto and subtle have.
export default function () {
  console.log(Object.keys(crypto).join());
  console.log(Object.keys(crypto.subtle).join());
  console.log(crypto.subtle === crypto.subtle, typeof CryptoKey, crypto.CryptoKey.name);
}
