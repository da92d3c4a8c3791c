//! AES in the modes CBC and CTR, and key wrapping. GCM is in [`super::gcm`].

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, EncryptingKey, EncryptionContext,
    PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{self, AesKek, KeyWrap};

use super::failure::Failure;

/// The bytes of a block.
pub(super) const BLOCK: usize = 16;

pub(super) type Block = [u8; BLOCK];

/// What AES says when anything is wrong with key, parameters or data; to say more would help to forge.
pub(super) fn failed<E>(_: E) -> Failure {
    Failure::operation("the data cannot be processed with this key and these parameters")
}

fn cipher_key(key: &[u8]) -> Result<UnboundCipherKey, Failure> {
    let algorithm: &'static Algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        _ => &AES_256,
    };
    UnboundCipherKey::new(algorithm, key).map_err(failed)
}

pub(super) fn encrypt_cbc(key: &[u8], iv: Block, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(cipher_key(key)?).map_err(failed)?;
    key.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv))).map_err(failed)?;
    Ok(data)
}

pub(super) fn decrypt_cbc(key: &[u8], iv: Block, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if data.is_empty() || !data.len().is_multiple_of(BLOCK) {
        let message = format!("AES-CBC data come in blocks of {BLOCK} bytes, not in {} bytes", data.len());
        return Err(Failure::operation(message));
    }
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(cipher_key(key)?).map_err(failed)?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = key.decrypt(&mut data, context).map_err(failed)?.len();
    data.truncate(length);
    Ok(data)
}

/// Encrypts or decrypts, which is the same; the lowest `bits` of the counter count. The library counts in all
/// 128 bits of the block, so what comes after an overflow of fewer bits is done apart, with those bits zero
/// and the rest as it was.
pub(super) fn ctr(key: &[u8], counter: Block, bits: u32, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mask = 1_u128.checked_shl(bits).map_or(u128::MAX, |limit| limit - 1);
    let start = u128::from_be_bytes(counter);
    let blocks = data.len().div_ceil(BLOCK) as u128;
    if blocks > mask.saturating_add(1) {
        let message = format!("a counter of {bits} bits is too short for {} bytes", data.len());
        return Err(Failure::operation(message));
    }
    let until_overflow = (mask - (start & mask)).saturating_add(1);
    let before_overflow = usize::try_from(until_overflow.min(blocks)).unwrap_or(usize::MAX);
    let first = before_overflow.saturating_mul(BLOCK).min(data.len());
    let (before, after) = data.split_at_mut(first);
    apply_ctr(key, counter, before)?;
    apply_ctr(key, (start & !mask).to_be_bytes(), after)?;
    Ok(data)
}

fn apply_ctr(key: &[u8], counter: Block, data: &mut [u8]) -> Result<(), Failure> {
    if data.is_empty() {
        return Ok(());
    }
    let key = EncryptingKey::ctr(cipher_key(key)?).map_err(failed)?;
    key.less_safe_encrypt(data, EncryptionContext::Iv128(FixedLength::from(counter))).map_err(failed)?;
    Ok(())
}

/// One block as AES makes it of another: counter mode over zeros gives the encrypted counter.
pub(super) fn encrypt_block(key: &[u8], block: Block) -> Result<Block, Failure> {
    let mut encrypted = [0; BLOCK];
    apply_ctr(key, block, &mut encrypted)?;
    Ok(encrypted)
}

/// AES-KW, RFC 3394.
fn wrapper(key: &[u8]) -> Result<AesKek, Failure> {
    match key.len() {
        16 => AesKek::new(&key_wrap::AES_128, key).map_err(failed),
        32 => AesKek::new(&key_wrap::AES_256, key).map_err(failed),
        _ => Err(Failure::not_supported("AES-KW is there with keys of 128 and of 256 bits, not of 192")),
    }
}

pub(super) fn wrap(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
    if data.len() < BLOCK || !data.len().is_multiple_of(8) {
        let message = format!("AES-KW wraps 16 bytes or more, a multiple of 8, not {}", data.len());
        return Err(Failure::operation(message));
    }
    let mut wrapped = vec![0; data.len() + 8];
    let length = wrapper(key)?.wrap(data, &mut wrapped).map_err(failed)?.len();
    wrapped.truncate(length);
    Ok(wrapped)
}

pub(super) fn unwrap(key: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut data = vec![0; wrapped.len()];
    let length = wrapper(key)?.unwrap(wrapped, &mut data).map_err(failed)?.len();
    data.truncate(length);
    Ok(data)
}
