#![no_main]
//! `migrate::fuzzing::url` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::url(bytes) {
        panic!("{broken}");
    }
});
