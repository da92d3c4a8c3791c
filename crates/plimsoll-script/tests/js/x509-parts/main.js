// The shortcuts to one part of a certificate.
import { getAltNames, getIssuer, getSubject } from 'k6/crypto/x509';

const pem = open('rsa.pem');

export default function () {
  console.log(getAltNames(pem).join(' '));
  console.log(getIssuer(pem).commonName, getSubject(`text before it\n${pem}`).organizationalUnitName.join());
}
