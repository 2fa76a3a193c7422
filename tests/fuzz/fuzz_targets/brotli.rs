//! Bodies packed with brotli.
#![no_main]

mod unpacking;

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    unpacking::check("br", data, |plain| {
        let mut packed = Vec::new();
        let mut to = brotli::CompressorWriter::new(&mut packed, 4096, 1, 16);
        to.write_all(plain).expect("memory takes it");
        drop(to);
        packed
    });
});
