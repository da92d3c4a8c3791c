// The format "s" gives a string; everything else gives an ArrayBuffer.
import { b64decode } from 'k6/encoding';

export default function () {
  console.log(b64decode('aMOpbGxvIPCfmqI=', 'std', 's'));
  console.log(b64decode('Zm9v', 'std', 'b') instanceof ArrayBuffer, b64decode('Zm9v').byteLength);
  console.log(b64decode('Zm9v\nYmFy\r\n', 'std', 's'), b64decode('', 'std', 's') === '');
  console.log(b64decode('/w==', 'std', 's') === '\ufffd');
}
