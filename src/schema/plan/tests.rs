//! Plans between made-up catalogs.

use super::*;
use crate::schema::change::{Impact, Recreation};
use crate::schema::explain;
use crate::schema::kind::Recreate;

/// A made-up dialect: boxes hold things, lids are written inside their box, ropes need whatever they name.
static KINDS: &[&Kind] = &[
    &Kind {
        name: "box",
        create: |creation| {
            let inside: Vec<&str> = creation.inline.iter().map(|object| object.id.name()).collect();
            vec![Statement::new(format!("make {}({})", creation.object.id.name(), inside.join(" ")), "")]
        },
        drop: |object, _| vec![Statement::new(format!("drop {}", object.id.name()), "")],
        alter: |change| {
            if change.claim("size") {
                change.push_statement(format!("resize {}", change.after.id.name()));
                change.affects(Impact::Rewritten);
            }
            if change.differs("shape") {
                change.recreate();
            }
            if change.claim("wood") {
                change.push_statement(format!("rebuild {}", change.after.id.name()));
                change.affects(Impact::ChildrenLost);
            }
        },
        holds_data: |_, _| true,
        recreate: Some(Recreate {
            rename_old: |succession| succession.push_statement(said_of("put away", succession)),
            copy_data: |succession| succession.push_statement(said_of("fill", succession)),
            drop_old: |succession| succession.push_statement(said_of("burn", succession)),
        }),
        claimed_names: |object| vec![object.id.name().to_owned()],
        ..Kind::REPLACED
    },
    &Kind {
        name: "shelf",
        create: |creation| vec![Statement::new(format!("put {} in", creation.object.id.name()), "")],
        drop: |object, _| vec![Statement::new(format!("take {} out", object.id.name()), "")],
        inline: |_, _, _| true,
        must_be_inline: true,
        part_of: Some(|object| object.depends_on.first().cloned().unwrap()),
        ..Kind::REPLACED
    },
    &Kind {
        name: "lid",
        create: |creation| vec![Statement::new(format!("add {}", creation.object.id.name()), "")],
        drop: |object, _| vec![Statement::new(format!("remove {}", object.id.name()), "")],
        inline: |_, _, _| true,
        ..Kind::REPLACED
    },
    &Kind {
        name: "rope",
        create: |creation| vec![Statement::new(format!("tie {}", creation.object.id.name()), "")],
        drop: |object, _| vec![Statement::new(format!("untie {}", object.id.name()), "")],
        drop_during_rewrite: |_| true,
        claimed_names: |object| vec![object.id.name().to_owned()],
        ..Kind::REPLACED
    },
    &Kind {
        name: "knot",
        create: |creation| vec![Statement::new(format!("knot {}", creation.object.id.name()), "")],
        drop: |object, _| vec![Statement::new(format!("undo {}", object.id.name()), "")],
        alter: |change| {
            if change.claim("tight") {
                change.push_statement(format!("pull {}", change.after.id.name()));
            }
        },
        ..Kind::REPLACED
    },
];

fn said_of(verb: &str, succession: &Recreation) -> String {
    let name = |object: &Object| object.id.name().to_owned();
    format!("{verb} {}", succession.after.or(succession.before).map(name).unwrap_or_default())
}

/// Reads lines of `kind name property=value in:parent needs:other`, where parent and other are `kind.name`.
fn catalog(lines: &[&str]) -> Catalog {
    let id = |kind: &str, name: &str| Id::new(KINDS.iter().find(|row| row.name == kind).unwrap().name, [name]);
    let object = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut object = Object::new(id(words[0], words[1]));
        for word in &words[2..] {
            let (mark, rest) = word.split_once([':', '=']).unwrap();
            match (mark, rest.split_once('.')) {
                ("in", Some((kind, name))) => object.parent = Some(id(kind, name)),
                ("needs", Some((kind, name))) => drop(object.depends_on.insert(id(kind, name))),
                _ => object.set(mark, Value::Text(rest.to_owned())),
            }
        }
        object
    };
    lines.iter().map(object).collect()
}

fn said(from: &[&str], to: &[&str]) -> Vec<String> {
    let plan = plan(&catalog(from), &catalog(to), KINDS);
    assert_eq!(plan.refused, [], "refused");
    plan.statements().into_iter().map(|statement| statement.text).collect()
}

