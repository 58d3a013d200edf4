//! `#[test]` for `tests/harness.rs`: puts the function on its list, as the compiler's own puts it on that of libtest.

use proc_macro::{TokenStream, TokenTree};

#[proc_macro_attribute]
pub fn test(_: TokenStream, item: TokenStream) -> TokenStream {
    let is_fn = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn");
    let name = item.clone().into_iter().skip_while(|token| !is_fn(token)).nth(1);
    let entry = match name {
        Some(TokenTree::Ident(name)) => format!(
            "::inventory::submit! {{ crate::harness::Test {{ module: module_path!(), name: \"{name}\", run: {name} }} }}"
        ),
        _ => "compile_error! { \"#[test] stands before a function\" }".to_owned(),
    };
    let entry: TokenStream = entry.parse().expect("the text above is Rust");
    item.into_iter().chain(entry).collect()
}
