//! Graphs and questions to them, as data.

use super::fault::GraphError;
use super::graph::Graph;
use super::route::Applied;
use super::target::{Spec, Target};
use super::{Revision, Section};

/// Makes a graph of words `id<parent,parent+dependency[label]~replaced,replaced`.
fn graph(text: &str) -> Graph {
    let list =
        |text: &str| -> Vec<String> { text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect() };
    let part = |word: &str, mark: char| -> String {
        let rest = word.split_once(mark).map_or("", |(_, rest)| rest);
        rest.split(['<', '+', '[', '~', ']']).next().unwrap_or("").to_owned()
    };
    let revision = |word: &str| {
        let id = word.split(['<', '+', '[', '~']).next().unwrap_or("").to_owned();
        Revision {
            path: format!("{id}.sql").into(),
            id,
            revises: list(&part(word, '<')),
            depends_on: list(&part(word, '+')),
            branch_labels: list(&part(word, '[')),
            replaces: list(&part(word, '~')),
            upgrade: vec![Section { dialect: None, transactional: true, text: String::new(), first_line: 1 }],
            ..Revision::default()
        }
    };
    Graph::new(text.split_whitespace().map(revision).collect(), Vec::new())
}

fn targets(text: &str) -> Vec<Target> {
    text.split_whitespace().map(|text| Target::parse(text).unwrap()).collect()
}

/// What is applied on a database at these revisions; `=a,b` are rows as they are.
fn at(graph: &Graph, rows: &str) -> Applied {
    match rows.strip_prefix('=') {
        Some(rows) => rows.split(',').map(str::to_owned).collect(),
        None => graph.applied_at(&targets(rows)).unwrap(),
    }
}

fn ids<'a>(revisions: impl IntoIterator<Item = &'a Revision>) -> String {
    revisions.into_iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(" ")
}

fn said(error: &GraphError) -> String {
    let candidates: Vec<&str> = error.candidates().iter().map(|candidate| candidate.id.as_str()).collect();
    format!("! {error} {candidates:?}").replace(" []", "")
}

/// What `command` says on a database at `rows`: the ids of a route, the rows that a stamp leaves, or the error.
fn ask(graph: &Graph, rows: &str, command: &str) -> String {
    let (verb, text) = command.split_once(' ').unwrap();
    let applied = at(graph, rows);
    let answer = match verb {
        "up" => Target::parse(text).and_then(|target| Ok(ids(graph.upgrade_route(&applied, &target)?))),
        "down" => Target::parse(text).and_then(|target| Ok(ids(graph.downgrade_route(&applied, &target)?))),
        "show" => Target::parse(text).and_then(|target| Ok(ids(graph.resolve(Some(&applied), &target)?))),
        "range" => Spec::parse(text).and_then(|spec| match spec {
            Spec::Range(range) => Ok(ids(graph.range(Some(&applied), &range)?)),
            Spec::One(_) => Ok("no range".to_owned()),
        }),
        _ => graph.stamp(&applied, &targets(text)).map(|stamp| {
            let mut after = applied.clone();
            stamp.remove.iter().for_each(|id| assert!(after.remove(id), "{id} has no row"));
            stamp.add.iter().for_each(|revision| assert!(after.insert(revision.id.clone()), "{}", revision.id));
            ids(graph.heads_of(&after))
        }),
    };
    answer.unwrap_or_else(|error| said(&error))
}

#[track_caller]
fn check(graph_text: &str, cases: &[(&str, &str, &str)]) {
    let graph = graph(graph_text);
    for (rows, command, answer) in cases {
        assert_eq!(ask(&graph, rows, command), *answer, "at `{rows}`: {command}");
    }
}

const LINE: &str = "a001 a002<a001 a003<a002 a004<a003";
const FORK: &str = "a b<a c1<b[one] d1<c1 c2<b[two] d2<c2";
const MERGED: &str = "a b<a c1<b[one] d1<c1 c2<b[two] d2<c2 e<d1,d2 f<e";
const ROOTS: &str = "a1[aa] a2<a1 a3<a2 b1[bb] b2<b1+a2 b3<b2";

