//! The real program from outside: exit code, stdout, stderr, signals and files, with load on the loopback
//! only.

mod support;

mod archives;
mod check;
mod commands;
mod config;
mod control;
mod ending;
mod exports;
mod goals;
mod guide;
mod help;
mod inspect;
mod kills;
mod layers;
mod logs;
mod network;
mod options;
mod redis;
mod remote;
mod scripts;
mod secrets;
mod segments;
mod servers;
mod signals;
mod sockets;
mod sources;
mod specification;
mod streams;
mod suite;
mod terminal;
mod tls;
mod vus;
mod warm_up;
mod workflows;