#[test]
fn what_is_needed_comes_first_and_goes_last() {
    let both = ["box a", "rope r needs:box.a", "rope q needs:rope.r"];
    assert_eq!(said(&[], &both), ["make a()", "tie r", "tie q"]);
    assert_eq!(said(&both, &[]), ["untie q", "untie r", "drop a"]);
}

#[test]
fn children_are_written_inside_unless_that_makes_a_circle() {
    assert_eq!(said(&[], &["box a", "lid l in:box.a"]), ["make a(l)"]);
    let circle = ["box a", "box b", "lid l in:box.a needs:box.b", "lid m in:box.b needs:box.a"];
    assert_eq!(said(&[], &circle), ["make a()", "make b(m)", "add l"]);
    assert_eq!(said(&circle, &[]), ["remove l", "drop b", "drop a"]);
}

#[test]
fn a_rewrite_makes_dependents_step_aside_and_return() {
    let ropes = ["rope r needs:box.a", "rope q needs:rope.r"];
    let statements = said(&[&["box a size=1"][..], &ropes].concat(), &[&["box a size=2"][..], &ropes].concat());
    assert_eq!(statements, ["untie q", "untie r", "resize a", "tie r", "tie q"]);
}

#[test]
fn a_rebuild_brings_its_children_back_without_dropping_them() {
    let from = ["box a wood=oak", "rope r in:box.a"];
    assert_eq!(said(&from, &["box a wood=ash", "rope r in:box.a"]), ["rebuild a", "tie r"]);
}

#[test]
fn a_recreated_object_is_filled_before_its_attachments_come_back() {
    let with = |shape: &str| {
        let a = format!("box a shape={shape}");
        said(
            &["box a shape=round", "lid l in:box.a", "rope r needs:box.a"],
            &[&a, "lid l in:box.a", "rope r needs:box.a"],
        )
    };
    assert_eq!(with("flat"), ["untie r", "put away a", "make a(l)", "fill a", "burn a", "tie r"]);
}

#[test]
fn parts_go_and_come_with_the_whole_and_hold_what_it_holds() {
    let parts = ["box b", "shelf b in:box.b needs:box.a", "box c", "shelf c in:box.c needs:box.a"];
    let from = [&["box a shape=round"][..], &parts].concat();
    let to = [&["box a shape=flat"][..], &parts[..2], &["rope r in:box.b"]].concat();
    let plan = plan(&catalog(&from), &catalog(&to), KINDS);
    let statements: Vec<String> = plan.statements().into_iter().map(|statement| statement.text).collect();
    assert_eq!(statements, ["put away a", "make a()", "put away b", "make b(b)", "fill a", "burn a", "tie r"]);
    assert_eq!(plan.risks().collect::<Vec<_>>(), [] as [&Risk; 0]);
}

#[test]
fn a_difference_that_nobody_claims_is_refused_where_data_would_go() {
    let plan = plan(&catalog(&["box a colour=red"]), &catalog(&["box a colour=blue"]), KINDS);
    assert_eq!(plan.refused[0].reason, "its colour can't be changed in place, and replacing it would lose its data");
    assert_eq!(explain::line(&plan.differences[0]), "alter box a: colour red → blue");
}

#[test]
fn what_can_be_changed_in_no_order_is_replaced() {
    let from = ["box a", "knot k tight=no needs:box.a"];
    let to = ["rope a", "knot k tight=yes needs:rope.a"];
    assert_eq!(said(&from, &to), ["undo k", "drop a", "tie a", "knot k"]);
}

#[test]
fn a_drop_that_something_left_alone_needs_is_refused() {
    let plan = plan(&catalog(&["box a", "rope r needs:box.a"]), &catalog(&["rope r needs:box.a"]), KINDS);
    assert_eq!(plan.refused[0].reason, "it would be dropped, and rope r needs it");
}

#[test]
fn actions_on_one_object_are_joined() {
    let action = |action: &str| Statement::action("ALTER TABLE t", action, "");
    let step = |statements| Step { action: Action::Alter, id: Id::new("box", ["t"]), statements, risks: Vec::new() };
    let plan = Plan { steps: vec![step(vec![action("A"), action("B")]), step(vec![action("C")])], ..Plan::default() };
    assert_eq!(plan.statements()[0].text, "ALTER TABLE t\n    A,\n    B,\n    C");
    assert_eq!(plan.statements().len(), 1);
}
