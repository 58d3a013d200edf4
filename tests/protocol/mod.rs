//! The protocol of docs/protocol.md as state models, explored by machine: two runs, with crashes, lost answers and a lost
//! lock at any point, in every order.

mod journal;
mod routes;
