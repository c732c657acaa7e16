//! argon2id: hashing and checking passwords off the event loop, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::ServiceError;
use crate::clock::Random;
use crate::config::Auth;

/// Passwords checked at once; each takes memory and a core.
const AT_ONCE_MAX: usize = 4;
/// How long a sign-in waits for its turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(5);

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    random: Random,
    /// Checked in place of an unknown person's hash, so that both answers take the same time.
    decoy: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    #[must_use]
    pub fn new(config: &Auth, random: Random) -> Self {
        let params = Params::new(config.argon2_memory_kib, config.argon2_passes, 1, None)
            .unwrap_or_default();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, "decoy", &random.bytes()).unwrap_or_default();
        Self { argon2, turns: Arc::new(Semaphore::new(AT_ONCE_MAX)), random, decoy: decoy.into() }
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// [`ServiceError::TooManySignIns`], [`ServiceError::Internal`].
    pub async fn hash(&self, password: &str) -> Result<String, ServiceError> {
        let (argon2, password, salt) =
            (self.argon2.clone(), password.to_owned(), self.random.bytes());
        self.in_turn(move || hash(&argon2, &password, &salt)).await?
    }

    /// Whether `password` fits `stored`; `None` (an unknown person) takes the same time and is false.
    ///
    /// # Errors
    /// [`ServiceError::TooManySignIns`], [`ServiceError::Internal`].
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<bool, ServiceError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.decoy).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let fits = self
            .in_turn(move || {
                PasswordHash::new(&stored)
                    .is_ok_and(|hash| argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && fits)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let turn = tokio::time::timeout(TURN_WAIT_MAX, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| ServiceError::TooManySignIns)?
            .map_err(|_| ServiceError::TooManySignIns)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|error| ServiceError::Internal(error.to_string()))
    }
}

fn hash(argon2: &Argon2<'_>, password: &str, salt: &[u8; 16]) -> Result<String, ServiceError> {
    argon2
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| ServiceError::Internal(error.to_string()))
}