#[test]
fn a_line_of_revisions() {
    check(
        LINE,
        &[
            ("base", "up head", "a001 a002 a003 a004"),
            ("base", "up heads", "a001 a002 a003 a004"),
            ("a002", "up head", "a003 a004"),
            ("a002", "up a003", "a003"),
            ("a004", "up head", ""),
            ("a004", "up a002", ""),
            ("a002", "up base", ""),
            ("a002", "up current", ""),
            ("base", "up +1", "a001"),
            ("a001", "up +2", "a002 a003"),
            ("a001", "up a002+1", "a002 a003"),
            ("base", "up base+2", "a001 a002"),
            ("a001", "up head-1", "a002 a003"),
            ("a001", "up current+1", "a002"),
            ("a003", "up +2", "! `+2` goes too far: there is only 1 revision that way"),
            ("a003", "up -1", "! `-1` goes the other way"),
            (
                "a003",
                "up +1junk",
                "! `+1junk` is not a valid target: after + or -, write a number of revisions and nothing else",
            ),
            (
                "a003",
                "up a002+1x",
                "! `a002+1x` is not a valid target: after + or -, write a number of revisions and nothing else",
            ),
            ("a003", "up +0", "! `+0` is not a valid target: 0 steps is not a target"),
            ("a003", "up a:b", "! `a:b` is not a valid target: a range is not possible here"),
            ("a003", "up a00", "! no revision or branch label matches `a00`"),
            ("a003", "up zzzz", "! no revision or branch label matches `zzzz`"),
            ("a004", "down base", "a004 a003 a002 a001"),
            ("a004", "down a002", "a004 a003"),
            ("a004", "down -1", "a004"),
            ("a004", "down -4", "a004 a003 a002 a001"),
            ("a004", "down -5", "! `-5` goes too far: there are only 4 revisions that way"),
            (
                "a004",
                "down -99999999999999999999",
                "! `-99999999999999999999` goes too far: there are only 4 revisions that way",
            ),
            ("a004", "down +1", "! `+1` goes the other way"),
            ("a004", "down base+1", "a004 a003 a002"),
            ("a004", "down a003-1", "a004 a003"),
            ("a004", "down head-2", "a004 a003"),
            ("a004", "down head", ""),
            ("a002", "down a002", ""),
            ("a002", "down current", ""),
            ("a002", "down a003", "! revision a003 is not applied, so no downgrade goes there [\"a002\"]"),
            ("base", "down -1", "! `-1` goes too far: there are only 0 revisions that way"),
            ("base", "down base", ""),
            // A revision that was put between applied ones runs if it is missing.
            ("=a001,a003", "up head", "a002 a004"),
            ("=a001,a003,x1,x2", "up head", "! the database has 2 revisions without a file here: x1, x2"),
        ],
    );
}

#[test]
fn prefixes_have_four_characters_and_one_meaning() {
    check(
        "abcd12 abce34<abcd12 abcdef<abce34",
        &[
            ("base", "up abcd1", "abcd12"),
            ("base", "up abce", "abcd12 abce34"),
            ("base", "up abcd", "! `abcd` matches 2 revisions [\"abcd12\", \"abcdef\"]"),
            ("base", "up abc", "! no revision or branch label matches `abc`"),
            ("base", "show abcde", "abcdef"),
        ],
    );
}

