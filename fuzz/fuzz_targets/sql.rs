#![no_main]
//! `migrate::fuzzing::sql` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::sql(bytes) {
        panic!("{broken}");
    }
});
