//! Passwords: argon2id, on threads of their own.
//!
//! Hashing is slow on purpose, so it never runs where requests are served: at most [`Passwords::concurrency`]
//! hashes run at once, a bounded number wait, and everybody else hears at once that there are too many
//! logins. Start with [`Passwords`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

/// How much memory and time one hash takes.
///
/// 4 MiB and one pass cost a few milliseconds. That is right for a *reference target* on two cores: a load
/// test in which every virtual user logs in should measure the service, not argon2. A product would follow
/// OWASP and take at least 19 MiB and two passes. The cost is part of each stored hash, so changing it needs
/// no migration.
const MEMORY_KIB: u32 = 4096;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// Logins that may wait for their turn; at a few milliseconds each, the last one waits about a second.
const MAX_WAITING: usize = 512;

/// Too many logins wait already.
#[derive(Debug)]
pub(crate) struct Overloaded;

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// What a password is compared with when there is no such account.
    decoy: Arc<str>,
}

impl Passwords {
    /// Lets `concurrency` hashes run at the same time.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(concurrency.max(1))),
            waiting: AtomicUsize::new(0),
            decoy: hash("decoy").into(),
        }
    }

    /// Whether `password` belongs to `hash`. Without a hash it takes as long and the answer is no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Overloaded> {
        let _place = Place::take(&self.waiting)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.expect("the semaphore is never closed");
        let decoy = Arc::clone(&self.decoy);
        let verified = tokio::task::spawn_blocking(move || {
            let _turn = turn; // Held until the hash is done, even if the client has gone.
            let is_known = hash.is_some();
            matches(&password, hash.as_deref().unwrap_or(&decoy)) && is_known
        });
        Ok(verified.await.unwrap_or(false))
    }
}

/// One of the places in the waiting room.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Overloaded> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING {
            return Err(Overloaded);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password with a fresh salt. Blocks for milliseconds.
pub(crate) fn hash(password: &str) -> String {
    let hash: PasswordHash = argon2()
        .hash_password(password.as_bytes())
        .expect("hashing fails only for lengths that request validation and the seed data rule out");
    hash.to_string()
}

/// Hashes many passwords on all cores, each with its own salt. Blocks.
pub(crate) fn hash_all(passwords: &[&str]) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = passwords.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = passwords
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|password| hash(password)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("hashing does not panic")).collect()
    })
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::new(1);
        let hash = hash("open sesame");
        assert!(hash.starts_with("$argon2id$v=19$m=4096,t=1,p=1$"), "{hash}");
        let verify =
            |password: &str, hash: Option<&String>| passwords.verify(password.to_owned(), hash.cloned());
        assert!(verify("open sesame", Some(&hash)).await.expect("not overloaded"));
        assert!(!verify("open barley", Some(&hash)).await.expect("not overloaded"));
        assert!(!verify("decoy", None).await.expect("not overloaded"));
    }

    #[test]
    fn equal_passwords_get_different_hashes() {
        let hashes = hash_all(&["same", "same", "other"]);
        assert_eq!(hashes.len(), 3);
        assert_ne!(hashes[0], hashes[1]);
        assert!(matches("other", &hashes[2]));
    }
}