#[test]
fn branches_of_one_root() {
    check(
        FORK,
        &[
            ("base", "up head", "! `head` is ambiguous: there are 2 heads [\"d1\", \"d2\"]"),
            ("base", "up heads", "a b c1 d1 c2 d2"),
            ("base", "up one@head", "a b c1 d1"),
            ("d1", "up two@head", "c2 d2"),
            ("d1", "up two@heads", "c2 d2"),
            ("b", "up one", "c1"),
            ("b", "up one@+1", "c1"),
            ("b", "up +1", "! `+1` is ambiguous: 2 revisions follow b [\"c1\", \"c2\"]"),
            ("d1", "up two@+1", "c2"),
            ("c1 c2", "up one@+1", "d1"),
            ("c1 c2", "up +1", "! `+1` is ambiguous: there are 2 revisions to count from [\"c1\", \"c2\"]"),
            ("base", "up one@c2", "! revision c2 is not on branch one"),
            ("base", "up c1@head", "a b c1 d1"),
            ("base", "up one@b+1", "a b c1"),
            ("base", "up b+1", "! `b+1` is ambiguous: 2 revisions follow b [\"c1\", \"c2\"]"),
            ("base", "up d1-1", "a b c1"),
            ("d1 d2", "down b", "d2 c2 d1 c1"),
            ("d1 d2", "down one@b", "d1 c1"),
            ("d1 d2", "down one@base", "d2 c2 d1 c1 b a"),
            ("d1 d2", "down one@-1", "d1"),
            ("d1 d2", "down one@-2", "d1 c1"),
            ("d1 d2", "down one@-3", "! `one@-3` would also undo other branches that follow b [\"c2\"]"),
            ("d1", "down one@-3", "d1 c1 b"),
            ("d1 d2", "down one@a", "! `one@a` would also undo other branches that follow b [\"c2\"]"),
            ("d1 d2", "down one@c1", "d1"),
            ("d1 d2", "down one@c2", "! revision c2 is not on branch one"),
            ("d1 d2", "down d1-2", "d1 c1"),
            ("d1 d2", "down d1-1", "d1"),
            ("d1 d2", "down d1-3", "! `d1-3` would also undo other branches that follow b [\"c2\"]"),
            ("d2", "down c1-1", "d2 c2"),
            ("d1 d2", "down base+1", "d2 c2 d1 c1 b"),
            ("d1 d2", "down -1", "! `-1` is ambiguous: there are 2 revisions to count from [\"d1\", \"d2\"]"),
            ("d1 d2", "down heads", "! `heads` matches 2 revisions, but a downgrade goes to one [\"d1\", \"d2\"]"),
            ("d1 d2", "down c2", "d2"),
            ("d1 c2", "down c2", ""),
            ("d1", "down c2", "! revision c2 is not applied, so no downgrade goes there [\"d1\"]"),
            ("d2", "down one@-1", "! `one@-1` would also undo other branches that follow b [\"c2\"]"),
            ("d1 d2", "show current", "d1 d2"),
            ("d1 d2", "show two@current", "d2"),
            ("base", "show base", ""),
        ],
    );
}

#[test]
fn merges() {
    check(
        MERGED,
        &[
            ("base", "up head", "a b c1 d1 c2 d2 e f"),
            ("d1", "up +1", "c2 d2 e"),
            ("f", "down e", "f"),
            ("e", "down -1", "! `-1` is ambiguous: e merges 2 revisions [\"d1\", \"d2\"]"),
            ("f", "down -2", "! `-2` is ambiguous: e merges 2 revisions [\"d1\", \"d2\"]"),
            ("e", "down d1", "e"),
            ("e", "down one@-1", "e"),
            ("e", "down b", "e d2 c2 d1 c1"),
            ("f", "down d2", "f e"),
            ("f", "stamp c1", "c1 d2"),
            ("d1 d2", "stamp e", "e"),
            ("e", "stamp c1 d2", "c1 d2"),
        ],
    );
}

