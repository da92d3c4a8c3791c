//! Passwords: argon2id, on threads of its own.
//!
//! Hashing is slow on purpose, so it never runs where requests are served: a few threads hash, a bounded
//! number of logins wait for them, and everybody else hears at once that there are too many. Start with
//! [`Passwords`].

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

use crate::occupancy::{Occupancy, OccupancyReading, Waiting};

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

/// Verifies passwords. The threads end when this is dropped.
pub(crate) struct Passwords {
    jobs: SyncSender<Job>,
    threads: usize,
    occupancy: Occupancy,
}

struct Job {
    password: String,
    /// `None`: there is no such account, but it must take as long.
    hash: Option<String>,
    verdict: oneshot::Sender<bool>,
    waiting: Waiting,
}

impl Passwords {
    /// Lets `concurrency` hashes run at the same time.
    pub(crate) fn start(concurrency: usize) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(MAX_WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let decoy: Arc<str> = Hasher::new().hash("decoy").into();
        let threads = concurrency.max(1);
        for index in 0..threads {
            let (queue, decoy) = (Arc::clone(&queue), Arc::clone(&decoy));
            let thread = std::thread::Builder::new().name(format!("password-{index}"));
            thread.spawn(move || work(&queue, &decoy))?;
        }
        Ok(Self { jobs, threads, occupancy: Occupancy::default() })
    }

    /// Whether `password` belongs to `hash`. Without a hash it takes as long and the answer is no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Overloaded> {
        let (verdict, answer) = oneshot::channel();
        let job = Job { password, hash, verdict, waiting: self.occupancy.wait() };
        self.jobs.try_send(job).map_err(|_| Overloaded)?;
        Ok(answer.await.unwrap_or(false))
    }

    /// How many threads there are, and how busy they are.
    pub(crate) fn threads(&self) -> (usize, OccupancyReading) {
        (self.threads, self.occupancy.read())
    }
}

fn work(queue: &Mutex<Receiver<Job>>, decoy: &str) {
    let mut hasher = Hasher::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { password, hash, verdict, waiting }) = job else { return };
        // Nobody waits for the verdict when the client has gone.
        if !verdict.is_closed() {
            let using = waiting.begin();
            let is_right = hasher.matches(&password, hash.as_deref().unwrap_or(decoy));
            drop(using);
            let _ = verdict.send(is_right && hash.is_some());
        }
    }
}

/// Hashes many passwords on all cores, each with its own salt. Blocks.
pub(crate) fn hash_all(passwords: &[&str]) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = passwords.len().div_ceil(threads).max(1);
    let hash_part = |part: &[&str]| {
        let mut hasher = Hasher::new();
        part.iter().map(|password| hasher.hash(password)).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            passwords.chunks(share).map(|part| scope.spawn(move || hash_part(part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("hashing does not panic")).collect()
    })
}

/// Hashes one password at a time.
///
/// It keeps the blocks of memory that argon2 fills: getting 4 MiB from the system for each login would cost
/// as much time as hashing and leave the allocator in pieces.
struct Hasher {
    memory: Vec<Block>,
}

impl Hasher {
    fn new() -> Self {
        Self { memory: Vec::new() }
    }

    /// A hash with a fresh salt, in PHC form.
    fn hash(&mut self, password: &str) -> String {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("within argon2's limits");
        let salt = Salt::new(&rand::random::<[u8; 16]>()).expect("16 bytes are the recommended length");
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).expect("argon2's own parameters"),
            salt: Some(salt),
            hash: self.output(password, &salt, params),
        };
        hash.to_string()
    }

    /// Whether the password belongs to the hash. The comparison takes the same time wherever they differ.
    fn matches(&mut self, password: &str, hash: &str) -> bool {
        let Ok(known) = PasswordHash::new(hash) else { return false };
        let (Ok(params), Some(salt)) = (Params::try_from(&known), known.salt) else { return false };
        let output = self.output(password, &salt, params);
        output.is_some() && output == known.hash
    }

    fn output(&mut self, password: &str, salt: &[u8], params: Params) -> Option<Output> {
        self.memory.resize(params.block_count(), Block::default());
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut self.memory)
            .ok()?;
        Output::new(&output).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::start(1).expect("a thread starts");
        let hash = Hasher::new().hash("open sesame");
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
        assert!(Hasher::new().matches("other", &hashes[2]));
    }

    #[test]
    fn other_implementations_agree() {
        // From the tests of the reference implementation.
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let mut hasher = Hasher::new();
        assert!(hasher.matches("password", hash));
        assert!(!hasher.matches("Password", hash));
        assert!(!hasher.matches("password", "no hash at all"));
    }
}
