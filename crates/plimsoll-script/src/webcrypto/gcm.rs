//! AES-GCM with initialisation vectors and tags of every length that Web Crypto allows.
//!
//! The library does the usual case, 12 bytes and 16. The rest is put together from it: GCM is counter mode
//! from a first block on, and a tag that is GHASH of additional data and ciphertext, hidden under that block
//! (NIST SP 800-38D). GHASH is had by sealing under a fixed vector, whose own block is known.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::aes::{BLOCK, Block, ctr, encrypt_block, failed};
use super::failure::Failure;

const NONCE: usize = 12;

/// What an encryption needs besides the key.
#[derive(Debug, Clone)]
pub(super) struct Gcm {
    pub(super) iv: Vec<u8>,
    pub(super) additional: Vec<u8>,
    /// The bytes of the tag.
    pub(super) tag: usize,
}

impl Gcm {
    pub(super) fn seal(&self, key: &[u8], mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let tag = if let Ok(nonce) = <[u8; NONCE]>::try_from(self.iv.as_slice()) {
            seal(key, nonce, &self.additional, &mut data)?
        } else {
            let first = self.first_block(key)?;
            data = ctr(key, after(first), 32, data)?;
            self.tag_of(key, first, &data)?
        };
        data.extend_from_slice(&tag[..self.tag]);
        Ok(data)
    }

    pub(super) fn open(&self, key: &[u8], mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let Some(length) = data.len().checked_sub(self.tag) else {
            let message = format!("{} bytes are less than the tag of {} bytes", data.len(), self.tag);
            return Err(Failure::operation(message));
        };
        if self.tag == BLOCK
            && let Ok(nonce) = <[u8; NONCE]>::try_from(self.iv.as_slice())
        {
            let nonce = Nonce::assume_unique_for_key(nonce);
            let additional = Aad::from(&self.additional);
            cipher(key)?.open_in_place(nonce, additional, &mut data).map_err(forged)?;
            data.truncate(length);
            return Ok(data);
        }
        let tag = data.split_off(length);
        let first = self.first_block(key)?;
        let expected = self.tag_of(key, first, &data)?;
        verify_slices_are_equal(&expected[..self.tag], &tag).map_err(forged)?;
        ctr(key, after(first), 32, data)
    }

    /// The block that counting starts from: the vector and a one, or GHASH of a vector of another length.
    fn first_block(&self, key: &[u8]) -> Result<Block, Failure> {
        if self.iv.len() == NONCE {
            let mut block = [0; BLOCK];
            block[..NONCE].copy_from_slice(&self.iv);
            block[BLOCK - 1] = 1;
            return Ok(block);
        }
        ghash(key, &[], &self.iv)
    }

    /// The whole tag of a ciphertext.
    fn tag_of(&self, key: &[u8], first: Block, ciphertext: &[u8]) -> Result<Block, Failure> {
        Ok(xor(ghash(key, &self.additional, ciphertext)?, encrypt_block(key, first)?))
    }
}

fn forged<E>(_: E) -> Failure {
    Failure::operation("the data are not what was encrypted with this key and these parameters")
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Failure> {
    let algorithm = match key.len() {
        16 => &aead::AES_128_GCM,
        24 => &aead::AES_192_GCM,
        _ => &aead::AES_256_GCM,
    };
    Ok(LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(failed)?))
}

fn seal(key: &[u8], nonce: [u8; NONCE], additional: &[u8], data: &mut [u8]) -> Result<Block, Failure> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(key)?.seal_in_place_separate_tag(nonce, Aad::from(additional), data).map_err(failed)?;
    tag.as_ref().try_into().map_err(failed)
}

/// GHASH of additional data and a ciphertext with their lengths: what a tag under the vector of zeros is, the
/// block that hides it taken off. The tag itself is nobody's and goes nowhere.
fn ghash(key: &[u8], additional: &[u8], ciphertext: &[u8]) -> Result<Block, Failure> {
    let mut first = [0; BLOCK];
    first[BLOCK - 1] = 1;
    // What the cipher makes the ciphertext of.
    let mut plain = ctr(key, after(first), 32, ciphertext.to_vec())?;
    let tag = seal(key, [0; NONCE], additional, &mut plain)?;
    Ok(xor(tag, encrypt_block(key, first)?))
}

/// The next block: its last 32 bits count.
fn after(block: Block) -> Block {
    let block = u128::from_be_bytes(block);
    let low = (block as u32).wrapping_add(1);
    (block & !u128::from(u32::MAX) | u128::from(low)).to_be_bytes()
}

fn xor(one: Block, other: Block) -> Block {
    std::array::from_fn(|at| one[at] ^ other[at])
}