#[test]
fn dependencies_are_applied_first_and_undone_after() {
    check(
        ROOTS,
        &[
            ("base", "up bb@head", "a1 a2 b1 b2 b3"),
            ("base", "up head", "! `head` is ambiguous: there are 2 heads [\"a3\", \"b3\"]"),
            ("base", "up heads", "a1 a2 a3 b1 b2 b3"),
            ("base", "up +1", "! `+1` is ambiguous: 2 revisions follow base [\"a1\", \"b1\"]"),
            ("base", "up bb@+2", "a1 a2 b1 b2"),
            ("b3", "up aa@+1", "a3"),
            ("b3", "down bb@base", "b3 b2 b1"),
            ("a3 b3", "down aa@base", "b3 b2 a3 a2 a1"),
            ("b3", "down aa@-1", "b3 b2 a2"),
            ("a3 b3", "down a1", "b3 b2 a3 a2"),
            ("a3 b3", "down base", "b3 b2 b1 a3 a2 a1"),
            ("b3", "down -1", "b3"),
            ("b3", "down -3", "b3 b2 b1"),
            ("b3", "show current", "b3"),
            ("base", "stamp bb@head", "b3"),
            ("b3", "stamp a1", "a1 b1"),
        ],
    );
    let graph = graph(ROOTS);
    assert_eq!(ids(graph.heads()), "a3 b3");
    assert_eq!(ids(graph.real_heads()), "a3 b3");
    assert_eq!(ids(graph.bases()), "a1 b1");
    assert_eq!(ids(graph.dependents("a2")), "b2");
}

#[test]
fn stamps() {
    check(
        FORK,
        &[
            ("base", "stamp d1", "d1"),
            ("base", "stamp heads", "d1 d2"),
            ("d1 d2", "stamp base", ""),
            ("d1 d2", "stamp one@base", "d2"),
            ("d1 d2", "stamp b", "b"),
            ("d1 d2", "stamp c1", "c1 d2"),
            ("d1", "stamp c2", "d1 c2"),
            ("d1", "stamp d1", "d1"),
            ("c1", "stamp +1", "d1"),
            ("d1", "stamp -1", "c1"),
            // A revision together with one that comes before it is that revision.
            ("base", "stamp b d1", "d1"),
            ("base", "stamp d1 b", "d1"),
            ("d1 d2", "stamp c1 c2", "c1 c2"),
            ("base", "stamp head", "! `head` is ambiguous: there are 2 heads [\"d1\", \"d2\"]"),
            ("base", "stamp d1 nope", "! no revision or branch label matches `nope`"),
        ],
    );
}

#[test]
fn ranges_have_both_their_ends() {
    check(
        LINE,
        &[
            ("base", "range a002:a003", "a002 a003"),
            ("base", "range :a002", "a001 a002"),
            ("base", "range a003:", "a003 a004"),
            ("base", "range base:head", "a001 a002 a003 a004"),
            ("a003", "range -1:current", "a002 a003"),
            ("a001", "range -1:", "a003 a004"),
            ("a001", "range current:", "a001 a002 a003 a004"),
            ("a001", "range a002:+1", "a002 a003"),
            ("a001", "range :+2", "a001 a002"),
            ("base", "range a003:a002", "! a003 does not come before a002"),
            ("base", "range a:b:c", "! `a:b:c` is not a valid target: a range has one colon: FROM:TO"),
        ],
    );
    check(
        MERGED,
        &[("base", "range c1:f", "c1 d1 c2 d2 e f"), ("base", "range c1:d2", "! c1 does not come before d2")],
    );
}

#[test]
fn a_label_that_looks_like_steps_is_a_label() {
    check(
        "a b<a[rel-2] c<b",
        &[
            ("base", "up rel-2@head", "a b c"),
            ("base", "up rel-2", "a b"),
            ("base", "up rel-2-1", "a"),
            ("base", "up c-2", "a"),
        ],
    );
}

#[test]
fn labels_spread_along_their_branch() {
    let graph = graph("a b<a c1<b d1<c1[one] e1<d1 c2<b[two]");
    let labels = graph.labels();
    assert_eq!(labels.get("c1").map(Vec::as_slice), Some(&["one"][..]));
    assert_eq!(labels.get("e1").map(Vec::as_slice), Some(&["one"][..]));
    assert_eq!(labels.get("b"), None);
    assert_eq!(labels.get("c2").map(Vec::as_slice), Some(&["two"][..]));
}

