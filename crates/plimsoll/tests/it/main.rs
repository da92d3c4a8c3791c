//! The real program from outside: exit code, stdout, stderr, signals and files, with load on the loopback
//! only.

mod support;

mod control;
mod ending;
mod guide;
mod kills;
mod layers;
mod options;
mod scripts;
mod segments;
mod servers;
mod signals;
mod specification;
mod streams;
mod terminal;
mod vus;
mod warm_up;
