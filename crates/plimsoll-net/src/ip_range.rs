//! Address ranges in CIDR notation, for `blacklistIPs`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    network: IpAddr,
    prefix: u8,
}

/// A text that is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid CIDR address {0:?}, expected <address>/<prefix length> such as 10.0.0.0/8")]
pub struct InvalidIpRange(String);

impl IpRange {
    /// Whether the range covers `address`. IPv4 addresses in IPv6 clothes (`::ffff:10.0.0.1`) count as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                shared_bits(u128::from(network.to_bits()), u128::from(address.to_bits()), 32) >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                shared_bits(network.to_bits(), address.to_bits(), 128) >= self.prefix
            }
            _ => false,
        }
    }
}

/// How many leading bits two addresses of `width` bits have in common.
fn shared_bits(one: u128, other: u128, width: u8) -> u8 {
    let unused = 128 - u32::from(width);
    u8::try_from((one ^ other).leading_zeros() - unused).expect("at most 128")
}

impl FromStr for IpRange {
    type Err = InvalidIpRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidIpRange(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(invalid)?;
        let network: IpAddr = address.parse().map_err(|_| invalid())?;
        let prefix: u8 = prefix.parse().map_err(|_| invalid())?;
        let width = if network.is_ipv4() { 32 } else { 128 };
        if prefix > width {
            return Err(invalid());
        }
        Ok(Self { network, prefix })
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership_compares_the_prefix() {
        let cases = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.2", false),
            ("0.0.0.0/0", "200.1.1.1", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "fe80::1", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ];
        for (range, address, expected) in cases {
            let range: IpRange = range.parse().unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), expected, "{range} contains {address}");
        }
    }

    #[test]
    fn only_cidr_parses() {
        for text in ["10.0.0.1", "10.0.0.0/33", "::/129", "x/8", "10.0.0.0/", ""] {
            let error = text.parse::<IpRange>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
