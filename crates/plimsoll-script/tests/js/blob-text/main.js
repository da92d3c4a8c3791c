// text() reads UTF-8; what is malformed becomes U+FFFD, and a mark at the beginning goes.
export const options = { iterations: 1 };

export default async function () {
  console.log(JSON.stringify(await new Blob([new Uint8Array([104, 255, 105])]).text()), JSON.stringify(await new Blob(['\ufeffx']).text()));
  console.log(JSON.stringify(await new Blob(['\ud800']).text()), await new Blob(['😀']).slice(0, 4).text());
}
