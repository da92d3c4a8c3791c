// What open() has read is sent from where it is; what the script has changed is sent as it is.
import http from 'k6/http';

const bytes = open('data.bin', 'b');
const upload = `${__ENV.SERVER}/upload`;

export default function () {
  const sum = (view) => view.reduce((sum, byte) => ((sum << 1) | (sum >>> 31)) ^ byte, 0) >>> 0;
  const check = (body, view) => {
    const expected = `${view.length} bytes, sum ${sum(view).toString(16).padStart(8, '0')}`;
    console.log(http.post(upload, body).body === expected, view.length);
  };
  const whole = new Uint8Array(bytes);
  console.log(http.post(upload, bytes).body);
  check(bytes, whole);
  check(whole.subarray(5, 100005), whole.subarray(5, 100005));
  check(whole.subarray(5, 15), whole.subarray(5, 15));
  whole[70000] ^= 255;
  check(bytes, whole);
  check(whole.subarray(0, 65536), whole.subarray(0, 65536));
  const form = http.post(upload, { file: http.file(bytes, 'data.bin') });
  console.log(parseInt(form.body) - bytes.byteLength);
}
