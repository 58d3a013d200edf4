//! The one grammar of targets: `head`, `base`, `ab12`, `+2`, `label@head`, `a:b`.
