// A certificate with an elliptic key; fields that it lacks are empty.
import x509 from 'k6/crypto/x509';

const pem = open('ec.pem', 'b');

export default function () {
  const certificate = x509.parse(pem);
  console.log(JSON.stringify(certificate.subject));
  console.log(certificate.signatureAlgorithm, JSON.stringify(certificate.publicKey), certificate.altNames.length);
}
