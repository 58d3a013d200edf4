#![no_main]
//! `migrate::fuzzing::target` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::target(bytes) {
        panic!("{broken}");
    }
});
