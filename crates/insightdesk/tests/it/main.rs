//! The desk from outside: real HTTP on a port of its own, and the real program.

mod support;

mod edges;
mod instrument;
mod knowledge_base;
mod malformed;
mod openapi;
mod process;
mod search;
mod session;
mod storage;
mod suite;
mod tickets;
