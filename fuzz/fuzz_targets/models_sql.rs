#![no_main]
//! `migrate::fuzzing::models_sql` with what the fuzzer makes up.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = migrate::fuzzing::models_sql(bytes) {
        panic!("{broken}");
    }
});
