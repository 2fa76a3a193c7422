//! Bodies packed with deflate, with the frame of zlib and without.
#![no_main]

mod unpacking;

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    unpacking::check("deflate", data, |plain| {
        let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(plain).expect("memory takes it");
        to.finish().expect("memory takes it")
    });
});
