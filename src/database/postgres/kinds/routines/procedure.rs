//! Procedures.

use crate::database::postgres::kinds::address::drop_by_address;
use crate::database::postgres::kinds::{QueryContext, function, privilege};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "procedure",
    create: function::create,
    drop: drop_by_address,
    alter: function::alter,
    rename: Some(function::rename),
    drop_during_rewrite: |_| true,
    claimed_names: function::claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    function::routines(asked, "p.prokind = 'p'")
}
