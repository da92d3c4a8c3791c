// Everything that a certificate with an RSA key says.
import { parse } from 'k6/crypto/x509';

const pem = open('rsa.pem');

export default function () {
  const certificate = parse(pem);
  console.log(JSON.stringify(certificate.subject, null, 1));
  console.log(JSON.stringify(certificate.issuer) === JSON.stringify(certificate.subject));
  console.log(certificate.notBefore, certificate.notAfter, certificate.signatureAlgorithm);
  console.log(certificate.altNames.join());
  console.log(certificate.fingerPrint.map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
  console.log(certificate.publicKey.algorithm, certificate.publicKey.key.e, certificate.publicKey.key.n);
}
