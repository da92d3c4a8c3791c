//! The numbering of buckets: pure arithmetic on the bits of a double.

pub(super) const SCALE: u32 = 8;
/// Buckets in one octave.
const OCTAVE: u32 = 1 << SCALE;
/// Numbers of buckets are below this one: biased exponents go up to 2046, that of infinity included.
pub(super) const BUCKETS: u32 = 2_048 * OCTAVE;
/// An eighth of an octave: 264 bytes a chunk. A series of one narrow distribution needs a handful; one of a
/// single value needs one.
pub(super) const CHUNK_BUCKETS: u32 = 32;

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
/// The table that guesses a bucket from the top bits of a mantissa. At 2^10 entries no entry spans more than
/// one boundary: buckets are narrowest at the start of an octave, where 256/ln 2 = 369 fit into a unit of
/// mantissa.
const GUESS_BITS: u32 = 10;

/// Mantissa bits of 2^(k/256), rounded down; the extra last one is above every mantissa.
const BOUNDS: [u64; OCTAVE as usize + 1] = bounds();
/// For each value of a mantissa's top bits, the bucket of the smallest such mantissa.
const GUESSES: [u8; 1 << GUESS_BITS] = guesses();

/// The number of the bucket that holds a positive normal double: octave · 256 + place in the octave.
///
/// Upper-inclusive buckets of v are lower-inclusive buckets of v's predecessor, which is one less in bits.
/// That also sends an exact power of two to the last bucket of the octave below it.
#[inline]
pub(super) fn bucket_of(value: f64) -> u32 {
    let bits = value.to_bits() - 1;
    let mantissa = bits & MANTISSA;
    let octave = (bits >> MANTISSA_BITS) as u32;
    let guess = u32::from(GUESSES[(mantissa >> (MANTISSA_BITS - GUESS_BITS)) as usize]);
    octave * OCTAVE + guess + u32::from(mantissa >= BOUNDS[guess as usize + 1])
}

/// The largest value of a bucket.
pub(super) fn upper_bound(bucket: u32) -> f64 {
    let (octave, place) = (bucket / OCTAVE, bucket % OCTAVE + 1);
    let bits = u64::from(octave) << MANTISSA_BITS;
    // The carry of the last boundary steps into the next octave, where it belongs.
    f64::from_bits(bits + BOUNDS[place as usize].min(MANTISSA + 1))
}

/// The value with the same relative distance to both ends of its bucket: 2ab/(a+b).
pub(super) fn midpoint(bucket: u32) -> f64 {
    const GROWTH: f64 = 1.002_711_275_050_202_5; // 2^(1/256)
    upper_bound(bucket).min(f64::MAX) * (2.0 / (1.0 + GROWTH))
}

/// Q62 fixed-point arithmetic: the only kind that runs at compile time.
const ONE: u128 = 1 << 62;

const fn bounds() -> [u64; OCTAVE as usize + 1] {
    let mut bounds = [1 << MANTISSA_BITS; OCTAVE as usize + 1];
    let mut k = 0;
    while k < OCTAVE {
        bounds[k as usize] = ((power(k) - ONE) >> (62 - MANTISSA_BITS)) as u64;
        k += 1;
    }
    bounds
}

/// 2^(k/256): the product of 2^(1/2), 2^(1/4), … for the bits set in `k`, highest first.
const fn power(k: u32) -> u128 {
    let mut product = ONE;
    let mut root = 2 * ONE;
    let mut bit = OCTAVE;
    while bit > 1 {
        bit >>= 1;
        root = (root << 62).isqrt();
        if k & bit != 0 {
            product = (product * root) >> 62;
        }
    }
    product
}

const fn guesses() -> [u8; 1 << GUESS_BITS] {
    let mut guesses = [0; 1 << GUESS_BITS];
    let mut bucket = 0;
    let mut entry = 0;
    while entry < guesses.len() {
        let smallest = (entry as u64) << (MANTISSA_BITS - GUESS_BITS);
        while BOUNDS[bucket + 1] <= smallest {
            bucket += 1;
        }
        guesses[entry] = bucket as u8;
        entry += 1;
    }
    guesses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_powers_of_the_256th_root_of_two() {
        for (k, bound) in BOUNDS.iter().enumerate().take(OCTAVE as usize) {
            let exact = (2f64.powf(k as f64 / f64::from(OCTAVE)) - 1.0) * (1u64 << MANTISSA_BITS) as f64;
            assert!((*bound as f64 - exact).abs() <= 2.0, "boundary {k}: {bound} instead of {exact}");
        }
    }

    #[test]
    fn powers_of_two_close_their_octave() {
        for exponent in [-1021, -20, -1, 0, 1, 10, 1023] {
            let bound = 2f64.powi(exponent);
            assert_eq!(bucket_of(bound) % OCTAVE, OCTAVE - 1, "2^{exponent}");
            assert_eq!(bucket_of(bound.next_up()), bucket_of(bound) + 1, "just above 2^{exponent}");
            assert!((upper_bound(bucket_of(bound)) - bound).abs() <= 0.0, "2^{exponent}");
        }
    }
}
