#![no_main]
//! `migrate::fuzzing::env` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::env(bytes) {
        panic!("{broken}");
    }
});
