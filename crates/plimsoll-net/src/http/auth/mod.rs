//! Showing who is asking, where a password alone will not do: answers to a server's challenges.
//!
//! [`digest`] is RFC 7616, [`ntlm`] is NTLM version 2. Both only make texts of texts; who sends them, and
//! when, is the caller's business.

pub mod digest;
pub mod ntlm;

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user; for NTLM also `DOMAIN\user`.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Does not show the password.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
    filled.expect("the system has random numbers");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
