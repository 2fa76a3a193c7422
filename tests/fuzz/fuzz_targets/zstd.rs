//! Bodies packed with zstd.
#![no_main]

mod unpacking;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    unpacking::check("zstd", data, |plain| {
        zstd::encode_all(plain, 1).expect("memory takes it")
    });
});
