#![no_main]
//! `migrate::fuzzing::models_toml` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::models_toml(bytes) {
        panic!("{broken}");
    }
});
