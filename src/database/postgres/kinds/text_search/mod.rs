//! Text search: parsers, templates, dictionaries, configurations.

pub mod text_search_configuration;
pub mod text_search_dictionary;
pub mod text_search_parser;
pub mod text_search_template;
