// In the init context fail() is an exception like any other.
import { fail } from 'k6';

try { fail('early'); } catch (error) { if (__VU === 0) console.log(error.message); }

export default function () {}
