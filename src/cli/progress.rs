//! How far a long command is, on standard error; nothing where no person looks.

use indicatif::{ProgressBar, ProgressStyle};

/// Steps of a bar that counts shares.
const WHOLE: f64 = 1_000.0;

/// A bar that shares of the whole are told to.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &str) -> Self {
        let bar = ProgressBar::new(WHOLE as u64);
        let style = ProgressStyle::with_template("{prefix} {bar:32} {percent:>3} %  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(what.to_owned());
        Self(bar)
    }

    /// `share` from 0 to 1, and what else there is to say.
    pub(super) fn tell(&self, share: f64, message: String) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and WHOLE"
        )]
        self.0.set_position((share.clamp(0.0, 1.0) * WHOLE) as u64);
        self.0.set_message(message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
