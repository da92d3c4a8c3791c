export const options = { vus: 2, iterations: 4 };

// Each VU writes into its own buffer; what lies in memory once is not touched by that.
const large = new Uint8Array(open('./large.bin', 'b'));
const small = new Uint8Array(open('./small.bin', 'b'));
const whole = open('./large.bin', 'b');

export default function () {
  if (__ITER === 0) {
    if (large[0] !== 97 || small[0] !== 97) throw new Error('somebody else has written');
    large[0] = __VU;
    small[0] = __VU;
    large.subarray(70000).reverse();
    new DataView(large.buffer).setUint8(65536, 200 + __VU);
  }
  if (large[0] !== __VU || small[0] !== __VU || large[65536] !== 200 + __VU) throw new Error('the write is lost');
  if (new Uint8Array(whole)[0] !== 97 || whole.byteLength !== large.length) throw new Error('another buffer has changed');
}
