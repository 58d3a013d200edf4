//! Procedures.

use super::address::drop_by_address;
use super::{Asked, function, privilege};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "procedure",
    create: function::create,
    drop: drop_by_address,
    alter: function::alter,
    rename: Some(function::rename),
    steps_aside: |_| true,
    occupies: function::occupies,
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    function::routines(asked, "p.prokind = 'p'")
}
