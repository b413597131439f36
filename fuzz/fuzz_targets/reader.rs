//! Whatever bytes come, the reader gives a program or an error with a place in the text. `cargo +nightly fuzz run reader`
#![no_main]

use gradus::session::{Session, Settings};
use gradus::syntax::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode(bytes) else { return };
    if let Err(error) = Session::new().read(text, Settings::default()) {
        let _ = error.render("typed", false);
    }
});
