enum Kind { A = 'typed' }
export const kind: Kind = Kind.A;
