//! From arguments to what the library takes: sounds decoded, passwords read, the sound card open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{NetArguments, VoiceArguments};
use crate::error::PhoneError;
use crate::media::decode::read_sound;
use crate::media::heard::Hear;
use crate::media::source::Say;
use crate::phone::options::{CallOptions, PhoneConfig};
use crate::sip::digest::Credentials;

/// The voice of every call of this run.
pub(super) struct Voice {
    options: CallOptions,
    hear: Option<PathBuf>,
    #[cfg(feature = "sound")]
    _card: Option<crate::sound::SoundCard>,
}

impl Voice {
    /// Reads the sound file once.
    pub fn open(arguments: &VoiceArguments) -> Result<Self, PhoneError> {
        #[cfg(feature = "sound")]
        let card = arguments.sound.then(crate::sound::SoundCard::open).transpose()?;
        let say = match (&arguments.say, arguments.tone_hz) {
            (Some(path), _) => {
                Say::Clip { samples: read_sound(path)?, repeat: arguments.say_repeat }
            }
            (None, Some(frequency_hz)) => Say::Tone { frequency_hz },
            (None, None) if arguments.echo => Say::Echo,
            (None, None) => Say::Silence,
        };
        #[cfg(feature = "sound")]
        let say = card.as_ref().map_or(say, |card| Say::Live(card.live.clone()));
        let options = CallOptions {
            say,
            say_delay: Duration::from_millis(arguments.say_delay_ms),
            codecs: arguments.codec.clone(),
            ..CallOptions::default()
        };
        Ok(Self {
            options,
            hear: arguments.hear.clone(),
            #[cfg(feature = "sound")]
            _card: card,
        })
    }

    /// Options of the `number`th call, from 1.
    pub fn options(&self, number: u64) -> CallOptions {
        let file = self.hear.as_deref().map(|path| numbered(path, number));
        CallOptions { hear: Hear { file, in_memory: false }, ..self.options.clone() }
    }
}

/// `heard.wav`, `heard-2.wav`, ...
fn numbered(path: &Path, number: u64) -> PathBuf {
    if number < 2 {
        return path.to_owned();
    }
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("heard");
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("wav");
    path.with_file_name(format!("{stem}-{number}.{extension}"))
}

pub(super) fn phone_config(
    net: &NetArguments,
    user: &str,
    credentials: Option<Credentials>,
) -> PhoneConfig {
    PhoneConfig { bind: net.bind, transport: net.transport, user: user.to_owned(), credentials }
}

/// The password of `user`: of the line `user:password`, else the first line without a colon.
pub(super) fn credentials(path: &Path, user: &str) -> Result<Credentials, PhoneError> {
    let failed = |reason: String| PhoneError::PasswordFile { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let own = text.lines().find_map(|line| line.strip_prefix(user)?.strip_prefix(':'));
    let common = || text.lines().find(|line| !line.trim().is_empty() && !line.contains(':'));
    let password = own.or_else(common).ok_or_else(|| failed(format!("no password for {user}")))?;
    Ok(Credentials { user: user.to_owned(), password: password.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_users_own_or_the_common_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords");
        std::fs::write(&path, "agent01:own secret\ncommon\n").unwrap();
        assert_eq!(credentials(&path, "agent01").unwrap().password, "own secret");
        assert_eq!(credentials(&path, "agent02").unwrap().password, "common");
        std::fs::write(&path, "\n").unwrap();
        assert!(credentials(&path, "agent01").unwrap_err().chinese().contains("密码"));
    }

    #[test]
    fn further_calls_are_heard_in_files_of_their_own() {
        assert_eq!(numbered(Path::new("a/heard.wav"), 1), Path::new("a/heard.wav"));
        assert_eq!(numbered(Path::new("a/heard.wav"), 3), Path::new("a/heard-3.wav"));
    }
}
