//! Any bytes as a pickle.
#![no_main]

use libfuzzer_sys::fuzz_target;
use untrained::data::pickle;

fuzz_target!(|bytes: &[u8]| {
    let limits = pickle::PickleLimits::default();
    let _ = pickle::read(bytes, &limits);
    let _ = pickle::scan(std::io::Cursor::new(bytes), bytes.len() as u64, &limits);
});