#[test]
fn a_squash_stands_for_what_it_replaces() {
    // The files of b and c are gone; d still names its old parent.
    let gone = "a s<a~b,c d<c";
    check(
        gone,
        &[
            ("base", "up head", "a s d"),
            ("=a,b,c", "up head", "d"),
            ("=a,s", "up head", "d"),
            ("=a,b", "up head", "! revision s replaces b, c, but the database has only some of them"),
            ("=a,b,c,d", "down a", "d s"),
            ("=a,b,c", "show current", "s"),
            ("base", "up c", "! revision c was replaced by s"),
            ("=a,b,c,d", "stamp a", "a"),
        ],
    );
    assert_eq!(graph(gone).rows_of(&["a", "b", "c"].map(str::to_owned).into(), "s"), ["b", "c"]);
    // Both are there, while old databases are still on the way.
    check(
        "a b<a c<b s<a~b,c d<s",
        &[
            ("base", "up head", "a s d"),
            ("=a,b", "up head", "c d"),
            ("=a,b,c", "up head", "d"),
            ("base", "up b", "! revision b was replaced by s"),
        ],
    );
    check("s1~a,b t~s1,c", &[("=a,b,c", "up head", ""), ("base", "up head", "t")]);
}

/// The faults of a graph, in words.
fn faults(text: &str) -> Vec<String> {
    graph(text).faults().iter().map(ToString::to_string).collect()
}

#[test]
fn faults_name_what_is_involved() {
    for (text, says) in [
        ("a b<x", "revision b revises x, which has no file"),
        ("a b<a+x", "revision b depends on x, which matches no revision or branch label"),
        ("a<a", "revision a is its own ancestor"),
        ("a+a", "revision a is its own ancestor"),
        ("a<c b<a c<b", "the revisions a, c, b form a cycle: each follows the next"),
        ("a b<a+c c<b", "the revisions b, c form a cycle: each follows the next"),
        ("a a<b b", "2 files have the id a"),
        ("a[x] b<a[x]", "the branch label x is on several revisions: a and b"),
        ("a[b] b<a", "the branch label b is also the id of a revision"),
        ("a s~a t~a", "the revisions s and t both replace a"),
    ] {
        assert_eq!(faults(text), [says], "{text}");
    }
}

#[test]
fn a_fault_stops_only_those_who_need_that_part() {
    check(
        "a b<a c<b x<gone y<x",
        &[
            ("base", "up c", "a b c"),
            ("c", "down a", "c b"),
            ("base", "up y", "! revision x revises gone, which has no file"),
            ("base", "up heads", "! revision x revises gone, which has no file"),
            ("base", "range :c", "a b c"),
        ],
    );
    check(
        "a b<a x<y y<x",
        &[
            ("base", "up b", "a b"),
            ("base", "up head", "! the revisions x, y form a cycle: each follows the next"),
            ("base", "up y", "! the revisions x, y form a cycle: each follows the next"),
        ],
    );
    check(
        "a b<a[l] c<b[l]",
        &[("base", "up c", "a b c"), ("base", "up l@head", "! the branch label l is on several revisions: b and c")],
    );
    check("", &[("base", "up head", ""), ("base", "down base", "")]);
}

#[test]
fn ten_thousand_revisions_take_no_time() {
    let mut text = String::from("r0");
    for number in 1..10_000 {
        text.push_str(&match number % 10 {
            5 => format!(" r{number}<r{}+r{}", number - 1, number / 2),
            9 => format!(" r{number}<r{},r{}", number - 1, number - 2),
            _ => format!(" r{number}<r{}", number - 1),
        });
    }
    let started = std::time::Instant::now();
    let graph = graph(&text);
    let built = started.elapsed();
    let started = std::time::Instant::now();
    let route = graph.upgrade_route(&Applied::new(), &Target::parse("head").unwrap()).unwrap();
    assert_eq!(route.len(), 10_000);
    let applied: Applied = route.iter().map(|revision| revision.id.clone()).collect();
    assert_eq!(graph.downgrade_route(&applied, &Target::parse("base").unwrap()).unwrap().len(), 10_000);
    assert_eq!(graph.heads_of(&applied).len(), 1);
    // An unoptimised build on a busy machine; a quadratic step would take minutes.
    assert!(built.as_millis() + started.elapsed().as_millis() < 2_000, "{built:?} {:?}", started.elapsed());
}
