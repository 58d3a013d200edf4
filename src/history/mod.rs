//! Other tools' histories, for `import`: one file per tool.
