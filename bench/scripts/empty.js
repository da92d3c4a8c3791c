// Iterations that do nothing: what is left is the price of an iteration.
export default function () {}
