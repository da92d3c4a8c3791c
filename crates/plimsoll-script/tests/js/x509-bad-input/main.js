// What is no certificate is refused.
import { parse, getAltNames, getIssuer, getSubject } from 'k6/crypto/x509';

const block = (label, text) => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;

export default function () {
  for (const attempt of [
    () => parse(),
    () => parse(7),
    () => parse(''),
    () => parse('no certificate'),
    () => parse(block('CERTIFICATE', 'AAAA')),
    () => parse(block('CERTIFICATE', '*')),
    () => parse(block('PRIVATE KEY', 'AAAA')),
    () => getAltNames('x'),
    () => getIssuer(new ArrayBuffer(0)),
    () => getSubject({}),
  ]) {
    try {
      console.log(attempt());
    } catch (error) {
      console.log(`${error}`);
    }
  }
}
